"""What pictures are for, and how many pixels that takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cavendish.catalog.loader import FACTS, read_facts
from cavendish.core.errors import InvalidRequest

MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Use:
    """A purpose: for screens its longer side in pixels, for paper its millimetres and DPI."""

    name: str
    title: str
    why: str
    source: str
    ratio: str | None = None
    longest_px: int | None = None
    paper_mm: tuple[float, float] | None = None
    dpi: int | None = None


@cache
def uses() -> Mapping[str, Use]:
    """Every use by name."""
    found = {}
    for said in read_facts(FACTS / "uses.toml")["use"]:
        paper = said.get("paper_mm")
        found[said["name"]] = Use(
            said["name"], said["title"], said["why"], said["source"]["url"], said.get("ratio"),
            said.get("longest_px"), (paper[0], paper[1]) if paper else None, said.get("dpi"),
        )  # fmt: skip
    return found


def find_use(name: str) -> Use:
    """The use with this name. Raises: InvalidRequest, naming those there are."""
    if name not in uses():
        raise InvalidRequest("use", f"there is no use {name!r}", accepts=tuple(uses()))
    return uses()[name]


@cache
def sharp_from_mm(dpi: int) -> int:
    """The distance from which the eye no longer tells dots of this density apart."""
    minutes = read_facts(FACTS / "uses.toml")["eye"]["arc_minutes"]
    return round(MM_PER_INCH / dpi / math.tan(math.radians(minutes / 60)))
