"""Whether two pictures show the same: a perceptual hash that survives scaling and recompression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

_SIDE: Final = 8
_BITS_APART: Final = 8
_COLOUR_APART: Final = 12


@dataclass(frozen=True, slots=True)
class Likeness:
    """128 bits of brighter-than-its-neighbour, across and down, and a 4 x 4 thumbnail in RGB."""

    gradients: int
    colours: bytes

    def near(self, other: Likeness) -> bool:
        """Whether the two look alike: few bits apart, and no patch of another colour."""
        apart = (self.gradients ^ other.gradients).bit_count()
        colour = max(abs(a - b) for a, b in zip(self.colours, other.colours, strict=True))
        return apart <= _BITS_APART and colour <= _COLOUR_APART


def likeness(picture: PilImage) -> Likeness:
    """The likeness of an upright RGB or grey picture."""
    from PIL import Image

    luma = picture.convert("L")
    across = luma.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX).tobytes()
    down = luma.resize((_SIDE, _SIDE + 1), Image.Resampling.BOX).tobytes()
    bits = [
        across[row * (_SIDE + 1) + column] > across[row * (_SIDE + 1) + column + 1]
        for row in range(_SIDE)
        for column in range(_SIDE)
    ]
    bits += [down[at] > down[at + _SIDE] for at in range(_SIDE * _SIDE)]
    thumb = picture.convert("RGB").resize((4, 4), Image.Resampling.BOX)
    return Likeness(sum(bit << place for place, bit in enumerate(bits)), thumb.tobytes())
