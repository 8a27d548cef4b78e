"""The draft of a later turn: the last picture of the conversation, with room for new words."""

from __future__ import annotations

import io

from PIL import Image, ImageFilter, ImageOps

from cavendish_emulator.drafts.palette import Colour
from cavendish_emulator.google.request import Reference

_FOOT = 0.55  # of the height: where the old draft's tiles and words stand
_TINT = 0.22
_FORMATS = ("PNG", "JPEG", "WEBP")


def edited(base: Reference, size: tuple[int, int], tint: Colour | None) -> Image.Image | None:
    """The earlier picture at `size`, its foot blurred, under a breath of a colour that was asked
    for; nothing where it cannot be read."""
    try:
        opened = Image.open(io.BytesIO(base.data), formats=_FORMATS)
        plane = ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.LANCZOS)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if tint is not None:
        plane = Image.blend(plane, Image.new("RGB", size, tint), _TINT)
    width, height = size
    start = round(height * (1 - _FOOT))
    foot = plane.crop((0, start, width, height))
    soft = foot.filter(ImageFilter.GaussianBlur(max(2.0, height / 18)))
    fade = Image.linear_gradient("L").resize(foot.size).point(lambda v: min(255, v * 4))
    plane.paste(soft, (0, start), fade)
    return plane
