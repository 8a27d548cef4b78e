"""Amounts as callers write them: exact or refused, never a float."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cavendish.client.money import money
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money


@pytest.mark.parametrize(
    ("given", "nanos"),
    [("0.5", 5 * 10**8), ("10", 10**10), (10, 10**10), (0, 0), (Money(7), 7),
     (Decimal("0.50"), 5 * 10**8)],
)  # fmt: skip
def test_what_is_exact_is_taken(given, nanos):
    assert money("budget", given) == Money(nanos)


@pytest.mark.parametrize(
    "given",
    ["", "abc", "-1", -1, "1e3", "NaN", "$5", "5,00", 0.5, 1.0, float("nan"), True, None, [],
     Decimal("NaN"), Decimal(-1), 10**10],
)  # fmt: skip
def test_anything_else_is_refused_by_name(given):
    with pytest.raises(InvalidRequest) as caught:
        money("budget", given)
    assert caught.value.field == "budget"
    assert caught.value.exit_code == 2
