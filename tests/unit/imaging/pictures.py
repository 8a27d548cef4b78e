"""Pictures as a model draws them, at little cost: a ground, shapes, grain."""

from __future__ import annotations

import io
import random
from functools import cache

from PIL import Image, ImageDraw


@cache
def noise(side, deviation):
    """Grey grain around the middle, the same every time."""
    rnd = random.Random(side)
    drawn = (rnd.gauss(128, deviation) for _ in range(side * side))
    return Image.frombytes("L", (side, side), bytes(min(255, max(0, round(v))) for v in drawn))


@cache
def scene(width, height, seed=1):
    """A picture that has something everywhere."""
    rnd = random.Random(seed)
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for _ in range(25):
        x, y = rnd.randrange(width), rnd.randrange(height)
        size = rnd.randrange(8, max(9, min(width, height) // 3))
        draw.ellipse((x, y, x + size, y + size), tuple(rnd.randbytes(3)))
    grain = noise(256, 25).resize((width, height), Image.Resampling.NEAREST)
    return Image.blend(picture, grain.convert("RGB"), 0.1)


def encoded(picture, kind="JPEG", **options):
    """The picture's bytes."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def exif(orientation):
    """An EXIF block that says how it is turned."""
    found = Image.Exif()
    found[0x0112] = orientation
    return found
