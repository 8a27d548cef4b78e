"""What a call takes of limits, what answers show of them, and money that is waited for."""

from __future__ import annotations

import asyncio

import pytest

from cavendish.core.errors import BudgetExceeded, DailyQuotaExhausted, RateLimited
from cavendish.core.limits import ROLLING, Limits
from cavendish.core.money import ZERO, Money
from cavendish.send import events
from cavendish.send.claims import claims, heard
from cavendish.send.judge import Judgement
from cavendish.store.commands import SetBudget

ALL = Limits(
    rpm=60, tpm=1000, ipm=30, rpd=500, in_flight=8, usd_per_10_min=Money.parse("10"), day="UTC"
)


def taken(limits):
    found = claims("gemini/shop", limits, "m", tokens=7, reserved=Money(5), probe_s=60.0)
    return [(one.pool, one.unit, one.amount, one.rule, one.limit) for one in found]


def test_a_request_and_a_day_are_always_claimed_the_rest_where_it_is_told():
    assert taken(Limits()) == [
        ("gemini/shop/m", "requests", 1, "pace", None),
        ("gemini/shop/m", "requests_day", 1, "day", None),
    ]
    assert taken(ALL) == [
        ("gemini/shop/m", "requests", 1, "pace", 60),
        ("gemini/shop/m", "tokens", 7, "pace", 1000),
        ("gemini/shop/m", "pictures", 1, "pace", 30),
        ("gemini/shop/m", "requests_day", 1, "day", 500),
        ("gemini/shop/m", "in_flight", 1, "at_once", 8),
        ("gemini/shop", "spend", 5, "window", 10 * 10**9),
    ]


def test_a_rolling_day_is_counted_and_closed_all_the_same_when_the_service_says_so():
    assert taken(Limits(rpd=500, day=ROLLING))[1:] == [
        ("gemini/shop/m", "requests_day", 1, "day", None),
        ("gemini/shop/m", "requests_day", 1, "window", 500),
    ]


@pytest.mark.parametrize(
    ("unit", "limits", "refused"),
    [("tokens", ALL, "tokens"), ("tokens", Limits(), "requests"), (None, ALL, "requests")],
)
def test_what_was_refused_is_slowed_down_or_else_requests_are(unit, limits, refused):
    error = RateLimited("slow", http_status=429, retry_after_s=1.5, details={"unit": unit})
    claimed = claims("p", limits, "m", tokens=7, reserved=ZERO, probe_s=60.0)
    found = heard(claimed, Judgement("rejected", ZERO, error=error))
    assert (found.refused, found.retry_after_ns) == ({refused}, 1_500_000_000)
    error = DailyQuotaExhausted("over", http_status=429, details={"opens": "midnight UTC"})
    found = heard(claimed, Judgement("rejected", ZERO, error=error))
    assert (found.refused, found.closed) == ({"requests_day"}, True)


def test_who_waits_for_money_gets_what_a_call_under_way_leaves_and_nobody_else_waits(shop):
    async def play():
        sender = shop.first.sender
        await sender._admission._journal.change(SetBudget("day", 200_000_000))
        began = asyncio.ensure_future(sender.send(shop.order()))
        while not shop.heard_of(events.AttemptStarted):
            await asyncio.sleep(0.1)
        with pytest.raises(BudgetExceeded):
            await sender.send(shop.order("b"))
        waiting = asyncio.ensure_future(sender.send(shop.order("b", waits_for_money=True)))
        with pytest.raises(BudgetExceeded):
            await asyncio.gather(began, waiting)
        return shop.kinds

    assert shop.play(play(), "answer", "answer") == ["answer"]


def test_a_call_that_waits_for_money_is_made_as_soon_as_it_fits(shop):
    async def play():
        sender = shop.first.sender
        await sender._admission._journal.change(SetBudget("day", 350_000_000))
        began = asyncio.ensure_future(sender.send(shop.order()))
        while not shop.heard_of(events.AttemptStarted):
            await asyncio.sleep(0.1)
        rest = [
            asyncio.ensure_future(sender.send(shop.order(name, waits_for_money=True)))
            for name in "bc"
        ]
        done = await asyncio.gather(began, *rest, return_exceptions=True)
        return sorted(type(one).__name__ for one in done)

    assert shop.play(play(), *["answer"] * 3) == ["BudgetExceeded", "Sent", "Sent"]
    assert any("held by calls under way" in one.reason for one in shop.heard_of(events.Waiting))
