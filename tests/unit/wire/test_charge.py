"""What a provider says it charged, in a header: exactly, or not at all."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.money import Money
from cavendish.wire.charge import charge_in_headers

NAME = "x-litellm-response-cost"


@pytest.mark.parametrize(
    ("said", "nanos"),
    [
        ("0.134", 134_000_000),
        (" 0.134\t", 134_000_000),
        ("3.45e-05", 34_500),
        ("0.0343267500000001", 34_326_751),  # up, once
        ("1", 1_000_000_000),
    ],
)
def test_a_charge_is_read_from_its_digits(said, nanos):
    assert charge_in_headers({NAME: said}) == Money(nanos)


@pytest.mark.parametrize(
    "said",
    ["", "None", "0", "0.0", "0e-5", "-0.1", "nan", "inf", "1,5", "$1", "1e99", "2000000", "１"],
)
def test_what_is_no_charge_is_none(said):
    assert charge_in_headers({NAME: said}) is None
    assert charge_in_headers({}) is None


@given(st.floats(min_value=1e-9, max_value=1000))
def test_what_python_writes_is_read_and_never_less_than_it(usd):
    found = charge_in_headers({NAME: repr(usd)})
    assert found is not None
    assert 0 <= found.nanos - Fraction(repr(usd)) * 10**9 < 1
