"""Headers of real files, cut files, bombs and rubbish."""

from __future__ import annotations

import io
import random
import struct
import time
import tracemalloc
import zlib

import pytest
from PIL import Image

from cavendish.imaging.header import EXTRA_BYTES, PIXELS, Bomb, NotAPicture
from cavendish.imaging.inspect import EXTENSIONS, inspect
from cavendish.imaging.png import broken_chunk

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


def png(width, height, *chunks):
    """A PNG of these chunks, as they are."""
    out = b"\x89PNG\r\n\x1a\n"
    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    for name, data in ((b"IHDR", ihdr), *chunks):
        out += struct.pack(">I", len(data)) + name + data
        out += struct.pack(">I", zlib.crc32(name + data))
    return out


END = ((b"IDAT", b"x"), (b"IEND", b""))


def png_of(*chunks, size=(5, 5), times=1):
    return png(*size, *chunks * times, *END)


SOF = b"\xff\xc0\x00\x0b\x08%s\x01\x01\x11\x00"
SOS = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


def jpeg(height, width, before=b""):
    frame = SOF % struct.pack(">HH", height, width)
    return b"\xff\xd8" + before + frame + SOS + b"\xff\xd9"


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
    """T28."""
    png, jpeg, webp = (drawn(kind, (40, 30)) for kind in FORMATS)
    for data, more, trailing in (
        (jpeg, b"\x00" * 8, 0), (jpeg, b"\x00" * 80, 80), (jpeg, b"<html>", 6),
        (jpeg, jpeg, len(jpeg)),
        (png, b"PK\x03\x04", 4), (png, b"\x00", 1), (webp, b"\x00", 0), (webp, b"%PDF", 4),
        (webp, webp, len(webp)),
    ):  # fmt: skip
        assert (look(data + more).complete, look(data + more).trailing_bytes) == (True, trailing)
        assert look(data).trailing_bytes == 0
    assert not look(png[:-1] + b"\x00").complete


def exif(number):
    found = Image.Exif()
    found[0x010E] = "words before it"
    found[0x0112] = number
    return found


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("number", range(1, 9))
def test_orientation(kind, number):
    assert look(drawn(kind, (40, 30), exif=exif(number))).orientation == number


@pytest.mark.parametrize(
    ("kind", "mode", "options", "bits", "colour", "alpha"),
    [
        ("PNG", "1", {}, 1, "gray", False),
        ("PNG", "L", {}, 8, "gray", False),
        ("PNG", "LA", {}, 8, "gray", True),
        ("PNG", "P", {}, 8, "palette", False),
        ("PNG", "P", {"transparency": 0}, 8, "palette", True),
        ("PNG", "RGB", {}, 8, "rgb", False),
        ("PNG", "RGB", {"transparency": (1, 2, 3)}, 8, "rgb", True),
        ("PNG", "RGBA", {}, 8, "rgb", True),
        ("PNG", "I;16", {}, 16, "gray", False),
        ("JPEG", "L", {}, 8, "gray", False),
        ("JPEG", "RGB", {}, 8, "rgb", False),
        ("JPEG", "CMYK", {}, 8, "cmyk", False),
        ("WEBP", "RGB", {}, 8, "rgb", False),
        ("WEBP", "RGB", {"lossless": True}, 8, "rgb", False),
    ],
)
def test_what_the_pixels_are(kind, mode, options, bits, colour, alpha):
    header = look(drawn(kind, (40, 30), mode, **options))
    assert (header.bits, header.colour, header.alpha) == (bits, colour, alpha)
    assert (header.frames, header.profile, header.orientation) == (1, False, 1)


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_that_lets_through(lossless):
    clear = Image.new("RGBA", (40, 30), (200, 10, 10, 90))
    clear.putpixel((3, 3), (9, 200, 7, 255))
    file = io.BytesIO()
    clear.save(file, "WEBP", lossless=lossless)
    assert look(file.getvalue()).alpha


def test_the_adobe_marker_makes_it_ycck():
    cmyk = drawn("JPEG", (40, 30), "CMYK")
    at = cmyk.index(b"Adobe") + 11
    assert cmyk[at] == 0
    assert look(cmyk[:at] + b"\x02" + cmyk[at + 1 :]).colour == "ycck"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_profile(kind):
    assert look(drawn(kind, (40, 30), icc_profile=b"profile" * 30)).profile


@pytest.mark.parametrize(("kind", "more"), [("PNG", {}), ("WEBP", {}), ("MPO", {})])
def test_more_than_one_picture(kind, more):
    """T28."""
    shades = [Image.new("RGB", (40, 30), (n * 60, 90, 90)) for n in range(3)]
    file = io.BytesIO()
    shades[0].save(file, kind, save_all=True, append_images=shades[1:], **more)
    assert look(file.getvalue()).frames > 1


def bomb(name):
    """A chunk of 40 KB that inflates to 40 MB."""
    return name, b"name\x00\x00" + zlib.compress(bytes(40_000_000), 9)


@pytest.mark.parametrize(
    "data",
    [png_of(bomb(name)) for name in (b"zTXt", b"iCCP", b"iTXt", b"eXIf")],
)
def test_what_would_inflate_is_not_touched(data):
    """T28."""
    tracemalloc.start()
    began = time.process_time()
    header = look(data)
    spent_s = time.process_time() - began
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert header.complete
    assert spent_s < 0.05
    assert peak_bytes < 1_000_000


@pytest.mark.parametrize(
    "data",
    [
        png_of((b"tEXt", b"k\x00" + b"x" * (EXTRA_BYTES // 4)), times=5),
        b"\xff\xd8" + (b"\xff\xfe\xff\xff" + b"x" * 65533) * 260 + b"\xff\xd9",
        b"RIFF\xff\xff\xff\x02WEBPVP8X\x0a\x00\x00\x00" + bytes(10)
        + (b"XMP \x00\x00\x90\x00" + bytes(0x900000)) * 3,
    ],
    ids=["PNG", "JPEG", "WebP"],
)  # fmt: skip
def test_more_words_than_pixels_is_a_bomb(data):
    """T28."""
    with pytest.raises(Bomb, match="bytes that are no pixels"):
        look(data)


@pytest.mark.parametrize("side", [65_535, 20_000])
def test_a_bomb_of_pixels_costs_nothing(side):
    """T27."""
    for data in (png_of(size=(side, side)), jpeg(side, side)):
        tracemalloc.start()
        began = time.process_time()
        with pytest.raises(Bomb, match="pixels are more than"):
            look(data)
        spent_s = time.process_time() - began
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert spent_s < 0.05
        assert peak_bytes < 5_000_000


def test_a_broken_checksum_is_named():
    data = drawn("PNG", (90, 70))
    assert broken_chunk(io.BytesIO(data)) is None
    for name in (b"IHDR", b"IDAT"):
        at = data.index(name) + 9
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert broken_chunk(io.BytesIO(damaged)) == name.decode()


@pytest.mark.parametrize(
    "size", [(12288, 1536), (6336, 2688), (5504, 3072), (8192, 8192), (1, PIXELS)]
)
def test_legal_sizes(size):
    header = look(png(*size, *END))
    assert (header.width, header.height, header.complete) == (*size, True)


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
    """T27."""
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
