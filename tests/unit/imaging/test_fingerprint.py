"""What is the same picture, and what is another."""

from __future__ import annotations

import random

import pytest
from PIL import Image, ImageDraw

from cavendish.imaging.fingerprint import GRID, same
from unit.imaging.pictures import encoded, exif, scene
from unit.imaging.test_decoder import grid

SCENES = [scene(1024, 1024, seed) for seed in range(3)]
SCENES += [scene(896, 1200), scene(1584, 672), Image.eval(scene(512, 512, 9), lambda v: v // 12)]


def turned(picture, **options):
    return encoded(picture.transpose(Image.Transpose.ROTATE_90), exif=exif(6), **options)


COPIES = {
    "jpeg 90": lambda p: encoded(p, quality=90),
    "jpeg 50": lambda p: encoded(p, quality=50),
    "png": lambda p: encoded(p, "PNG"),
    "webp 60": lambda p: encoded(p, "WEBP", quality=60),
    "half": lambda p: encoded(p.resize((p.width // 2, p.height // 2)), quality=85),
    "other ratio": lambda p: encoded(p.resize((848, 848), Image.Resampling.BICUBIC), quality=85),
    "twice": lambda p: encoded(p.resize((p.width * 2, p.height * 2)), quality=85),
    "turned": turned,
}


@pytest.mark.parametrize("picture", SCENES)
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_the_same(picture, copy):
    assert same(grid(encoded(picture, quality=92)), grid(COPIES[copy](picture)))


def edited(picture, size, colour):
    found = picture.copy()
    x, y = found.width // 3, found.height // 3
    ImageDraw.Draw(found).rectangle((x, y, x + size, y + size), colour)
    return found


@pytest.mark.parametrize("picture", SCENES)
def test_another_picture_is_another(picture):
    before = grid(encoded(picture, quality=92))
    for other in SCENES:
        if other is not picture:
            assert not same(before, grid(encoded(other, quality=92)))
    for size in (40, 100, 300):
        for colour in ((255, 255, 255), (0, 90, 0)):  # far from what was there, on average
            after = encoded(edited(picture, size, colour), quality=92)
            assert not same(before, grid(after)) or after == before
    warmer = Image.merge("RGB", [
        band.point(lambda v, n=n: min(255, v + n)) for band, n in zip(
            picture.split(), (9, 3, 0), strict=True)
    ])  # fmt: skip
    assert not same(before, grid(encoded(warmer, quality=92)))


@pytest.mark.parametrize("side", [256, 400])
def test_a_small_picture_too(side):
    small = scene(side, side, side)
    before = grid(encoded(small))
    for copy in (encoded(small, quality=60), encoded(small.resize((1024, 1024)), quality=85)):
        assert same(before, grid(copy))
    assert not same(before, grid(encoded(edited(small, side // 20, (255, 255, 255)))))


def test_a_shade_over_one_part_of_twenty_is_an_edit():
    picture = scene(1024, 1024, 4)
    after = picture.copy()
    part = (300, 300, 530, 530)
    after.paste(picture.crop(part).point(lambda v: min(255, v + 14)), part)
    assert not same(grid(encoded(picture, quality=92)), grid(encoded(after, quality=92)))


def test_in_the_dark_a_faint_edit_is_an_edit():
    night = Image.eval(scene(512, 512, 9), lambda v: v // 25)
    before = grid(encoded(night, "PNG"))
    assert same(before, before)
    assert not same(before, grid(encoded(edited(night, 120, (14, 14, 20)), "PNG")))


def test_it_does_not_depend_on_who_is_first():
    rnd = random.Random(3)
    for _ in range(50):
        one = rnd.randbytes(3 * GRID * GRID)
        other = bytes(min(255, v + rnd.randrange(3)) for v in one)
        assert same(one, other)
        assert same(other, one)
