"""What only a journal on Postgres has: a server that goes and comes, hosts, a password."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import random
import secrets
import sys
import threading
import time
import traceback

import psycopg
import pytest
import sqlalchemy as sa

from cavendish.apps.cli.main import run
from cavendish.core.errors import SettingsError, StorageError
from cavendish.store import migration, postgres, schema
from cavendish.store.address import PostgresAddress
from cavendish.store.commands import Key, Reserved, SetBudget
from cavendish.store.journal import Journal
from conformance import journal_worker as worker
from conformance.canary import KEY, leaks
from conformance.postgres import PASSWORD, Server
from conformance.test_journal import audit, begin
from conformance.test_kill import Buyer, Service
from unit.store.book import LEASE_NS, NOW, USD, Book, drawn
from unit.store.test_migration import reflected
from unit.store.test_rowset import Tabled, same_rows, scenario

assert PASSWORD == KEY, "the canary's forms are looked for"


@pytest.fixture
def url(request):
    return request.getfixturevalue("postgres").database()


@pytest.fixture
def own_server():
    """One that may be stopped: nobody else is on it."""
    server = Server()
    yield server
    server.close()


def opened(url):
    clock, owner = worker.RealClock(), secrets.token_hex(16)
    return Journal.on_postgres(PostgresAddress(url), clock=clock, owner_id=owner)


def held(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT coalesce(sum(held), 0)::bigint FROM accounts").fetchone()[
            0
        ]


def asked(url, query):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def after_commit(journal, then):
    """Lets the next commit reach the server, but not the news of it; `then` happens meanwhile."""
    dialect = journal._database._engine.dialect
    real = dialect.do_commit

    def commit(connection):
        dialect.do_commit = real
        real(connection)
        connection.dbapi_connection.close()
        then()
        raise psycopg.OperationalError("the connection was cut")

    dialect.do_commit = commit


def before_commit(journal):
    """Cuts the connection in place of the next commit."""
    dialect = journal._database._engine.dialect
    real = dialect.do_commit

    def commit(connection):
        dialect.do_commit = real
        connection.dbapi_connection.close()
        real(connection)

    dialect.do_commit = commit


@pytest.mark.parametrize("cut", [lambda j: after_commit(j, lambda: None), before_commit])
def test_a_commit_of_which_no_news_came_is_neither_lost_nor_done_twice(cut, url):
    async def play():
        journal = opened(url)
        cut(journal)
        assert await begin(journal) == Reserved("1" * 32)
        assert held(url) == USD
        cut(journal)
        assert await journal.settle("1" * 32, outcome="executed", cost_nanos=7, drawn=drawn())
        journal.close()

    asyncio.run(play())
    assert audit(url) == 7


def test_an_intent_nobody_was_told_of_is_given_back(own_server, monkeypatch):
    monkeypatch.setattr(postgres, "PATIENCE_S", 0.3)
    url = own_server.database()

    async def play():
        journal = opened(url)
        after_commit(journal, lambda: own_server.stop("immediate"))
        with pytest.raises(StorageError, match="nothing new is bought until it can") as caught:
            await begin(journal)
        assert not leaks("".join(traceback.format_exception(caught.value)))
        await asyncio.to_thread(own_server.start)
        assert held(url) == USD, "it was committed all the same"
        end = time.monotonic() + 20
        while held(url):
            assert time.monotonic() < end
            await asyncio.sleep(0.1)
        assert isinstance(await begin(journal, attempt="2" * 32), Reserved)
        journal.close()

    asyncio.run(play())
    assert asked(url, "SELECT state, outcome, billed FROM attempts ORDER BY id") == [
        ("settled", "not_sent", "none"), ("open", None, None),
    ]  # fmt: skip


def test_a_server_that_restarts_under_load_costs_nobody_anything(own_server):
    url = own_server.database()
    journal = opened(url)
    cost, stop = USD // 1000, threading.Event()

    async def buyer(number):
        calls = 0
        while not stop.is_set():
            key = Key("real", "p", f"{number}-{calls}", "1")
            assert isinstance(await worker.buy(journal, key, cost, cost=cost), Reserved)
            calls += 1
        return calls

    async def play():
        await journal.change(SetBudget("day", 1000 * USD))
        buyers = [asyncio.ensure_future(buyer(number)) for number in range(16)]
        for mode in ("fast", "immediate"):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(own_server.stop, mode)
            await asyncio.to_thread(own_server.start)
        await asyncio.sleep(0.5)
        stop.set()
        return sum(await asyncio.wait_for(asyncio.gather(*buyers), 40))

    calls = asyncio.run(play())
    journal.close()
    assert calls > 100
    assert audit(url) == calls * cost
    assert held(url) == 0


def test_whoever_lives_is_not_taken_for_dead_after_a_cut(url, monkeypatch):
    monkeypatch.setattr(postgres, "DOUBT_S", 2.5)
    monkeypatch.setattr("cavendish.store.journal.DOUBT_S", 2.5)

    async def play():
        mine, other = opened(url), opened(url)
        assert isinstance(await begin(mine), Reserved)
        asked(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                   f" WHERE pid = {mine._database._pid}")  # fmt: skip
        assert await other.inherit(lease_ns=LEASE_NS) == ()
        mine.close()
        found = await other.inherit(lease_ns=LEASE_NS)
        assert [orphan.attempt for orphan in found] == ["1" * 32], "now nobody is there"
        other.close()

    asyncio.run(play())


def test_a_pooler_that_pools_transactions_is_refused(url):
    async def play():
        journal = opened(url)
        journal._database._pid = -1
        with pytest.raises(StorageError, match="nothing is bought that way") as caught:
            await begin(journal)
        assert "pool sessions" in caught.value.next_step
        journal.close()

    asyncio.run(play())
    assert held(url) == 0


def test_the_moment_is_the_servers_and_waits_are_told_by_ones_own_clock(url):
    class Fast(worker.RealClock):
        def now_ns(self):
            return time.time_ns() + 3600 * 10**9

    async def play():
        journal = opened(url)
        journal._driver._inline._clock = Fast()
        await begin(journal)
        wait = await begin(journal, attempt="2" * 32)
        assert 0 < wait.until_ns - Fast().now_ns() < 2 * 10**9
        journal.close()

    asyncio.run(play())
    assert abs(asked(url, "SELECT started_ns FROM attempts")[0][0] - time.time_ns()) < 60 * 10**9


@pytest.mark.parametrize("seed", range(2))
def test_memory_and_tables_tell_the_same_story(seed, url):
    database = worker.database(url)
    migration.prepare(database, NOW)
    book, tabled = Book(), Tabled(database)
    for batch, now, dead in scenario(seed):
        expected = book.tell(*batch, at=now, dead=dead)
        assert tabled.tell(*batch, at=now, dead=dead) == expected
    same_rows(book, tabled)
    database.close()


def test_words_no_database_takes_are_written_without_what_it_refuses(url):
    async def play():
        journal = opened(url)
        await begin(journal)
        await journal.settle("1" * 32, outcome="unknown", note="a\0b\ud800")
        journal.close()

    asyncio.run(play())
    assert asked(url, "SELECT note FROM attempts") == [("ab?",)]


def test_created_and_upgraded_journals_are_alike(request):
    server, found = request.getfixturevalue("postgres"), []
    for make in (lambda d: migration.prepare(d, NOW), upgraded):
        database = worker.database(server.database())
        make(database)
        found.append({n: t for n, t in reflected(database).items() if n != "alembic_version"})
        database.close()
    assert found[0] == found[1]


def upgraded(database):
    with database.transaction() as connection:
        migration.upgrade(connection)


def test_many_who_open_a_new_journal_at_once_make_one(url):
    failures = []

    def open_one():
        database = worker.database(url)
        try:
            migration.prepare(database, NOW)
        except Exception as error:  # noqa: BLE001
            failures.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=open_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert asked(url, "SELECT count(*) FROM budgets") == [(1,)]


def test_a_newer_journal_is_left_alone(url):
    database = worker.database(url)
    migration.prepare(database, NOW)
    with database.transaction() as connection:
        connection.execute(sa.update(schema.version), {"version_num": "0999"})
    with pytest.raises(StorageError, match="schema 0999") as caught:
        migration.prepare(database, NOW)
    assert "CAVENDISH_JOURNAL" in caught.value.next_step
    database.close()


def test_without_psycopg_the_command_that_installs_it_is_told(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError) as caught:
        opened(url)
    assert caught.value.next_step == "pip install 'cavendish[postgres]'"


def test_two_hosts_buy_one_thing_once(url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CAVENDISH_JOURNAL", url)
    monkeypatch.setenv("CAVENDISH_BLOBS", str(tmp_path / "shared"))
    said = []
    for host in ("one", "two"):
        monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / host))
        assert run(["generate", "a lighthouse", "-s", "1K", "-o", f"{tmp_path}/{host}.png"]) == 0
        said.append(capsys.readouterr().out)
    assert ["bought before" in one for one in said] == [False, True]
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_the_password_is_in_nothing_said_or_written(url, tmp_path, monkeypatch, capsys, caplog):
    """T120, T121."""
    monkeypatch.chdir(tmp_path)
    wrong = url.replace("cavendish:", "nobody:")
    nowhere = url.replace(url.split(":")[3].split("/")[0], "1")
    with caplog.at_level(logging.DEBUG):
        for place in (url, wrong, nowhere, url + "?sslmode=odd", url + "?nonsense=1", url + "x"):
            monkeypatch.setenv("CAVENDISH_JOURNAL", place)
            for said in ("generate x -s 1K --log-json", "doctor", "doctor --json", "budget list",
                         "cost report"):  # fmt: skip
                code = run(said.split())
                assert code == 0 or place != url
        with pytest.raises(StorageError) as caught:
            opened(wrong)
    spoken = capsys.readouterr()
    assert "postgresql://cavendish@127.0.0.1" in spoken.out
    for text in (spoken.out, spoken.err, caplog.text,
                 "".join(traceback.format_exception(caught.value))):  # fmt: skip
        assert not leaks(text), text
    database = worker.database(url)
    for thing in (database, database._engine, database._readers, database.__dict__):
        assert not leaks(repr(thing))
    database.close()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or not leaks(path.read_bytes()), path


def test_what_a_killed_process_held_is_presumed_spent_in_the_end(url):
    """The process is gone in the middle of a call; a host that asks for the same finds it so."""
    spawn = multiprocessing.get_context("spawn")
    migration.prepare(database := worker.database(url), NOW)
    database.close()
    ready = spawn.Event()
    victim = spawn.Process(target=worker.leave_open, args=(url, "thread", USD, ready))
    victim.start()
    assert ready.wait(60)
    victim.kill()
    victim.join()

    async def play():
        journal = worker.journal(url, "thread")
        began = time.monotonic()
        again = await worker.buy(journal, Key("real", "p", "left", "1"), USD, cost=3)
        assert 4 < time.monotonic() - began < 20
        assert [one.reserved_nanos for one in again.earlier] == [USD]
        database = journal._database
        real = database.now_ns
        database.now_ns = lambda here_ns: real(here_ns) + 10 * LEASE_NS
        await journal._driver.tell(SetBudget("month", None))
        journal.close()

    asyncio.run(play())
    assert audit(url) == USD + 3


def test_another_host_takes_over_what_a_killed_command_was_buying(url, tmp_path, monkeypatch):
    """kill -9 amid a paid call; whoever asks next, elsewhere, gets one picture and honest books."""
    monkeypatch.setenv("CAVENDISH_JOURNAL", url)
    monkeypatch.setenv("CAVENDISH_BLOBS", str(tmp_path / "shared"))
    with Service(tmp_path / "bill", random.Random(1)) as service:
        victim = Buyer(service, tmp_path / "pictures")
        with victim.start("a cat") as process:
            assert service.arrived.wait(30)
            process.kill()
            process.communicate()
        monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "elsewhere"))
        heir = Buyer(service, tmp_path / "pictures")
        assert len(heir.finish("a cat")["pictures"]) == 1
    executed = len(service.executed)
    assert executed in {1, 2}, "at most the call in flight is paid again"
    rows = asked(url, "SELECT state, cost_nanos, reserved_nanos FROM attempts")
    assert len(rows) == executed
    audit(url)
    assert held(url) == sum(r for state, _, r in rows if state != "settled") * legs(url)


def legs(url):
    """On how many accounts each attempt holds."""
    return asked(url, "SELECT count(*) / count(DISTINCT attempt) FROM reservations")[0][0]
