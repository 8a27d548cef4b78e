"""Brings a journal to the current schema. Alembic is imported only when there is a step to take."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.errors import StorageError
from cavendish.store import schema
from cavendish.store.database import Database
from cavendish.store.postgres import Postgres
from cavendish.store.rows import DAY_LIMIT_NANOS

CURRENT = "0002"


def prepare(database: Database | Postgres, now_ns: int) -> None:
    """Creates the tables of a new journal, or takes the steps an older one lacks.

    One transaction: whoever comes second finds it done.
    Raises: StorageError when the file is damaged or was written by a newer Cavendish.
    """
    if not database.is_sound():
        raise StorageError(
            f"the journal {database.name} is damaged; nothing is bought with it",
            next_step="restore it from a backup, or move it away to start a new one",
        )
    with database.transaction() as connection:
        found = _version(connection)
        if found is None:
            _create(connection, now_ns)
        elif found > CURRENT:
            raise StorageError(
                f"the journal {database.name} has schema {found}; this version knows {CURRENT}",
                next_step=f"upgrade Cavendish, or {database.elsewhere}",
            )
        elif found < CURRENT:
            upgrade(connection)


def upgrade(connection: Connection) -> None:
    """Takes every schema step the journal lacks, with Alembic, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(schema.version.name):
        return None
    return connection.execute(sa.select(schema.version.c.version_num)).scalar()


def _create(connection: Connection, now_ns: int) -> None:
    schema.metadata.create_all(connection)
    connection.execute(schema.version.insert().values(version_num=CURRENT))
    connection.execute(
        schema.budgets.insert().values(scope="day", limit_nanos=DAY_LIMIT_NANOS, set_ns=now_ns)
    )
