"""What a provider says it charged: an amount in its own digits, in a header or in a body.

LiteLLM's proxy puts what it reckons into a header, as Python writes a float:
https://docs.litellm.ai/docs/proxy/cost_tracking, checked 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from cavendish.core.money import Money
from cavendish.core.number import is_whole
from cavendish.wire.remainder import Digits

__all__ = ["amount", "charge_in_headers"]

_AMOUNT: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?", re.ASCII)
_HEADERS: Final = ("x-litellm-response-cost",)
_MOST_USD: Final = 1_000_000


def charge_in_headers(headers: Mapping[str, str]) -> Money | None:
    """What the headers say, rounded up once; names are in lower case. None where nothing is said.

    A zero is not believed: it stands there as well where the proxy knows no price.
    """
    for name in _HEADERS:
        said = amount(headers.get(name, "").strip(" \t"))
        if said:
            return Money.rounded_up(said)
    return None


def amount(value: object) -> Fraction | None:
    """An amount in USD, exactly as it is written; None where it is none."""
    digits = value.said if isinstance(value, Digits) else value
    if is_whole(digits):
        digits = str(digits)
    if not isinstance(digits, str) or not _AMOUNT.fullmatch(digits):
        return None
    said = Fraction(digits)
    return said if said < _MOST_USD else None
