"""A journal as one SQLite file, whichever database it lives in: written while others work on it,
and read back into either.

Of a journal on SQLite it is `VACUUM INTO`, of one on Postgres its rows; both are one snapshot.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.errors import StorageError
from cavendish.store import schema
from cavendish.store.database import BUSY_TIMEOUT_MS, Database
from cavendish.store.postgres import Postgres

AT_ONCE = 2_000


def copy_file(journal: Path, place: Path) -> None:
    """Writes the journal in a file to the new file `place`, and what nobody uses is left out.

    Others may write meanwhile; their commits wait until it is done. Raises: StorageError.
    """
    try:
        with closing(sqlite3.connect(journal, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
            connection.execute("VACUUM INTO ?", (str(place),))
    except sqlite3.Error as error:
        raise StorageError(
            f"the journal {journal} cannot be copied to {place}: {error}",
            next_step="check free space, permissions and other programs on the file",
        ) from error


def copy_rows(source: Connection, place: Path) -> None:
    """Writes the journal of a snapshot to the new file `place`. Raises: StorageError."""
    database = Database(place, synchronous="OFF")
    try:
        with database.transaction() as target:
            schema.metadata.create_all(target)
            _copy(source, target)
    finally:
        database.close()


def is_whole(place: Path) -> bool:
    """SQLite's own check of every page and index of a file, however long it takes."""
    try:
        with closing(sqlite3.connect(place)) as connection:
            return bool(connection.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def put_back(place: Path, database: Postgres) -> None:
    """Writes the journal in the file `place` into an empty database, or nothing of it.

    Raises: StorageError, also when somebody has used that database.
    """
    file = Database(place)
    try:
        with database.transaction() as target:
            if _is_used(target):
                raise StorageError(
                    f"{database.name} has a journal already; nothing was restored",
                    next_step="restore into an empty database, and point CAVENDISH_JOURNAL at it",
                )
            schema.metadata.create_all(target)
            target.execute(sa.delete(schema.budgets))
            target.execute(sa.delete(schema.version))
            file.read(lambda source: _copy(source, target))
    finally:
        file.close()


def _is_used(connection: Connection) -> bool:
    """Whether anything was ever bought or changed there; a limit by itself is no use."""
    if not sa.inspect(connection).has_table(schema.version.name):
        return False
    used = (schema.attempts, schema.ledger, schema.audit)
    return any(connection.execute(sa.select(table).limit(1)).first() for table in used)


def _copy(source: Connection, target: Connection) -> None:
    for table in schema.metadata.sorted_tables:
        found = source.execute(sa.select(table).execution_options(yield_per=AT_ONCE))
        for rows in found.mappings().partitions():
            target.execute(sa.insert(table), [dict(row) for row in rows])
