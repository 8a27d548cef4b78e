"""Each limit asked for, held against what the ledger projects: enough, too little, or too much."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

from cavendish.insight.dossier.ask import Ask
from cavendish.insight.dossier.projection import Projection, Range

Verdict = Literal["fits", "tight", "too low", "high", "not checked"]
HEADROOM: Final = 1.5
"""What is proposed where nothing is asked: the projection and half as much again."""
TIGHT: Final = 1.2
HIGH: Final = 3.0
"""Beyond this many times the upper projection a request needs another reason than the ledger."""


@dataclass(frozen=True, slots=True)
class Check:
    """One limit. `asked` is None where nothing is, and `proposed` then stands in for it; `seen` is
    the most the ledger has, `now` the limit of today, `headroom` asked over expected."""

    name: str
    unit: str
    asked: int | None
    now: int | None
    seen: int
    projected: Range | None
    verdict: Verdict
    words: str
    proposed: int | None

    @property
    def wanted(self) -> int | None:
        """What is asked, or proposed where nothing is."""
        return self.asked if self.asked is not None else self.proposed

    @property
    def headroom(self) -> float | None:
        """How many times the expected need is asked for."""
        if self.wanted is None or self.projected is None or not self.projected.expected:
            return None
        return self.wanted / self.projected.expected

    def to_json(self) -> dict[str, Any]:
        """Plain data; null is not known."""
        return {
            "limit": self.name,
            "asked": self.asked,
            "proposed": self.proposed,
            "now": self.now,
            "seen": self.seen,
            "projected": None if self.projected is None else self.projected.to_json(),
            "headroom": None if self.headroom is None else round(self.headroom, 2),
            "verdict": self.verdict,
            "words": self.words,
        }


def checks(
    ask: Ask, projection: Projection | None, *, minute: int, day: int, month: int
) -> tuple[Check, ...]:
    """Requests a minute and a day, pictures a month; the last three are the most seen of each."""
    need = ask.need
    of: tuple[tuple[str, str, int | None, int | None, int, Range | None], ...] = (
        ("requests a minute", "RPM", need.rpm, ask.current_rpm, minute,
         None if projection is None else projection.minute),
        ("requests a day", "RPD", need.rpd, ask.current_rpd, day,
         None if projection is None else projection.busiest_day),
        ("pictures a month", "a month", need.images_per_month, None, month,
         None if projection is None else projection.month),
    )  # fmt: skip
    return tuple(_check(*one, ask.justification is not None) for one in of)


def _check(
    name: str, unit: str, asked: int | None, now: int | None, seen: int, projected: Range | None,
    justified: bool,
) -> Check:  # fmt: skip
    proposed = None
    if projected is None:
        words = "the ledger is too short to project this"
        return Check(name, unit, asked, now, seen, None, "not checked", words, None)
    if asked is None:
        proposed = rounded(projected.expected * HEADROOM)
    verdict, words = _verdict(asked, seen, projected, justified)
    if asked is not None and now is not None and asked <= now:
        verdict, words = "too low", f"too low: {now:,} are allowed today"
    if asked is None:
        words = f"nothing was asked; the projection and half as much again is {proposed:,}"
    return Check(name, unit, asked, now, seen, projected, verdict, words, proposed)


def _verdict(
    asked: int | None, seen: int, projected: Range, justified: bool
) -> tuple[Verdict, str]:
    expected, high = projected.expected, projected.high
    if asked is None:
        return "not checked", ""
    if asked < max(expected, seen):
        why = "the ledger already has" if asked < seen else "the projection expects"
        least = rounded(max(expected, seen) * HEADROOM)
        return "too low", f"too low: {why} {max(expected, seen):,}; {least:,} would leave headroom"
    if asked < expected * TIGHT:
        return "tight", f"tight: {asked / max(1, expected):.2f} times the expected {expected:,}"
    if asked > HIGH * high:
        reason = "the justification has to carry it" if justified else "a reason has to be given"
        return "high", (
            f"more than the ledger shows: {asked / max(1, high):.1f} times even the upper "
            f"projection of {high:,}; {reason}, or {rounded(high * HEADROOM):,} asked"
        )
    return "fits", f"fits: {asked / max(1, expected):.2f} times the expected {expected:,}"


def rounded(value: float) -> int:
    """Up to a number as people ask for: two figures, the second even or 5."""
    if value <= 10:
        return max(1, math.ceil(value))
    unit: int = 10 ** (len(str(math.ceil(value))) - 2)
    tens = math.ceil(value / unit)
    while tens % 5 and tens % 2:
        tens += 1
    return tens * unit
