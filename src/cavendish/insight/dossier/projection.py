"""What the ledger's last weeks come to later: by its own trend, or by the growth the user states.

The busiest minute and day grow with the volume: they keep their ratio to the mean day. Every
figure has a low, an expected and a high one, and `method` says in words how they came about.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import Any, Final

from cavendish.insight.dossier.history import Day, History
from cavendish.insight.dossier.phrases import written

BASIS_DAYS: Final = 30
LEAST_DAYS: Final = 14
LEAST_REQUESTS: Final = 50
"""Fewer say nothing of a trend."""
HORIZON_DAYS: Final = 90
MONTH_DAYS: Final = 30
_EIGHTY: Final = 1.282
"""Standard deviations that hold 80 of 100 cases."""
FURTHEST: Final = 10**12


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers."""

    low: int
    expected: int
    high: int

    def to_json(self) -> dict[str, int]:
        """Plain data."""
        return {"low": self.low, "expected": self.expected, "high": self.high}


@dataclass(frozen=True, slots=True)
class Projection:
    """Of the day `until`: requests on a mean day, on the busiest, in the busiest minute, and
    pictures in a month of such days. `mean_day` is that of the basis, `basis` its days."""

    until: date
    basis: int
    mean_day: float
    day: Range
    busiest_day: Range
    minute: Range
    month: Range
    method: str
    grown: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "until": self.until.isoformat(),
            "basis_days": self.basis,
            "mean_requests_a_day_now": round(self.mean_day, 2),
            "requests_a_day": self.day.to_json(),
            "busiest_day": self.busiest_day.to_json(),
            "busiest_minute": self.minute.to_json(),
            "pictures_a_month": self.month.to_json(),
            "method": self.method,
            "grown_last_30_days": None if self.grown is None else round(self.grown, 4),
        }


def project(
    history: History, *, growth: float | None, needed_by: date | None, today: date
) -> Projection | None:
    """What to expect; None where the ledger is too short to say. `growth` is a share a month."""
    days = history.whole_days[-BASIS_DAYS:]
    if len(days) < LEAST_DAYS or sum(day.requests for day in days) < LEAST_REQUESTS:
        return None
    until = needed_by or today + timedelta(days=HORIZON_DAYS)
    ahead = (until - days[-1].day).days
    counts = [day.requests for day in days]
    mean = fmean(counts)
    low, expected, high, method = (
        _by_trend(counts, ahead) if growth is None else _by_growth(mean, len(days), ahead, growth)
    )
    when = f"{len(days)} whole days, {written(days[0].day)} to {written(days[-1].day)}"
    drawn = sum(day.pictures for day in days) / sum(counts)
    figures = (low, expected, high)
    return Projection(
        until, len(days), mean,
        day=_range(figures),
        busiest_day=_range(value * max(counts) / mean for value in figures),
        minute=_range(value * max(day.peak for day in days) / mean for value in figures),
        month=_range(value * drawn * MONTH_DAYS for value in figures),
        method=f"{method} Basis: {when}. The busiest day and minute keep their ratio to the mean "
        f"day: the busiest day had {max(counts) / mean:.1f} times its requests, the busiest "
        f"minute {max(day.peak for day in days) / mean:.1%} of them.",
        grown=_grown(history.whole_days),
    )  # fmt: skip


def _by_trend(counts: Sequence[int], ahead: int) -> tuple[float, float, float, str]:
    """A straight line by least squares, and the 80% range of its mean so far ahead."""
    n = len(counts)
    middle, mean = (n - 1) / 2, fmean(counts)
    spread = sum((at - middle) ** 2 for at in range(n))
    slope = sum((at - middle) * count for at, count in enumerate(counts)) / spread
    residual = sum(
        (count - mean - slope * (at - middle)) ** 2 for at, count in enumerate(counts)
    ) / max(1, n - 2)
    far = n - 1 + ahead - middle
    expected = mean + slope * far
    off = _EIGHTY * math.sqrt(residual * (1 / n + far**2 / spread))
    said = (
        "Straight line by least squares through the requests of each day, "
        f"{slope:+.1f} a day; the range holds 80% of such lines."
    )
    return max(0.0, expected - off), max(0.0, expected), max(0.0, expected + off), said


def _by_growth(
    mean: float, basis: int, ahead: int, growth: float
) -> tuple[float, float, float, str]:
    """Growth that compounds by the month from the middle of the basis; half and one and a half of
    it are the range."""
    months = (ahead + (basis - 1) / 2) / MONTH_DAYS
    figures = sorted(
        min(float(FURTHEST), mean * math.exp(months * math.log1p(max(-0.99, growth * part))))
        for part in (0.5, 1.0, 1.5)
    )
    said = (
        f"Mean of the basis, grown by {growth:.1%} a month as the applicant states, compounded "
        f"over {months:.1f} months; the range is half and one and a half of that growth."
    )
    return figures[0], figures[1], figures[2], said


def _grown(days: Sequence[Day]) -> float | None:
    """How the last 30 days stand to the 30 before."""
    if len(days) < 2 * BASIS_DAYS:
        return None
    before = sum(day.requests for day in days[-2 * BASIS_DAYS : -BASIS_DAYS])
    return sum(day.requests for day in days[-BASIS_DAYS:]) / before - 1 if before else None


def _range(figures: Iterable[float]) -> Range:
    low, expected, high = (min(FURTHEST, math.ceil(round(value, 6))) for value in figures)
    return Range(low, expected, high)
