"""What the pixels of a picture are like, from a full decode."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Examination:
    """What a full decode showed; the picture was decoded when there is no `problem`.

    `known` is False when nobody could look (no memory, no time, no process): then `problem` says
    why, and it is no fault of the picture. `blank` is True where nothing is drawn: one colour but
    for grain. `lost` is the share of the picture that the file has no data for, 0 to 1.
    `transparent` is the share of pixels that are not opaque. `copy_of` is the number of the
    reference, from 1, that the picture repeats.
    """

    problem: str = ""
    known: bool = True
    blank: bool = False
    lost: float = 0.0
    transparent: float = 0.0
    copy_of: int | None = None
