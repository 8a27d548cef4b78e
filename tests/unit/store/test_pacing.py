"""The pace of one limit: never ahead of it, never while paused, and nobody waits for ever."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.store.pacing import (
    GRACE,
    MARGIN,
    MINUTE,
    SECOND,
    Pace,
    accepted,
    admit,
    advised,
    give_back,
    open_ns,
    refused,
)

NOW = 1_790_000_000 * SECOND
HOUR = 3600 * SECOND


def ask(pace, now_ns, *, amount=1, limit: int | None = 60, person=False):
    return admit(pace, amount, limit=limit, now_ns=now_ns, person=person)


def drained(pace, now_ns, **how):
    """Asks until it is told to wait; how many went, and what it was told."""
    for count in range(1000):
        if moment := ask(pace, now_ns, **how):
            return count, moment
    raise AssertionError("nothing holds it")


@pytest.mark.parametrize(("limit", "burst"), [(1, 1), (10, 1), (60, 3), (160, 8), (2000, 8)])
def test_a_burst_is_small_and_then_one_goes_at_a_time(limit, burst):
    pace = Pace()
    count, moment = drained(pace, NOW, limit=limit)
    assert count == burst
    assert 0 < moment - NOW <= (MINUTE + MARGIN) // limit + 1
    assert ask(pace, moment, limit=limit) == 0


def test_a_person_may_burst_a_little_more():
    bulk, person = Pace(), Pace()
    assert drained(person, NOW, limit=100, person=True)[0] > drained(bulk, NOW, limit=100)[0]


@given(
    st.integers(1, 3000),
    st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, 50), st.booleans()), max_size=80),
)
def test_never_more_than_a_burst_and_the_rate(limit, asked):
    pace, now, sent = Pace(), NOW, []
    for later, amount, person in asked:
        now += later
        if ask(pace, now, amount=amount, limit=limit, person=person) == 0:
            sent.append((now, amount))
    for first, (begun, _) in enumerate(sent):
        for last in range(first, len(sent)):
            within = sum(amount for _, amount in sent[first:last])
            burst = max(limit // 4, 0)
            assert within <= burst + limit * (sent[last][0] - begun) / MINUTE + 50 + 1


@given(st.lists(st.integers(0, 5 * SECOND), max_size=60), st.integers(0, 2 * HOUR))
def test_never_admitted_during_a_pause(steps, advice):
    pace, now = Pace(), NOW
    ask(pace, now)
    refused(pace, sent_ns=now, now_ns=now, retry_after_ns=advice)
    until = now + min(advice, HOUR)
    assert open_ns(pace) == until
    for step in steps:
        now += step
        moment = ask(pace, now, person=bool(step % 2))
        if now < until:
            assert moment >= until


def test_who_comes_back_when_told_is_served_in_turn():
    pace = Pace()
    waiting = [(ask(pace, NOW), name) for name in range(40)]
    served, asked = [name for moment, name in waiting if moment == 0], 0
    waiting = [pair for pair in waiting if pair[0]]
    while waiting:
        waiting.sort()
        moment, name = waiting.pop(0)
        again = ask(pace, moment)
        asked += 1
        assert again == 0 or again > moment
        if again:
            waiting.append((again, name))
        else:
            served.append(name)
    assert sorted(served) == list(range(40))
    assert asked < 400


def test_a_call_above_the_burst_waits_for_an_idle_pool_and_is_paid_for_by_what_follows():
    pace = Pace()
    assert ask(pace, NOW, amount=120) == 0
    moment = ask(pace, NOW)
    assert moment - NOW >= 115 * SECOND
    big = ask(pace, moment, amount=500)
    assert big == 0


def test_amounts_of_very_different_size_get_their_turn():
    pace, now, taken = Pace(), NOW, {10: 0, 4000: 0}
    waiting = {10: NOW, 4000: NOW}
    while now < NOW + 20 * MINUTE:
        size = min(waiting, key=lambda size: waiting[size])
        now = waiting[size]
        moment = ask(pace, now, amount=size, limit=10_000)
        taken[size] += moment == 0
        waiting[size] = moment or now + 1
    assert taken[4000] * 4000 > 0.9 * 20 * 10_000
    assert taken[10] >= taken[4000] // 2


def test_nothing_known_is_no_wait_for_a_few_calls():
    pace = Pace()
    for call in range(30):
        assert ask(pace, NOW + call * SECOND, limit=None) == 0
        accepted(pace, 1, sent_ns=NOW + call * SECOND, now_ns=NOW + call * SECOND)


def test_a_flood_of_unknown_limit_begins_slowly_and_doubles():
    pace, now, went = Pace(), NOW, []
    while now < NOW + 4 * SECOND:
        moment = ask(pace, now, limit=None)
        went += [now] if not moment else []
        now = moment or now
    each = [sum(NOW + s * SECOND <= at < NOW + (s + 1) * SECOND for at in went) for s in range(3)]
    assert 8 <= went.count(NOW) <= 20, "a few calls at once are nobody's flood"
    assert each[0] < 250
    assert each[1] > 2 * each[0]


def test_refusals_of_one_burst_are_one_event():
    once, often = Pace(), Pace()
    for pace, times in ((once, 1), (often, 20)):
        for _ in range(3):
            ask(pace, NOW, limit=600)
        for time in range(times):
            refused(pace, sent_ns=NOW, now_ns=NOW + SECOND + time, retry_after_ns=5 * SECOND)
    assert often.strikes == once.strikes
    assert open_ns(once) == NOW + 6 * SECOND
    assert open_ns(often) == NOW + 6 * SECOND + 19


def test_after_a_pause_no_credit_has_piled_up():
    pace = Pace()
    for _ in range(8):
        ask(pace, NOW, limit=600)
    refused(pace, sent_ns=NOW, now_ns=NOW + SECOND, retry_after_ns=MINUTE)
    count, _ = drained(pace, open_ns(pace), limit=600)
    assert count == 1


def test_pauses_without_advice_grow_and_end():
    pace, now, pauses = Pace(), NOW, []
    for _ in range(12):
        assert ask(pace, now) == 0
        refused(pace, sent_ns=now, now_ns=now + 1, retry_after_ns=None)
        pauses.append(open_ns(pace) - now - 1)
        now = open_ns(pace)
    assert pauses == sorted(pauses)
    assert pauses[0] <= 4 * SECOND
    assert pauses[-1] == MINUTE


def test_nothing_left_by_the_headers_is_a_pause_and_something_is_none():
    pace = Pace()
    advised(pace, remaining=3, reset_ns=NOW + MINUTE, now_ns=NOW)
    assert ask(pace, NOW) == 0
    advised(pace, remaining=0, reset_ns=NOW + MINUTE, now_ns=NOW)
    assert ask(pace, NOW) >= NOW + MINUTE
    advised(pace, remaining=0, reset_ns=NOW + 9 * HOUR, now_ns=NOW)
    assert open_ns(pace) == NOW + HOUR
    assert ask(Pace(), NOW) == 0


def test_a_person_who_waits_goes_before_bulk_until_the_mark_expires():
    pace = Pace()
    moment = drained(pace, NOW, person=True)[1]
    for bulk in range(5):
        assert ask(pace, moment - bulk) > moment
    assert ask(pace, moment, person=True) == 0
    left = drained(pace, moment, person=True)[1]
    assert ask(pace, left) > left
    assert ask(pace, left + GRACE + 10 * SECOND) == 0, "who never comes back holds nobody"


def test_what_was_not_sent_is_given_back():
    pace = Pace()
    drained(pace, NOW)
    give_back(pace, 1, NOW)
    assert drained(pace, NOW)[0] == 1


def test_an_hour_later_nothing_is_left_of_what_was():
    pace, now = Pace(), NOW
    for _ in range(4):
        for _ in range(30):
            now += SECOND // 10
            ask(pace, now, limit=None)
        refused(pace, sent_ns=now, now_ns=now, retry_after_ns=SECOND)
        now = open_ns(pace)
    assert pace.rate is not None
    assert drained(pace, now + 2 * HOUR, limit=None)[0] >= 8
    assert pace.rate is None


@given(st.lists(st.integers(-2 * HOUR, 30 * SECOND), max_size=30))
def test_a_clock_that_steps_back_holds_nobody(steps):
    pace, now = Pace(), NOW
    for step in steps:
        now += step
        moment = ask(pace, now)
        assert moment == 0 or now < moment <= now + 10 * SECOND


@given(
    st.lists(st.tuples(st.sampled_from("ararxg"), st.integers(0, 20 * SECOND)), max_size=80),
    st.one_of(st.none(), st.integers(1, 5000)),
)
def test_nobody_waits_for_ever(story, limit):
    pace, now = Pace(), NOW
    for what, later in story:
        now += later
        if what == "a":
            ask(pace, now, limit=limit)
        elif what == "r":
            refused(pace, sent_ns=now - later // 2, now_ns=now, retry_after_ns=None)
        elif what == "x":
            refused(pace, sent_ns=now - later, now_ns=now, retry_after_ns=later)
        else:
            give_back(pace, 1, now)
        pace = Pace.from_row(json.loads(json.dumps(pace.to_row())))
    for _ in range(100):
        moment = ask(pace, now, limit=limit)
        if not moment:
            return
        assert now < moment <= now + HOUR
        now = moment
    raise AssertionError("it never went")


def test_a_row_of_another_version_is_refused():
    with pytest.raises(ValueError, match="flavour"):
        Pace.from_row({"flavour": 1})
    with pytest.raises(ValueError, match="calls"):
        Pace.from_row({"calls": 1.5})
    assert Pace.from_row(Pace(limit=7, calls=3).to_row()) == Pace(limit=7, calls=3)
