"""How each way in is set up: the steps of `setup.toml`, with exact commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cavendish.catalog.loader import FACTS, read_facts


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: a command to copy, or a page to open."""

    say: str
    run: str | None = None
    open: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pictures, and how it is set up."""

    name: str
    title: str
    purpose: str
    variables: tuple[str, ...]
    steps: tuple[Step, ...]
    source: str
    checked: str


@cache
def ways() -> Mapping[str, Way]:
    """Every way in by name, the simplest first."""
    return {name: _way(name, facts) for name, facts in read_facts(FACTS / "setup.toml").items()}


def _way(name: str, facts: dict[str, Any]) -> Way:
    return Way(
        name=name,
        title=facts["title"],
        purpose=facts["for"],
        variables=tuple(facts["variables"]),
        steps=tuple(Step(**step) for step in facts["steps"]),
        source=facts["source"]["url"],
        checked=facts["source"]["checked"].isoformat(),
    )
