"""The database under the journal: opened by version gate, read and written once per batch."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from cavendish.core.errors import StorageError

log = logging.getLogger(__name__)
Row = TypeVar("Row")

BUSY_TIMEOUT_MS = 60_000
QUICK_CHECK_BYTES = 32 * 1024 * 1024


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite is free of the WAL-reset corruption race.

    Fixed in 3.51.3, and in the backports 3.44.6 and 3.50.7.
    Source: https://sqlite.org/releaselog/3_51_3.html, checked 2026-11-22.
    """
    if version >= (3, 51, 3):
        return version != (3, 52, 0)  # withdrawn
    return (3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0)


class Database:
    """One journal file. `synchronous=FULL`: what is committed survives a power cut.

    Raises: StorageError from every method when the file is locked, corrupt, full or too new.
    """

    elsewhere = "point CAVENDISH_HOME at another folder"
    in_doubt = False  # a kernel's lock is certain
    tick_s: float | None = None  # nothing to be done between two commands

    def __init__(
        self, path: Path, *, synchronous: str = "FULL", busy_timeout_ms: int = BUSY_TIMEOUT_MS
    ) -> None:
        self.path, self.name = path, str(path)
        self._synchronous, self._busy_timeout_ms = synchronous, busy_timeout_ms
        self._engine = self._open()

    def _open(self) -> Engine:
        engine = sa.create_engine(
            f"sqlite:///{self.path}",
            poolclass=sa.pool.QueuePool,
            connect_args={"timeout": self._busy_timeout_ms / 1000, "check_same_thread": False},
        )
        mode = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"
        log.debug("SQLite %s: journal_mode=%s", sqlite3.sqlite_version, mode)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            connection.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
            connection.execute(f"PRAGMA journal_mode={mode}")
            connection.execute(f"PRAGMA synchronous={self._synchronous}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            kind = connection.get_execution_options().get("begin", "IMMEDIATE")
            connection.exec_driver_sql(f"BEGIN {kind}")

        return engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction; commits at the end, rolls back on any error."""
        with self._storage_errors(), self._engine.begin() as connection:
            yield connection

    def write(self, work: Callable[[Connection], Row]) -> Row:
        """What `work` returns, as soon as what it wrote is durable."""
        with self.transaction() as connection:
            return work(connection)

    def now_ns(self, here_ns: int) -> int:
        """The moment of the transaction under way: this machine's clock is the clock."""
        return here_ns

    def moment_ns(self, connection: Connection, here_ns: int) -> int:  # noqa: ARG002 - one clock
        """The moment of a reader: this machine's clock is the clock."""
        return here_ns

    def tick(self) -> None:
        """Nothing: nobody has to hear from us."""

    def read(self, query: Callable[[Connection], Row]) -> Row:
        """What `query` returns, from one consistent snapshot."""
        with (
            self._storage_errors(),
            self._engine.connect().execution_options(begin="DEFERRED") as connection,
        ):
            return query(connection)

    def is_sound(self) -> bool:
        """SQLite's own check of the file; skipped (True) above 32 MiB, where it takes long."""
        if self.path.exists() and self.path.stat().st_size > QUICK_CHECK_BYTES:
            return True
        return self.read(lambda c: c.exec_driver_sql("PRAGMA quick_check(1)").scalar()) == "ok"

    def close(self) -> None:
        """Gives the file back."""
        self._engine.dispose()

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StorageError(
                f"the journal {self.path} cannot be used: {error.orig}; nothing new is bought",
                next_step="check free space, permissions and other programs on the file",
            ) from error
