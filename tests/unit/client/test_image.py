"""Pictures as users hold them."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from PIL import Image as Pil

from cavendish.client.image import Image
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Attempt, Usage
from unit.client.upstream import pixels

KEYS = {
    "path", "original_path", "sha256", "width", "height", "mime", "model", "channel", "text",
    "thoughts", "usage", "cost_usd", "billed", "cached", "offline", "elapsed_s", "attempts",
    "request_id", "rate_limit", "warnings", "sources", "others",
}  # fmt: skip
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@pytest.fixture
def image(folder):
    original = folder / "blob"
    original.write_bytes(pixels(32, 16))
    return Image(
        original_path=original, sha256="0" * 64, width=32, height=16, mime="image/jpeg",
        original_mime="image/jpeg", model="m", channel="gemini", offline=False, cached=False,
        cost=Money(134_400_000), elapsed_s=1.23456, usage=Usage(1, 2, 3, 4, 5),
        attempts=(Attempt("gemini", "executed", 0.0, Money(134_400_000)),), request_id="r",
    )  # fmt: skip


def test_bytes_are_the_providers_own(image):
    """T123."""
    assert image.bytes == pixels(32, 16)


def test_pil(image):
    picture = image.pil
    assert (picture.size, picture.mode) == ((32, 16), "RGB")
    picture.putpixel((0, 0), (0, 0, 0))  # it is loaded, and ours


@pytest.mark.parametrize(
    ("name", "format_", "start", "kind"),
    [
        ("x.jpg", None, JPEG, "JPEG"),
        ("x.jpeg", None, JPEG, "JPEG"),
        ("x.png", None, PNG, "PNG"),
        ("X.PNG", None, PNG, "PNG"),
        ("x.webp", None, b"RIFF", "WEBP"),
        ("x.png", "original", JPEG, "JPEG"),
        ("x.bin", "original", JPEG, "JPEG"),
        ("x", "png", PNG, "PNG"),
        ("x.png", "webp", b"RIFF", "WEBP"),
    ],
)
def test_save(image, folder, name, format_, start, kind):
    place = image.save(folder / "new" / name, format=format_)
    assert place == folder / "new" / name
    assert place.read_bytes().startswith(start)
    with Pil.open(place) as saved:
        assert (saved.format, saved.size) == (kind, (32, 16))


def test_the_right_format_keeps_every_byte(image, folder):
    """T24."""
    assert image.save("x.jpg").read_bytes() == image.bytes
    assert image.save(str(folder / "y.bin"), format="original").read_bytes() == image.bytes


def test_a_lossless_format_keeps_every_pixel(image):
    for name in ("x.png", "x.webp"):
        with Pil.open(image.save(name)) as saved:
            assert saved.convert("RGB").tobytes() == image.pil.tobytes()


def test_colour_profile_and_exif_come_along(image, folder):
    exif = Pil.Exif()
    exif[0x010E] = "a fox"
    picture = Pil.new("RGB", (4, 4))
    picture.save(image.original_path, "JPEG", icc_profile=b"profile", exif=exif)
    for name in ("x.png", "x.webp"):
        with Pil.open(image.save(name)) as saved:
            assert saved.info["icc_profile"] == b"profile"
            assert saved.getexif()[0x010E] == "a fox"


def test_a_transparent_picture_becomes_a_jpeg(image, folder):
    Pil.new("RGBA", (4, 4), (255, 0, 0, 128)).save(image.original_path, "PNG")
    shown = dataclasses.replace(image, original_mime="image/png", mime="image/png")
    with Pil.open(shown.save("x.jpg")) as saved:
        assert saved.mode == "RGB"


@pytest.mark.parametrize(("name", "format_"), [("x.gif", None), ("x", None), ("x.png", "bmp")])
def test_an_unknown_format_is_refused_and_writes_nothing(image, folder, name, format_):
    with pytest.raises(InvalidRequest):
        image.save(folder / name, format=format_)
    assert [p.name for p in folder.iterdir()] == ["blob"]


def test_a_place_that_is_none(image, folder):
    (folder / "file").touch()
    with pytest.raises(StorageError, match=r"Not a directory|File exists"):
        image.save(folder / "file" / "x.jpg")


def test_a_picture_that_cannot_be_converted_blames_the_picture(image, folder):
    image.original_path.write_bytes(pixels(320, 160)[:900])
    with pytest.raises(StorageError, match="cannot be converted") as caught:
        image.save("x.png")
    assert "original" in caught.value.next_step
    assert [p.name for p in folder.iterdir()] == ["blob"]
    assert image.save("x.jpg").read_bytes() == image.bytes


def test_a_picture_that_is_gone(image, folder):
    image.original_path.unlink()
    with pytest.raises(StorageError, match="blob"):
        image.save("x.jpg")
    assert list(folder.iterdir()) == []


def test_it_shows_itself_in_a_notebook(image):
    bundle = image._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/jpeg"] == image.bytes
    assert "width=32" in bundle["text/plain"]
    assert len(bundle["text/plain"]) < 1000


def test_it_does_not_change(image):
    with pytest.raises(dataclasses.FrozenInstanceError):
        image.cost = ZERO
    assert hash(image) == hash(dataclasses.replace(image))


def test_json(image, folder):
    found = image.to_json()
    assert set(found) == KEYS
    assert json.loads(json.dumps(found)) == found
    assert found["path"] is None
    assert found["original_path"] == str(folder / "blob")
    assert found["usage"] == {
        "input_text": 1, "input_image": 2, "output_text": 3, "output_thinking": 4,
        "output_image": 5,
    }  # fmt: skip
    assert (found["cost_usd"], found["billed"], found["elapsed_s"]) == ("0.1344", True, 1.235)
    assert found["attempts"][0]["outcome"] == "executed"
    assert found["thoughts"] is found["rate_limit"] is None


def test_json_of_a_picture_bought_before_and_saved(image, folder):
    cached = dataclasses.replace(image, cached=True, cost=ZERO, usage=None)
    saved = cached.saved(folder / "x.png").to_json()
    assert (saved["billed"], saved["cached"], saved["cost_usd"]) == (False, True, "0")
    assert (saved["path"], saved["mime"]) == (str(folder / "x.png"), "image/png")
    assert saved["usage"] is None


def test_pil_reads_no_other_format(image):
    file = io.BytesIO()
    Pil.new("RGB", (2, 2)).save(file, "GIF")
    image.original_path.write_bytes(file.getvalue())
    with pytest.raises(Exception, match="cannot identify"):
        _ = image.pil
