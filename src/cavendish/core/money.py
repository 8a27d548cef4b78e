"""Money in whole nano-USD. Prices are exact rationals; a bill is rounded once, upwards."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

NANOS_PER_USD = 1_000_000_000
LARGEST_NANOS = 2**62  # leaves room to add two amounts inside a signed 64-bit column

_DECIMAL = re.compile(r"\d{1,10}(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of US dollars as a whole number of nano-USD (1 USD = 10^9)."""

    nanos: int

    def __post_init__(self) -> None:
        if not isinstance(self.nanos, int) or isinstance(self.nanos, bool):
            raise TypeError(f"money is whole nano-USD, not {type(self.nanos).__name__}")
        if abs(self.nanos) > LARGEST_NANOS:
            raise ValueError("money outside the range of a 64-bit ledger")

    @classmethod
    def parse(cls, text: str) -> Money:
        """Reads a plain decimal such as "10" or "0.134" (USD, at most nine decimals).

        Raises: ValueError for signs, exponents, blanks, NaN or more than nine decimals.
        """
        if not _DECIMAL.fullmatch(text):
            raise ValueError(f"{text!r} is not an amount in USD such as 10 or 0.134")
        return cls(int(Fraction(text) * NANOS_PER_USD))

    @classmethod
    def rounded_up(cls, usd: Fraction) -> Money:
        """The smallest amount that is not less than the exact value `usd`."""
        return cls(math.ceil(usd * NANOS_PER_USD))

    @classmethod
    def total(cls, amounts: Iterable[Money]) -> Money:
        """The sum of `amounts`; zero when there are none."""
        return cls(sum(amount.nanos for amount in amounts))

    @property
    def usd(self) -> str:
        """The exact amount as a decimal string in USD, without trailing zeros: "0.134"."""
        sign = "-" if self.nanos < 0 else ""
        whole, rest = divmod(abs(self.nanos), NANOS_PER_USD)
        return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".")

    def __add__(self, other: Money) -> Money:
        return Money(self.nanos + other.nanos)

    def __sub__(self, other: Money) -> Money:
        return Money(self.nanos - other.nanos)

    def __bool__(self) -> bool:
        return self.nanos != 0

    def __str__(self) -> str:
        """For people: at least two decimals, at most four: "$0.134", "$10.00"."""
        sign = "-" if self.nanos < 0 else ""
        tenths_of_mills = -(-abs(self.nanos) // 100_000)
        whole, rest = divmod(tenths_of_mills, 10_000)
        decimals = f"{rest:04d}".rstrip("0").ljust(2, "0")
        return f"{sign}${whole:,}.{decimals}"


ZERO = Money(0)
