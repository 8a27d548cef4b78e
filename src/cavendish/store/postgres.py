"""The same journal on Postgres, shared by hosts: one writer at a time, and a life sign that the
server keeps.

Every write transaction takes one lock of the whole journal, as SQLite's does, so `step` decides
over rows that nobody else changes. It runs on the one connection that also holds this process's
own lock: when the process, its host or its network dies, the server lets go of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from cavendish.core.errors import StorageError
from cavendish.core.ports import Clock
from cavendish.store.address import PostgresAddress
from cavendish.store.commands import SECOND_NS
from cavendish.store.connection import connect, driver

log = logging.getLogger(__name__)
Row = TypeVar("Row")

WRITERS = 0x436176656E646973
"""The number of the lock of all writers; one journal per database."""
PATIENCE_S = 45.0
"""How long a lost server is waited for; well below lease and grace of what is held meanwhile."""
DOUBT_S = 5.0
"""How long a lock must be seen free before its owner counts as dead: after a restart or a cut the
living come back within a second or two."""
_FORGOTTEN_NS = 4 * int(DOUBT_S) * SECOND_NS
_WAITS_S = (0.05, 0.1, 0.2, 0.5, 1.0)
# Whatever the writer reads or changes it names by key; a table that has grown since it was last
# looked over must not be read whole, at every batch, under everybody's lock.
_BY_KEY = sa.text(
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off"
)
_ENTER = sa.text("SELECT pg_advisory_xact_lock(:writers)")
_CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_MOMENT = sa.text("SELECT txid_current(), pg_backend_pid(), " + _CLOCK)
_MOMENT_ONLY = sa.text("SELECT " + _CLOCK)
_LIVE = sa.text("SELECT pg_backend_pid() FROM (SELECT pg_advisory_lock(:mine)) AS lock")
_PREDECESSOR = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (classid::bigint << 32) | objid::bigint = :mine AND objsubid = 1"
    " AND pid <> pg_backend_pid() AND mode = 'ExclusiveLock'"
)
_IS_FREE = sa.text("SELECT pg_try_advisory_xact_lock_shared(:theirs)")
_BECAME = sa.text("SELECT txid_status(:transaction)")


def lock_number(owner_id: str) -> int:
    """The number of an owner's lock: half of its id, as Postgres counts."""
    return int.from_bytes(bytes.fromhex(owner_id)[:8], signed=True)


def server_ns(connection: Connection) -> int:
    """The server's clock."""
    return int(connection.execute(_MOMENT_ONLY).scalar_one()) * 1000


