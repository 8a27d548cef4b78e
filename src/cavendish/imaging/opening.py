"""Opening a picture that nobody trusts yet: known by its magic bytes, bounded by its header.

Nothing is decoded before its size is known. Formats beyond PNG, JPEG and WebP are opened to be
converted. HEIF boxes: https://www.iso.org/standard/83650.html, checked 2026-11-24.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cavendish.imaging.header import ORIENTATION, PIXELS, NotAPicture
from cavendish.imaging.inspect import inspect

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

BREAKS_OFF: Final = "breaks off"
"""Said of a file whose end is missing."""

_SENDABLE: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "WebP": "image/webp"}
_MAGIC: Final = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("WebP", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("TIFF", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("BMP", re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL)),
    ("AVIF", re.compile(rb"....ftypavi[fs]", re.DOTALL)),
    ("HEIC", re.compile(rb"....ftyp(hei|hev|mif1|msf1)", re.DOTALL)),
)
_EXTENT: Final = re.compile(rb"ispe\0{4}(.{4})(.{4})", re.DOTALL)
_TURNED: Final = re.compile(rb"irot|imir")


class NeedsReader(NotAPicture):
    """A format whose reader is not installed; the message names it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A picture whose first frame is decoded. `kind` is PNG, JPEG, HEIC and so on.

    `mime` is None for a kind that has to be converted; `deep` is more than 8 bits a channel.
    `turned` is the EXIF orientation where the reader has turned it already, else None.
    """

    kind: str
    picture: PilImage
    deep: bool
    animated: bool
    turned: int | None = None

    @property
    def mime(self) -> str | None:
        """The type it can be sent as."""
        return _SENDABLE.get(self.kind)


def opened(data: bytes) -> Opened:
    """Decodes the first frame. Raises: NotAPicture for what is broken, unknown or too large."""
    kind = _kind(data)
    if kind in _SENDABLE:
        header = inspect(io.BytesIO(data))
        if not header.complete:
            raise NotAPicture(BREAKS_OFF)
    for width, height in _EXTENT.findall(data) if kind in {"HEIC", "AVIF"} else ():
        _bound(int.from_bytes(width, "big"), int.from_bytes(height, "big"))
    return _heic(data) if kind == "HEIC" else _decoded(data, kind)


def _kind(data: bytes) -> str:
    for kind, magic in _MAGIC:
        if magic.match(data):
            return kind
    raise NotAPicture("empty" if not data else "no format we know")


def _bound(width: int, height: int) -> None:
    if width * height > PIXELS:
        raise NotAPicture(f"{width} x {height} pixels are more than {PIXELS}")


def _decoded(data: bytes, kind: str) -> Opened:
    from PIL import Image, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data), formats=[kind])
        _bound(*picture.size)
        animated = bool(getattr(picture, "is_animated", False))
        turned = picture.getexif().get(ORIENTATION) if kind == "TIFF" else None
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture(f"more than {PIXELS} pixels") from error
    except UnidentifiedImageError as error:
        raise NotAPicture(f"a broken {kind}") from error
    except NotAPicture:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError,
            AttributeError, ArithmeticError, RuntimeError, MemoryError) as error:  # fmt: skip
        # a decoder says in many ways that a file is broken
        raise NotAPicture(f"a {kind} that cannot be decoded: {error}") from error
    return Opened(kind, picture, _deep(data, kind, picture), animated, turned)


def _deep(data: bytes, kind: str, picture: PilImage) -> bool:
    if kind == "PNG":
        return data[24] > 8
    if kind == "TIFF":
        bits = getattr(picture, "tag_v2", {}).get(258, 8)
        return any(one > 8 for one in (bits if isinstance(bits, tuple) else (bits,)))
    return picture.mode in {"I", "F"} or picture.mode.startswith("I;")


def _heic(data: bytes) -> Opened:
    try:
        import pillow_heif
    except ImportError as error:
        raise NeedsReader("HEIC") from error
    try:
        file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        _bound(*file.size)
        picture = file.to_pillow()
    except NotAPicture:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, IndexError) as error:
        raise NotAPicture(f"a HEIC that cannot be decoded: {error}") from error
    turned = picture.info.get("original_orientation") or 1
    if not _TURNED.search(data):  # by the standard EXIF is ignored; writers that rely on it exist
        picture = upright(picture, turned)
    return Opened("HEIC", picture, False, len(file) > 1, turned)


def upright(picture: PilImage, orientation: object) -> PilImage:
    """The picture turned and mirrored as the EXIF orientation says; as it is if that is none."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture
