"""Spending that is not as usual, against our own history: the median of days and how far days
usually are from it (MAD), and the second highest day. They hardly move when one day was odd, so
one odd day hides no other; two alike are a habit.

Only days with spending count: who rests at weekends has not a history of zeros. A day is as long as
a budget's, in its zone. The last hour is compared with the busiest hour of each day, so that a
nightly job is no news at night, and work that moves to another hour is none either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import Money
from cavendish.insight.alerts.alert import SECOND_NS, Alert, Rules
from cavendish.store.rows import window
from cavendish.store.schema import attempts, keys
from cavendish.store.statements import ZONE

QUARTER_NS = 900 * SECOND_NS
"""Every zone of today differs from UTC by whole quarters of an hour."""

HOUR = 4
NORMAL = Fraction(14826, 10000)
"""Where days differ as chance has it (normally), their MAD times this is their deviation.
Source: https://en.wikipedia.org/wiki/Median_absolute_deviation, checked 2026-11-25."""

Span = Literal["hour", "day"]
Quarters = Mapping[int, int]
"""Nano-USD by quarter of an hour since 1970; quarters without spending are left out."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual, in nano-USD, and above what it is not."""

    median: int
    deviation: int
    days: int
    most: int

    @classmethod
    def of(cls, seen: list[int], rules: Rules) -> Usual | None:
        """Of the days with spending; None where they are too few to say."""
        active = [nanos for nanos in seen if nanos > 0]
        if len(active) < rules.history_least:
            return None
        middle = median_low(active)
        deviation = int(median_low([abs(nanos - middle) for nanos in active]) * NORMAL)
        margin = max(rules.floor.nanos, rules.spread * deviation)
        high = sorted(active)[-2] * rules.high_percent // 100
        return cls(middle, deviation, len(active), max(high, middle + margin))


@dataclass(frozen=True, slots=True)
class History:
    """What is usual for a whole day and for an hour, at one day."""

    day: Usual | None
    hour: Usual | None

    @classmethod
    def of(cls, quarters: Quarters, days: list[tuple[int, int]], rules: Rules) -> History:
        """`days` are the first and the last quarter (not included) of each day before."""
        spent = [[quarters.get(at, 0) for at in range(*day)] for day in days]
        return cls(
            Usual.of([sum(one) for one in spent], rules),
            Usual.of([busiest(one) for one in spent], rules),
        )

    def odd(self, quarters: Quarters, first: int, now: int) -> Iterator[tuple[Span, int, Usual]]:
        """What is unusual in the quarter `now` of a day that began with the quarter `first`, in
        nano-USD: of the last hour, and of the day so far."""
        spans: tuple[tuple[Span, Usual | None, int], ...] = (
            ("hour", self.hour, now - HOUR + 1),
            ("day", self.day, first),
        )
        for span, usual, since in spans:
            nanos = sum(quarters.get(at, 0) for at in range(since, now + 1))
            if usual is not None and nanos > usual.most:
                yield span, nanos, usual


def busiest(quarters: list[int]) -> int:
    """The most in any hour that begins with a quarter of one."""
    return max((sum(quarters[at : at + HOUR]) for at in range(len(quarters))), default=0)


def days_before(now_ns: int, count: int, zone: str | None) -> list[tuple[int, int]]:
    """The first and the last quarter of each of the `count` days before today, latest first."""
    found = []
    end_ns = window("day", now_ns, zone)[0]
    for _ in range(count):
        opens_ns = window("day", end_ns - 1, zone)[0]
        found.append((opens_ns // QUARTER_NS, end_ns // QUARTER_NS))
        end_ns = opens_ns
    return found


def unusual(connection: Connection, now_ns: int, rules: Rules) -> list[Alert]:
    """An alert for all real money, and for each project, that is spent as it never is."""
    return list(_unusual(connection, now_ns, rules))


def _unusual(connection: Connection, now_ns: int, rules: Rules) -> Iterator[Alert]:
    zone = connection.execute(ZONE).scalar()
    today_ns = window("day", now_ns, zone)[0]
    days = days_before(now_ns, rules.history_days, zone)
    first, now = today_ns // QUARTER_NS, now_ns // QUARTER_NS
    for scope, quarters in _spent(connection, days[-1][0] * QUARTER_NS).items():
        history = History.of(quarters, days, rules)
        for span, nanos, usual in history.odd(quarters, first, now):
            yield _alert(scope, span, nanos, usual, today_ns, now_ns)


def _spent(connection: Connection, since_ns: int) -> dict[str, dict[int, int]]:
    """Settled real money by scope and quarter; projects only where there are several."""
    quarter = (attempts.c.started_ns // QUARTER_NS).label("quarter")
    query = (
        sa.select(keys.c.project, quarter, sa.func.sum(attempts.c.cost_nanos))
        .join(keys, keys.c.id == attempts.c.key)
        .where(attempts.c.started_ns >= since_ns, attempts.c.cost_nanos > 0)
        .where(keys.c.realm == "real")
        .group_by(keys.c.project, "quarter")
    )
    found: dict[str, dict[int, int]] = {}
    together: dict[int, int] = {}
    for project, at, nanos in connection.execute(query):
        found.setdefault(f"project:{project}", {})[int(at)] = int(nanos)
        together[int(at)] = together.get(int(at), 0) + int(nanos)
    return {"all": together, **(found if len(found) > 1 else {})}


def _alert(scope: str, span: Span, nanos: int, usual: Usual, today_ns: int, now_ns: int) -> Alert:
    spent, middle = Money(nanos), Money(usual.median)
    what = "all real money" if scope == "all" else scope
    when, then = ("in the last hour", "a day's busiest hour") if span == "hour" else (
        "today so far", "a whole day")  # fmt: skip
    return Alert(
        f"spend/{scope}/{span}/{today_ns}",
        "spend",
        now_ns,
        f"unusual spending, {what}: {spent} {when}; {then} usually comes to {middle} "
        f"(the median of {usual.days} days)",
        "cavendish cost report --by project shows what for; cavendish budget set day USD stops it",
        {
            "scope": scope,
            "span": span,
            "spent_usd": spent.usd,
            "usual_usd": middle.usd,
            "deviation_usd": Money(usual.deviation).usd,
            "alarm_above_usd": Money(usual.most).usd,
            "history_days": usual.days,
        },
    )
