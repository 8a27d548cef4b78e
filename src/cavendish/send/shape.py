"""Is a picture of the size and ratio that was asked for? By the model's own table of pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.core.result import Finding
from cavendish.imaging.header import Header

TOLERANCE = 0.01
"""A side may differ by one per cent from the table before it is another picture."""

GRID_PX = 16
GRID_RATIO, GRID_AREA = 0.042, 0.2
"""The service does not always keep its own table: users report 5856x704 for 6144x768 (8:1, 2K,
gemini-nano-banana-2.1, by 2026-11-22). A size on its grid of 16 pixels is its own when ratio and
area are this near, and it is no other cell of the table; it is noted and not refused."""

Cell = tuple[int, int]


def check(
    size: str, aspect_ratio: str, header: Header, model: Model, prices: Mapping[str, Money]
) -> Iterator[Finding]:
    """The finding for another size or another ratio; none for what the table promises. `prices`
    are those of a picture by size."""
    width, height = cell = model.pixels[size][aspect_ratio]
    if _is(header, cell) or _is_of_the_grid(aspect_ratio, cell, header, model):
        return
    if _differs(header.width / header.height, width / height):
        wanted = f"{aspect_ratio} ({width}x{height})"
        yield Finding("aspect ratio", wanted, _ratio_of(header, model))
    else:
        wanted = f"{size} ({width}x{height})"
        yield Finding("size", wanted, _size_of(size, aspect_ratio, header, model, prices))


def note(size: str, aspect_ratio: str, header: Header, model: Model) -> Iterator[str]:
    """The words for a size that is not the table's and near enough to keep."""
    width, height = cell = model.pixels[size][aspect_ratio]
    if not _is(header, cell) and _is_of_the_grid(aspect_ratio, cell, header, model):
        got = f"{header.width}x{header.height}"
        yield f"{got} came for the {width}x{height} of the table: near enough to keep"


def _is_of_the_grid(aspect_ratio: str, cell: Cell, header: Header, model: Model) -> bool:
    width, height = cell
    across, down = (float(side) for side in aspect_ratio.split(":"))
    grid = GRID_PX if width % GRID_PX == height % GRID_PX == 0 else GRID_PX // 2
    if header.width % grid or header.height % grid:
        return False
    got, named, promised = header.width / header.height, across / down, width / height
    # where a cell of the table is itself not of its ratio, its width is all that holds
    area = width * (height if abs(promised / named - 1) <= GRID_RATIO else width / named)
    near = min(abs(got / named - 1), abs(got / promised - 1)) <= GRID_RATIO
    of_size = abs(header.width * header.height / area - 1) <= GRID_AREA
    others = (c for cells in model.pixels.values() for c in cells.values() if c != cell)
    return near and of_size and not any(_is(header, other) for other in others)


def _ratio_of(header: Header, model: Model) -> str:
    got = f"{header.width}x{header.height}"
    for cells in model.pixels.values():
        for ratio, cell in cells.items():
            if _is(header, cell):
                return f"{ratio} ({got})"
    return got


def _size_of(
    asked: str, aspect_ratio: str, header: Header, model: Model, prices: Mapping[str, Money]
) -> str:
    """Which size came in place of another, and how much less that one costs."""
    got = f"{header.width}x{header.height}"
    for size, cells in model.pixels.items():
        if aspect_ratio in cells and _is(header, cells[aspect_ratio]):
            return f"{size} ({got}){_cheaper(asked, size, prices)}"
    return got


def _cheaper(asked: str, size: str, prices: Mapping[str, Money]) -> str:
    if not {asked, size} <= prices.keys():
        return ""
    less = Money(prices[asked].nanos - prices[size].nanos)
    if less.nanos <= 0:
        return ""
    return f", a picture of {prices[size]} and not of {prices[asked]}: {less} less"


def _is(header: Header, cell: Cell) -> bool:
    return not (_differs(header.width, cell[0]) or _differs(header.height, cell[1]))


def _differs(got: float, asked: float) -> bool:
    return abs(got / asked - 1) > TOLERANCE
