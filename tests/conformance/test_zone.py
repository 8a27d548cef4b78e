"""The zone of a budget's day, on both databases: one for all, and no limit starts anew with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from cavendish.insight.verification import verify
from cavendish.store import schema
from cavendish.store.commands import (
    SECOND_NS,
    Begin,
    Hold,
    Key,
    Refused,
    Reserved,
    SetBudget,
    SetZone,
)
from cavendish.store.journal import Inline, Journal
from cavendish.store.rows import window
from conformance import journal_worker as worker
from conformance.test_journal import audit
from unit.store.book import LEASE_NS, USD

NOON = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()) * SECOND_NS
HOUR_NS = 3600 * SECOND_NS


class Clock:
    now = NOON

    def now_ns(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(path, clock):
    """A journal whose moment is told, whatever the database's clock says."""
    found = worker.journal(path, "inline")
    found._database.now_ns = lambda here_ns: here_ns
    inline = Inline(found._database, clock, lambda _: False)
    yield Journal(found._database, inline, found._owner)
    found.close()
    audit_all(path)


def audit_all(path):
    audit(path)
    database = worker.database(path)
    assert database.read(verify).sound
    database.close()


def tell(told):
    return asyncio.run(told)


def buy(journal, number, *, amount=USD, cost=None, realm="real"):
    holds = tuple(Hold(scope, amount) for scope in ("day", "month", "project:p"))
    attempt = f"{number:032x}"
    answer = tell(journal.begin(
        Key(realm, "p", str(number), "1"), attempt=attempt, channel="c", model="m", asked={},
        tags={}, holds=holds, lease_ns=LEASE_NS,
    ))  # fmt: skip
    if cost is not None and isinstance(answer, Reserved):
        assert tell(journal.settle(attempt, outcome="executed", cost_nanos=cost))
    return answer


def balances(journal, scope):
    columns = schema.accounts.c
    query = sa.select(columns.realm, columns.opens_ns, columns.held, columns.used)
    found = journal._database.read(
        lambda connection: connection.execute(query.where(columns.scope == scope)).all()
    )
    return {(realm, opens): (held, used) for realm, opens, held, used in found}


def test_what_was_begun_in_the_new_window_counts_in_it(journal, clock):
    tell(journal.change(SetBudget("day", 5 * USD)))
    clock.now = NOON - 22 * HOUR_NS
    assert isinstance(buy(journal, 1, cost=2 * USD), Reserved)  # yesterday in UTC, and in Tokyo
    clock.now = NOON - 11 * HOUR_NS
    assert isinstance(buy(journal, 2, cost=2 * USD), Reserved)
    assert isinstance(buy(journal, 3), Reserved)  # it is under way
    assert isinstance(buy(journal, 4, cost=USD // 2, realm="simulated"), Reserved)
    clock.now = NOON
    assert tell(journal.change(SetZone("Asia/Tokyo", "me")))
    opens_ns = window("day", NOON, "Asia/Tokyo")[0]  # 21 hours ago
    found = balances(journal, "day")
    assert found["real", opens_ns] == (USD, 2 * USD)
    assert found["simulated", opens_ns] == (0, USD // 2)
    month_ns = window("month", NOON, "Asia/Tokyo")[0]
    assert balances(journal, "month")["real", month_ns] == (USD, 4 * USD)
    refused = buy(journal, 5, amount=3 * USD)
    assert refused == Refused("day", 5 * USD, 2 * USD, USD, 3 * USD)
    assert isinstance(buy(journal, 6, amount=2 * USD), Reserved)
    assert tell(journal.settle(f"{3:032x}", outcome="not_sent"))
    assert balances(journal, "day")["real", opens_ns] == (2 * USD, 2 * USD)


def test_there_and_back_again_counts_nothing_twice(journal, clock):
    for number, zone in enumerate(["Asia/Tokyo", "UTC", "Asia/Tokyo", "America/Los_Angeles"]):
        assert isinstance(buy(journal, number, cost=USD), Reserved)
        assert tell(journal.change(SetZone(zone)))
        found = balances(journal, "day")["real", window("day", clock.now, zone)[0]]
        assert found == (0, (number + 1) * USD)
    assert not tell(journal.change(SetZone("America/Los_Angeles")))


def test_the_first_who_says_a_zone_says_it_for_all(journal, path):
    assert tell(journal.change(SetZone("Asia/Tokyo", first=True)))
    assert not tell(journal.change(SetZone("Asia/Kathmandu", first=True)))
    found = journal._database.read(lambda c: c.execute(sa.select(schema.settings)).all())
    assert [tuple(row) for row in found] == [("zone", "Asia/Tokyo")]


def test_a_change_is_in_the_audit_log(journal):
    tell(journal.change(SetZone("Asia/Tokyo", "me")))
    query = sa.select(schema.audit.c.who, schema.audit.c.action, schema.audit.c.subject)
    found = journal._database.read(lambda connection: connection.execute(query).all())
    assert [tuple(row) for row in found] == [("me", "zone", "Asia/Tokyo")]


def test_a_change_and_a_purchase_may_come_together(journal, clock):
    """The writer commits what has come meanwhile as one batch."""
    assert isinstance(buy(journal, 1, cost=USD), Reserved)
    holds = (Hold("day", USD), Hold("month", USD))
    begin = Begin(
        Key("real", "p", "2", "1"), f"{2:032x}", journal._owner.id, "c", "m", {}, holds, LEASE_NS
    )
    journal._driver.carry_out([SetZone("Asia/Tokyo"), begin])
    found = balances(journal, "day")["real", window("day", clock.now, "Asia/Tokyo")[0]]
    assert found == (USD, USD)
