"""What a journal promises, whichever driver carries it and however many processes share it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os

import pytest
import sqlalchemy as sa

from cavendish.core.errors import StorageError
from cavendish.store import schema
from cavendish.store.chain import GENESIS, chained
from cavendish.store.commands import Hit, Hold, Key, Refused, Reserved, SetBudget, Tell, Wait
from cavendish.store.step import step
from conformance import journal_worker as worker
from unit.store.book import LEASE_NS, USD, drawn

PROCESSES = int(os.environ.get("JOURNAL_PROCESSES", "16"))
CALLS = int(os.environ.get("JOURNAL_CALLS", "12"))
SPAWN = multiprocessing.get_context("spawn")
DRIVERS = pytest.mark.parametrize("driver", ["thread", "inline"])
KEY = Key("real", "p", "d", "1")


@pytest.fixture(params=["thread", "inline"])
def journal(request, path):
    found = worker.journal(path, request.param)
    yield found
    found.close()
    audit(path)


def audit(path):
    """The bank's checks, from the file alone."""
    database = worker.database(path)

    def look(connection):
        def all_of(query):
            return connection.exec_driver_sql(query).fetchall()

        if connection.dialect.name == "sqlite":
            assert all_of("PRAGMA integrity_check") == [("ok",)]
        before = GENESIS
        for seq, at, attempt, kind, amount, previous, hashed in all_of(
            "SELECT * FROM ledger ORDER BY seq"
        ):
            assert previous == before
            before = chained(seq, at, attempt, kind, amount, previous)
            assert hashed == before
        cost = "SELECT coalesce(sum(cost_nanos), 0) FROM attempts WHERE state = 'settled'"
        assert all_of("SELECT coalesce(sum(amount_nanos), 0) FROM ledger") == all_of(cost)
        held = dict(all_of(
            "SELECT account, sum(amount) FROM reservations JOIN attempts ON id = attempt"
            " WHERE state != 'settled' GROUP BY account"
        ))  # fmt: skip
        used = dict(all_of(
            "SELECT account, sum(amount_nanos) FROM ledger JOIN reservations USING (attempt)"
            " GROUP BY account"
        ))  # fmt: skip
        for row in connection.execute(sa.select(schema.accounts)):
            assert (row.held, row.used) == (held.get(row.id, 0), used.get(row.id, 0))
        return sum(used.get(row[0], 0) for row in all_of(
            "SELECT id FROM accounts WHERE scope = 'day'"))  # fmt: skip

    try:
        return database.read(look)
    finally:
        database.close()


def begin(journal, key=KEY, *, attempt="1" * 32, amount=USD):
    return journal.begin(
        key, attempt=attempt, channel="c", model="m", asked={}, tags={},
        holds=(Hold("day", amount),), lease_ns=LEASE_NS,
    )  # fmt: skip


def test_a_purchase_from_intent_to_hit(journal):
    async def play():
        assert await begin(journal) == Reserved("1" * 32)
        assert isinstance(await begin(journal, attempt="2" * 32), Wait)
        assert await journal.settle("1" * 32, outcome="executed", cost_nanos=3, drawn=drawn())
        assert not await journal.settle("1" * 32, outcome="executed", cost_nanos=4)
        assert await begin(journal, attempt="3" * 32) == Hit(drawn())

    asyncio.run(play())


def test_the_class_of_an_attempt_s_error_is_kept(journal):
    async def play():
        await begin(journal)
        await journal.settle("1" * 32, outcome="rejected", note="wait", error="RateLimited")
        await begin(journal, attempt="2" * 32)
        await journal.settle("2" * 32, outcome="executed", cost_nanos=3, drawn=drawn())
        query = sa.select(schema.attempts.c.error).order_by(schema.attempts.c.id)
        return await journal.read(lambda connection: [row[0] for row in connection.execute(query)])

    assert asyncio.run(play()) == ["RateLimited", None]


def test_a_refusal_names_its_budget(journal):
    async def play():
        refused = Refused("day", 10 * USD, 0, 0, 11 * USD)
        assert await begin(journal, amount=11 * USD) == refused
        await journal.change(SetBudget("day", 11 * USD))
        assert isinstance(await begin(journal, amount=11 * USD), Reserved)

    asyncio.run(play())


