"""Each alert is told once, over all processes on a journal, whatever fails on the way."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from cavendish.client.alerts import look as looking
from cavendish.insight.alerts.told import LOOK, owed, told
from cavendish.store import schema
from cavendish.store.commands import SECOND_NS, Key
from conformance import alert_worker as worker
from conformance import journal_worker
from conformance.test_journal import DRIVERS, processes
from unit.client.upstream import Reply, Upstream
from unit.store.book import USD

FOREVER_NS = 10**6 * SECOND_NS


@pytest.fixture
def hook():
    with Upstream() as server:
        server.always(Reply(200))
        yield server


class Observer:
    """A process that buys and looks."""

    def __init__(self, path, url=None):
        self.path, self.heard = path, []
        self.journal = journal_worker.journal(path, "inline")
        self.look = worker.look(self.journal, url, lambda event: self.heard.append(event.alert))

    def buy(self, name, nanos):
        key = Key("real", "p", name, "1")
        asyncio.run(journal_worker.buy(self.journal, key, nanos, cost=nanos))

    def looks(self, full=()):
        return asyncio.run(self.look(frozenset(full)))

    def read(self, query, *arguments):
        return asyncio.run(self.journal.read(lambda c: query(c, *arguments)))

    def told(self):
        return [(one.document["percent"], one.owed) for one in self.read(told)]

    def change(self, **values):
        """Changes the rows of alerts by hand, as time would."""
        database = journal_worker.database(self.path)
        with database.transaction() as connection:
            connection.execute(sa.update(schema.alerts).values(**values))
        database.close()


@pytest.fixture
def observer(path, hook):
    found = Observer(path, hook.url)
    yield found
    found.journal.close()


@DRIVERS
def test_t84_four_processes_that_cross_a_mark_at_once_tell_it_once(driver, path, hook):
    heard = processes(worker.buy_and_look, 4, path, driver, hook.url, lambda n: n, 5 * USD // 4)
    (alert,) = [name for one in heard for name in one]
    assert alert.startswith("budget/real/day/usd/")
    assert alert.endswith("/50")
    ((_, _, body),) = hook.requests
    assert body["id"] == alert
    assert (body["spent_usd"], body["limit_usd"]) == ("5", "10")


def test_an_alert_survives_restarts(path, hook):
    for _ in range(3):
        observer = Observer(path, hook.url)
        observer.buy("a", 6 * USD)
        observer.looks()
        observer.journal.close()
    assert len(hook.requests) == 1


def test_marks_are_told_one_after_the_other(observer, hook):
    for number, nanos in enumerate([5 * USD, 0, 3 * USD, 2 * USD]):
        observer.buy(str(number), nanos)
        assert observer.looks() is False
    assert [body["percent"] for *_, body in hook.requests] == [50, 80, 100]
    assert [alert["percent"] for alert in observer.heard] == [50, 80, 100]
    assert sorted(observer.told()) == [(50, ()), (80, ()), (100, ())]


def test_a_webhook_that_fails_is_tried_again_and_the_log_is_not(observer, hook):
    hook.always(Reply(500), Reply(200))
    observer.buy("a", 5 * USD)
    assert observer.looks() is True, "somebody should look again"
    assert observer.told() == [(50, ("webhook",))]
    assert observer.looks() is True
    assert len(hook.requests) == 1, "not before a minute has passed"
    observer.change(again_ns=0)
    observer.looks()
    assert [body["id"] for *_, body in hook.requests] == [observer.heard[0]["id"]] * 2
    assert hook.requests[0][2] == hook.requests[1][2], "the same document"
    assert (len(observer.heard), observer.told()) == (1, [(50, ())])
    observer.change(again_ns=0)
    assert observer.looks() is False
    assert len(hook.requests) == 2


def test_another_process_takes_over_what_a_dead_one_owed(path, hook):
    class DiedError(BaseException):
        pass

    async def dies(*_):
        raise DiedError

    first = Observer(path, hook.url)
    first.look._by = dies
    first.buy("a", 5 * USD)
    with pytest.raises(DiedError):
        first.looks()
    first.journal.close()
    second = Observer(path, hook.url)
    second.looks()
    assert not hook.requests, "it might be at it still"
    second.change(again_ns=0)
    second.looks()
    second.journal.close()
    assert [body["percent"] for *_, body in hook.requests] == [50]
    assert not second.heard, "the log had it"


def test_after_a_day_an_alert_is_given_up_and_the_list_says_so(observer, hook):
    hook.always(Reply(404))
    observer.buy("a", 5 * USD)
    observer.looks()
    observer.change(at_ns=1, again_ns=0)
    assert observer.looks() is False
    assert len(hook.requests) == 1
    assert observer.told() == [(50, ("webhook",))]


def test_without_ways_the_log_is_all(path):
    observer = Observer(path)
    observer.buy("a", 5 * USD)
    assert [observer.looks(), observer.looks()] == [False, False]
    assert len(observer.heard) == 1
    assert not observer.read(owed, 0)
    observer.journal.close()


def test_a_refusal_near_the_end_is_the_last_mark(observer, hook):
    observer.buy("a", 9 * USD)
    observer.looks(full=["day"])
    observer.looks(full=["day"])
    assert [body["percent"] for *_, body in hook.requests] == [100]


def test_the_history_is_read_by_one_process_at_a_time(observer, monkeypatch):
    reads = []
    monkeypatch.setattr(looking, "unusual", lambda *_: reads.append(1) or [])
    for _ in range(3):
        observer.looks()
    assert len(reads) == 1
    (row,) = observer.read(lambda c: c.execute(sa.select(schema.alerts)).fetchall())
    assert row.id == LOOK
    assert not observer.told(), "which is no alert"
    observer.change(again_ns=0)
    observer.looks()
    assert len(reads) == 2


def test_a_read_of_history_that_takes_long_is_made_seldom(observer, monkeypatch):
    clock = iter([0.0, 30.0])
    monkeypatch.setattr(observer.look._clock, "monotonic_s", lambda: next(clock), raising=False)
    observer.looks()
    now_ns = observer.look._clock.now_ns()
    (row,) = observer.read(lambda c: c.execute(sa.select(schema.alerts)).fetchall())
    assert 2990 < (row.again_ns - now_ns) / SECOND_NS < 3010
