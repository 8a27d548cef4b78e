"""A vendor's bill added up: by day, model and SKU, whatever number of lines it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from cavendish.insight.bill_file import BillRow

NOTHING = Fraction(0)


@dataclass(slots=True)
class Billed:
    """Lines added up: USD before credits, what the units of the lines' currencies are worth
    together, what was used. `adjusted` is the part of `usd` that changes what was billed before.
    """

    usd: Fraction = NOTHING
    units: Fraction = NOTHING
    amount: Fraction = NOTHING
    adjusted: Fraction = NOTHING

    def add(self, row: BillRow) -> None:
        """One line more."""
        self.usd += row.usd
        self.units += row.unit
        if row.amount:
            self.amount += row.amount
        if row.adjusts:
            self.adjusted += row.usd

    def merge(self, other: Billed) -> None:
        """The lines of another sum as well."""
        self.usd += other.usd
        self.units += other.units
        self.amount += other.amount
        self.adjusted += other.adjusted


@dataclass(slots=True)
class Bill:
    """What a file says of pictures: sums by (first day, last day, model) and SKU. An SKU that names
    none of our models stands for itself. `skipped` counts lines of other services, other projects,
    credits, taxes and totals; `decimals` is how exactly the most exact line is written."""

    sums: dict[tuple[date, date, str], dict[str, Billed]] = field(default_factory=dict)
    skipped: int = 0
    decimals: int = 0

    @classmethod
    def of(cls, rows: Iterable[BillRow | None]) -> Bill:
        """Adds up what `bill_rows` reads. Raises: InvalidRequest, as that does."""
        bill = cls()
        for row in rows:
            if row is None:
                bill.skipped += 1
                continue
            bill.decimals = max(bill.decimals, row.decimals)
            name = (row.start, row.end, row.model or row.sku)
            bill.sums.setdefault(name, {}).setdefault(row.sku, Billed()).add(row)
        return bill

    def rounding(self, billed: Billed) -> Fraction:
        """How far rounding each line may have moved a sum, in USD."""
        return billed.units * Fraction(1, 2 * 10**self.decimals)

    @property
    def daily(self) -> bool:
        """Whether every line is of one day."""
        return all(start == end for start, end, _ in self.sums)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last; there must be lines."""
        return min(start for start, _, _ in self.sums), max(end for _, end, _ in self.sums)
