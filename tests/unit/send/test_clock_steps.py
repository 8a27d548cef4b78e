"""T48: a wall clock that is set amid a call releases nothing and books nothing twice.

The checks of every other history compare wall times; here only those that do not are made.
"""

from __future__ import annotations

import asyncio

import pytest

from cavendish.core.errors import CavendishError
from cavendish.store.commands import GRACE_NS, SECOND_NS
from simulation.checks import the_books_balance, visible_pictures_are_whole
from simulation.shop import Shop

HOUR_S, YEAR_S = 3600.0, 365 * 86_400.0
SCRIPTS = {
    "a picture": ["answer"],
    "a pause, then a picture": ["429 advice", "answer"],
    "an outage, then a picture": ["503", "answer"],
    "an answer that is lost": ["reset executed"],
}


@pytest.fixture
def shop(tmp_path):
    found = Shop(tmp_path)
    yield found
    found.world.close()


def books(shop):
    """What the journal booked, what it still holds, and what the service billed."""
    (booked,), (held,) = (
        shop.world.rows("SELECT coalesce(sum(amount_nanos), 0) FROM ledger")[0],
        shop.world.rows("SELECT coalesce(sum(held), 0) FROM accounts WHERE scope='day'")[0],
    )
    return booked, held, sum(call.bill_nanos for call in shop.world.oracle.calls)


@pytest.mark.parametrize("step_s", [-YEAR_S, -HOUR_S, HOUR_S, YEAR_S])
@pytest.mark.parametrize("after_s", [0.0, 0.02, 3.0, 20.0])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_clock_that_steps_releases_and_doubles_nothing(shop, script, after_s, step_s):
    """T48: set back, nothing is bought again. Set forward, a lease ends early and another may buy
    the same; what the first may have cost stays held, and its answer counts when it comes."""
    world, second = shop.world, shop.process()

    async def ask(process):
        try:
            return await process.sender.send(shop.order(deadline_s=900.0))
        except CavendishError as error:
            return error

    async def play():
        first = asyncio.ensure_future(ask(shop.first))
        await asyncio.sleep(after_s)
        world.clock.wall_steps_s += step_s
        began_s = world.clock.seconds
        found = await asyncio.gather(first, ask(second))
        assert world.clock.seconds - began_s < 900
        return found

    found = shop.play(play(), *script, *["answer"] * 3)
    booked, held, billed = books(shop)
    assert booked + held >= billed, "nothing that may be billed was released"
    drawn = {one.drawn.sha256 for one in found if not isinstance(one, CavendishError)}
    if step_s < 0 and "answer" in script:
        assert shop.kinds == script, "a clock set back buys nothing again"
        assert len(drawn) == 1
        assert (booked, held) == (billed, 0)
    world.clock.seconds += GRACE_NS / SECOND_NS + 2 * HOUR_S + max(0.0, -step_s)
    shop.play(shop.process().sender.recover())
    later, still_held, _ = books(shop)
    assert later >= billed
    assert still_held == 0
    ended = world.rows("SELECT count(*), count(DISTINCT attempt) FROM ledger")
    assert ended[0][0] == ended[0][1], "an attempt is booked once"
    the_books_balance(world)
    visible_pictures_are_whole(world)
