"""Places for calls under way: people before bulk work."""

from __future__ import annotations

import asyncio

import pytest

from cavendish.send.gate import Gate
from simulation.world import request, route


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def test_people_come_before_bulk_and_bulk_leaves_places_free():
    async def play():
        gate, came = Gate(places=4, kept=1), []

        async def come(name, priority):
            await gate.wait(priority)
            came.append(name)

        bulk = [asyncio.ensure_future(come(f"b{n}", 1)) for n in range(5)]
        await settle()
        assert came == ["b0", "b1", "b2"]
        people = [asyncio.ensure_future(come(f"p{n}", 0)) for n in range(2)]
        await settle()
        assert came[3:] == ["p0"]
        gate.give()
        await settle()
        assert came[4:] == ["p1"]
        gate.give()
        await settle()
        assert came[5:] == []  # the place that is left is kept for people
        gate.give()
        await settle()
        assert came[5:] == ["b3"]
        gate.give()
        await settle()
        assert came[6:] == ["b4"]
        await asyncio.gather(*bulk, *people)

    asyncio.run(play())


@pytest.mark.parametrize("granted", [True, False])
def test_who_is_cancelled_takes_no_place_along(granted):
    async def play():
        gate = Gate(places=1, kept=0)
        assert gate.take(0)
        waiting = asyncio.ensure_future(gate.wait(0))
        await settle()
        if granted:
            gate.give()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not granted:
            gate.give()
        assert gate.take(0)
        assert not gate.take(0)

    asyncio.run(play())


def test_a_person_overtakes_a_queue_of_bulk_work(shop):
    """Forty bulk pictures wait for two places; who comes last and waits himself is next."""
    shop.first.sender._admission._gate = Gate(places=2, kept=1)

    async def play():
        ask = shop.first.sender.send
        bulk = [asyncio.ensure_future(ask(shop.order(f"b{n}", priority=1))) for n in range(40)]
        await shop.world.clock.sleep(1)
        person = await ask(shop.order("a person", routes=(route(request("a person")),)))
        done = sum(one.done() for one in bulk)
        await asyncio.gather(*bulk)
        return person, done

    person, done = shop.play(play(), *["answer"] * 41)
    assert person.drawn
    assert done <= 3


def test_what_is_there_already_waits_for_no_place(shop):
    shop.buy("answer")
    shop.first.sender._admission._gate = Gate(places=1, kept=0)
    shop.first.sender._admission._gate.take(0)
    assert shop.buy().cached
