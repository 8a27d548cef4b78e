"""An outage is not made worse by repeating; what a sender learns of a channel binds its calls."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from cavendish.core.errors import DailyQuotaExhausted, Overloaded, QuotaExhausted, RateLimited
from cavendish.core.money import ZERO
from cavendish.core.result import Drawn
from cavendish.send import events
from cavendish.send.backoff import Backoff
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Tries
from cavendish.send.retry_budget import MOST, RetryBudget
from cavendish.store.commands import Key
from simulation.playing import SeededRandom, VirtualClock, VirtualLoop
from simulation.world import request, route

CLIENTS = 1000
EVERY_S = 60.0
GEMINI = route(request("x"))
BREAKS_S, MENDS_S, ENDS_S = 120.0, 720.0, 960.0


class Service:
    """Answers 503 during an outage, and counts the calls of each minute."""

    def __init__(self, clock):
        self._clock = clock
        self.calls, self.wanted, self.good = Counter(), Counter(), Counter()

    def is_wanted(self):
        self.wanted[int(self._clock.seconds // 60)] += 1

    def answers(self):
        now_s = self._clock.seconds
        minute = int(now_s // 60)
        self.calls[minute] += 1
        if BREAKS_S <= now_s < MENDS_S:
            return Judgement("rejected", ZERO, error=Overloaded("503", http_status=503))
        self.good[minute] += 1
        return Judgement("executed", ZERO)


async def client(number, clock, backoff, service):
    order = Order(Key("real", "p", "d", "0"), (GEMINI,), timeout_s=180.0)
    await asyncio.sleep(EVERY_S * number / CLIENTS)
    while clock.seconds < ENDS_S:
        tries, again = Tries(order, clock), True
        service.is_wanted()
        while again:
            try:
                while (left_s := backoff.hold_s(order, tries, GEMINI)) > 0:
                    await asyncio.sleep(left_s)
            except Overloaded:
                break
            judged = service.answers()
            tries.record(GEMINI, judged)
            again = backoff.react(order, tries, GEMINI, judged)
            if again:
                await asyncio.sleep(again.wait_s)
        await asyncio.sleep(EVERY_S)


def test_an_outage_of_ten_minutes_is_not_amplified():
    """T56: 1,000 clients; at most 1.10 calls for each that a client wanted, and no rush after."""
    clock = VirtualClock()
    backoff, service = Backoff(clock, SeededRandom(1)), Service(clock)
    loop = VirtualLoop(clock)

    async def play():
        await asyncio.gather(*(client(n, clock, backoff, service) for n in range(CLIENTS)))

    try:
        loop.run_until_complete(play())
    finally:
        loop.close()
    outage = range(int(BREAKS_S // 60), int(MENDS_S // 60))
    wanted = sum(service.wanted[m] for m in outage)
    assert wanted > 2 * CLIENTS
    assert 10 <= sum(service.calls[m] for m in outage) <= 0.1 * wanted
    steady = service.calls[1]
    for minute in range(outage.stop, int(ENDS_S // 60)):
        assert service.calls[minute] <= 2 * steady
    assert service.good[outage.stop + 2] >= 0.8 * steady


def test_a_thousand_calls_at_once_make_at_most_a_tenth_more(shop):
    """T56, through the sender that is shipped."""

    async def play():
        asks = [shop.first.sender.send(shop.order(f"p{n}", deadline_s=1e6)) for n in range(CLIENTS)]
        return await asyncio.gather(*asks, return_exceptions=True)

    found = shop.play(play(), *["503"] * 5 * CLIENTS)
    assert all(isinstance(error, Overloaded) for error in found)
    assert len(shop.kinds) <= 0.2 * CLIENTS
    told = ("most calls to this channel fail", "keeps failing")
    assert sum(any(words in error.message for words in told) for error in found) >= 900


def test_an_outage_of_one_channel_sends_everybody_to_the_other_once():
    """T56, T61: 1,000 clients with two channels; both together get at most 1.10 calls for each."""
    clock = VirtualClock()
    backoff, loop, calls, wanted = Backoff(clock, SeededRandom(1)), VirtualLoop(clock), Counter(), 0
    routes = (GEMINI, replace(GEMINI, channel="second"))
    order = Order(Key("real", "p", "d", "0"), routes, timeout_s=180.0)

    async def client(number):
        nonlocal wanted
        await asyncio.sleep(EVERY_S * number / CLIENTS)
        while clock.seconds < 600.0:
            tries, bought = Tries(order, clock), False
            wanted += 1
            while not bought:
                route = backoff.choose(order, tries).route
                if backoff.hold_s(order, tries, route) > 0:
                    continue  # another has just taken the probe
                calls[route.channel] += 1
                await asyncio.sleep(10.0)
                judged = Judgement("executed", ZERO)
                if route == GEMINI:
                    judged = Judgement("rejected", ZERO, error=Overloaded("503", http_status=503))
                tries.record(route, judged)
                backoff.react(order, tries, route, judged)
                bought = judged.error is None
            await asyncio.sleep(EVERY_S)

    async def play():
        await asyncio.gather(*(client(n) for n in range(CLIENTS)))

    try:
        loop.run_until_complete(play())
    finally:
        loop.close()
    assert wanted > 8 * CLIENTS
    assert calls["second"] == wanted
    assert calls.total() <= 1.10 * wanted


def test_rate_limits_take_nothing_out_of_the_budget(shop):
    for n in range(6):
        shop.buy("429 advice", "429", "429 advice", "answer", prompt=f"p{n}")
    assert len(shop.kinds) == 24


def test_a_pause_that_was_asked_for_binds_everybody(shop):
    """T52: who met the limit waits as advised; the others wait with him, unsent, and none fails."""

    async def play():
        began = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.Waiting):
            await asyncio.sleep(0.1)
        asked_s = shop.world.clock.seconds
        others = [shop.order(f"p{n}") for n in range(20)]
        asks = [shop.first.sender.send(order) for order in others]
        sent = await asyncio.gather(began, *asks)
        return asked_s, sent

    asked_s, sent = shop.play(play(), "429 advice", *["answer"] * 21)
    assert all(one.drawn for one in sent)
    _, *calls = shop.world.oracle.calls
    ns = 1_000_000_000
    began_ns = shop.world.clock.now_ns() - int(shop.world.clock.seconds * ns) + int(asked_s * ns)
    for call in calls:
        assert 6.8 <= (call.at_ns - began_ns) / ns <= 14  # and then at a measured pace
    together = Counter(call.at_ns for call in calls)
    assert max(together.values()) <= 16, "T60: not all at once"
    assert all(one.attempts[-1].wait_s > 6.8 for one in sent[1:])
    assert all(len(one.attempts) == 1 for one in sent[1:])


def test_a_pause_binds_one_model_of_one_channel(shop):
    """T52: other channels go on."""

    async def play():
        began = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.Waiting):
            await asyncio.sleep(0.1)
        other = route(request("b"), "second")
        sent = await shop.first.sender.send(shop.order("b", routes=(other,)))
        assert shop.heard_of(events.AttemptStarted)[1].wait_s == 0
        await began
        return sent

    assert shop.play(play(), "429 advice", "answer", "answer").drawn.channel == "second"


def test_a_pause_past_the_deadline_is_refused_at_once(shop):
    async def play():
        began = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        while not shop.heard_of(events.Waiting):
            await asyncio.sleep(0.1)
        other = shop.order("d", deadline_s=3.0)
        with pytest.raises(QuotaExhausted, match="not sent") as caught:
            await shop.first.sender.send(other)
        await began
        return caught.value

    assert 6 < shop.play(play(), "429 advice", "answer").retry_after_s <= 7
    assert len(shop.kinds) == 2


def test_the_budget_is_full_at_first_and_never_fuller():
    budget = RetryBudget()
    for _ in range(1000):
        budget.earn("a")
    taken = 0
    while budget.affords("a"):
        budget.spend("a")
        taken += 1
    assert taken == MOST
    assert budget.affords("b")
    for _ in range(12):
        budget.earn("a")
    assert budget.affords("a")


def test_a_picture_gets_four_attempts_whatever_fails(shop):
    """T57, T65: one count over all kinds of failure; nothing sets it back."""
    with pytest.raises(Overloaded) as caught:
        shop.buy("429 advice", "no connection", "429", "503", "answer")
    attempts = caught.value.details["attempts"]
    assert [a["outcome"] for a in attempts] == ["rejected", "not_sent", "rejected", "rejected"]
    assert [a["wait_s"] >= least_s for a, least_s in zip(attempts, [0, 7, 0.5, 60], strict=True)]
    assert len(shop.kinds) == 4


def test_waits_are_in_the_error_too(shop):
    with pytest.raises(RateLimited) as caught:
        shop.buy(*["429"] * 9, deadline_s=130.0)
    waits = [attempt["wait_s"] for attempt in caught.value.to_json()["attempts"]]
    assert waits[0] == 0
    assert 60 <= waits[1] <= 90
    assert len(waits) == 2
    assert "past this call's deadline" in str(caught.value)
    assert caught.value.retry_after_s >= 120


def test_a_day_that_is_used_up_is_not_asked_again(shop):
    """T53: refused here; what was bought before is still found; a probe after an hour."""
    shop.buy("answer")
    other = {"prompt": "a dog"}
    with pytest.raises(DailyQuotaExhausted, match="it opens in 8 h") as caught:
        shop.buy("429 day", **other)  # it is 23:50 UTC, ten minutes to four in California
    assert 8 * 3600 < caught.value.retry_after_s < 8.2 * 3600
    with pytest.raises(QuotaExhausted, match="not sent") as caught:
        shop.buy(**other)
    assert caught.value.exit_code == 3
    assert shop.buy().cached
    assert shop.kinds == ["answer", "429 day"]
    shop.world.clock.seconds += 3600
    assert shop.buy("answer", **other).drawn
    assert shop.buy("answer", prompt="c").drawn


def test_a_picture_closes_nothing():
    backoff = Backoff(VirtualClock(), SeededRandom(1))
    order = Order(Key("real", "p", "d", "0"), (GEMINI,), timeout_s=180.0)
    tries = Tries(order, VirtualClock())
    drawn = Drawn("0" * 64, 1, 1, "image/png", "m", "gemini", None, None, ZERO, None)
    judged = Judgement("executed", ZERO, drawn=drawn)
    tries.record(GEMINI, judged)
    assert backoff.react(order, tries, GEMINI, judged) is None
