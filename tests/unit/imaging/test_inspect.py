"""Headers of real files, cut files, bombs and rubbish."""

from __future__ import annotations

import io
import random
import struct
import time
import zlib

import pytest
from PIL import Image

from cavendish.imaging.inspect import EXTENSIONS, PIXELS, NotAPicture, inspect

FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def drawn(kind, size, mode="RGB", **options):
    width, height = size
    noise = random.Random(width * 7 + height).randbytes(min(width * height, 4096))
    picture = Image.frombytes(
        "L", size, (noise * (width * height // len(noise) + 1))[: width * height]
    )
    file = io.BytesIO()
    picture.convert(mode).save(file, kind, **options)
    return file.getvalue()


def look(data):
    return inspect(io.BytesIO(data))


CASES = [
    *(("PNG", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")),
    *(("JPEG", mode, {}) for mode in ("L", "RGB", "CMYK")),
    ("JPEG", "RGB", {"progressive": True}),
    ("JPEG", "RGB", {"exif": b"Exif\x00\x00" + b"\xff\xd9" * 50, "comment": b"\xff\xd9"}),
    *(("WEBP", mode, options) for mode in ("RGB", "RGBA") for options in ({}, {"lossless": True})),
    ("WEBP", "RGB", {"exif": b"Exif\x00\x00II*\x00"}),
]


@pytest.mark.parametrize(("kind", "mode", "options"), CASES)
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (64, 48), (300, 7), (17, 500)])
def test_what_pillow_writes(kind, mode, options, size):
    header = look(drawn(kind, size, mode, **options))
    assert (header.mime, header.width, header.height) == (FORMATS[kind], *size)
    assert header.complete
    assert header.mime in EXTENSIONS


@pytest.mark.parametrize(("kind", "mode", "options"), CASES)
def test_a_cut_file_is_never_complete(kind, mode, options):
    data = drawn(kind, (90, 70), mode, **options)
    cuts = range(len(data)) if len(data) < 3000 else random.Random(1).sample(range(len(data)), 3000)
    for cut in cuts:
        try:
            header = look(data[:cut])
        except NotAPicture:
            continue
        assert not header.complete
        assert (header.width, header.height) == (90, 70)


def test_the_end_of_a_file():
    png, jpeg, webp = (drawn(kind, (40, 30)) for kind in FORMATS)
    assert look(jpeg + b"\x00" * 8).complete
    assert not look(jpeg + b"\x00" * 80).complete
    assert not look(jpeg + b"<html>").complete
    assert not look(png + b"PK\x03\x04").complete
    assert not look(png[:-1] + b"\x00").complete
    assert look(webp + b"\x00").complete


def png(width, height, *chunks):
    out = b"\x89PNG\r\n\x1a\n"
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, data in ((b"IHDR", ihdr), *chunks):
        out += struct.pack(">I", len(data)) + name + data
        out += struct.pack(">I", zlib.crc32(name + data))
    return out


END = ((b"IDAT", b"x"), (b"IEND", b""))


@pytest.mark.parametrize(
    "size", [(12288, 1536), (6336, 2688), (5504, 3072), (8192, 8192), (1, PIXELS)]
)
def test_legal_sizes(size):
    header = look(png(*size, *END))
    assert (header.width, header.height, header.complete) == (*size, True)


SOF = b"\xff\xc0\x00\x0b\x08%s\x01\x01\x11\x00"
SOS = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


def jpeg(height, width, before=b""):
    frame = SOF % struct.pack(">HH", height, width)
    return b"\xff\xd8" + before + frame + SOS + b"\xff\xd9"


def test_a_minimal_jpeg():
    assert look(jpeg(3, 4)).width == 4
    assert look(jpeg(3, 4, b"\xff\xff\xff\xfe\x00\x02")).complete


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"<html>" + bytes(40),
        b"\x89PNG\r\n\x1a\n",
        png(0, 5, *END),
        png(5, 0, *END),
        png(65535, 65535, *END),
        png(0x80000000, 1, *END),
        png(1, PIXELS + 1, *END),
        png(5, 5)[:-1] + b"\x00",
        png(5, 5, *[(b"tEXt", b"")] * 20_000, *END),
        png(5, 5) + b"\x00\x00\x00\x00\x00\x00\x00\x00" * 4,
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + SOS + b"\xff\xd9",
        jpeg(0, 4),
        jpeg(4, 0),
        jpeg(65535, 65535),
        jpeg(4, 4, b"\xff\xe0\x00\x01"),
        jpeg(4, 4, b"\xff\xe0\x00\x02" * 20_000),
        jpeg(4, 4, b"\xff" * 20_000),
        jpeg(4, 4, b"\x00\x00"),
        jpeg(4, 4, SOF % b"\x00\x01\x00\x01"),
        b"RIFF\xff\xff\xff\xffWEBP",
        b"RIFF\x20\x00\x00\x00WEBPVP8Z" + bytes(40),
        b"RIFF\x20\x00\x00\x00WEBPVP8X\xff\xff\xff\x00" + bytes(40),
        b"RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(4) + b"\xff" * 6 + bytes(9),
        b"RIFF\x20\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + bytes(40),
        b"RIFF\x20\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x00" + bytes(40),
    ],
)
def test_what_is_no_picture_says_why(data):
    with pytest.raises(NotAPicture, match=r"[a-z]"):
        look(data)


def test_damage_raises_nothing_else():
    rnd = random.Random(5)
    seeds = [drawn(kind, (40, 30)) for kind in FORMATS]
    for _ in range(6000):
        data = bytearray(rnd.choice(seeds))
        for _ in range(rnd.choice([1, 3])):
            data[rnd.randrange(min(len(data), 80))] = rnd.randrange(256)
        try:
            look(bytes(data))
        except NotAPicture:
            continue


def test_a_large_picture_takes_no_time(tmp_path):
    path = tmp_path / "large.png"
    chunk = png(1, 1, (b"IDAT", bytes(65536)))[33:]
    path.write_bytes(png(5504, 3072) + chunk * 350 + png(1, 1, (b"IEND", b""))[33:])
    best = 9.0
    with path.open("rb") as file:
        for _ in range(5):
            began = time.process_time()
            assert inspect(file).complete
            best = min(best, time.process_time() - began)
    assert best < 0.01
