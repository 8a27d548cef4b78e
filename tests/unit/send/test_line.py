"""Those who wait in one process: a few ask, people first, nobody is lost."""

import asyncio

import pytest

from cavendish.send.line import SEATS, Line
from cavendish.store.claim import Full
from cavendish.store.commands import SECOND_NS
from simulation.playing import VirtualClock, VirtualLoop

PLACE = ("gemini", "m")


@pytest.fixture
def clock():
    return VirtualClock()


def play(clock, body):
    loop = VirtualLoop(clock)
    try:
        return loop.run_until_complete(body)
    finally:
        loop.close()


def full(clock, in_s, spacing_s=1.0):
    until_ns = clock.now_ns() + int(in_s * SECOND_NS)
    return Full(until_ns, "gemini/p/m", "requests", 60, int(spacing_s * SECOND_NS))


async def caller(line, clock, name, priority, told, rounds=1):
    """Asks when it is its turn; so often it hears that it is full still."""
    number = line.number()
    for _ in range(rounds):
        await line.turn(PLACE, priority, number, full(clock, 1.0))
        told.append((name, clock.seconds))
        if rounds > 1:
            line.report(PLACE, priority, full(clock, 1.0))
            rounds -= 1
            continue
        line.report(PLACE, priority, None)


def test_the_next_follows_at_once(clock):
    async def body():
        line, told = Line(clock), []
        await asyncio.gather(*(caller(line, clock, n, 5, told) for n in range(40)))
        return told

    began_s = clock.seconds
    told = play(clock, body())
    assert sorted(name for name, _ in told) == list(range(40))
    assert all(abs(name - place) < SEATS for place, (name, _) in enumerate(told))
    assert all(0.99 <= at_s - began_s <= 1.5 for _, at_s in told)


def test_no_more_than_the_seated_ask_and_each_when_it_was_told_to(clock):
    async def body():
        line, asking, most, told = Line(clock), 0, 0, []

        async def slow(n):
            nonlocal asking, most
            await line.turn(PLACE, 5, line.number(), full(clock, 1.0 + n / 10))
            asking, most = asking + 1, max(most, asking + 1)
            told.append((n, clock.seconds))
            await asyncio.sleep(0.25)  # the journal's disk
            asking -= 1
            line.report(PLACE, 5, None)

        began_s = clock.seconds
        await asyncio.gather(*(slow(n) for n in range(3 * SEATS)))
        return most, [(n, round(at_s - began_s, 2)) for n, at_s in told]

    most, told = play(clock, body())
    assert 1 < most <= SEATS
    assert told[:3] == [(0, 1.0), (1, 1.1), (2, 1.2)]
    assert sorted(n for n, _ in told) == list(range(3 * SEATS))


def test_whoever_waits_long_is_woken_when_another_got_through(clock):
    async def body():
        line, told = Line(clock), []

        async def waits(name, in_s):
            await line.turn(PLACE, 5, line.number(), full(clock, in_s))
            told.append((name, clock.seconds))
            line.report(PLACE, 5, None)

        began_s = clock.seconds
        await asyncio.gather(waits("probe", 60), *(waits(n, 3600) for n in range(20)))
        return [(name, at_s - began_s) for name, at_s in told]

    told = play(clock, body())
    assert told[0][0] == "probe"
    assert all(59.9 <= at_s <= 61 for _, at_s in told)


def test_people_come_before_bulk_whenever_they_came(clock):
    async def body():
        line, told = Line(clock), []
        bulk = [
            asyncio.ensure_future(caller(line, clock, f"b{n}", 5, told)) for n in range(2 * SEATS)
        ]
        await asyncio.sleep(0.1)
        assert line.ahead(PLACE, 0) is None
        await line.turn(PLACE, 0, line.number(), full(clock, 0.2))  # a seat of its own
        told.append(("person", clock.seconds))
        line.report(PLACE, 0, None)
        await asyncio.gather(*bulk)
        return [name for name, _ in told]

    told = play(clock, body())
    assert told[0] == "person"
    assert sorted(told[1:]) == sorted(f"b{n}" for n in range(2 * SEATS))


def test_who_is_told_full_again_keeps_the_place(clock):
    async def body():
        line, told = Line(clock), []
        await asyncio.gather(
            caller(line, clock, "first", 5, told, rounds=2), caller(line, clock, "second", 5, told)
        )
        return [name for name, _ in told]

    assert play(clock, body())[0] == "first"


def test_who_leaves_lets_the_others_through(clock):
    async def body():
        line, told = Line(clock), []
        calls = [
            asyncio.ensure_future(caller(line, clock, n, 5, told)) for n in range(2 * SEATS + 1)
        ]
        await asyncio.sleep(0.1)
        for gone in (*range(SEATS - 1), SEATS + 1):
            calls[gone].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        assert line.ahead(PLACE, 9) is None
        return [name for name, _ in told]

    stayed = [SEATS - 1, SEATS, *range(SEATS + 2, 2 * SEATS + 1)]
    assert sorted(play(clock, body())) == stayed


def test_a_newcomer_joins_behind_its_like_and_passes_those_of_less_haste(clock):
    async def body():
        line, told = Line(clock), []
        assert line.ahead(PLACE, 5) is None
        waiting = asyncio.ensure_future(caller(line, clock, "bulk", 5, told))
        await asyncio.sleep(0.1)
        assert line.ahead(PLACE, 5) is not None
        assert line.ahead(PLACE, 9) is not None
        assert line.ahead(PLACE, 0) is None
        assert 0.8 <= line.expected_s(PLACE, full(clock, 0.9)) <= 1.0
        await waiting
        await asyncio.sleep(0)
        assert line.ahead(PLACE, 9) is None

    play(clock, body())


def test_whoever_is_drained_is_woken(clock):
    async def body():
        line = Line(clock)
        since_s = clock.seconds
        turns = [asyncio.ensure_future(line.turn(PLACE, 5, n, full(clock, 900))) for n in range(3)]
        await asyncio.sleep(0.1)
        line.drain()
        await asyncio.gather(*turns)
        return clock.seconds - since_s

    assert play(clock, body()) < 1
