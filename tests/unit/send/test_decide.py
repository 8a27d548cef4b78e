"""The table that decides, gone through from end to end."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core import errors
from cavendish.core.errors import ConnectionFailed, DeadlineExceeded, Overloaded
from cavendish.core.result import RELEASES_MONEY, Outcome
from cavendish.send.decide import (
    ADVICE_SPREAD_S,
    FIRST_WAIT_S,
    LONGEST_CONNECTING_S,
    LONGEST_WAIT_S,
    REACTIONS,
    Again,
    Facts,
    GiveUp,
    Waits,
    decide,
    outcome_of,
)

OUTCOMES = get_args(Outcome)


def low(least, most):
    return least


def high(least, most):
    return most


def facts(**said):
    usual = {
        "outcome": "rejected", "retryable": True, "category": "retryable", "answered": False,
        "retry_after_s": None, "failures": 1, "attempts_left": 3, "replays_left": 0,
        "time_left_s": 900.0,
    }  # fmt: skip
    return Facts(**(usual | said))


def test_every_case_is_in_the_table():
    assert set(REACTIONS) == set(itertools.product(OUTCOMES, [True, False]))


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("retryable", [True, False])
@pytest.mark.parametrize("attempts_left", [-1, 0, 1, 3])
@pytest.mark.parametrize("replays_left", [-1, 0, 1])
@pytest.mark.parametrize("time_left_s", [-1.0, 0.0, 0.4, 900.0])
def test_every_case(outcome, retryable, attempts_left, replays_left, time_left_s):
    found = decide(
        facts(outcome=outcome, retryable=retryable, attempts_left=attempts_left,
              replays_left=replays_left, time_left_s=time_left_s),
        low,
    )  # fmt: skip
    costs_nothing = outcome in RELEASES_MONEY and retryable
    may_pay_twice = outcome == "unknown" and replays_left > 0
    goes_on = (costs_nothing or may_pay_twice) and attempts_left > 0 and time_left_s > 0.5
    assert isinstance(found, Again) == goes_on
    if goes_on:
        assert found == Again(0.5, replay=outcome == "unknown", rest_s=0.5)


def test_what_was_bought_is_never_bought_again_by_itself():
    for retryable in (True, False):
        case = facts(outcome="executed", retryable=retryable, replays_left=9)
        assert decide(case, low) == GiveUp()


@pytest.mark.parametrize("jitter", [low, high])
@pytest.mark.parametrize("advice_s", [0.0, 0.001, 7.0, 59.5, 300.0, 86_400.0])
@pytest.mark.parametrize("failures", [1, 2, 30])
def test_advice_is_never_undercut_and_hardly_exceeded(jitter, advice_s, failures):
    """T51."""
    found = decide(facts(retry_after_s=advice_s, failures=failures, time_left_s=1e9), jitter)
    assert advice_s <= found.wait_s <= advice_s + ADVICE_SPREAD_S


def test_advice_beyond_the_deadline_gives_up_at_once_and_says_when_it_would_open():
    found = decide(facts(retry_after_s=900.0), low)
    assert found == GiveUp("the next try would be in 900 s, past this call's deadline", 900.0)


def test_without_an_answer_waits_double_and_stop_growing():
    longest = [decide(facts(failures=n), high).wait_s for n in range(1, 12)]
    assert longest == [min(LONGEST_CONNECTING_S, FIRST_WAIT_S * 2**n) for n in range(11)]
    shortest = [decide(facts(failures=n), low).wait_s for n in range(1, 12)]
    assert shortest == [wait_s / 2 for wait_s in longest]


@pytest.mark.parametrize(("category", "first_s"), [("quota", 60.0), ("retryable", 30.0)])
def test_without_advice_the_settings_double_to_an_hour_and_jitter_only_adds(category, first_s):
    """T51: where the service advises nothing."""
    for n in range(1, 12):
        case = facts(answered=True, category=category, failures=n, time_left_s=1e9)
        least_s = min(LONGEST_WAIT_S, first_s * 2 ** (n - 1))
        assert decide(case, low).wait_s == least_s
        assert decide(case, high).wait_s == least_s * 1.5


def test_the_waits_are_settings():
    case = {"answered": True, "waits": Waits(rate_s=5.0, server_s=0.25)}
    assert decide(facts(**case, category="quota"), low).wait_s == 5.0
    assert decide(facts(**case, category="retryable"), low).wait_s == 0.25


def test_the_retry_budget_binds_what_is_not_about_us():
    found = decide(facts(affordable=False), low)
    assert isinstance(found, GiveUp)
    assert "would make it worse" in found.why
    limited = facts(affordable=False, category="quota", answered=True)
    assert isinstance(decide(limited, low), Again)


def test_a_thousand_failures_do_not_overflow():
    assert decide(facts(failures=5000), high).wait_s == LONGEST_CONNECTING_S
    case = facts(failures=5000, answered=True, time_left_s=1e9)
    assert decide(case, low).wait_s == LONGEST_WAIT_S


@given(share=st.floats(0, 1), failures=st.integers(1, 50),
       advice_s=st.none() | st.floats(0, 1000), time_left_s=st.floats(-10, 1000))  # fmt: skip
def test_nothing_waits_past_its_deadline(share, failures, advice_s, time_left_s):
    case = facts(retry_after_s=advice_s, failures=failures, time_left_s=time_left_s)
    found = decide(case, lambda least, most: least + (most - least) * share)
    if isinstance(found, Again):
        assert found.wait_s < time_left_s
        assert found.wait_s >= (advice_s or 0.0)


def test_waiters_do_not_wake_together():
    """T60: no 100 ms holds more than three times its share, with and without advice."""
    for case in (
        facts(failures=3),
        facts(retry_after_s=0.0),
        facts(retry_after_s=48.0),
        facts(answered=True, category="quota"),
        facts(answered=True, category="retryable"),
    ):
        jitter = random.Random(7).uniform
        waits = [decide(case, jitter).wait_s for _ in range(1000)]
        spread_s = max(waits) - min(waits)
        assert spread_s > 0.9
        bins = Counter(int(wait_s * 10) for wait_s in waits)
        assert max(bins.values()) <= 3 * 1000 / (spread_s * 10)


@pytest.mark.parametrize(
    ("billed", "status", "outcome"),
    [
        (None, None, "unknown"),
        (None, 504, "unknown"),
        (None, 200, "unknown"),
        (False, None, "not_sent"),
        (False, 429, "rejected"),
        (False, 503, "rejected"),
    ],
)
def test_an_error_says_what_is_known_of_the_money(billed, status, outcome):
    error = Overloaded("x", billed=billed, http_status=status)
    assert outcome_of(error) == outcome


def test_no_answer_in_time_is_repeated_only_if_paying_twice_is_allowed():
    for error in (DeadlineExceeded("x", billed=None), ConnectionFailed("x", billed=None)):
        case = {"outcome": outcome_of(error), "retryable": error.retryable}
        assert isinstance(decide(facts(**case), low), GiveUp)
        assert decide(facts(**case, replays_left=1), low) == Again(0.5, replay=True, rest_s=0.5)


def test_every_error_that_may_be_retried_says_so_as_a_fact():
    retryable = {name for name in errors.__all__ if getattr(getattr(errors, name), "retryable", 0)}
    assert retryable == {"RateLimited", "Overloaded", "InternalError", "ConnectionFailed"}
