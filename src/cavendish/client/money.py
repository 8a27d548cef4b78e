"""Amounts as callers write them."""

from __future__ import annotations

from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money


def money(field: str, given: str | int | Money) -> Money:
    """Whole USD, a decimal string, or Money; never a float, which cannot hold most amounts.

    Raises: InvalidRequest naming `field`.
    """
    if isinstance(given, Money):
        return given
    if isinstance(given, bool | float):
        raise InvalidRequest(field, f"{given!r} is not exact", accepts='a string such as "0.50"')
    try:
        return Money.parse(str(given))
    except ValueError as error:
        raise InvalidRequest(field, str(error), accepts='a string such as "0.50"') from error