class Postgres:
    """A journal's database, and this process as its owner: `id` goes on every attempt.

    Raises: StorageError from every method; it says whether anything is still bought.
    """

    elsewhere = "point CAVENDISH_JOURNAL at another database"
    tick_s = 1.0

    def __init__(self, address: PostgresAddress, owner_id: str, clock: Clock) -> None:
        self.id, self.name = owner_id, str(address)
        self._address, self._clock = address, clock
        make: dict[str, Any] = {
            "creator": lambda: connect(address), "paramstyle": "format", "hide_parameters": True,
        }  # fmt: skip
        url = "postgresql+psycopg://"
        driver()
        self._engine: Engine = sa.create_engine(url, poolclass=sa.pool.NullPool, **make)
        self._readers: Engine = sa.create_engine(
            url, pool_size=1, pool_pre_ping=True, isolation_level="REPEATABLE READ", **make
        )
        self._writer: Connection | None = None
        self._pid = 0
        self._transaction = 0
        self._now_ns = 0
        self._was_there = False
        self._closing = threading.Event()
        self._free_since: dict[str, tuple[int, int]] = {}

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction: the only one of this journal; commits at the end."""
        with self._storage_errors(), self._entered() as connection:
            yield connection

    def write(self, work: Callable[[Connection], Row]) -> Row:
        """What `work` returns, as soon as what it wrote is durable.

        When the connection is lost, the server is asked what became of the transaction as soon as
        it is there again; `work` runs again only if it came to nothing.
        """
        done: tuple[int, Row] | None = None
        give_up_s = self._clock.monotonic_s() + PATIENCE_S
        for wait_s in self._waits():
            try:
                with self._entered() as connection:
                    if done is not None and self._was_committed(connection, done[0]):
                        return done[1]
                    done = (self._transaction, work(connection))
                return done[1]
            except sa.exc.DBAPIError as error:
                patient = self._was_there and self._clock.monotonic_s() < give_up_s
                if not (self._is_lost(error) and patient) or self._closing.wait(wait_s):
                    raise self._storage_error(error) from None
                log.warning("%s is lost, asking again: %s", self.name, self._words(error))
        raise AssertionError("the waits never end")

    def moment_ns(self, connection: Connection, here_ns: int) -> int:  # noqa: ARG002 - as below
        """The moment of a reader, by the server's clock."""
        return server_ns(connection)

    def now_ns(self, here_ns: int) -> int:  # noqa: ARG002 - where there are hosts, one clock counts
        """The moment of the transaction under way, by the server's clock."""
        return self._now_ns

    def tick(self) -> None:
        """Shows that this process lives, and comes back when the connection was lost."""
        if not self._was_there:
            return
        try:
            with self._live().begin() as _:
                assert self._writer is not None
                self._writer.execute(sa.text("SELECT 1"))
        except sa.exc.DBAPIError as error:
            self._drop()
            log.warning("%s is lost: %s", self.name, self._words(error))

    def is_dead(self, owner_id: str) -> bool:
        """Whether another owner's lock is free, and has been for a while; inside a transaction."""
        if owner_id == self.id:
            return False
        assert self._writer is not None
        free = self._writer.execute(_IS_FREE, {"theirs": lock_number(owner_id)}).scalar()
        if not free:
            self._free_since.pop(owner_id, None)
            return False
        first_ns, last_ns = self._free_since.get(owner_id, (self._now_ns, self._now_ns))
        if self._now_ns - last_ns > _FORGOTTEN_NS:
            first_ns = self._now_ns
        self._free_since[owner_id] = (first_ns, self._now_ns)
        return self._now_ns - first_ns >= DOUBT_S * SECOND_NS

    @property
    def in_doubt(self) -> bool:
        """Whether an owner was just seen without its lock and is not yet counted as dead."""
        doubt_ns = DOUBT_S * SECOND_NS
        return any(
            last_ns - first_ns < doubt_ns and self._now_ns - last_ns < doubt_ns
            for first_ns, last_ns in tuple(self._free_since.values())
        )

    def read(self, query: Callable[[Connection], Row]) -> Row:
        """What `query` returns, from one consistent snapshot."""
        with self._storage_errors(), self._readers.connect() as connection:
            return query(connection)

    def is_sound(self) -> bool:
        """Whether the pages are sound is the server's matter."""
        return True

    def close(self) -> None:
        """Gives the connections back, and with them the lock; a second time is no error."""
        self._closing.set()
        self._drop()
        self._engine.dispose()
        self._readers.dispose()

    @contextmanager
    def _entered(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes."""
        try:
            connection = self._live()
            with connection.begin():
                connection.execute(_ENTER, {"writers": WRITERS})
                moment = connection.execute(_MOMENT).one()
                self._transaction, pid, self._now_ns = moment[0], moment[1], moment[2] * 1000
                if pid != self._pid:
                    raise StorageError(
                        f"between us and {self.name} somebody changes the connection from one "
                        "transaction to the next; nothing is bought that way",
                        next_step="connect directly, or have the pooler pool sessions",
                    )
                yield connection
        except sa.exc.DBAPIError as error:
            if self._is_lost(error):
                self._drop()
            raise

    def _live(self) -> Connection:
        """The writer's connection, with this process's lock held on it."""
        if self._writer is None:
            connection = self._engine.connect()
            try:
                with connection.begin():
                    connection.execute(_BY_KEY)
                    mine = {"mine": lock_number(self.id)}
                    # A connection of ours that we lost and the server has not noticed.
                    connection.execute(_PREDECESSOR, mine)
                    self._pid = connection.execute(_LIVE, mine).scalar_one()
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._writer, self._was_there = connection, True
        return self._writer

    def _drop(self) -> None:
        if self._writer is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._writer.invalidate()
                self._writer.close()
            self._writer = None

    def _was_committed(self, connection: Connection, transaction: int) -> bool:
        """What became of a transaction. It is over: it held the lock that is ours now."""
        return connection.execute(_BECAME, {"transaction": transaction}).scalar() == "committed"

    def _waits(self) -> Iterator[float]:
        yield from _WAITS_S
        while True:
            yield _WAITS_S[-1]

    def _is_lost(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is gone; a server that still speaks to us is not lost."""
        return error.connection_invalidated or self._writer is None

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self._storage_error(error) from None

    def _storage_error(self, error: sa.exc.DBAPIError) -> StorageError:
        """Without the driver's error as its cause: that one holds the address."""
        return StorageError(
            f"the journal {self.name} cannot be used: {self._words(error)}; "
            "nothing new is bought until it can, and answers that come are kept in the spool",
            next_step=f"see whether it opens: psql '{self.name}'",
        )

    def _words(self, error: sa.exc.DBAPIError) -> str:
        return self._address.blot(" ".join(str(error.orig).split()))
