"""A vendor's bill beside the ledger: by model and day of the bill, each difference by name.

Compared is what was bought from Google itself with real money, before credits. A bill is rounded
line by line, so half of its last digit is allowed for each line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.engine import Connection

from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.insight.bill import Bill, Billed
from cavendish.insight.compared import Booked, Compared
from cavendish.insight.corrections import Proven, corrections, total, unproven
from cavendish.insight.reasons import reason
from cavendish.insight.spending import booked

DUST = Fraction(1, 10**9)
"""Each of our bills is rounded up to a whole nano-USD."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Every model and day of the bill and of the ledger in its days. `corrections` are what the
    bill proves of presumed spending; `applied` says that they are booked."""

    compared: tuple[Compared, ...]
    skipped: int
    corrections: tuple[Proven, ...] = ()
    applied: bool = False

    @property
    def agrees(self) -> bool:
        """Whether bill and ledger say the same, once the corrections are booked."""
        return all(
            one.verdict == "same" or (self.applied and self.is_settled(one))
            for one in self.compared
        )

    @property
    def booked(self) -> Money:
        """What the ledger had in these days before any correction, presumed spending included."""
        return Money.total(one.booked.certain + one.booked.presumed for one in self.compared)

    @property
    def corrected(self) -> Money:
        """What the ledger has in these days with the corrections."""
        return self.booked + total(self.corrections)

    def is_settled(self, one: Compared) -> bool:
        """Whether the corrections make the ledger what the bill says here."""
        return one.verdict == "presumed" and any(
            one.start <= found.day <= one.end and found.model == one.model
            for found in self.corrections
        )

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "agrees": self.agrees,
            "billed_usd": Money.total(one.billed for one in self.compared).usd,
            "booked_usd": Money.total(one.booked.certain for one in self.compared).usd,
            "presumed_usd": Money.total(one.booked.presumed for one in self.compared).usd,
            "compared": [one.to_json() for one in self.compared],
            "skipped_lines": self.skipped,
            "corrections": [one.to_json() for one in self.corrections],
            "ledger_before_usd": self.booked.usd,
            "ledger_after_usd": self.corrected.usd,
            "applied": self.applied,
        }


def reconcile(
    connection: Connection, bill: Bill, known: Mapping[str, ChannelFacts], now_ns: int
) -> Reconciliation:
    """Compares. `known` are the channels, of which Google's own count."""
    if not bill.sums:
        return Reconciliation((), bill.skipped)
    (first, last), daily = bill.days, bill.daily
    lines: dict[tuple[date, str], dict[str, Billed]] = defaultdict(dict)
    for (day, _, model), skus in bill.sums.items():
        for sku, one in skus.items():
            lines[day if daily else first, model].setdefault(sku, Billed()).merge(one)
    ours: dict[tuple[date, str], Booked] = defaultdict(Booked)
    for day, model, part in booked(connection, first, last, known):
        name = (day if daily else first, model)
        ours[name] = ours[name].plus(part)
    billed_days = {day for day, _ in lines}
    compared = tuple(
        _compared(day, day if daily else last, model, lines.get((day, model), {}),
                  ours.get((day, model), Booked()), bill, day in billed_days)
        for day, model in sorted({*lines, *ours})
    )  # fmt: skip
    explained = tuple(
        replace(one, reason=reason(connection, one, known)) if one.verdict == "differs" else
        _why_not(one, compared, now_ns) for one in compared
    )  # fmt: skip
    found = corrections(connection, compared, known, now_ns)
    return Reconciliation(explained, bill.skipped, found)


def _compared(
    start: date,
    end: date,
    model: str,
    sums: Mapping[str, Billed],
    ours: Booked,
    bill: Bill,
    day_is_there: bool,
) -> Compared:
    usd = sum((one.usd for one in sums.values()), Fraction(0))
    rounding = sum((bill.rounding(one) for one in sums.values()), Fraction(0))
    allowed = rounding + ours.attempts * DUST
    verdict, advice = _judged(usd, ours, allowed)
    if verdict == "not-billed" and not day_is_there:
        advice = f"the bill has no line of this day; {advice}"
    billed = Money(round(usd * 10**9))
    return Compared(start, end, model, billed, ours, sums, allowed, verdict, advice)


def _judged(usd: Fraction, ours: Booked, allowed: Fraction) -> tuple[str, str]:
    certain, presumed, held = (
        Fraction(money.nanos, 10**9) for money in (ours.certain, ours.presumed, ours.held)
    )
    if abs(usd - certain - presumed) <= allowed:
        return "same", ""
    unsure = certain - allowed <= usd <= certain + presumed + held + allowed
    if (presumed or held) and unsure:
        was = Money(max(0, round((usd - certain) * 10**9)))
        kept = f"${ours.presumed.usd} presumed and ${ours.held.usd} held"
        return "presumed", f"of {kept} the bill has ${was.usd}; the rest was not charged"
    if not ours.attempts:
        return "billed-unknown", "nobody here bought this: another program, or another journal"
    if not usd:
        return "not-billed", "bills come up to days late: compare again, then ask for the reason"
    off = Money(round((usd - certain - presumed) * 10**9))
    more = "more" if off.nanos > 0 else "less"
    return "differs", f"the bill has ${Money(abs(off.nanos)).usd} {more} than the ledger"


def _why_not(one: Compared, compared: tuple[Compared, ...], now_ns: int) -> Compared:
    """Says why presumed spending is not settled by this bill, where it is not."""
    why = unproven(one, compared, now_ns) if one.booked.presumed else ""
    if not why or one.verdict != "presumed":
        return one
    return replace(one, advice=f"{one.advice}. No proof yet: {why}")
