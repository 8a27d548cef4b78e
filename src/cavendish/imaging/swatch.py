"""A picture of plain stripes: what goes along where it must be told whether it was looked at."""

from __future__ import annotations

import io
from collections.abc import Sequence

SIDE_PX = 512


def stripes(colours: Sequence[tuple[int, int, int]]) -> bytes:
    """Upright stripes of these RGB colours, left to right, as a square PNG."""
    from PIL import Image

    row = Image.new("RGB", (len(colours), 1))
    row.putdata(list(colours))
    file = io.BytesIO()
    row.resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def share(grid: bytes, colour: tuple[int, int, int], tolerance: int = 20) -> float:
    """How much of a fingerprint (`imaging.fingerprint`) is about this colour, 0 to 1.

    At a tolerance of 48 a gradient that has nothing to do with it often passes for a colour.
    """
    cells = zip(grid[::3], grid[1::3], grid[2::3], strict=True)
    near = sum(
        all(abs(a - b) <= tolerance for a, b in zip(cell, colour, strict=True)) for cell in cells
    )
    return near / max(1, len(grid) // 3)
