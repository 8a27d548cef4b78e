"""The loop that buys, one scripted call at a time, in a played world."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from cavendish.core.errors import (
    BadRequest,
    Blocked,
    BudgetExceeded,
    ConnectionFailed,
    DeadlineExceeded,
    Interrupted,
    Overloaded,
    StorageError,
)
from cavendish.core.money import Money
from cavendish.send import events
from cavendish.store.commands import GRACE_NS, SECOND_NS, SetBudget
from cavendish.store.schema import attempts


def test_a_picture_is_bought_once_and_found_ever_after(shop):
    first, second = shop.buy("answer"), shop.buy()
    assert (first.cached, second.cached) == (False, True)
    assert first.drawn == second.drawn
    assert first.path == second.path
    assert [attempt.outcome for attempt in first.attempts] == ["executed"]
    assert second.attempts == ()
    assert shop.kinds == ["answer"]
    assert [type(event).__name__ for event in shop.heard] == [
        "AttemptStarted", "AttemptEnded", "Cached",
    ]  # fmt: skip


def test_what_costs_nothing_is_tried_again_up_to_the_limit(shop):
    sent = shop.buy("429 advice", "503", "no connection", "answer")
    outcomes = [attempt.outcome for attempt in sent.attempts]
    assert outcomes == ["rejected", "rejected", "not_sent", "executed"]
    assert sent.attempts[1].wait_s >= 7
    assert sum(event.seconds for event in shop.heard_of(events.Waiting)) > 8


def test_the_journal_keeps_what_each_attempt_ended_with(shop):
    shop.buy("429 advice", "503", "no connection", "answer")
    query = sa.select(attempts.c.error).order_by(attempts.c.started_ns)
    rows = shop.first.journal._database.read(lambda connection: list(connection.execute(query)))
    assert [row.error for row in rows] == ["RateLimited", "Overloaded", "ConnectionFailed", None]


def test_retries_end(shop):
    with pytest.raises(Overloaded) as caught:
        shop.buy(*["503"] * 9)
    assert len(shop.kinds) == 4
    assert len(caught.value.details["attempts"]) == 4


def test_no_retries_is_one_attempt(shop):
    with pytest.raises(Overloaded):
        shop.buy("503", retries=0)
    assert len(shop.kinds) == 1


def test_what_will_never_work_is_tried_once(shop):
    with pytest.raises(BadRequest):
        shop.buy("400")
    assert len(shop.kinds) == 1


def test_the_deadline_ends_retries(shop):
    began = shop.world.clock.seconds
    with pytest.raises(Overloaded):
        shop.buy(*["503"] * 99, retries=99, deadline_s=30.0)
    assert shop.world.clock.seconds - began < 60


@pytest.mark.parametrize(
    ("kind", "error"),
    [("reset executed", ConnectionFailed), ("slow", DeadlineExceeded), ("504", DeadlineExceeded)],
)
def test_what_may_have_been_billed_is_not_repeated_by_itself(kind, error, shop):
    with pytest.raises(error):
        shop.buy(kind)
    assert shop.kinds == [kind]


def test_whoever_asks_again_is_told_of_the_earlier_attempt(shop):
    with pytest.raises(ConnectionFailed):
        shop.buy("reset executed")
    sent = shop.buy("answer")
    assert len(sent.warnings) == 1
    assert "up to $0.15" in sent.warnings[0]


def test_a_policy_may_pay_twice_and_is_not_warned_of_its_own_doing(shop):
    sent = shop.buy("reset executed", "answer", may_pay_twice=1)
    assert [attempt.outcome for attempt in sent.attempts] == ["unknown", "executed"]
    assert sent.warnings == ()


def test_a_break_amid_the_answer_may_be_paid_twice_and_both_are_on_the_bill(shop):
    """T44."""
    sent = shop.buy("cut", "answer", may_pay_twice=1)
    assert [attempt.outcome for attempt in sent.attempts] == ["unknown", "executed"]
    world = shop.world
    world.clock.seconds += 2 * shop.order().timeout_s + GRACE_NS / SECOND_NS
    shop.play(shop.process().sender.recover())
    booked = world.rows("SELECT kind, amount_nanos FROM ledger ORDER BY kind")
    bills = {call.kind: call.bill_nanos for call in world.oracle.calls}
    assert [kind for kind, _ in booked] == ["presumed", "settled"]
    assert booked[0][1] >= bills["cut"] > 0
    assert booked[1][1] == bills["answer"]


def test_paying_twice_is_not_paying_three_times(shop):
    shop.world.plan.may_pay_twice = 1
    with pytest.raises(ConnectionFailed):
        shop.buy("reset executed", "reset executed", "answer", may_pay_twice=1)
    assert len(shop.kinds) == 2


def test_a_picture_that_was_not_asked_for_comes_with_its_name_now_and_later(shop):
    first, second = shop.buy("wrong size"), shop.buy()
    assert first.violation is not None
    assert second.violation is not None
    assert (first.cached, second.cached) == (False, True)
    assert (first.violation.billed, second.violation.billed) == (True, False)
    assert shop.kinds == ["wrong size"]


def test_a_blocked_prompt_is_not_asked_again_by_itself(shop):
    """T20."""
    with pytest.raises(Blocked):
        shop.buy("blocked")
    assert shop.kinds == ["blocked"]


def test_what_does_not_fit_is_not_sent(shop):
    shop.play(shop.first.journal._driver.tell(SetBudget("day", 100_000_000)))
    with pytest.raises(BudgetExceeded, match="budget day is"):
        shop.buy()
    assert shop.kinds == []


def test_a_runs_own_limit_counts_its_earlier_pictures(shop):
    limit = Money(250_000_000)
    shop.buy("answer", run="r", run_limit=limit)
    other = shop.order("a dog", run="r",
                       run_limit=limit)  # fmt: skip
    with pytest.raises(BudgetExceeded, match="this run's budget"):
        shop.play(shop.first.sender.send(other))


def test_nothing_is_bought_on_a_full_disk(shop, monkeypatch):
    monkeypatch.setattr(shop.first.disk, "free_bytes", lambda _: 2**20)
    with pytest.raises(StorageError, match="only 1 MiB"):
        shop.buy()
    assert shop.kinds == []


def test_a_drained_sender_sends_nothing_new(shop):
    shop.first.sender.drain()
    with pytest.raises(Interrupted, match="nothing was spent"):
        shop.buy()
    assert shop.kinds == []


def test_draining_ends_a_long_wait_soon_and_lets_a_paid_call_end(shop):
    async def play():
        asking = asyncio.ensure_future(shop.first.sender.send(shop.order(deadline_s=1e6)))
        while not shop.heard_of(events.Waiting):
            await asyncio.sleep(1)
        began = shop.world.clock.seconds
        shop.first.sender.drain()
        with pytest.raises(Interrupted):
            await asking
        return shop.world.clock.seconds - began

    assert shop.play(play(), "429 advice") < 1
    again = shop.process()

    async def paid():
        asking = asyncio.ensure_future(again.sender.send(shop.order()))
        while not shop.world.oracle.calls[1:]:
            await asyncio.sleep(0.1)
        again.sender.drain()
        return await asking

    assert not shop.play(paid(), "answer").cached


def test_the_same_picture_asked_for_at_once_is_bought_once(shop):
    other = shop.process()

    async def play():
        asks = [p.sender.send(shop.order()) for p in (shop.first, other) for _ in range(5)]
        return await asyncio.gather(*asks)

    sent = shop.play(play(), "answer")
    assert len({one.drawn.sha256 for one in sent}) == 1
    assert sorted(one.cached for one in sent) == [False] + [True] * 9
    assert shop.kinds == ["answer"]


def test_when_the_first_fails_one_of_those_who_wait_goes_on(shop):
    other = shop.process()

    async def play():
        asks = [p.sender.send(shop.order()) for p in (shop.first, other)]
        return await asyncio.gather(*asks, return_exceptions=True)

    failed, sent = shop.play(play(), "blocked", "answer")
    assert isinstance(failed, Blocked)
    assert not sent.cached
    assert shop.kinds == ["blocked", "answer"]


def test_who_waits_for_another_gives_up_at_the_deadline(shop):
    other = shop.process()

    async def play():
        asks = [shop.first.sender.send(shop.order()),
                other.sender.send(shop.order(deadline_s=5.0))]  # fmt: skip
        return await asyncio.gather(*asks, return_exceptions=True)

    _, waited = shop.play(play(), "slow")
    assert isinstance(waited, Interrupted)
    assert shop.kinds == ["slow"]


def test_who_is_cancelled_before_anything_left_gives_back_what_was_held(shop):
    async def play():
        asking = asyncio.ensure_future(shop.first.sender.send(shop.order()))
        await asyncio.sleep(0)  # it is telling its intent
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    shop.play(play())
    assert shop.kinds == []
    states = shop.world.rows("SELECT state, outcome, cost_nanos FROM attempts")
    assert list(states) in ([], [("settled", "not_sent", 0)])
    assert [held for (held,) in shop.world.rows("SELECT held FROM accounts") if held] == []
