"""Amounts as callers write them, and as errors carry them."""

from __future__ import annotations

from cavendish.core.errors import CavendishError, InvalidRequest
from cavendish.core.money import ZERO, Money


def money(field: str, given: str | int | Money) -> Money:
    """Whole USD, a decimal string, or Money; never a float, which cannot hold most amounts.

    Raises: InvalidRequest naming `field`.
    """
    if isinstance(given, Money) and given >= ZERO:
        return given
    if isinstance(given, bool | float):
        raise InvalidRequest(field, f"{given!r} is not exact", accepts='a string such as "0.50"')
    try:
        return Money.parse(str(given))
    except ValueError as error:
        raise InvalidRequest(field, str(error), accepts='a string such as "0.50"') from error


def paid_for(error: CavendishError) -> Money:
    """What was paid although it failed."""
    said = error.details.get("cost_usd")
    return Money.parse(said) if said else ZERO
