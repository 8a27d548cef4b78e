"""Several routes to one picture: which is taken, when it is left, and that nobody pays twice."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import replace

import pytest

from cavendish.core.errors import (
    AuthenticationError,
    BadRequest,
    Blocked,
    CavendishError,
    ContractViolation,
    Interrupted,
    InvalidRequest,
    NotFound,
    Overloaded,
    RateLimited,
)
from cavendish.core.money import ZERO
from cavendish.core.request import ImageRequest
from cavendish.send import breaker, events
from cavendish.send.judge import Judgement
from cavendish.send.order import Tries
from simulation.shop import PROMPT
from simulation.world import CHANNELS, request, route

AMBIGUOUS = int(os.environ.get("AMBIGUOUS", "700"))
BOTH = tuple(route(request(PROMPT), facts.name) for facts in CHANNELS[:2])


def hosts(shop):
    return [call.host for call in shop.world.oracle.calls]


@pytest.mark.parametrize("kind", ["503", "429 day", "no connection", "429", "401", "404", "500"])
def test_what_one_channel_does_not_give_another_does_at_once(shop, kind):
    sent = shop.buy(kind, "answer", routes=BOTH)
    assert hosts(shop) == ["gemini", "second"]
    assert sent.drawn.channel == "second"
    assert [one.channel for one in sent.attempts] == ["gemini", "second"]
    assert sent.attempts[1].wait_s <= 2.0
    assert any("second was asked instead" in said for said in sent.warnings)


def test_the_first_channel_is_asked_again_for_the_next_picture(shop):
    shop.buy("503", "answer", routes=BOTH)
    shop.buy("answer", prompt="b", routes=tuple(
        route(request("b"), one.channel) for one in BOTH))  # fmt: skip
    assert hosts(shop) == ["gemini", "second", "gemini"]


def limited(advice_s):
    error = RateLimited("slow down", http_status=429, retry_after_s=advice_s)
    return Judgement("rejected", ZERO, error=error)


@pytest.mark.parametrize(
    ("advice_s", "asked"), [(1.0, "gemini"), (4.0, "gemini"), (7.0, "second"), (48.0, "second")]
)
def test_a_short_pause_is_waited_for_and_a_long_one_is_not(shop, advice_s, asked):
    backoff, order = shop.first.sender._backoff, shop.order(routes=BOTH)
    tries, judged = Tries(order, shop.world.clock), limited(advice_s)
    tries.record(BOTH[0], judged)
    again = backoff.react(order, tries, BOTH[0], judged)
    assert again.moves == (asked == "second")
    assert backoff.choose(order, tries).route.channel == asked


def test_who_comes_after_a_long_pause_was_asked_for_goes_elsewhere_at_once(shop):
    """Seven seconds, heard by another call, or by another process: the journal knows."""

    async def play():
        began = asyncio.ensure_future(shop.first.sender.send(shop.order(routes=BOTH)))
        while len(shop.heard_of(events.AttemptStarted)) < 2:
            await asyncio.sleep(0.1)
        routes = tuple(replace(one, request=request("b")) for one in BOTH)
        sent = await shop.first.sender.send(shop.order("b", routes=routes))
        await began
        return sent

    sent = shop.play(play(), "429 advice", "answer", "answer")
    assert hosts(shop) == ["gemini", "second", "second"]
    assert shop.heard_of(events.AttemptStarted)[2].wait_s == 0
    assert any("gemini has no room" in said for said in sent.warnings)


def test_four_attempts_over_all_channels(shop):
    """T57, T65: the count goes over every hop."""
    with pytest.raises(CavendishError) as caught:
        shop.buy(*["503"] * 9, routes=BOTH)
    assert len(shop.kinds) == 4
    assert [a["channel"] for a in caught.value.details["attempts"]] == hosts(shop)
    assert Counter(hosts(shop)) == {"gemini": 2, "second": 2}


@pytest.mark.parametrize("kind", ["reset executed", "cut", "504", "slow", "garbage", "408"])
def test_nobody_knows_is_never_asked_elsewhere_by_itself(shop, kind):
    """T58: failing over after an unclear end may pay twice."""
    with pytest.raises(CavendishError) as caught:
        shop.buy(kind, "answer", routes=BOTH)
    assert caught.value.billed is None
    assert hosts(shop) == ["gemini"]


def test_a_policy_may_fail_over_after_an_unclear_end_and_both_are_booked(shop):
    """T58: where paying twice is accepted, the ledger has both."""
    sent = shop.buy("reset executed", "answer", routes=BOTH, may_pay_twice=1)
    assert hosts(shop) == ["gemini", "second"]
    assert [one.outcome for one in sent.attempts] == ["unknown", "executed"]
    rows = shop.world.rows("SELECT channel, outcome FROM attempts ORDER BY channel")
    assert rows == [("gemini", "unknown"), ("second", "executed")]


def test_no_number_of_unclear_ends_pays_twice(shop, monkeypatch):
    """T58: `AMBIGUOUS=100000` asks for more; each may or may not have been executed."""
    monkeypatch.setattr(breaker, "FAILURES", 10**9)  # else they would not be sent
    unclear = ["reset executed", "reset unexecuted", "cut", "end early", "504", "slow", "garbage"]
    asked = [f"p{n}" for n in range(AMBIGUOUS)]

    async def ask(prompt):
        routes = tuple(route(request(prompt), facts.name) for facts in CHANNELS)
        with pytest.raises(CavendishError) as caught:
            await shop.first.sender.send(shop.order(prompt, routes=routes))
        assert caught.value.billed is None

    async def play():
        for start in range(0, AMBIGUOUS, 50):
            await asyncio.gather(*map(ask, asked[start : start + 50]))

    script = [unclear[n % len(unclear)] for n in range(AMBIGUOUS)]
    shop.play(play(), *script)
    sent = Counter(call.prompt for call in shop.world.oracle.calls)
    assert len(sent) == AMBIGUOUS
    assert max(sent.values()) == 1
    assert any(call.executed_ns for call in shop.world.oracle.calls)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("400", BadRequest), ("blocked", Blocked), ("wrong size", ContractViolation)],
)
def test_what_is_about_the_request_is_not_asked_elsewhere(shop, kind, error):
    if error is ContractViolation:
        assert isinstance(shop.buy(kind, routes=BOTH).violation, error)
    else:
        with pytest.raises(error):
            shop.buy(kind, routes=BOTH)
    assert hosts(shop) == ["gemini"]


def test_where_all_say_no_the_last_error_is_raised_and_all_are_told(shop):
    with pytest.raises(AuthenticationError) as caught:
        shop.buy("401", "401", routes=BOTH)
    assert [a["channel"] for a in caught.value.details["attempts"]] == ["gemini", "second"]


def test_a_model_that_is_not_there_is_asked_for_once(shop):
    """T187: nothing is held for it either."""
    with pytest.raises(NotFound) as caught:
        shop.buy("404", "answer")
    assert (caught.value.billed, shop.kinds) == (False, ["404"])


def test_a_channel_that_cannot_take_the_request_is_passed_over(shop):
    class Narrow:
        facts = CHANNELS[0]

        def encode(self, request, model_id):
            raise InvalidRequest("references", "too large")

    shop.first.sender._channels = {**shop.first.sender._channels, "gemini": Narrow()}
    sent = shop.buy("answer", routes=BOTH)
    assert hosts(shop) == ["second"]
    assert any("too large" in said for said in sent.warnings)


def test_a_broken_channel_is_left_alone_and_probed_by_one(shop):
    """T61: five failures open the breaker; the other channel is asked first, without an attempt."""

    def ask(n):
        return shop.first.sender.send(
            shop.order(f"p{n}", routes=tuple(route(request(f"p{n}"), r.channel) for r in BOTH))
        )

    async def play():
        for n in range(30):
            await ask(n)
        shop.world.oracle.habits["gemini"] = "answer"
        await shop.world.clock.sleep(130)
        return await asyncio.gather(*(ask(n) for n in range(100, 110)))

    shop.world.oracle.habits = {"gemini": "503", "second": "answer"}
    later = shop.play(play())
    broken = [c for c in shop.world.oracle.calls if c.kind == "503"]
    # 30 pictures of 10 to 20 s each: five failures and the probes of some minutes, not 30
    assert 5 <= len(broken) <= 12
    assert Counter(one.drawn.channel for one in later) == {"gemini": 1, "second": 9}
    assert all(one.attempts[0].wait_s == 0 for one in later)


def test_another_model_of_the_channel_is_not_broken(shop):
    """T61."""
    other = ImageRequest("gemini-3.1-flash-image", "x", "1K", "1:1")
    backoff = shop.first.sender._backoff
    for _ in range(5):
        backoff._breaker.learn("gemini", request("x").model, well=False)
    asked = shop.order(routes=tuple(replace(r, request=other) for r in BOTH))
    tries = Tries(asked, shop.world.clock)
    assert backoff.choose(asked, tries).route.channel == "gemini"
    asked = shop.order(routes=BOTH)
    assert backoff.choose(asked, Tries(asked, shop.world.clock)).route.channel == "second"


def test_a_paid_call_outlives_its_caller(shop):
    """T63: whoever leaves at once finds the picture later, and pays nothing."""

    async def play():
        asking = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.AttemptStarted):
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return await shop.first.sender.send(shop.order())

    sent = shop.play(play(), "answer")
    assert sent.cached
    assert len(shop.kinds) == 1


def test_closing_waits_for_what_is_paid_for(shop):
    """T63."""

    async def play():
        asking = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.AttemptStarted):
            await asyncio.sleep(0.01)
        asking.cancel()
        await shop.first.sender.close()

    shop.play(play(), "answer")
    assert shop.world.rows("SELECT outcome FROM attempts") == [("executed",)]


def test_leaving_does_not_wait_and_says_that_nobody_knows(shop):
    async def play():
        asking = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.AttemptStarted):
            await asyncio.sleep(0.01)
        began_s = shop.world.clock.seconds
        shop.first.sender.leave()
        await shop.first.sender.close()
        with pytest.raises((Interrupted, asyncio.CancelledError)):
            await asking
        return shop.world.clock.seconds - began_s

    assert shop.play(play(), "slow") < 1.0
    assert shop.world.rows("SELECT outcome FROM attempts") == [("unknown",)]


def test_a_turn_is_given_back_where_another_route_is_taken_in_the_end(shop):
    """Whoever left the line for another channel left its seat there too."""

    async def play():
        sender = shop.first.sender
        began = asyncio.ensure_future(sender.send(shop.order()))
        while not shop.heard_of(events.Waiting):
            await asyncio.sleep(0.1)
        routes = tuple(replace(one, request=request("b")) for one in BOTH)
        order = shop.order("b", routes=routes)
        tries = Tries(order, shop.world.clock)
        tries.leave(routes[1], Overloaded("503", http_status=503), 20.0)
        buying = asyncio.ensure_future(sender._buy(order, tries))
        while not sender._admission._line._queues:
            await asyncio.sleep(0.1)
        tries.leave(routes[0], Overloaded("503", http_status=503), 900.0)
        await asyncio.gather(began, buying)
        sender._admission.leave(tries)
        return sender._admission._line._queues

    assert shop.play(play(), "429 advice", *["answer"] * 3) == {}
