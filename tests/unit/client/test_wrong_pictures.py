"""Fourteen kinds of wrong picture, bought for real: each is named, kept and paid for once; and
what is legal passes, whatever its size, ratio and format."""

from __future__ import annotations

import base64
import zlib

import pytest
from PIL import Image

from cavendish import Client, errors
from cavendish.catalog.loader import models
from cavendish.client.examiner import Decoders
from cavendish.send.contract import Asked, verdict
from simulation.oracle import png
from unit.client.upstream import USAGE, answer, picture
from unit.imaging.pictures import encoded, exif, scene
from unit.imaging.test_decoder import chunks

MODEL = "gemini-3-pro-image"
SCENE = scene(1024, 1024, 3)
JPEG = encoded(SCENE)


def cut(data):
    return data[: len(data) * 2 // 3]


def animated(kind):
    return encoded(SCENE, kind, save_all=True, append_images=[scene(1024, 1024, 4)])


def clear(share):
    found = SCENE.convert("RGBA")
    found.paste((0, 0, 0, 0), (0, 0, 1024, int(1024 * share)))
    return encoded(found, "PNG", compress_level=1)


def deep():
    return encoded(SCENE.convert("I;16"), "PNG", compress_level=1)


def half_the_rows():
    """Chunks and checksums are whole."""
    data, header = png(1024, 512, "x"), png(1024, 1024, "x")[:33]
    return header + data[33:]


def inflating(name):
    """A whole picture, and 390 KB of text that are 400 MB."""
    data = encoded(SCENE, "PNG", compress_level=1)
    bomb = b"k\0\0" + zlib.compress(bytes(400_000_000), 9)
    return data[:33] + chunks((name, bomb))[8:] + data[33:]


def coded(frame):
    """A JPEG whose frame says that it is coded in another way."""
    return JPEG.replace(b"\xff\xc0", bytes((0xFF, frame)), 1)


def damaged():
    data = encoded(SCENE, "PNG", compress_level=1)
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


WRONG = {
    "undecodable: checksum": (damaged, "undecodable"),
    "truncated png, whole chunks": (half_the_rows, "truncated"),
    "truncated": (lambda: cut(JPEG), "truncated"),
    "truncated png": (lambda: cut(encoded(SCENE, "PNG", compress_level=1)), "truncated"),
    "truncated webp": (lambda: cut(encoded(SCENE, "WEBP")), "truncated"),
    "truncated, an end put on": (lambda: cut(JPEG) + b"\xff\xd9", "truncated"),
    "trailing html": (lambda: JPEG + b"<script>1</script>", "trailing bytes"),
    "trailing zip": (lambda: encoded(SCENE, "PNG", compress_level=1) + b"PK\3\4", "trailing bytes"),
    "smaller": (lambda: encoded(SCENE.resize((512, 512))), "size"),
    "larger": (lambda: encoded(SCENE.resize((2048, 2048))), "size"),
    "a little off": (lambda: encoded(SCENE.resize((1000, 1000))), "size"),
    "wide": (lambda: encoded(SCENE.resize((1376, 768))), "aspect ratio"),
    "no aspect ratio": (lambda: encoded(SCENE.resize((1408, 768))), "aspect ratio"),
    "gif": (lambda: encoded(SCENE, "GIF"), "format"),
    "bmp": (lambda: encoded(SCENE, "BMP"), "format"),
    "arithmetic jpeg": (lambda: coded(0xC9), "format"),
    "lossless jpeg": (lambda: coded(0xC3), "format"),
    "html": (lambda: b"<html><body>busy</body></html>", "format"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' width='1024'/>", "format"),
    "blank": (lambda: encoded(Image.new("RGB", (1024, 1024), (240, 240, 240))), "blank"),
    "black": (lambda: encoded(Image.new("L", (1024, 1024)), "WEBP"), "blank"),
    "16 bits": (deep, "bit depth"),
    "cmyk": (lambda: encoded(SCENE.convert("CMYK")), "colour"),
    "turned": (lambda: encoded(SCENE, exif=exif(6)), "orientation"),
    "turned png": (lambda: encoded(SCENE, "PNG", exif=exif(3), compress_level=1), "orientation"),
    "apng": (lambda: animated("PNG"), "frames"),
    "animated webp": (lambda: animated("WEBP"), "frames"),
    "two in one": (lambda: animated("MPO"), "frames"),
    "all clear": (lambda: clear(1), "transparency"),
    "partly clear": (lambda: clear(0.3), "transparency"),
    "bomb of text": (lambda: inflating(b"zTXt"), "undecodable"),
    "bomb of a profile": (lambda: inflating(b"iCCP"), "undecodable"),
    "bomb": (lambda: png(50_000, 50_000, "x"), "bomb"),
}


@pytest.fixture
def client(upstream, folder):
    with Client() as made:
        yield made


@pytest.fixture
def client_that(upstream, folder):
    """A client with another way to examine."""
    made = []

    def make(examine):
        (folder / "cavendish.toml").write_text(f'examine = "{examine}"')
        made.append(Client())
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_picture_is_named_kept_and_paid_for_once(name, client, upstream, folder):
    """T22, T25-T28: the file asked for is never a thing that cannot be opened."""
    make, kind = WRONG[name]
    data = make()
    upstream.always(picture(data))
    with pytest.raises(errors.ContractViolation) as caught:
        client.generate("a fox", model=MODEL, size="1K", output="fox.png")
    error = caught.value
    assert kind in {finding["kind"] for finding in error.details["findings"]}
    assert all(finding["asked"] and finding["got"] for finding in error.details["findings"])
    assert (error.exit_code, error.billed) == (4, True)
    image = error.details["image"]
    assert (image.bytes, image.usage.output_image, image.cached) == (data, 1120, False)
    if kind in {"format", "bomb", "undecodable"}:
        assert list(folder.iterdir()) == []
        with open(error.details["path"], "rb") as kept:
            assert kept.read() == data
    with pytest.raises(errors.ContractViolation) as again:
        client.generate("a fox", model=MODEL, size="1K")
    assert (again.value.billed, len(upstream.requests)) == (False, 1)
    assert again.value.details["findings"] == error.details["findings"]


COPIES = {
    "the same bytes": lambda: JPEG,
    "encoded again": lambda: encoded(SCENE, quality=60),
    "another format": lambda: encoded(SCENE, "WEBP", quality=80),
    "scaled": lambda: encoded(scene(1024, 1024, 3).resize((640, 640))),
}


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("examine", ["full", "header"])
def test_a_copy_of_what_was_sent_is_no_new_picture(name, examine, client_that, upstream):
    upstream.always(picture(JPEG))
    client = client_that(examine)
    if examine == "header" and name != "the same bytes":
        assert client.generate("now a dog", size="1K", references=[COPIES[name]()]).image
        return
    with pytest.raises(errors.ContractViolation) as caught:
        client.generate("now a dog", size="1K", references=[scene_of_others(), COPIES[name]()])
    (finding,) = caught.value.details["findings"]
    assert (finding["kind"], finding["got"]) == ("copy", "reference 2, unchanged")


def scene_of_others():
    return encoded(scene(300, 300, 8))


def test_an_honest_edit_is_a_new_picture(client, upstream):
    edited = SCENE.copy()
    edited.paste((250, 250, 250), (400, 400, 460, 450))
    upstream.always(picture(encoded(edited)))
    assert client.generate("add a sign", size="1K", references=[JPEG]).image.warnings == ()


HONEST = {
    "shades of grey": lambda: encoded(SCENE.convert("L")),
    "black and white": lambda: encoded(SCENE.convert("1"), "PNG"),
    "few colours": lambda: encoded(SCENE.quantize(4), "PNG", bits=2),
    "an opaque alpha channel": lambda: encoded(SCENE.convert("RGBA"), "PNG", compress_level=1),
    "a faint drawing": lambda: encoded(faint(), "PNG"),
}


def faint():
    drawn = Image.new("RGB", (1024, 1024), (250, 250, 250))
    drawn.paste((222, 222, 222), (200, 500, 800, 502))
    return drawn


@pytest.mark.parametrize("name", HONEST)
def test_plain_is_not_wrong(name, client, upstream):
    """A drawing in black and white may be asked for."""
    upstream.always(picture(HONEST[name](), mime=""))
    assert client.generate("a fox", size="1K").image.warnings == ()


def test_the_header_is_enough_where_that_is_said(client_that, upstream):
    upstream.always(picture(encoded(Image.new("RGB", (1024, 1024)))))
    assert client_that("header").generate("night", size="1K").image.warnings == ()


def test_what_the_header_lets_pass_cannot_hurt_when_it_is_converted(client_that, upstream, folder):
    upstream.always(picture(inflating(b"zTXt")))
    with pytest.raises(errors.StorageError, match="the picture itself is bought and kept"):
        client_that("header").generate("a fox", size="1K", output="fox.jpg")
    assert not (folder / "fox.jpg").exists()


def test_several_pictures_are_all_kept(client, upstream):
    """T38."""
    shown = [encoded(scene(1024, 1024, n)) for n in (1, 2, 3)]
    parts = [
        {"inlineData": {"mimeType": "image/jpeg", "data": base64.b64encode(one).decode()}}
        for one in shown
    ]
    three = {**USAGE, "candidatesTokenCount": 3456, "totalTokenCount": 3640,
             "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 3360}]}  # fmt: skip
    upstream.always(answer(parts, usage=three))
    for _ in range(2):
        image = client.generate("a fox", size="1K").image
        assert image.bytes == shown[2]
        assert [path.read_bytes() for path in image.others] == shown[:2]
        assert "expected 1 picture, got 3" in image.warnings[0]
        assert [one["path"] for one in image.to_json()["others"]] == [*map(str, image.others)]


CELLS = sorted({
    (cell, model.id, size, ratio)
    for model in models().values()
    for size, cells in model.pixels.items() if size in {"512", "1K"}
    for ratio, cell in cells.items()
})  # fmt: skip
LARGE = [((6336, 2688), MODEL, "4K", "21:9"), ((2048, 2048), MODEL, "2K", "1:1"),
         ((12288, 1536), "gemini-nano-banana-2.1", "4K", "8:1")]  # fmt: skip


@pytest.fixture(scope="module")
def decoders():
    found = Decoders()
    yield found
    found.close()


def test_what_is_legal_raises_no_alarm_when_it_is_decoded(decoders, tmp_path):
    """0 false alarms: one of each size, in turn in every format, dark, pale and plain."""
    looks = [lambda v: v, lambda v: v // 14, lambda v: 238 + v // 16]
    seen = set()
    for number, (cell, model, size, ratio) in enumerate([*CELLS, *LARGE]):
        if cell in seen:
            continue
        seen.add(cell)
        drawn = Image.eval(scene(512, 384, number % 5).resize(cell), looks[number % 3])
        options = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0, "quality": 70}, "JPEG": {
            "quality": 90, "progressive": number % 2 == 0}}  # fmt: skip
        kind = ("JPEG", "PNG", "JPEG", "WEBP", "JPEG")[number % 5]
        path = tmp_path / "drawn"
        path.write_bytes(encoded(drawn, kind, **options[kind]))
        with path.open("rb") as file:
            found = verdict(
                Asked(model, size, ratio), models()[model], file, declared="", sha256="", prices={},
                examine=lambda: decoders.examine(path),  # noqa: B023 - it is called at once
            )  # fmt: skip
        assert (found.findings, found.notes) == ((), ()), (cell, kind)
