"""What the ledger shows of a channel: days, minutes, hours, outcomes, retries, what it cost.

Days and months are Pacific, as the service counts them. A request is an attempt that left this
machine; what was held back before sending is counted apart. Requests are those of one model, as
limits on them are by model; money is that of all models, as limits on it are the project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from cavendish.core.money import ZERO, Money

Outcome = Literal[
    "delivered", "safety", "other answer", "rate limited", "service error", "refused", "unknown",
    "under way",
]  # fmt: skip
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "delivered", "safety", "other answer", "rate limited", "service error", "refused", "unknown",
    "under way",
)  # fmt: skip
DAYS: Final = 90
"""How far back the days and plots go; months go back as far as the ledger."""


@dataclass(frozen=True, slots=True)
class Day:
    """A Pacific day. `peak` is the most requests in one clock minute of it."""

    day: date
    requests: int = 0
    pictures: int = 0
    spent: Money = ZERO
    limited: int = 0
    peak: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """One model in one Pacific month, as "2026-11"."""

    month: str
    model: str
    requests: int
    pictures: int
    spent: Money


@dataclass(frozen=True, slots=True)
class Care:
    """What was done to be no burden, in the window: repeats of a request (`retries`), the waits
    after a 429 in seconds, requests held back before they were sent, answers found instead of
    bought, and pictures that were left to batch or flex, which may wait."""

    retries: int = 0
    wait_median_s: int | None = None
    wait_least_s: int | None = None
    held_back: int = 0
    hits: int = 0
    hits_saved: Money = ZERO
    deferred: int = 0
    day_budget: Money | None = None
    month_budget: Money | None = None
    other_budgets: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """All of it: requests are of `model`, money is of all models.

    `days` are without a gap, oldest first, the last is today and not over; `hours` are requests by
    weekday (Monday first) and hour, both Pacific. `first` is the day of the oldest request of all;
    `total` and `paid_since` are of the whole ledger. `latency_s` are the median and the 95th of a
    hundred. `elsewhere` are requests that went by other channels, `head` is the last row of the
    chained ledger: its number and hash.
    """

    model: str | None
    days: tuple[Day, ...]
    hours: tuple[tuple[int, ...], ...]
    outcomes: Mapping[Outcome, int]
    models: Mapping[str, int]
    sizes: Mapping[str, int]
    months: tuple[Month, ...]
    busiest_hour: int = 0
    busiest_10_min: Money = ZERO
    latency_s: tuple[int, int] | None = None
    care: Care = field(default_factory=Care)
    first: date | None = None
    total: Money = ZERO
    paid_since: date | None = None
    elsewhere: int = 0
    head: tuple[int, str] | None = None

    @property
    def requests(self) -> int:
        """Requests of the window."""
        return sum(day.requests for day in self.days)

    @property
    def pictures(self) -> int:
        """Pictures of the window."""
        return sum(day.pictures for day in self.days)

    @property
    def spent(self) -> Money:
        """Money of the window, held money included."""
        return Money.total(day.spent for day in self.days)

    @property
    def peak(self) -> int:
        """The most requests in a clock minute of the window."""
        return max((day.peak for day in self.days), default=0)

    @property
    def shown(self) -> tuple[Day, ...]:
        """The days of the window from the first request on; today alone where there is none."""
        first = self.first or self.days[-1].day
        return tuple(day for day in self.days if day.day >= first)

    @property
    def whole_days(self) -> tuple[Day, ...]:
        """The days that are over, from the first with a request."""
        first = self.first
        return tuple(day for day in self.days[:-1] if first is not None and day.day >= first)

    def share(self, outcome: Outcome) -> float:
        """The part of the window's requests that ended so."""
        return self.outcomes.get(outcome, 0) / self.requests if self.requests else 0.0
