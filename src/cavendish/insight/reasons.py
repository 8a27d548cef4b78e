"""Why a bill and the ledger differ by just this much: a price, an adjustment, a line, an attempt.

A reason is named only where it accounts for the whole difference, but for rounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.catalog.loader import models
from cavendish.core.model import ChannelFacts
from cavendish.insight.bill import Billed
from cavendish.insight.bill_file import BillRow
from cavendish.insight.compared import Compared
from cavendish.insight.spending import is_direct, within
from cavendish.store.schema import attempts, keys

LINES_REMEMBERED = 200_000
LINES_NAMED = 5


def reason(connection: Connection, one: Compared, known: Mapping[str, ChannelFacts]) -> str:
    """What the sums and the ledger say of a difference; empty where they do not explain it."""
    adjusted = sum((part.adjusted for part in one.sums.values()), Fraction(0))
    if adjusted and one.is_about(adjusted):
        return f"adjustments of what was billed before come to ${_usd(adjusted)}"
    return _price(one) or (_attempt(connection, one, known) if one.off.nanos < 0 else "")


def _price(one: Compared) -> str:
    """An SKU that is billed at another price than ours."""
    off = Fraction(one.off.nanos, 10**9)
    for sku, billed in sorted(one.sums.items()):
        for rate in _rates(one.model) if billed.amount > 0 else ():
            if one.is_about(billed.usd - billed.amount * rate) and abs(off) > one.allowed:
                return (
                    f"{sku} is billed at ${_usd(billed.usd * (1 / billed.amount))} each; "
                    f"at ${_usd(rate)} they would agree"
                )
    moved = {sku: found for sku, found in _moved(one).items() if found}
    if moved and one.is_about(sum(moved.values(), Fraction(0))):
        return f"other prices than the catalogue's: {', '.join(moved)}"
    return ""


def _moved(one: Compared) -> Mapping[str, Fraction]:
    """How much each SKU is off its nearest price."""
    return {sku: _off_price(billed, one) for sku, billed in sorted(one.sums.items())}


def _off_price(billed: Billed, one: Compared) -> Fraction:
    rates = _rates(one.model)
    if billed.amount <= 0 or not rates:
        return Fraction(0)
    off = min((billed.usd - billed.amount * rate for rate in rates), key=abs)
    return off if abs(off) > one.allowed else Fraction(0)


def _rates(model: str) -> set[Fraction]:
    """Every price of a token of this model."""
    facts = models().get(model)
    sheets = facts.sheets.values() if facts else ()
    return {
        rate
        for sheet in sheets
        for tier in sheet.tiers.values()
        for rate in (tier.input_text, tier.input_image, tier.output_text, tier.output_image)
        if rate
    }


def _attempt(connection: Connection, one: Compared, known: Mapping[str, ChannelFacts]) -> str:
    """The one attempt that cost as much as the bill has less."""
    slack = int(one.allowed * 10**9)
    less = -one.off.nanos
    query = (
        sa.select(attempts.c.id, attempts.c.channel)
        .join(keys, keys.c.id == attempts.c.key)
        .where(keys.c.realm == "real", within(one.start, one.end), attempts.c.model == one.model,
               attempts.c.state == "settled",
               attempts.c.cost_nanos.between(less - slack, less + slack))
        .limit(1_000)
    )  # fmt: skip
    names = [name for name, where in connection.execute(query) if is_direct(where, known)]
    if len(names) == 1:
        return f"attempt {names[0]} cost as much, and may not be billed"
    return f"as much as each of {len(names)} attempts, one of which may not be billed" * bool(names)


@dataclass(slots=True)
class _Lines:
    """What the lines of one difference show."""

    one: Compared
    seen: set[int] = field(default_factory=set)
    repeats: list[int] = field(default_factory=list)
    repeated: Fraction = Fraction(0)
    alike: list[BillRow] = field(default_factory=list)

    def add(self, row: BillRow) -> None:
        if self.one.is_about(row.usd) and len(self.alike) <= LINES_NAMED:
            self.alike.append(row)
        said = hash(row.written)
        if said in self.seen:
            self.repeated += row.usd
            self.repeats.append(row.number)
        elif len(self.seen) < LINES_REMEMBERED:
            self.seen.add(said)

    def say(self) -> str:
        if self.repeats and self.one.is_about(self.repeated):
            named = ", ".join(map(str, self.repeats[:LINES_NAMED]))
            more = f" and {len(self.repeats) - LINES_NAMED} more" * (
                len(self.repeats) > LINES_NAMED
            )
            words = "line {} repeats an earlier one" if len(self.repeats) == 1 else (
                "lines {} repeat earlier ones"
            )  # fmt: skip
            return words.format(named + more)
        if len(self.alike) == 1:
            return f"line {self.alike[0].number}, {self.alike[0].sku}, is as much"
        return ""


def has_more(one: Compared) -> bool:
    """Whether some line of the file may be too much."""
    return one.verdict == "differs" and not one.adjusted and one.off.nanos > 0


def by_line(compared: tuple[Compared, ...], rows: Iterable[BillRow | None]) -> tuple[Compared, ...]:
    """Reads a bill once more for a line that makes the difference: that says more than a price."""
    open_ = {(one.start, one.model): _Lines(one) for one in compared if has_more(one)}
    daily = all(one.start == one.end for one in compared)
    for row in rows if open_ else ():
        if row is not None:
            day = row.start if daily else compared[0].start
            found = open_.get((day, row.model or row.sku))
            if found is not None:
                found.add(row)
    said = {name: lines.say() for name, lines in open_.items()}
    return tuple(
        replace(one, reason=said.get((one.start, one.model)) or one.reason) for one in compared
    )


def _usd(usd: Fraction) -> str:
    """To twelve decimals: a token costs some nano-USD."""
    scaled = round(usd * 10**12)
    sign, whole, rest = "-" * (scaled < 0), *divmod(abs(scaled), 10**12)
    return f"{sign}{whole}.{rest:012d}".rstrip("0").rstrip(".")
