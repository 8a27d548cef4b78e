"""What is worth knowing before references are sent: the limits of what models do well with them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

from cavendish.client.references.shown import Shown

MANY: Final = 4
"""From the guide's advice: three or four good references do better than more."""

_SUBJECTS_BESIDE_STYLE: Final = 3
_SIZES_APART: Final = 4


def advice(shown: Sequence[Shown]) -> Iterator[str]:
    """A line for everything that may go wrong, with what to do about it."""
    for one in shown:
        quality = one.upload.quality
        soft = one.role == "style" and quality.only_blurred  # as a wash or a sky may be
        if quality.verdict == "poor" and not soft:
            yield f"{one.name} is a poor reference: {quality.reason}; {quality.advice}"
    for one, other in combinations(shown, 2):
        if one.role == other.role and one.upload.likeness.near(other.upload.likeness):
            yield f"{one.name} and {other.name} look alike; one of them is enough"
    subjects = [one for one in shown if one.role != "style"]
    named = not any(one.name.startswith("number ") for one in subjects)
    files = shlex.join(one.name for one in subjects) if named else "FILE..."
    if len(subjects) > MANY:
        yield (
            f"{len(subjects)} references: models follow {MANY} or fewer best; "
            f"keep the best: cavendish references check {files}"
        )
    if len(subjects) < len(shown) and len(subjects) >= _SUBJECTS_BESIDE_STYLE:
        yield (
            f"a style beside {len(subjects)} subjects: one of them may give way; draw the "
            'subjects first, then cavendish generate "the same in this style" --ref PICTURE '
            "--style-ref STYLE"
        )
    sides = {one.name: max(one.upload.width, one.upload.height) for one in shown}
    if not sides:
        return
    small, large = min(sides, key=sides.__getitem__), max(sides, key=sides.__getitem__)
    if sides[large] > _SIZES_APART * sides[small]:
        yield (
            f"{large} ({sides[large]} px) is far larger than {small} ({sides[small]} px) and may "
            "outweigh it; use pictures of similar size"
        )