def test_many_at_once_in_one_process(journal):
    async def play():
        asks = (worker.buy(journal, Key("real", "p", str(n), "1"), USD // 10, cost=USD // 10)
                for n in range(150))  # fmt: skip
        answers = await asyncio.gather(*asks)
        assert sum(isinstance(answer, Reserved) for answer in answers) == 100

    asyncio.run(play())


def test_what_was_told_before_closing_is_done(path):
    async def play():
        journal = worker.journal(path, "thread")
        telling = [asyncio.ensure_future(begin(journal, Key("real", "p", str(n), "1"),
                                               attempt=f"{n:032x}", amount=1))
                   for n in range(50)]  # fmt: skip
        await asyncio.sleep(0)
        await asyncio.to_thread(journal.close)
        return await asyncio.wait_for(asyncio.gather(*telling), 10)

    assert all(isinstance(answer, Reserved) for answer in asyncio.run(play()))
    audit(path)


def test_a_closed_journal_says_so_and_lets_nobody_wait_for_ever(path):
    async def play():
        journal = worker.journal(path, "thread")
        journal.close()
        journal.close()
        with pytest.raises(StorageError, match="closed"):
            await asyncio.wait_for(begin(journal), 5)

    asyncio.run(play())


def test_an_error_reaches_everyone_who_waits_and_the_journal_goes_on(path, monkeypatch):
    async def play():
        journal = worker.journal(path, "thread")
        with monkeypatch.context() as broken:
            broken.setattr("cavendish.store.journal.step", lambda *_: 1 / 0)
            told = [begin(journal, attempt=f"{n:032x}") for n in range(5)]
            failed = await asyncio.gather(*told, return_exceptions=True)
        assert [type(error) for error in failed] == [ZeroDivisionError] * 5
        assert isinstance(await begin(journal), Reserved)
        journal.close()

    asyncio.run(play())
    audit(path)


def test_whoever_stops_waiting_disturbs_nobody(path):
    async def play():
        journal = worker.journal(path, "thread")
        told = [asyncio.ensure_future(begin(journal, Key("real", "p", str(n), "1"),
                                            attempt=f"{n:032x}", amount=1))
                for n in range(20)]  # fmt: skip
        await asyncio.sleep(0)
        for task in told[::2]:
            task.cancel()
        found = await asyncio.gather(*told, return_exceptions=True)
        assert all(isinstance(answer, Reserved) for answer in found[1::2])
        journal.close()

    asyncio.run(play())
    audit(path)


def test_commands_that_come_together_share_a_commit(path, monkeypatch):
    batches = []
    monkeypatch.setattr("cavendish.store.journal.step", lambda rows, batch, now_ns: (
        batches.append(len(batch)) or step(rows, batch, now_ns)))  # fmt: skip

    async def play():
        journal = worker.journal(path, "thread")
        await asyncio.gather(*(begin(journal, Key("real", "p", str(n), "1"),
                                     attempt=f"{n:032x}", amount=1)
                               for n in range(300)))  # fmt: skip
        journal.close()

    asyncio.run(play())
    assert sum(batches) == 300
    assert len(batches) < 30
    assert max(batches) <= 256


def processes(target, count, *arguments):
    """Starts `count` processes that begin together; returns what each puts."""
    start, answers = SPAWN.Event(), SPAWN.Queue()
    lives = [SPAWN.Process(target=target, args=(*(a(n) if callable(a) else a for a in arguments),
                                                start, answers))
             for n in range(count)]  # fmt: skip
    for life in lives:
        life.start()
    start.set()
    found = [answers.get(timeout=120) for _ in lives]
    for life in lives:
        life.join(60)
        assert life.exitcode == 0
    return found


def test_many_processes_fill_a_budget_to_its_edge_and_never_over_it(path):
    nanos, fits = 134_000_000, PROCESSES * CALLS // 2
    limit = fits * nanos + nanos // 2
    journal = worker.journal(path, "inline")
    asyncio.run(journal._driver.tell(SetBudget("day", limit)))
    journal.close()
    admitted = processes(
        worker.at_the_edge, PROCESSES, path,
        lambda n: ["thread", "inline"][n % 2], lambda n: n, CALLS, nanos,
    )  # fmt: skip
    spent = audit(path)
    assert sum(admitted) == fits, "the edge is filled"
    assert spent == fits * nanos <= limit


@DRIVERS
def test_one_thing_asked_for_by_many_processes_is_bought_once(driver, path):
    found = processes(worker.the_same, 4, path, driver, 5, USD, drawn())
    answers = sorted(answer for one in found for answer in one)
    assert answers == ["Hit"] * 19 + ["Reserved"]
    assert audit(path) == USD


@DRIVERS
def test_an_alert_that_many_processes_raise_is_told_by_one(driver, path):
    found = processes(worker.alarms, 4, path, driver, 20)
    assert sum(found) == 20, found
    journal = worker.journal(path, driver)
    later = [journal.change(Tell(f"alarm {n}", "other", (), LEASE_NS)) for n in range(20)]
    assert not any(asyncio.run(_all(later))), "also after everybody has gone"
    journal.close()


async def _all(asking):
    return await asyncio.gather(*asking)


@DRIVERS
def test_what_a_killed_process_left_is_inherited_once(driver, path):
    ready = SPAWN.Event()
    victim = SPAWN.Process(target=worker.leave_open, args=(path, driver, USD, ready))
    victim.start()
    assert ready.wait(60)
    heirs = [worker.journal(path, driver) for _ in range(2)]
    inherit = [heir.inherit(lease_ns=LEASE_NS) for heir in heirs]
    assert [asyncio.run(asking) for asking in inherit] == [(), ()], "it lives"
    victim.kill()
    victim.join()
    inherit = [heir.inherit(lease_ns=LEASE_NS) for heir in heirs]
    orphans = [asyncio.run(asking) for asking in inherit]
    assert [len(found) for found in orphans] == [1, 0]
    assert orphans[0][0].reserved_nanos == USD
    for heir in heirs:
        heir.close()
    audit(path)
