"""What calls take of the limits of services, what answers show of them, and what is full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Rule = Literal["pace", "day", "window", "at_once"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a call takes of one limit of a service: `amount` of `unit` from those who share `pool`.

    By `rule`: "pace" is `limit` a minute, evenly, or as the service shows where nobody told it;
    "day" is `limit` a day of `zone`, which, once it is used up, is tried again every `probe_ns`;
    "window" is `limit` in any `window_ns`; "at_once" is `limit` at the same time. Without a limit
    only what the service said of it counts.
    """

    pool: str
    unit: str
    amount: int
    rule: Rule
    limit: int | None = None
    zone: str = ""
    window_ns: int = 0
    probe_ns: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer showed of the limits its call claimed.

    `refused` are the units it was refused for, until `retry_after_ns` from now where that was said;
    `closed` that the day of one is used up. `remaining` is what headers say is left, until
    `reset_ns` from now.
    """

    claims: tuple[Claim, ...]
    refused: frozenset[str] = frozenset()
    retry_after_ns: int | None = None
    closed: bool = False
    remaining: Mapping[str, int] = field(default_factory=dict)
    reset_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """A limit of the service has no room; ask again at `until_ns`. From then on there is room
    every `spacing_ns`, as far as is known."""

    until_ns: int
    pool: str
    unit: str
    limit: int | None
    spacing_ns: int = 0
