"""Days, amounts and lists as letters have them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cavendish.core.money import Money

DOLLAR, CENT, TENTH_OF_MILL = 10**9, 10**7, 10**5


def written(day: date) -> str:
    """25 November 2026."""
    return f"{day.day} {day:%B %Y}"


def cents(amount: Money) -> str:
    """To the cent, rounded up; below a dollar to the hundredth of a cent."""
    return str(_up(amount, CENT if abs(amount.nanos) >= DOLLAR else TENTH_OF_MILL))


def price(amount: Money) -> str:
    """Of one picture: always to the hundredth of a cent, so that columns stand in line."""
    parts = -(-amount.nanos // TENTH_OF_MILL)
    return f"${parts // 10_000:,}.{parts % 10_000:04d}"


def dollars(amount: Money) -> str:
    """Whole dollars, rounded up, without the cents; a small amount to the cent."""
    if abs(amount.nanos) < 100 * DOLLAR:
        return cents(amount).removesuffix(".00")
    return str(_up(amount, DOLLAR)).removesuffix(".00")


def together(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def the(name: str) -> str:
    """The name of a service in a sentence: the Gemini API, and Vertex AI."""
    return f"the {name}" if name.endswith("API") else name


def many(count: int, noun: str) -> str:
    """1 request, and 1,200 requests."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def _up(amount: Money, unit: int) -> Money:
    return Money(-(-amount.nanos // unit) * unit)
