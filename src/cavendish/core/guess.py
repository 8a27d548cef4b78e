"""The name that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def did_you_mean(
    name: str, names: Collection[str], *, cutoff: float = 0.6, inside: str = ""
) -> str:
    """A question to put before the names there are; empty where none of them looks alike.

    `cutoff` is how alike, 0 to 1; `inside` is said before the name, such as a table's own.
    """
    near = difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f"did you mean {inside}{near[0]}? " if near else ""
