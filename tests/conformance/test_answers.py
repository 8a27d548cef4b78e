"""Answers that are found, renewed and forgotten, on both databases."""

from __future__ import annotations

import asyncio
import json

import pytest
import sqlalchemy as sa

from cavendish.store import schema
from cavendish.store.commands import Forget, Hit, Hold, Key, Reserved
from conformance import journal_worker as worker
from unit.store.book import LEASE_NS, USD, drawn

KEY = Key("real", "p", "d", "1")


@pytest.fixture(params=["thread", "inline"])
def journal(request, path):
    found = worker.journal(path, request.param)
    yield found
    found.close()


def begin(journal, number, **more):
    return journal.begin(
        KEY, attempt=f"{number:032x}", channel="c", model="m", asked={}, tags={"team": "a"},
        holds=(Hold("day", USD),), lease_ns=LEASE_NS, **more,
    )  # fmt: skip


async def buy(journal, number, picture="a", **more):
    assert isinstance(await begin(journal, number, **more), Reserved)
    await journal.settle(f"{number:032x}", outcome="executed", cost_nanos=7, drawn=drawn(picture))


def hits(connection):
    order = sa.select(schema.hits).order_by(schema.hits.c.id)
    return [(int(row.id, 16), int(row.attempt, 16), row.tags) for row in connection.execute(order)]


def test_whoever_reads_sees_every_hit_once(journal):
    async def play():
        await buy(journal, 1)
        await asyncio.gather(*(begin(journal, number) for number in range(2, 600)))
        return await journal.read(hits)

    found = asyncio.run(play())
    assert found == [(number, 1, '{"team": "a"}') for number in range(2, 600)]


def test_a_hit_is_written_though_nothing_else_ever_is(path):
    async def play(journal):
        await buy(journal, 1)
        await begin(journal, 2)
        other = worker.database(path)
        try:
            while not other.read(hits):  # the other process's eyes; it ends, or the test's limit
                await asyncio.sleep(0.02)
        finally:
            other.close()

    journal = worker.journal(path, "thread")
    asyncio.run(asyncio.wait_for(play(journal), 20))
    journal.close()


def test_closing_writes_what_was_put_off(path):
    async def play(journal):
        await buy(journal, 1)
        for number in range(2, 9):
            assert isinstance(await begin(journal, number), Hit)

    journal = worker.journal(path, "thread")
    asyncio.run(play(journal))
    journal.close()
    other = worker.database(path)
    assert len(other.read(hits)) == 7
    other.close()


def test_hits_go_along_with_what_is_written_anyway(journal):
    async def play():
        await buy(journal, 1)
        await begin(journal, 2)
        other = Key("real", "p", "another", "1")
        await journal.begin(
            other, attempt="f" * 32, channel="c", model="m", asked={}, tags={},
            holds=(), lease_ns=LEASE_NS,
        )  # fmt: skip
        assert not journal._driver.puts_off
        return await journal.read(hits)

    assert [one[0] for one in asyncio.run(play())] == [2]


def test_an_answer_is_renewed_and_the_one_before_stays_with_its_attempt(journal):
    async def play():
        await buy(journal, 1, "a")
        assert await begin(journal, 2) == Hit(drawn("a"))
        await buy(journal, 3, "b", max_age_ns=0)
        assert await begin(journal, 4) == Hit(drawn("b"))
        told = sa.select(schema.attempts.c.id, schema.attempts.c.drawn)
        kept = await journal.read(lambda c: {int(i, 16): d for i, d in c.execute(told)})
        links = [one[:2] for one in await journal.read(hits)]
        return kept, links

    kept, links = asyncio.run(play())
    assert kept[3] is None
    assert json.loads(kept[1])["sha256"] == "a" * 64
    assert links == [(2, 1), (4, 3)]


def test_a_forgotten_answer_is_gone_and_its_hit_with_it(journal):
    async def play():
        await buy(journal, 1)
        served, unserved = await begin(journal, 2), await begin(journal, 3)
        forget = Forget({KEY.id: unserved.attempt}, {"because": "gone"}, "me", (unserved.id,))
        assert await journal.change(forget)
        assert not await journal.change(forget)
        assert [one[0] for one in await journal.read(hits)] == [int(served.id, 16)]
        assert isinstance(await begin(journal, 4), Reserved)
        audit = await journal.read(lambda c: c.execute(sa.select(schema.audit)).fetchall())
        return [(row.who, row.action, json.loads(row.details)) for row in audit]

    assert asyncio.run(play()) == [("me", "forget", {"because": "gone", "answers": 1})]
