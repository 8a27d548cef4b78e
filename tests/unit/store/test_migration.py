"""One schema, told twice: the tables of a new journal, and the steps that bring an old one up."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from cavendish.core.errors import StorageError
from cavendish.store import migration, schema
from cavendish.store.database import Database
from unit.store.book import NOW


@pytest.fixture
def database(tmp_path):
    found = Database(tmp_path / "journal.db", synchronous="OFF")
    yield found
    found.close()


def reflected(database):
    """Tables, columns and indexes as the database tells them."""

    def look(connection):
        found = sa.inspect(connection)
        return {
            name: (
                [(c["name"], str(c["type"]), c["nullable"], c["default"], c.get("primary_key"))
                 for c in found.get_columns(name)],
                found.get_pk_constraint(name)["constrained_columns"],
                sorted((i["name"], tuple(i["column_names"]), i["unique"])
                       for i in found.get_indexes(name)),
            )
            for name in sorted(found.get_table_names())
        }  # fmt: skip

    return database.read(look)


def rows(database, table):
    return database.read(lambda c: [tuple(row) for row in c.execute(sa.select(table))])


def test_created_and_upgraded_journals_are_alike(tmp_path, database):
    migration.prepare(database, NOW)
    upgraded = Database(tmp_path / "upgraded.db", synchronous="OFF")
    with upgraded.transaction() as connection:
        migration.upgrade(connection)
    created, stepped = reflected(database), reflected(upgraded)
    version = "alembic_version"  # alembic makes its own table: only what it says must agree
    assert {n: t for n, t in created.items() if n != version} == {
        n: t for n, t in stepped.items() if n != version
    }
    assert rows(upgraded, schema.version) == rows(database, schema.version)
    assert rows(upgraded, schema.budgets) == [("day", migration.DAY_LIMIT_NANOS, 0)]
    upgraded.close()


def test_an_older_journal_takes_the_steps_it_lacks_once(database):
    with database.transaction() as connection:
        schema.version.create(connection)
        connection.execute(sa.insert(schema.version), {"version_num": "0000"})
        connection.execute(sa.delete(schema.version))
        migration.upgrade(connection)
    migration.prepare(database, NOW)
    migration.prepare(database, NOW)
    assert rows(database, schema.version) == [(migration.CURRENT,)]
    assert len(rows(database, schema.budgets)) == 1


def test_a_version_behind_the_current_one_is_upgraded(database, monkeypatch):
    migration.prepare(database, NOW)
    asked = []
    monkeypatch.setattr(migration, "CURRENT", "0998")
    monkeypatch.setattr(migration, "upgrade", asked.append)
    migration.prepare(database, NOW)
    assert len(asked) == 1


def test_a_newer_journal_is_left_alone(database):
    migration.prepare(database, NOW)
    with database.transaction() as connection:
        connection.execute(sa.update(schema.version), {"version_num": "0999"})
    with pytest.raises(StorageError, match="schema 0999") as caught:
        migration.prepare(database, NOW)
    assert "upgrade Cavendish" in caught.value.next_step
    assert rows(database, schema.version) == [("0999",)]


def test_a_step_that_fails_leaves_the_journal_as_it_was(database, monkeypatch):
    migration.prepare(database, NOW)
    before = reflected(database)

    def broken(connection):
        connection.exec_driver_sql("DROP TABLE ledger")
        raise RuntimeError("half way")

    monkeypatch.setattr(migration, "CURRENT", "0998")
    monkeypatch.setattr(migration, "upgrade", broken)
    with pytest.raises(RuntimeError):
        migration.prepare(database, NOW)
    assert reflected(database) == before


def test_many_who_open_a_new_home_at_once_make_one_journal(tmp_path):
    failures = []

    def open_one():
        database = Database(tmp_path / "journal.db", synchronous="OFF")
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
