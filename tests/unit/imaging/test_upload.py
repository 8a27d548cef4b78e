"""References made ready: real files of every kind in, upright sRGB without secrets out."""

from __future__ import annotations

import io
import random
import resource
import struct
import sys
import time
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFilter, ImageStat

from cavendish.imaging.header import NotAPicture
from cavendish.imaging.opening import NeedsReader
from cavendish.imaging.upload import TooLarge, Upload, made_ready

LIMITS = {"longest_px": 2048, "most_bytes": 7_000_000}


def scene(width=600, height=400, seed=1):
    """Circles on grain, with a red corner: asymmetric, sharp, of many colours."""
    rng = random.Random(seed)
    picture = Image.frombytes("RGB", (width, height), rng.randbytes(3 * width * height))
    ground = Image.linear_gradient("L").resize(picture.size).convert("RGB")
    picture = Image.blend(ground, picture, 0.04)
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y, side = rng.randrange(width), rng.randrange(height), rng.randrange(10, 80)
        draw.ellipse((x, y, x + side, y + side), fill=tuple(rng.randrange(256) for _ in range(3)))
    draw.rectangle((0, 0, width // 4, height // 4), fill=(220, 20, 20))
    return picture


SCENE = scene()


def coded(picture, kind, **more):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return buffer.getvalue()


def heic(picture, **more):
    buffer = io.BytesIO()
    pillow_heif.from_pillow(picture).save(buffer, quality=90, **more)
    return buffer.getvalue()


def ready(data, **more):
    return made_ready(data, **{**LIMITS, **more})


def decoded(upload):
    picture = Image.open(io.BytesIO(upload.data))
    assert picture.size == (upload.sent_width, upload.sent_height)
    assert Image.MIME[picture.format] == upload.mime
    return picture


def apart(one, other):
    """The mean difference of two pictures, 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other)).mean)


def exif(orientation=1, *, gps=False):
    said = Image.Exif()
    said[0x0112], said[0x010F] = orientation, "Canary Cameras"
    if gps:
        said[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return said


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_needs_nothing_keeps_its_bytes(kind):
    data = coded(SCENE, kind)
    found = ready(data)
    assert (found.data, found.notes) == (data, ())
    assert (found.width, found.height) == (found.sent_width, found.sent_height) == SCENE.size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_exif_orientation_is_sent_upright(kind, orientation):
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = SCENE.transpose(undo[orientation]) if orientation > 1 else SCENE
    found = ready(coded(stored, kind, exif=exif(orientation)))
    assert (found.width, found.height) == SCENE.size
    assert apart(decoded(found), SCENE) < 8
    assert any("upright as its EXIF says" in note for note in found.notes) == (orientation > 1)
    assert not dict(decoded(found).getexif())


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_sent_upright(orientation):
    turn = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270}.get(orientation)  # fmt: skip
    stored = SCENE if turn is None else SCENE.transpose(turn)
    found = ready(heic(stored, exif=exif(orientation).tobytes()))
    assert found.mime == "image/jpeg"
    assert "HEIC to JPEG" in found.notes
    assert apart(decoded(found), SCENE) < 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_the_location_never_leaves(kind):
    said = exif(gps=True)
    if kind == "HEIC":
        data = heic(SCENE, exif=said.tobytes())
    else:
        if kind == "TIFF":
            del said[0x8825]  # Pillow cannot write it there
        data = coded(SCENE, kind, exif=said)
    assert b"Canary" in data
    found = ready(data)
    assert b"Canary" not in found.data
    assert not decoded(found).getexif()
    what = "metadata" if kind == "TIFF" else "location and other metadata"
    assert f"{what} removed" in found.notes


def test_only_the_metadata_goes_where_nothing_else_is_to_be_done():
    for kind, more in (
        ("JPEG", {"comment": b"secret"}),
        ("PNG", {}),
        ("WEBP", {"xmp": b"<x:xmpmeta>secret</x:xmpmeta>", "lossless": True}),
    ):
        plain = coded(SCENE, kind, **{k: v for k, v in more.items() if k == "lossless"})
        found = ready(coded(SCENE, kind, exif=exif(), **more))
        assert b"secret" not in found.data
        assert found.notes == ("metadata removed",)
        pixels = Image.open(io.BytesIO(plain))
        assert decoded(found).tobytes() == pixels.tobytes(), kind


def test_what_follows_the_end_is_cut():
    for kind in ("JPEG", "PNG", "WEBP"):
        data = coded(SCENE, kind)
        assert ready(data + b"PK\x03\x04" + bytes(5000)).data == data


def test_a_jpeg_with_a_second_picture_in_it_is_sent_as_one():
    data = coded(SCENE, "MPO", save_all=True, append_images=[scene(seed=2)])
    found = ready(data)
    assert len(found.data) < len(data) * 2 // 3
    assert apart(decoded(found), SCENE) < 8


def profile_of(picture):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(picture)).tobytes()


def wide_profile():
    """sRGB with red and green swapped: nobody can miss whether it was applied."""
    data = bytearray(profile_of("sRGB"))
    count = struct.unpack(">I", data[128:132])[0]
    at = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, green = at[b"rXYZ"], at[b"gXYZ"]
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data).replace("sRGB".encode("utf-16-be"), "Test".encode("utf-16-be"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_colour_profile_is_applied(kind):
    found = ready(coded(SCENE, kind, icc_profile=wide_profile()))
    assert any(note.endswith("to sRGB") for note in found.notes)
    red, green, blue = SCENE.split()
    assert apart(decoded(found), Image.merge("RGB", (green, red, blue))) < 8
    assert "icc_profile" not in decoded(found).info


def test_srgb_is_kept_as_it_is():
    data = coded(SCENE, "JPEG", icc_profile=profile_of("sRGB"))
    assert ready(data).data == data


def test_a_broken_profile_is_ignored_and_said():
    found = ready(coded(SCENE, "JPEG", icc_profile=b"no profile" * 50))
    assert "a broken colour profile ignored" in found.notes
    assert apart(decoded(found), SCENE) < 8


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize("profile", [None, b"broken" * 50, "sRGB"])
def test_cmyk_becomes_rgb(kind, profile):
    """A profile of another colour space is as good as none."""
    profile = profile_of("sRGB") if profile == "sRGB" else profile
    more = {} if profile is None else {"icc_profile": profile}
    found = ready(coded(SCENE.convert("CMYK"), kind, **more))
    assert apart(decoded(found), SCENE) < 10
    assert any("CMYK" in note and "roughly" in note for note in found.notes)


def test_sixteen_bits_become_eight():
    ramp = Image.linear_gradient("L").resize((600, 600))
    deep = ramp.convert("I").point(lambda value: value * 257).convert("I;16")
    for kind in ("PNG", "TIFF"):
        found = ready(coded(deep, kind))
        assert "16 bits a channel to 8" in found.notes
        assert apart(decoded(found), ramp.convert("RGB")) <= 1


def rgb16():
    """A PNG of 16 bits a channel in colour, which Pillow reads and does not write."""
    width, height = SCENE.size
    rows = SCENE.tobytes()
    lines = [rows[y * width * 3 : (y + 1) * width * 3] for y in range(height)]
    deep = b"".join(b"\0" + bytes(v for byte in line for v in (byte, byte)) for line in lines)
    return png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), zlib.compress(deep))


def png(header, pixels, *more):
    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    between = b"".join(chunk(kind, data) for kind, data in more)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )  # fmt: skip


def test_sixteen_bits_in_colour_become_eight():
    found = ready(rgb16())
    assert "16 bits a channel to 8" in found.notes
    assert apart(decoded(found), SCENE) < 6


def test_transparent_parts_are_laid_on_white():
    clear = SCENE.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 300, 400))
    indexed = SCENE.quantize(64)
    for data in (
        coded(clear, "PNG"), coded(clear, "WEBP"), coded(clear.convert("LA"), "PNG"),
        coded(clear.quantize(64), "PNG"),
        coded(indexed, "PNG", transparency=indexed.getpixel((5, 5))),
    ):  # fmt: skip
        found = ready(data)
        assert "transparent parts laid on white" in found.notes
        sent = decoded(found)
        assert sent.mode in {"RGB", "L"}
        assert min(sent.convert("L").crop((2, 2, 40, 40)).getextrema()) > 245


def test_alpha_that_hides_nothing_changes_nothing():
    data = coded(SCENE.convert("RGBA"), "PNG")
    assert ready(data).data == data


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_sent(kind):
    frames = [scene(seed=seed).quantize(128) for seed in (1, 2, 3)]
    if kind != "GIF":
        frames = [frame.convert("RGB") for frame in frames]
    found = ready(coded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert "its first frame only" in found.notes
    assert apart(decoded(found), frames[0].convert("RGB")) < 10


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "AVIF"])
def test_other_formats_are_converted(kind):
    found = ready(coded(SCENE, kind))
    assert found.mime == "image/jpeg"
    assert found.notes == (f"{kind} to JPEG",)


def test_drawings_become_png_and_stay_exact():
    drawing = Image.new("RGB", (700, 500), "white")
    ImageDraw.Draw(drawing).polygon([(50, 50), (600, 100), (300, 450)], fill="navy")
    found = ready(coded(drawing, "BMP"))
    assert found.mime == "image/png"
    assert decoded(found).tobytes() == drawing.tobytes()


@pytest.mark.parametrize("size", [(3000, 2000), (2000, 3000), (2049, 8), (1, 5000)])
def test_no_more_is_sent_than_the_model_uses(size):
    found = ready(coded(SCENE.resize(size), "JPEG"))
    assert (found.width, found.height) == size
    assert max(found.sent_width, found.sent_height) == 2048
    assert f"{size[0]}x{size[1]} to {found.sent_width}x{found.sent_height}" in found.notes
    decoded(found)


def test_the_same_in_gives_the_same_out():
    data = coded(SCENE, "TIFF", exif=exif(6))
    assert ready(data) == ready(data)


def test_it_is_made_to_fit_or_refused():
    grain = Image.frombytes("RGB", (1200, 900), random.Random(2).randbytes(1200 * 900 * 3))
    data = coded(grain, "JPEG", quality=95)
    found = ready(data, most_bytes=len(data) // 3)
    assert len(found.data) <= len(data) // 3
    assert "to fit the request" in found.notes[-1]
    with pytest.raises(TooLarge, match="stay of use"):
        ready(data, most_bytes=10_000)


def test_it_comes_through_json_unchanged():
    found = ready(coded(SCENE, "TIFF"))
    assert Upload.from_json(found.to_json()) == found


BOMBS = {
    "png": png(struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0), zlib.compress(bytes(1000))),
    "profile": png(
        struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0), zlib.compress(bytes(200)),
        (b"iCCP", b"x\0\0" + zlib.compress(bytes(100_000_000))),
    ),
    "chunks": png(
        struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0), zlib.compress(bytes(200)),
        *((b"teXt", b"") for _ in range(20_000)),
    ),
    "gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\0\0\0,"
    + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\2\x4c\1\0;",
    "gif frame": b"GIF89a" + struct.pack("<HH", 1, 1) + b"\0\0\0,"
    + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\2\2\x4c\1\0;",
    "bmp": b"BM" + struct.pack("<IHHI", 60, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 60000, 60000, 1, 24, 0, 0, 1, 1, 0, 0) + bytes(6),
    "tiff": b"II*\0\x08\0\0\0" + struct.pack("<H", 7) + b"".join(
        struct.pack("<HHII", tag, 4, 1, value)
        for tag, value in ((256, 60000), (257, 60000), (258, 8), (259, 1), (262, 1), (273, 8),
                           (279, 100))
    ) + bytes(4),
    "heic": heic(Image.new("RGB", (64, 64))).replace(
        b"ispe\0\0\0\0" + struct.pack(">II", 64, 64),
        b"ispe\0\0\0\0" + struct.pack(">II", 65535, 65535),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_by_its_header(name):
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started_s = time.process_time()
    with pytest.raises(NotAPicture):
        ready(BOMBS[name])
    assert time.process_time() - started_s < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 60_000


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIC"])
def test_a_broken_file_is_refused_and_nothing_else_happens(kind):
    picture = SCENE.quantize(64) if kind == "GIF" else SCENE
    data = heic(SCENE) if kind == "HEIC" else coded(picture, kind)
    rng = random.Random(kind)
    for _ in range(40):
        broken = bytearray(data[: rng.randrange(len(data))])
        for _ in range(rng.randrange(4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            ready(bytes(broken))
        except NotAPicture as error:
            assert str(error)


def test_text_that_would_inflate_is_cut_off_unread():
    words = b"Comment\0\0" + zlib.compress(bytes(100_000_000))
    header, rows = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0), zlib.compress(bytes(200))
    found = ready(png(header, rows, (b"zTXt", words)))
    assert found.data == png(header, rows)
    assert found.notes == ("metadata removed",)


def test_heic_without_its_reader_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(NeedsReader, match="HEIC"):
        ready(heic(SCENE))


VERDICTS = {
    "sharp": (scene(1200, 900), "good", ""),
    "blurred": (scene(1200, 900).filter(ImageFilter.GaussianBlur(8)), "poor", "blurred"),
    "very dark": (scene(1200, 900).point(lambda v: v * 0.05), "poor", "too dark"),
    "overexposed": (scene(1200, 900).point(lambda v: v * 6), "poor", "too bright"),
    "dark": (scene(1200, 900).point(lambda v: v * 0.12), "poor", "too dark"),
    "bright": (scene(1200, 900).point(lambda v: 190 + v * 4), "poor", "too bright"),
    "small": (scene(200, 150), "poor", "only 150 px"),
    "smallish": (scene(600, 400), "usable", "only 400 px"),
    "one colour": (Image.new("RGB", (800, 800), "teal"), "poor", "hardly any contrast"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_its_quality_is_judged(name):
    picture, verdict, reason = VERDICTS[name]
    quality = ready(coded(picture, "PNG")).quality
    assert quality.verdict == verdict, quality
    assert reason in quality.reason
    assert bool(quality.advice) == (verdict != "good")


def test_a_product_on_white_is_a_good_reference_and_a_far_one_is_to_be_cut_closer():
    near, far = (Image.new("RGB", (1000, 1000), "white") for _ in range(2))
    near.paste(scene(600, 600), (200, 200))
    far.paste(scene(150, 150), (400, 400))
    assert ready(coded(near, "PNG")).quality.verdict == "good"
    black = Image.new("RGB", (1000, 1000))
    black.paste(scene(600, 600), (200, 200))
    assert ready(coded(black, "PNG")).quality.verdict == "good"
    quality = ready(coded(far, "PNG")).quality
    assert quality.verdict == "usable"
    assert "its subject seems to fill only" in quality.reason
    assert quality.advice == "cut it closer"
