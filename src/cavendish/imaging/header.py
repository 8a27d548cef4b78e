"""What a picture's header says, and what is too much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final, Literal

PIXELS: Final = 64 * 1024 * 1024
"""The most pixels a picture may have. The largest any model draws is 12288 x 1536, 19 million."""

SEGMENTS: Final = 16_384
"""The most chunks or segments a picture may have."""

EXTRA_BYTES: Final = 16 * 1024 * 1024
"""The most bytes of a picture that are no pixels: profiles, text, provenance."""

EXIF_BYTES: Final = 64 * 1024
"""How much of an EXIF block is looked at for the orientation."""

ORIENTATION: Final = 0x0112
"""The number of the orientation among EXIF's entries."""

Colour = Literal["gray", "rgb", "palette", "cmyk", "ycck"]


class NotAPicture(ValueError):
    """The file is not a picture we know, or one that must not be decoded; the message says why."""


class Bomb(NotAPicture):
    """Small to send and huge to open: too many pixels, pieces or bytes that are none."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the structure of a file says. Sizes in pixels, as they are stored.

    `complete` is False where the end is missing. `bits` are bits per channel. `alpha` says that
    pixels may be transparent. `orientation` is the EXIF one, 1 for upright. `frames` are more than
    one for an animation, or for several pictures in one file. `trailing_bytes` come after its end.
    """

    mime: str
    width: int
    height: int
    complete: bool
    bits: int = 8
    colour: Colour = "rgb"
    alpha: bool = False
    orientation: int = 1
    frames: int = 1
    trailing_bytes: int = 0
    profile: bool = False


def read(file: BinaryIO, at: int, size: int) -> bytes:
    """Up to `size` bytes from `at` on."""
    file.seek(at)
    return file.read(size)


def orientation(exif: bytes) -> int:
    """The orientation of an EXIF block (its TIFF part), or 1.

    Source: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, checked 2026-11-24.
    """
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"
    first = int.from_bytes(exif[4:8], order)
    entries = int.from_bytes(exif[first : first + 2], order)
    for at in range(first + 2, min(first + 2 + 12 * entries, len(exif) - 11), 12):
        if int.from_bytes(exif[at : at + 2], order) == ORIENTATION:
            found = int.from_bytes(exif[at + 8 : at + 10], order)
            return found if 1 <= found <= 8 else 1
    return 1
