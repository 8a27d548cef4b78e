"""A vendor's bill beside the ledger: by model and day of the bill, each difference by name.

Compared is what was bought from Google itself with real money, before credits. A bill is rounded
line by line, so half of its last digit is allowed for each line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.catalog.loader import find_channel
from cavendish.core.errors import CavendishError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.insight.bill_file import Bill, BillRow
from cavendish.insight.use import PACIFIC
from cavendish.store.schema import attempts, keys

HOUR_NS = 3_600 * 10**9
DUST = Fraction(1, 10**9)
"""Each of our bills is rounded up to a whole nano-USD."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What the ledger has. `presumed` is not in `certain`; `held` is neither."""

    certain: Money = ZERO
    presumed: Money = ZERO
    held: Money = ZERO
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One model on one day, or over the days of a bill that tells no single ones. `verdict` is
    same, billed-unknown, not-billed, differs or presumed."""

    start: date
    end: date
    model: str
    billed: Money
    booked: Booked
    skus: tuple[str, ...]
    verdict: str
    advice: str

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "model": self.model,
            "verdict": self.verdict,
            "billed_usd": self.billed.usd,
            "booked_usd": self.booked.certain.usd,
            "unsureusd": self.booked.presumed.usd,
            "held_usd": self.booked.held.usd,
            "attempts": self.booked.attempts,
            "skus": list(self.skus),
            "advice": self.advice,
        }


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every model and day of the bill and of the ledger in its days."""

    compared: tuple[Compared, ...]
    skipped: int

    @property
    def agrees(self) -> bool:
        """Whether bill and ledger say the same."""
        return all(one.verdict == "same" for one in self.compared)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "agrees": self.agrees,
            "billed_usd": Money.total(one.billed for one in self.compared).usd,
            "booked_usd": Money.total(one.booked.certain for one in self.compared).usd,
            "unsureusd": Money.total(one.booked.presumed for one in self.compared).usd,
            "compared": [one.to_json() for one in self.compared],
            "skipped_lines": self.skipped,
        }


def reconcile(
    connection: Connection, bill: Bill, known: Mapping[str, ChannelFacts]
) -> Reconciliation:
    """Compares. `known` are the channels, of which Google's own count."""
    if not bill.rows:
        return Reconciliation((), bill.skipped)
    first, last = min(row.start for row in bill.rows), max(row.end for row in bill.rows)
    daily = all(row.start == row.end for row in bill.rows)
    billed: dict[tuple[date, str], list[BillRow]] = defaultdict(list)
    for row in bill.rows:
        billed[row.start if daily else first, row.model or row.sku].append(row)
    booked: dict[tuple[date, str], Booked] = defaultdict(Booked)
    for day, model, one in _booked(connection, first, last, known):
        before = booked[day if daily else first, model]
        booked[day if daily else first, model] = _sum(before, one)
    digits = max(row.decimals for row in bill.rows)
    return Reconciliation(
        tuple(
            _compared(day, day if daily else last, model, billed.get((day, model), []),
                      booked.get((day, model), Booked()), Fraction(1, 2 * 10**digits))
            for day, model in sorted({*billed, *booked})
        ),
        bill.skipped,
    )  # fmt: skip


def _booked(
    connection: Connection, first: date, last: date, known: Mapping[str, ChannelFacts]
) -> Iterator[tuple[date, str, Booked]]:
    """By day of the bill and model. The database adds up hours: a day begins at a whole one."""
    settled, presumed = attempts.c.state == "settled", attempts.c.billed == "presumed"
    hour = attempts.c.started_ns // HOUR_NS
    query = (
        sa.select(
            hour.label("hour"), attempts.c.model, attempts.c.channel,
            sa.func.count().label("calls"),
            sa.func.sum(
                sa.case((sa.and_(settled, sa.not_(presumed)), attempts.c.cost_nanos), else_=0)
            ).label("certain"),
            sa.func.sum(sa.case((presumed, attempts.c.cost_nanos), else_=0)).label("presumed"),
            sa.func.sum(sa.case((settled, 0), else_=attempts.c.reserved_nanos)).label("held"),
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(keys.c.realm == "real", attempts.c.started_ns >= _opens_ns(first),
               attempts.c.started_ns < _opens_ns(last + timedelta(days=1)),
               sa.or_(sa.not_(settled), attempts.c.cost_nanos != 0))
        .group_by("hour", attempts.c.model, attempts.c.channel)
    )  # fmt: skip
    for row in connection.execute(query):
        try:
            direct = find_channel(row.channel, known).direct_google
        except CavendishError:  # a user's own channel that is gone was not Google's
            direct = False
        if direct:
            moment = datetime.fromtimestamp(int(row.hour) * 3_600, UTC)
            sums = (row.certain, row.presumed, row.held)
            certain, unsure, held = (Money(int(nanos)) for nanos in sums)
            yield (
                moment.astimezone(PACIFIC).date(),
                row.model,
                Booked(certain, unsure, held, int(row.calls)),
            )


def _opens_ns(day: date) -> int:
    opens = datetime(day.year, day.month, day.day, tzinfo=PACIFIC)
    return int(opens.timestamp()) * 10**9


def _sum(one: Booked, other: Booked) -> Booked:
    return Booked(
        one.certain + other.certain, one.presumed + other.presumed, one.held + other.held,
        one.attempts + other.attempts,
    )  # fmt: skip


def _compared(
    start: date, end: date, model: str, rows: list[BillRow], booked: Booked, half: Fraction
) -> Compared:
    usd = sum((row.usd for row in rows), Fraction(0))
    allowed = len(rows) * half + booked.attempts * DUST
    verdict, advice = _judged(usd, booked, allowed)
    skus = tuple(sorted({row.sku for row in rows}))
    billed = Money(round(usd * 10**9))
    return Compared(start, end, model, billed, booked, skus, verdict, advice)


def _judged(usd: Fraction, booked: Booked, allowed: Fraction) -> tuple[str, str]:
    certain, presumed, held = (
        Fraction(money.nanos, 10**9) for money in (booked.certain, booked.presumed, booked.held)
    )
    if abs(usd - certain - presumed) <= allowed:
        return "same", ""
    unsure = certain - allowed <= usd <= certain + presumed + held + allowed
    if (presumed or held) and unsure:
        was = Money(max(0, round((usd - certain) * 10**9)))
        kept = f"${booked.presumed.usd} presumed and ${booked.held.usd} held"
        return "presumed", f"of {kept} the bill has ${was.usd}; the rest was not charged"
    if not booked.attempts:
        return "billed-unknown", "nobody here bought this: another program, or another journal"
    if not usd:
        return "not-billed", "bills come up to days late: compare again, then ask for the reason"
    off = Money(round((usd - certain - presumed) * 10**9))
    more = "more" if off.nanos > 0 else "less"
    return "differs", f"the bill has ${Money(abs(off.nanos)).usd} {more} than the ledger"
