"""The pixels and the format that were asked for, whatever the service sends."""

from __future__ import annotations

import io

import pytest
from PIL import Image as Pil

from cavendish import Client
from cavendish.core.errors import InvalidRequest
from unit.client.upstream import picture


@pytest.fixture
def client(upstream):
    with Client() as client:
        yield client


def halves(width, height):
    """A picture with a red and a blue half, so that a cut shows."""
    whole = Pil.new("RGB", (width, height), "red")
    whole.paste("blue", (0, 0, width // 2, height))
    file = io.BytesIO()
    whole.save(file, "JPEG", quality=95)
    return file.getvalue()


def test_exact_pixels_are_cut_from_the_middle_and_scaled(client, upstream, folder):
    upstream.always(picture(halves(2752, 1536)))
    image = client.generate("a fox", exact="2048x1152", output="fox.png").image
    body = upstream.requests[0][2]
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
    assert (image.width, image.height, image.mime) == (2048, 1152, "image/png")
    with Pil.open(folder / "fox.png") as opened:
        assert opened.size == (2048, 1152)
        left, right = opened.getpixel((900, 600)), opened.getpixel((1150, 600))
    assert left[2] > 200 > 60 > left[0]
    assert right[0] > 200 > 60 > right[2]
    assert image.pil.size == (2048, 1152)
    with Pil.open(image.original_path) as master:
        assert master.size == (2752, 1536)


def test_the_same_picture_in_other_pixels_is_not_bought_again(client, upstream):
    upstream.always(picture(halves(2752, 1536)))
    client.generate("a fox", exact="2048x1152")
    again = client.generate("a fox", exact=(1920, 1080)).image
    assert (again.cached, again.width, again.height) == (True, 1920, 1080)
    assert len(upstream.requests) == 1


def test_exact_in_a_folder_loses_nothing(client, upstream, folder):
    upstream.always(picture(halves(1376, 768)))
    image = client.generate("a fox", exact="640x360", output="out").image
    assert image.path.suffix == ".png"
    assert (image.mime, image.width) == ("image/png", 640)


@pytest.mark.parametrize(
    ("wanted", "output", "name", "mime"),
    [
        ("original", "fox.png", "fox.jpg", "image/jpeg"),
        ("original", "out", None, "image/jpeg"),
        ("png", "out", None, "image/png"),
        ("webp", "out", None, "image/webp"),
        ("jpeg", "fox.jpeg", "fox.jpeg", "image/jpeg"),
        (None, "fox.webp", "fox.webp", "image/webp"),
    ],
)
def test_formats(client, upstream, folder, wanted, output, name, mime):
    upstream.always(picture(halves(1024, 1024)))
    image = client.generate("a fox", size="1K", output=output, format=wanted).image
    assert image.mime == mime
    if name is not None:
        assert image.path.name == name
    with Pil.open(image.path) as opened:
        assert opened.get_format_mimetype() == mime
    if wanted == "original":
        assert image.path.read_bytes() == image.bytes


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"exact": "2048x1152", "size": "2K"}, "size: is chosen by exact"),
        ({"exact": "2048x1152", "aspect_ratio": "1:1"}, "aspect_ratio: is chosen by exact"),
        ({"exact": "2048x1152", "format": "original"}, "format: original keeps the pixels"),
        ({"format": "gif"}, "format: unknown: 'gif'"),
        ({"format": "png", "output": "fox.jpg"}, "format: png contradicts the name fox.jpg"),
    ],
)
def test_what_contradicts_itself_is_refused_before_anything_is_sent(
    client, upstream, folder, said, problem
):
    with pytest.raises(InvalidRequest) as caught:
        client.generate("a fox", **said)
    assert problem in caught.value.message
    assert not upstream.requests
