"""What `step` sees from the tables is what it saw in memory: the two may be swapped at any time."""

from __future__ import annotations

import random

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from cavendish.store import schema, statements
from cavendish.store.commands import Tell, Told
from cavendish.store.database import Database
from cavendish.store.migration import prepare
from cavendish.store.rowset import load, save
from cavendish.store.step import step
from unit.store.book import (
    ALICE,
    BOB,
    KEY,
    LEASE_NS,
    NOW,
    USD,
    Book,
    Hold,
    Inherit,
    SetBudget,
    begin,
    drawn,
    key,
    settle,
)

TABLES = ("keys", "attempts", "reservations", "accounts", "budgets", "ledger", "hits")


@pytest.fixture
def database(tmp_path):
    found = Database(tmp_path / "journal.db", synchronous="OFF")
    prepare(found, NOW)
    yield found
    found.close()


class Tabled:
    """The same as Book, through the tables; nothing stays in memory."""

    def __init__(self, database):
        self.database = database
        self.tell(SetBudget("day", None))

    def tell(self, *commands, at=NOW, dead=()):
        with self.database.transaction() as connection:
            rows = load(connection, commands, at, dead=lambda owner: owner in dead)
            answers = step(rows, commands, at)
            save(connection, rows, at)
        return answers[0] if len(answers) == 1 else answers

    def all(self, table, *order):
        def query(connection):
            return [tuple(row) for row in connection.execute(sa.select(table).order_by(*order))]

        return self.database.read(query)


def scenario(seed, length=120):
    """Random commands with everything in them, in batches."""
    rng = random.Random(seed)
    keys = [key(name, realm, run) for name in "xyz" for realm in ("real", "simulated")
            for run in (None, "r")]  # fmt: skip
    now, number, batches = NOW, 0, []
    for _ in range(length):
        now += rng.choice([0, 1, 50, 300, 86_400]) * 10**9
        dead = rng.choice([(), (), (ALICE,), (BOB,)])
        batch = []
        for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
            owner = BOB if ALICE in dead else ALICE if BOB in dead else rng.choice([ALICE, BOB])
            what = rng.random()
            if what < 0.5:
                number += 1
                amount = rng.randrange(100)
                holds = [Hold(s, amount) for s in ("day", "month", "tag:a=b")]
                holds.append(Hold("run:r", amount, limit=500))
                holds.append(Hold("minute", 1, "calls"))
                batch.append(begin(number, key=rng.choice(keys), owner=owner, holds=tuple(holds)))
            elif what < 0.9:
                outcome = rng.choice(["executed", "executed", "unknown", "rejected", "not_sent"])
                picture = drawn(rng.choice("pq")) if rng.random() < 0.3 else None
                which = rng.randrange(max(1, number - 10), number + 2)
                batch.append(settle(which, outcome, rng.randrange(120), owner=owner,
                                    certain=rng.random() < 0.8, picture=picture))  # fmt: skip
            elif what < 0.95:
                batch.append(Inherit(owner, LEASE_NS))
            elif what < 0.97:
                batch.append(SetBudget("day", rng.choice([None, 0, 200, 10_000])))
            else:
                owed = rng.choice([(), ("webhook",), ("webhook", "command")])
                kinds = (Tell(rng.choice("ab"), "words", owed, 10**10), Told("a", owed))
                batch.append(rng.choice(kinds))
        batches.append((batch, now, dead))
    return batches


@pytest.mark.parametrize("seed", range(6))
def test_memory_and_tables_tell_the_same_story(seed, database):
    book, tabled = Book(), Tabled(database)
    for batch, now, dead in scenario(seed):
        expected = book.tell(*batch, at=now, dead=dead)
        assert tabled.tell(*batch, at=now, dead=dead) == expected
    same_rows(book, tabled)


def same_rows(book, tabled):
    rows = book.rows
    for table, column, kept in (
        (schema.keys, "id", rows.keys.values()),
        (schema.attempts, "id", rows.attempts.values()),
        (schema.accounts, "id", rows.accounts.values()),
        (schema.ledger, "seq", book.log),
        (schema.alerts, "id", rows.alerts.values()),
    ):
        names = [c.name for c in table.columns]
        expected = sorted(
            (tuple(getattr(row, n) for n in names) for row in kept), key=lambda r: r[0]
        )
        assert tabled.all(table, table.c[column]) == expected, table.name
    legs = sorted((leg.attempt, leg.account, leg.unit, leg.amount)
                  for found in rows.legs.values() for leg in found)  # fmt: skip
    assert sorted(tabled.all(schema.reservations)) == legs
    assert {row[0]: row[1] for row in tabled.all(schema.budgets)} == rows.budgets


def test_every_column_of_every_table_is_written_and_read_back(database):
    tabled = Tabled(database)
    tabled.tell(SetBudget("day", 10 * USD), begin(1, key=key(run="r", item="i")))
    tabled.tell(settle(1, cost=3, picture=drawn()))
    tabled.tell(begin(2, key=key(run="r", item="i")))
    for name in TABLES:
        table = schema.metadata.tables[name]
        row = tabled.all(table)[0]
        missing = [c.name for c, value in zip(table.columns, row, strict=True) if value is None]
        expected = {"attempts": ["due_ns", "drawn"], "accounts": ["limit_amount"]}.get(name, [])
        assert missing == expected, name


def test_what_a_batch_does_not_touch_is_not_read(database):
    tabled = Tabled(database)
    for number in range(50):
        tabled.tell(begin(number, key=key(str(number))))
        tabled.tell(settle(number))
    with database.transaction() as connection:
        rows = load(connection, [begin(99, key=KEY)], NOW, dead=lambda _: False)
    assert (len(rows.attempts), len(rows.keys), len(rows.accounts)) == (0, 0, 1)


@pytest.mark.parametrize(
    "name", ["ATTEMPTS", "ATTEMPTS_OF_KEYS", "DUE", "LEGS", "KEYS", "ACCOUNTS"]
)
def test_every_list_is_looked_up_in_an_index(name, database):
    """What a batch costs must not grow with the journal."""
    compiled = getattr(statements, name).compile(dialect=sqlite.dialect())
    values = tuple("1" for _ in compiled.positiontup)
    sql = f"EXPLAIN QUERY PLAN {compiled}"
    plan = database.read(lambda connection: connection.exec_driver_sql(sql, values).all())
    steps = [row[3] for row in plan]
    assert any(step.startswith("SEARCH") for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN") and "json_each" not in step]


def test_ten_thousand_rows_in_one_batch_are_ten_thousand_rows(database):
    tabled = Tabled(database)
    commands = [begin(n, 1, key=key(str(n))) for n in range(10_000)]
    tabled.tell(*commands, *(settle(n, cost=1) for n in range(10_000)))
    for table, count in ((schema.ledger, 10_000), (schema.attempts, 10_000), (schema.keys, 10_000)):
        assert len(tabled.all(table)) == count


def test_more_unknown_outcomes_than_one_batch_takes_fall_due_bit_by_bit(database):
    tabled = Tabled(database)
    tabled.tell(*(begin(n, 1, key=key(str(n))) for n in range(450)))
    tabled.tell(*(settle(n, "unknown") for n in range(450)))
    held = []
    for _ in range(4):
        tabled.tell(SetBudget("month", None), at=NOW + 10 * LEASE_NS)
        held.append(tabled.all(schema.accounts)[0][7])
    assert held == [250, 50, 0, 0]
