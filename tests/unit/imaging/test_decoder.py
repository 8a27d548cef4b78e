"""What the child finds in pictures, called in this process; `tests/unit/client` runs it as one."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib

import pytest
from PIL import Image, ImageDraw

from cavendish.imaging import decoder, png
from cavendish.imaging.header import NotAPicture
from cavendish.imaging.inspect import inspect
from unit.imaging.pictures import encoded, exif, noise, scene


def looked(data):
    return decoder.answer({"bytes": len(data)}, io.BytesIO(data))


def grid(data):
    return base64.b64decode(looked(data)["grid"])


def chunks(*found):
    """A PNG of these chunks, each with its checksum."""
    out = png.MAGIC
    for name, body in found:
        crc = zlib.crc32(name + body).to_bytes(4, "big")
        out += len(body).to_bytes(4, "big") + name + body + crc
    return out


def interlaced():
    """An 8 x 8 black gray picture, interlaced: Pillow writes none."""
    passes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    rows = b"".join((b"\0" + bytes(columns)) * times for columns, times in passes)
    ihdr = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    return chunks((b"IHDR", ihdr), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


INTERLACED = interlaced()
WHOLE = {
    "png": encoded(scene(320, 240), "PNG"),
    "jpeg": encoded(scene(320, 240), quality=90),
    "jpeg 4:4:4": encoded(scene(320, 240), quality=90, subsampling=0),
    "jpeg odd": encoded(scene(317, 235), quality=90),
    "jpeg gray": encoded(scene(320, 240).convert("L"), quality=90),
    "jpeg restarts": encoded(scene(320, 240), quality=90, restart_marker_rows=1),
    "progressive": encoded(scene(320, 240), quality=90, progressive=True),
    "webp": encoded(scene(320, 240), "WEBP", quality=80),
    "webp lossless": encoded(scene(320, 240), "WEBP", lossless=True),
    "palette": encoded(scene(320, 240).quantize(64), "PNG"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_picture(kind):
    found = looked(WHOLE[kind])
    assert {k: found[k] for k in ("lost", "transparent", "blank")} == {
        "lost": 0.0, "transparent": 0.0, "blank": False,
    }  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_a_cut_at_every_offset_is_found(kind):
    """T26: by the header, or by the pixels."""
    data = WHOLE[kind]
    offsets = range(0, len(data), max(1, len(data) // 150))
    for cut in (*offsets, *range(len(data) - 12, len(data))):
        try:
            if not inspect(io.BytesIO(data[:cut])).complete:
                continue
        except NotAPicture:
            continue
        raise AssertionError(cut)


@pytest.mark.parametrize("kind", [k for k in WHOLE if "jpeg" in k or "progressive" in k])
@pytest.mark.parametrize("small", [decoder._SMALL, 0])
def test_a_cut_that_is_hidden_behind_an_end_is_found(kind, small, monkeypatch):
    """T26: a server that ends what it did not finish."""
    monkeypatch.setattr(decoder, "_SMALL", small)
    data = WHOLE[kind]
    least = 60 if small else 400  # of a large one the very last pixels may be missing
    scan = data.index(b"\xff\xda")
    rnd = random.Random(7)
    for cut in sorted(rnd.sample(range(scan + 20, len(data) - least), 60)):
        hidden = data[:cut] + b"\xff\xd9"
        try:
            if not inspect(io.BytesIO(hidden)).complete:
                continue
        except NotAPicture:
            continue
        found = looked(hidden)
        assert found.get("problem") or found["lost"] > 0, cut


def without_rows(data, keep):
    """The same PNG with whole chunks and checksums, and a share of its rows."""
    at, pixels = 33, b""
    while data[at + 4 : at + 8] != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            pixels += data[at + 8 : at + 8 + length]
        else:
            other = data[at : at + 12 + length]
        at += 12 + length
    rows = zlib.decompress(pixels)
    rest = ((b"IDAT", zlib.compress(rows[: int(len(rows) * keep)])), (b"IEND", b""))
    palette = other if data[25] == 3 else b""
    return data[:33] + palette + chunks(*rest)[8:]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(64, 48), (33, 17), (7, 90)])
def test_rows_that_are_not_in_a_png_are_found(mode, size):
    """T26: whole chunks, whole checksums, and too few rows."""
    picture = scene(*size)
    one = io.BytesIO(
        encoded(picture.convert("L" if mode == "I;16" else "RGB").convert(mode), "PNG")
    )
    data = one.getvalue()
    assert png.missing(io.BytesIO(data)) == 0
    for keep in (0.2, 0.5, 0.9):
        short = without_rows(data, keep)
        assert abs(png.missing(io.BytesIO(short)) - (1 - keep)) < 0.02
        assert looked(short).get("problem") or looked(short)["lost"] > 0


def test_black_at_the_bottom_is_no_missing_row():
    found = scene(64, 48).copy()
    found.paste((0, 0, 0), (0, 30, 64, 48))
    assert looked(encoded(found, "PNG"))["lost"] == 0.0
    assert png.missing(io.BytesIO(INTERLACED)) == 0
    assert looked(INTERLACED)["lost"] == 0.0


def test_a_webp_that_lies_about_its_length_is_found():
    """T26."""
    for kind in ("webp", "webp lossless"):
        data = WHOLE[kind]
        for cut in range(60, len(data) - 40, 977):
            body = data[12:cut]
            body = body[:4] + (len(body) - 8).to_bytes(4, "little") + body[8:]
            body += b"\0" * (len(body) % 2)
            short = b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body
            assert looked(short).get("problem"), cut


@pytest.mark.parametrize("kind", ["png", "palette"])
def test_any_changed_byte_of_a_png_is_found(kind):
    """T26."""
    data = WHOLE[kind]
    rnd = random.Random(5)
    for at in rnd.sample(range(8, len(data)), 80):
        damaged = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        try:
            whole = inspect(io.BytesIO(damaged)).complete
        except NotAPicture:
            continue
        assert not whole or looked(damaged).get("problem"), at


PALE = Image.eval(scene(320, 240), lambda v: 240 + v // 17)
DOT = Image.new("RGB", (1024, 1024), (255, 255, 255))
ImageDraw.Draw(DOT).ellipse((500, 500, 507, 507), (0, 0, 0))
LINEN = noise(512, 14).convert("RGB")
GREY = Image.new("RGB", (512, 512), (128, 128, 128))
ImageDraw.Draw(GREY).ellipse((50, 50, 150, 150), (190, 20, 20))
LEGAL = {
    "dark": Image.eval(scene(320, 240), lambda v: v // 17),
    "pale": PALE,
    "a dot": DOT,
    "fine cloth": LINEN,
    "on photographer's grey": GREY,
    "gray": scene(320, 240).convert("L"),
    "opaque with alpha": scene(320, 240).convert("RGBA"),
}


@pytest.mark.parametrize("name", LEGAL)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_legal_picture_raises_no_alarm(name, kind):
    picture = LEGAL[name].convert("RGB") if kind == "JPEG" else LEGAL[name]
    found = looked(encoded(picture, kind))
    assert (found["blank"], found["lost"], found["transparent"]) == (False, 0.0, 0.0)


@pytest.mark.parametrize("shade", [0, 1, 128, 254, 255])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_one_colour_is_blank(shade, kind):
    flat = Image.new("RGB", (512, 384), (shade, shade, shade // 2))
    nearly = Image.blend(flat, noise(512, 18).crop((0, 0, 512, 384)).convert("RGB"), 0.1)
    assert looked(encoded(flat, kind))["blank"]
    assert looked(encoded(nearly, kind))["blank"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_faint_lines_on_a_quiet_ground_are_a_picture(kind):
    drawn = Image.new("RGB", (1024, 1024), (250, 250, 250))
    ImageDraw.Draw(drawn).ellipse((200, 200, 800, 800), outline=(215, 215, 215), width=3)
    assert not looked(encoded(drawn, kind))["blank"]


def test_what_lets_through():
    picture = scene(320, 240).convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 160, 120))
    assert looked(encoded(picture, "PNG"))["transparent"] == 0.25
    picture.putalpha(0)
    for kind in ("PNG", "WEBP"):
        assert looked(encoded(picture, kind))["transparent"] == 1.0


def test_a_turned_picture_has_the_fingerprint_of_the_upright_one():
    upright = scene(320, 240)
    for number, undo in enumerate(
        [None, *(Image.Transpose(n) for n in (0, 3, 1, 5, 2, 6, 4))], start=1
    ):
        stored = upright if undo is None else upright.transpose(undo)
        found = grid(encoded(stored, "PNG", exif=exif(number)))
        before = grid(encoded(upright, "PNG"))
        assert max(abs(a - b) for a, b in zip(found, before, strict=True)) <= 1


def test_what_cannot_be_decoded_says_why():
    for data in (b"", b"GIF89a" + bytes(90), encoded(scene(90, 90), "GIF"), b"\xff\xd8\xff" * 40):
        assert looked(data)["problem"]


def test_a_file_that_is_gone_is_no_fault_of_the_picture(tmp_path):
    assert "unknown" in decoder.answer({"path": str(tmp_path / "gone")}, io.BytesIO())


def test_no_memory_is_no_fault_of_the_picture(monkeypatch):
    """T16."""

    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Image, "open", full)
    assert "memory" in looked(WHOLE["png"])["unknown"]
