"""Whether two pictures are one: the same pixels, encoded again, scaled or stored turned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

GRID: Final = 64
"""A fingerprint is the picture shrunk to 64 x 64 RGB, row by row: one byte per channel."""

_FAR, _NEARLY_ALL, _MEAN = 30, 9, 2.0
_SHARE, _NOISE = 0.005, 1.5


def same(one: bytes, other: bytes) -> bool:
    """Whether two fingerprints are of one picture.

    Encoding and scaling move every cell a little, sharp edges a little more; an edit moves some
    cells far, or many. So no cell may be far off, 99 of 100 must be near, and what differs must be
    little beside what the picture itself varies: in a dark picture a faint edit is an edit too.
    """
    if one == other:
        return True
    differences = sorted(abs(a - b) for a, b in zip(one, other, strict=True))
    nearly_all = differences[len(differences) * 99 // 100]
    if differences[-1] > _FAR or nearly_all > _NEARLY_ALL:
        return False
    if sum(differences) > _MEAN * len(differences):
        return False
    mean = sum(one) / len(one)
    varies = sum((a - mean) ** 2 for a in one)
    return sum(d * d for d in differences) <= _SHARE * varies + _NOISE * len(differences)


def fingerprint(picture: Image) -> bytes:
    """The picture shrunk, as `same` compares it."""
    from PIL import Image as Pil

    return picture.convert("RGB").resize((GRID, GRID), Pil.Resampling.BILINEAR).tobytes()
