"""The journal's file: which journal mode, who may read it, and what is said when it is unusable."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa

from cavendish.core.errors import StorageError
from cavendish.store import migration, schema
from cavendish.store.database import Database, wal_is_safe
from cavendish.store.journal import Journal
from cavendish.store.owners import Owner
from unit.store.book import NOW

HOLD_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read(1)
connection.execute("COMMIT")
"""


class Clock:
    def now_ns(self):
        return NOW


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def opened(path, **options):
    database = Database(path, synchronous="OFF", **options)
    migration.prepare(database, NOW)
    return database


@pytest.fixture
def open_journal():
    journals = []

    def open_one(path):
        owner = Owner(path.parent / "owners", f"{len(journals):032x}")
        try:
            journals.append(Journal.open(path, clock=Clock(), owner=owner))
        finally:
            if not journals:
                owner.close()
        return journals[-1]

    yield open_one
    for journal in journals:
        journal.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 44, 9), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 52, 1), True),
        ((3, 53, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_only_where_it_does_not_corrupt(version, safe):
    assert wal_is_safe(version) is safe


@pytest.mark.parametrize(("version", "mode"), [((3, 40, 1), "truncate"), ((3, 51, 3), "wal")])
def test_the_version_chooses_the_journal_mode(version, mode, path, monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    database = opened(path)
    assert database.read(lambda c: c.exec_driver_sql("PRAGMA journal_mode").scalar()) == mode
    database.close()


def test_intents_survive_a_power_cut_by_default(path):
    database = Database(path)
    assert database.read(lambda c: c.exec_driver_sql("PRAGMA synchronous").scalar()) == 2
    database.close()


def test_files_and_folders_are_private(tmp_path, open_journal):
    path = tmp_path / "home" / "journal.db"
    open_journal(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((path.parent / "owners").stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in (path.parent / "owners").iterdir()} == {0o600}


def test_an_error_leaves_nothing_behind(path):
    database = opened(path)
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute(sa.delete(schema.budgets))
        raise ZeroDivisionError
    assert database.read(lambda c: c.execute(sa.select(schema.budgets)).all())
    database.close()


def test_a_new_journal_caps_the_day_at_ten_dollars(path):
    database = opened(path)
    found = database.read(lambda c: c.execute(sa.select(schema.budgets)).all())
    assert [tuple(row) for row in found] == [("day", 10 * 10**9, NOW)]
    database.close()


@pytest.fixture
def locked(path):
    """Another process that holds the journal; `release` lets go."""
    opened(path).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == b"held\n"
        yield process
        process.stdin.close()


def test_a_locked_journal_is_waited_for(path, locked):
    database = Database(path, synchronous="OFF", busy_timeout_ms=10_000)
    locked.stdin.write(b"x")
    locked.stdin.flush()
    with database.transaction() as connection:
        assert connection.execute(sa.select(schema.version)).scalar() == migration.CURRENT
    database.close()


@pytest.mark.parametrize("use", ["write", "read", "prepare"])
def test_a_journal_that_stays_locked_is_an_error_with_a_name(use, path, locked):
    database = Database(path, busy_timeout_ms=100)
    began = time.monotonic()
    with pytest.raises(StorageError, match=r"locked.*nothing new is bought"):
        if use == "prepare":
            migration.prepare(database, NOW)
        elif use == "read":
            database.read(lambda c: c.execute(sa.select(schema.version)).scalar())
        else:
            with database.transaction():
                pass
    assert 0.09 < time.monotonic() - began < 5
    database.close()


@pytest.mark.parametrize("damage", ["not a database", "a torn page", "zeros"])
def test_a_damaged_journal_is_an_error_with_a_name(damage, path):
    database = opened(path)
    with database.transaction() as connection:
        for number in range(500):
            row = {"scope": f"tag:n={number}", "limit_nanos": 1, "set_ns": 1}
            connection.execute(sa.insert(schema.budgets), row)
    database.close()
    data = bytearray(path.read_bytes())
    if damage == "not a database":
        data[:100] = b"hello" * 20
    elif damage == "a torn page":
        data[-len(data) // 2 :] = os.urandom(len(data) // 2)
    else:
        data[4096:8192] = bytes(4096)
    path.write_bytes(data)
    database = Database(path)
    with pytest.raises(StorageError) as caught:
        migration.prepare(database, NOW)
    assert re.search(r"nothing (new )?is bought", str(caught.value))
    assert caught.value.next_step
    database.close()


def test_a_file_that_was_cut_short_is_an_error_with_a_name(path):
    opened(path).close()
    os.truncate(path, 6_000)
    database = Database(path)
    with pytest.raises(StorageError):
        migration.prepare(database, NOW)
    database.close()


@pytest.mark.parametrize("where", ["/proc/cavendish/journal.db", "/dev/null/journal.db"])
def test_a_folder_that_cannot_be_written_is_an_error_with_a_next_step(where, tmp_path):
    from pathlib import Path

    owner = Owner(tmp_path, "a" * 32)
    with pytest.raises(StorageError, match="cannot be created") as caught:
        Journal.open(Path(where), clock=Clock(), owner=owner)
    assert "CAVENDISH_HOME" in caught.value.next_step
    owner.close()


def test_a_journal_that_cannot_be_written_is_an_error_with_a_name(path):
    opened(path).close()
    database = Database(path)
    with pytest.raises(StorageError, match="readonly"), database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA query_only=1")
        connection.execute(sa.delete(schema.budgets))
    database.close()
