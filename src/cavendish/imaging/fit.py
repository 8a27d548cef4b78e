"""From pixels somebody wants to the nearest picture a model draws, and what is cut away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cavendish.core.errors import InvalidRequest

_PIXELS = re.compile(r"([0-9]{1,5})\s*[x×X]\s*([0-9]{1,5})", re.ASCII)
_SMALLEST_PX = 16
_LARGEST_PX = 16_384
_MOST_ENLARGED = 4.0


@dataclass(frozen=True, slots=True)
class ExactSize:
    """Width and height in pixels, as asked for."""

    width: int
    height: int

    @classmethod
    def parse(cls, said: str | tuple[int, int]) -> ExactSize:
        """Reads "2048x1152" or (2048, 1152). Raises: InvalidRequest."""
        sides: Sequence[int] = ()
        if not isinstance(said, str):
            sides = [side for side in said if type(side) is int]
        elif found := _PIXELS.fullmatch(said.strip()):
            sides = [int(side) for side in found.groups()]
        if len(sides) != 2:
            raise InvalidRequest(
                "exact", f"{said!r} is not a size in pixels", accepts="WIDTHxHEIGHT, as 2048x1152"
            )
        width, height = sides
        if not all(_SMALLEST_PX <= side <= _LARGEST_PX for side in (width, height)):
            raise InvalidRequest(
                "exact", f"{width}x{height} is out of range",
                accepts=f"sides of {_SMALLEST_PX} to {_LARGEST_PX} pixels",
            )  # fmt: skip
        return cls(width, height)

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Fit:
    """The cell of a pixel table to ask for, how much of it is cut away, and the scale after it."""

    wanted: ExactSize
    size: str
    aspect_ratio: str
    pixels: tuple[int, int]

    @classmethod
    def nearest(cls, wanted: ExactSize, table: Mapping[str, Mapping[str, tuple[int, int]]]) -> Fit:
        """The cell that need not be enlarged, else the least; then the least cut, then the
        fewest pixels.

        Raises: InvalidRequest where even the best would be enlarged more than four times.
        """
        cells = (
            cls(wanted, size, ratio, pixels)
            for size, row in table.items()
            for ratio, pixels in row.items()
        )
        best = min(
            cells,
            key=lambda fit: (
                round(max(fit.scale, 1.0), 2),
                round(fit.cut, 2),
                fit.pixels[0] * fit.pixels[1],
            ),
        )
        if best.scale > _MOST_ENLARGED:
            width, height = best.pixels
            raise InvalidRequest(
                "exact", f"{wanted} is {best.scale:.1f} times the largest fitting picture",
                accepts=f"at most {_MOST_ENLARGED:g} times {width}x{height}",
            )  # fmt: skip
        return best

    @property
    def scale(self) -> float:
        """How much the drawn picture is enlarged (over 1) or reduced to cover what is wanted."""
        width, height = self.pixels
        return max(self.wanted.width / width, self.wanted.height / height)

    @property
    def cut(self) -> float:
        """The share of the drawn picture that is cut away, 0 to 1."""
        width, height = self.pixels
        kept = self.wanted.width * self.wanted.height / (self.scale**2 * width * height)
        return max(0.0, 1.0 - kept)

    def __str__(self) -> str:
        width, height = self.pixels
        what = f"enlarged {self.scale:.2f} times" if self.scale > 1 else "reduced"
        if self.scale == 1:
            what = "not scaled"
        return (
            f"exact {self.wanted}: drawn as {self.aspect_ratio} {self.size} ({width}x{height}), "
            f"{what}, {self.cut:.1%} cut away"
        )
