"""Money against the exact arithmetic of the standard library."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.money import LARGEST_NANOS, NANOS_PER_USD, ZERO, Money

AMOUNTS = st.integers(-LARGEST_NANOS, LARGEST_NANOS).map(Money)
SMALL = st.integers(-(10**15), 10**15).map(Money)


@given(st.decimals(min_value=0, max_value=4_000_000_000, places=9))
def test_parse_is_exact(amount):
    assert Money.parse(f"{amount:f}").nanos == Fraction(amount) * NANOS_PER_USD


@given(AMOUNTS)
def test_usd_is_exact_and_short(amount):
    assert Decimal(amount.usd) * NANOS_PER_USD == amount.nanos
    assert "e" not in amount.usd.lower()
    assert not ("." in amount.usd and amount.usd.endswith(("0", ".")))


@given(st.integers(0, LARGEST_NANOS).map(Money))
def test_usd_and_parse_are_inverse(amount):
    assert Money.parse(amount.usd) == amount


@given(st.fractions(min_value=0, max_value=10**6))
def test_rounded_up_is_never_below_and_less_than_a_nano_above(usd):
    over = Fraction(Money.rounded_up(usd).nanos, NANOS_PER_USD) - usd
    assert 0 <= over < Fraction(1, NANOS_PER_USD)


@given(st.integers(0, 10**15))
def test_rounding_up_keeps_what_is_whole(nanos):
    assert Money.rounded_up(Fraction(nanos, NANOS_PER_USD)).nanos == nanos


@given(st.lists(SMALL, max_size=20))
def test_sums_are_sums(amounts):
    assert Money.total(amounts).nanos == sum(one.nanos for one in amounts)
    running = ZERO
    for one in amounts:
        running = running + one
    assert running == Money.total(amounts)
    assert running - Money.total(amounts) == ZERO


@given(SMALL, SMALL)
def test_order_is_the_order_of_amounts(one, other):
    assert (one < other) == (one.nanos < other.nanos)
    assert bool(one) == (one.nanos != 0)


@given(SMALL)
def test_what_people_read_is_never_less_than_the_amount(amount):
    shown = str(amount)
    value = Decimal(shown.replace("$", "").replace(",", ""))
    assert 0 <= abs(value) - abs(Decimal(amount.usd)) < Decimal("0.0001")
    assert 2 <= len(shown.rpartition(".")[2]) <= 4


@pytest.mark.parametrize(
    ("nanos", "shown", "usd"),
    [
        (0, "$0.00", "0"),
        (1, "$0.0001", "0.000000001"),
        (134_000_000, "$0.134", "0.134"),
        (134_400_000, "$0.1344", "0.1344"),
        (134_410_000, "$0.1345", "0.13441"),
        (10 * NANOS_PER_USD, "$10.00", "10"),
        (1_234_567 * NANOS_PER_USD, "$1,234,567.00", "1234567"),
        (-5 * NANOS_PER_USD // 10, "-$0.50", "-0.5"),
    ],
)
def test_how_amounts_look(nanos, shown, usd):
    assert (str(Money(nanos)), Money(nanos).usd) == (shown, usd)


@pytest.mark.parametrize(
    "text",
    ["", " ", " 1", "1 ", "1\n", "-1", "+1", "1e3", "1E3", ".5", "1.", "1,5", "1_000", "NaN", "nan",
     "inf", "-inf", "0x10", "1.0000000001", "$1", "1 USD", "٣", "１", "1/2", "99999999999", "None"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is not an amount in USD such as"):
        Money.parse(text)


def test_more_than_a_ledger_holds_is_refused():
    with pytest.raises(ValueError, match="64-bit"):
        Money.parse("9999999999")
    with pytest.raises(ValueError, match="64-bit"):
        Money(LARGEST_NANOS) + Money(1)
    assert 2 * LARGEST_NANOS <= 2**63


@pytest.mark.parametrize("nanos", [1.0, 0.0, True, False, "1", None, Fraction(1), Decimal(1)])
def test_only_whole_numbers_are_money(nanos):
    with pytest.raises(TypeError, match="whole nano-USD"):
        Money(nanos)


def test_money_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ZERO.nanos = 1
    assert {Money(5), Money(5)} == {Money(5)}
