"""Those who wait in one process: one asks, people first, nobody is lost."""

import asyncio

import pytest

from cavendish.send.line import Line
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
            line.report(PLACE, full(clock, 1.0))
            rounds -= 1
            continue
        line.report(PLACE, None)


def test_one_asks_at_a_time_and_the_next_follows_at_once(clock):
    async def body():
        line, told = Line(clock), []
        await asyncio.gather(*(caller(line, clock, n, 5, told) for n in range(20)))
        return told

    began_s = clock.seconds
    told = play(clock, body())
    assert [name for name, _ in told] == list(range(20))
    assert all(0.99 <= at_s - began_s <= 1.5 for _, at_s in told)


def test_people_come_before_bulk_whenever_they_came(clock):
    async def body():
        line, told = Line(clock), []
        bulk = [asyncio.ensure_future(caller(line, clock, f"b{n}", 5, told)) for n in range(3)]
        await asyncio.sleep(0.1)
        person = asyncio.ensure_future(caller(line, clock, "person", 0, told))
        await asyncio.gather(*bulk, person)
        return [name for name, _ in told]

    assert play(clock, body()) == ["person", "b0", "b1", "b2"]


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
        calls = [asyncio.ensure_future(caller(line, clock, n, 5, told)) for n in range(4)]
        await asyncio.sleep(0.1)
        calls[0].cancel()
        calls[2].cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        return [name for name, _ in told]

    assert play(clock, body()) == [1, 3]


def test_a_newcomer_joins_behind_its_like_and_passes_those_of_less_haste(clock):
    async def body():
        line, told = Line(clock), []
        assert line.ahead(PLACE, 5) is None
        waiting = asyncio.ensure_future(caller(line, clock, "bulk", 5, told))
        await asyncio.sleep(0.1)
        assert line.ahead(PLACE, 5) is not None
        assert line.ahead(PLACE, 9) is not None
        assert line.ahead(PLACE, 0) is None
        assert 1.8 <= line.expected_s(PLACE, full(clock, 0.9)) <= 2.0
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
