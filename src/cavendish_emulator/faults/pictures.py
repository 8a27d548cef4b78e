"""Faults of the picture: each takes the drawn bytes and hands out wrong ones."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cavendish_emulator.faults.entry import Args, Entry
from cavendish_emulator.google.request import Request

if TYPE_CHECKING:
    from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Drawn:
    """An encoded picture and the MIME type it is declared with."""

    mime: str
    data: bytes


@dataclass(frozen=True)
class Spoiled(Entry):
    """A fault that spoils the picture; the model runs and bills."""

    spoil: Callable[[Drawn, Request, Args], Drawn] = lambda drawn, _request, _args: drawn


def _open(drawn: Drawn) -> Image.Image:
    from PIL import Image

    return Image.open(io.BytesIO(drawn.data)).convert("RGB")


def _encoded(image: Image.Image, mime: str, **settings: object) -> Drawn:
    out = io.BytesIO()
    formats = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
    image.save(out, formats[mime], **settings)
    return Drawn(mime, out.getvalue())


def _sized(drawn: Drawn, width: int, height: int) -> Drawn:
    return _encoded(_open(drawn).resize((width, height)), drawn.mime)


def _half(drawn: Drawn, request: Request, _args: Args) -> Drawn:
    return _sized(drawn, request.width // 2, request.height // 2)


def _one_k(drawn: Drawn, request: Request, _args: Args) -> Drawn:
    table = request.model.pixels["1K"]
    ratio = request.ratio or "1:1"
    return _sized(drawn, *table[ratio])


def _other_ratio(drawn: Drawn, request: Request, args: Args) -> Drawn:
    table = request.model.pixels[request.size]
    ratio = args["ratio"] or ("16:9" if request.ratio != "16:9" else "1:1")
    return _sized(drawn, *table.get(ratio, table["1:1"]))


def _blank(drawn: Drawn, request: Request, args: Args) -> Drawn:
    from PIL import Image

    plane = Image.new("RGB", (request.width, request.height), args["colour"])
    return _encoded(plane, drawn.mime)


def _truncated(drawn: Drawn, _request: Request, args: Args) -> Drawn:
    return Drawn(drawn.mime, drawn.data[: int(len(drawn.data) * args["fraction"])])


def _corrupt(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    middle = len(drawn.data) // 2
    noise = bytes(255 - byte for byte in drawn.data[middle : middle + 400])
    return Drawn(drawn.mime, drawn.data[:middle] + noise + drawn.data[middle + 400 :])


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def _png(width: int, height: int, depth: int, rows: bytes) -> Drawn:
    head = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return Drawn("image/png", _PNG + chunks)


def _sixteen(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    image = _open(drawn)
    flat = image.tobytes()
    wide = bytearray(len(flat) * 2)
    wide[0::2] = wide[1::2] = flat
    row = image.width * 6
    lines = b"".join(b"\0" + wide[y * row : (y + 1) * row] for y in range(image.height))
    return _png(image.width, image.height, 16, zlib.compress(lines, 1))


def _cmyk(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    return _encoded(_open(drawn).convert("CMYK"), "image/jpeg", quality=90)


def _rotated(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: to be shown turned a quarter clockwise
    turned = _open(drawn).transpose(Image.Transpose.ROTATE_90)
    return _encoded(turned, "image/jpeg", quality=90, exif=exif)


def _animated(drawn: Drawn, _request: Request, args: Args) -> Drawn:
    from PIL import Image

    image = _open(drawn)
    second = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mime = f"image/{args['format']}"
    known = {"image/png", "image/webp", "image/gif"}
    return _encoded(
        image,
        mime if mime in known else "image/png",
        save_all=True,
        append_images=[second],
        duration=200,
    )


def _copy(drawn: Drawn, request: Request, args: Args) -> Drawn:
    if not request.references:
        return drawn
    first = request.references[0]
    if not args["fitted"]:
        return Drawn(first.mime, first.data)
    image = _open(Drawn(first.mime, first.data)).resize((request.width, request.height))
    return _encoded(image, drawn.mime)


def _trailing(drawn: Drawn, _request: Request, args: Args) -> Drawn:
    tail = b"<html><script>alert(1)</script></html>" * (args["bytes"] // 38 + 1)
    return Drawn(drawn.mime, drawn.data + tail[: args["bytes"]])


def _bomb(_drawn: Drawn, _request: Request, args: Args) -> Drawn:
    return _png(args["width"], args["height"], 8, zlib.compress(bytes(100_000)))


def _as(mime: str) -> Callable[[Drawn, Request, Args], Drawn]:
    return lambda drawn, _request, _args: _encoded(_open(drawn), mime)


def _transparent(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    image = _open(drawn)
    image.putalpha(0)
    return _encoded(image, "image/png")


def _grey(drawn: Drawn, _request: Request, _args: Args) -> Drawn:
    return _encoded(_open(drawn).convert("L"), drawn.mime)


PICTURES: dict[str, Spoiled] = {
    "half_size": Spoiled("Half the pixels each way.", {}, _half),
    "one_k": Spoiled("1K, whatever size was asked for.", {}, _one_k),
    "wrong_ratio": Spoiled("Another ratio.", {"ratio": ("string", None)}, _other_ratio),
    "blank": Spoiled("One flat colour.", {"colour": ("string", "white")}, _blank),
    "transparent": Spoiled("A PNG one sees nothing of.", {}, _transparent),
    "grey": Spoiled("One channel only.", {}, _grey),
    "truncated": Spoiled("The file ends early.", {"fraction": ("number", 0.5)}, _truncated),
    "corrupt": Spoiled("400 wrong bytes in the middle of the file.", {}, _corrupt),
    "sixteen_bit": Spoiled("A PNG with 16 bits a channel.", {}, _sixteen),
    "cmyk": Spoiled("A JPEG for the press, in CMYK.", {}, _cmyk),
    "exif_rotated": Spoiled("A JPEG on its side, with Orientation 6.", {}, _rotated),
    "animated": Spoiled("Two frames: png, webp or gif.", {"format": ("string", "png")}, _animated),
    "copy_of_input": Spoiled(
        "The first reference, byte for byte; fitted: at the asked size, encoded anew.",
        {"fitted": ("boolean", False)},
        _copy,
    ),
    "trailing_bytes": Spoiled("HTML behind the picture.", {"bytes": ("integer", 4096)}, _trailing),
    "pixel_bomb": Spoiled(
        "A small PNG whose header claims very many pixels.",
        {"width": ("integer", 65_535), "height": ("integer", 65_535)},
        _bomb,
    ),
    "empty_picture": Spoiled(
        "No bytes at all.", {}, lambda drawn, _request, _args: Drawn(drawn.mime, b"")
    ),
    "not_a_picture": Spoiled(
        "HTML where the picture should be.",
        {},
        lambda drawn, _request, _args: Drawn(drawn.mime, b"<!DOCTYPE html><p>Not found</p>"),
    ),
    "png": Spoiled("A PNG, declared as one.", {}, _as("image/png")),
    "jpeg": Spoiled("A JPEG, declared as one.", {}, _as("image/jpeg")),
    "webp": Spoiled("A WebP, declared as one.", {}, _as("image/webp")),
    "png_for_jpeg": Spoiled(
        "A PNG declared as image/jpeg.",
        {},
        lambda drawn, _request, _args: Drawn(
            "image/jpeg", _encoded(_open(drawn), "image/png").data
        ),
    ),
    "jpeg_for_png": Spoiled(
        "A JPEG declared as image/png.",
        {},
        lambda drawn, _request, _args: Drawn(
            "image/png", _encoded(_open(drawn), "image/jpeg").data
        ),
    ),
}
