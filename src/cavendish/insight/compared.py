"""One model on one day: what a bill has of it, and what the ledger has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from cavendish.core.money import ZERO, Money
from cavendish.insight.bill import Billed


@dataclass(frozen=True, slots=True)
class Booked:
    """What the ledger has. `presumed` is not in `certain`; `held` is neither."""

    certain: Money = ZERO
    presumed: Money = ZERO
    held: Money = ZERO
    attempts: int = 0

    def plus(self, other: Booked) -> Booked:
        """Both together."""
        return Booked(
            self.certain + other.certain, self.presumed + other.presumed,
            self.held + other.held, self.attempts + other.attempts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One model on one day, or over the days of a bill that tells no single ones. `verdict` is
    same, billed-unknown, not-billed, differs or presumed. `allowed` is how far rounding may have
    moved the bill, in USD; `sums` are the bill's by SKU; `reason` is what accounts for a
    difference, where that is known."""

    start: date
    end: date
    model: str
    billed: Money
    booked: Booked
    sums: Mapping[str, Billed]
    allowed: Fraction
    verdict: str
    advice: str
    reason: str = ""

    @property
    def off(self) -> Money:
        """How much more the bill has than the ledger."""
        return self.billed - self.booked.certain - self.booked.presumed

    @property
    def adjusted(self) -> bool:
        """Whether the bill changes here what was billed before."""
        return any(one.adjusted for one in self.sums.values())

    def is_about(self, usd: Fraction) -> bool:
        """Whether the difference may be this amount, but for rounding."""
        return abs(Fraction(self.off.nanos, 10**9) - usd) <= self.allowed

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "model": self.model,
            "verdict": self.verdict,
            "billed_usd": self.billed.usd,
            "booked_usd": self.booked.certain.usd,
            "presumed_usd": self.booked.presumed.usd,
            "held_usd": self.booked.held.usd,
            "attempts": self.booked.attempts,
            "skus": sorted(self.sums),
            "advice": self.advice,
            "reason": self.reason,
        }
