"""The journal: intents, holds and the ledger behind one door, with two drivers.

The writer thread gathers what arrives while a commit is under way and commits it together
(group commit); the inline driver does one command at a time, for simulation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Connection

from cavendish.core.errors import StorageError
from cavendish.core.ports import Clock
from cavendish.store.address import PostgresAddress
from cavendish.store.claim import Full
from cavendish.store.commands import (
    SECOND_NS,
    Answer,
    Begin,
    Change,
    Command,
    Done,
    Inherit,
    Inherited,
    Key,
    Look,
    Settle,
    Telling,
    Wait,
)
from cavendish.store.database import Database
from cavendish.store.migration import prepare
from cavendish.store.owners import Owner
from cavendish.store.postgres import DOUBT_S, Postgres
from cavendish.store.rows import HitRow, Rows
from cavendish.store.rowset import load, save
from cavendish.store.step import step
from cavendish.store.writer import WriterThread

MOST_PUT_OFF = 4096
PUT_OFF_NS = SECOND_NS
"""A hit changes nothing: it is written with the next transaction that is written anyway, or after
this time, or when nobody says anything. A process that is killed loses those of its last second."""
IDLE_S = 0.2
Row = TypeVar("Row")


class Driver(Protocol):
    """Carries commands to the database and answers back; `puts_off` says that something is not yet
    written that can wait."""

    @property
    def puts_off(self) -> bool:
        """Whether it has something that is not yet written."""
        ...

    async def tell(self, command: Command) -> Answer:
        """Carries out one command; its effect is durable when this returns."""
        ...

    def close(self) -> None:
        """Finishes what was handed over."""
        ...


class Inline:
    """One command, one transaction, in the caller's thread."""

    def __init__(
        self, database: Database | Postgres, clock: Clock, dead: Callable[[str], bool]
    ) -> None:
        self._database, self._clock, self._dead = database, clock, dead
        self._withdrawn: list[Settle] = []
        self._found: list[HitRow] = []
        self.may_put_off = False

    @property
    def puts_off(self) -> bool:
        """Whether hits are not yet written."""
        return bool(self._found)

    @property
    def tick_s(self) -> float | None:
        """After how much silence `tick` is due."""
        return IDLE_S if self._found else self._database.tick_s

    def carry_out(
        self, batch: list[Command], gather: Callable[[], None] = lambda: None
    ) -> list[Answer]:
        """Reads, decides and writes one batch in one transaction.

        `gather` adds to the batch what has come while others were writing.
        """
        try:
            answers, self._found = self._database.write(partial(self._decide, batch, gather))
        except StorageError:
            # Perhaps it was committed all the same; whoever asked is told no and sends nothing.
            self._withdrawn += [
                Settle(command.attempt, command.owner, "not_sent", note="the journal was lost")
                for command in batch
                if isinstance(command, Begin)
            ]
            raise
        answers = answers[len(self._withdrawn) :]
        self._withdrawn.clear()
        return answers

    def tick(self) -> None:
        """What is due when nobody has said anything for a while."""
        self._database.tick()
        if self._withdrawn or self._found:
            with contextlib.suppress(StorageError):  # then at the next tick
                self.carry_out([])

    async def tell(self, command: Command) -> Answer:
        """Carries it out at once."""
        return self.carry_out([command])[0]

    def close(self) -> None:
        """Nothing is ever left over."""

    def _decide(
        self, batch: list[Command], gather: Callable[[], None], connection: Connection
    ) -> tuple[list[Answer], list[HitRow]]:
        """The answers, and the hits that are put off."""
        gather()
        told = [*self._withdrawn, *batch]
        here_ns = self._clock.now_ns()
        now_ns = self._database.now_ns(here_ns)
        rows = load(connection, told, now_ns, dead=self._dead)
        answers = step(rows, told, now_ns)
        rows.new_hits = [*self._found, *rows.new_hits]
        put_off = self._can_wait(rows, told, now_ns)
        if not put_off:
            save(connection, rows, now_ns)
        ahead_ns = here_ns - now_ns
        return [_by_our_clock(one, ahead_ns) for one in answers], rows.new_hits if put_off else []

    def _can_wait(self, rows: Rows, told: Sequence[Command], now_ns: int) -> bool:
        """Whether there is nothing to write but hits, few and young."""
        hits = rows.new_hits
        few = 0 < len(hits) < MOST_PUT_OFF and now_ns - hits[0].at_ns < PUT_OFF_NS
        begins = told and all(isinstance(command, Begin) for command in told)
        return bool(self.may_put_off and few and begins and rows.only_found)


def _by_our_clock(answer: Answer, ahead_ns: int) -> Answer:
    """Whoever waits does so by this machine's clock, which may be `ahead_ns` of the database's."""
    return (
        replace(answer, until_ns=answer.until_ns + ahead_ns)
        if isinstance(answer, (Wait, Full))
        else answer
    )


class Journal:
    """What this process tells the journal. All methods wait until the effect is durable.

    Raises: StorageError when the journal cannot be read or written.
    """

    def __init__(
        self, database: Database | Postgres, driver: Driver, owner: Owner | Postgres
    ) -> None:
        self._database, self._driver, self._owner = database, driver, owner

    @classmethod
    def open(cls, path: Path, *, clock: Clock, owner: Owner) -> Journal:
        """Opens (or creates) the journal file with a writer thread."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                f"the journal {path} cannot be created: {error.strerror}",
                next_step="point CAVENDISH_HOME at a folder you can write to",
            ) from error
        database = Database(path)
        prepare(database, clock.now_ns())
        return cls(database, WriterThread(Inline(database, clock, owner.is_dead)), owner)

    @classmethod
    def on_postgres(cls, address: PostgresAddress, *, clock: Clock, owner_id: str) -> Journal:
        """Opens (or creates) the journal at an address, which other hosts may share."""
        database = Postgres(address, owner_id, clock)
        try:
            prepare(database, clock.now_ns())
        except BaseException:
            database.close()
            raise
        return cls(database, WriterThread(Inline(database, clock, database.is_dead)), database)

    async def begin(self, key: Key, **intent: Any) -> Answer:
        """Declares an intent (see `Begin`): Hit, Wait, Full, Reserved, Inherited or Refused."""
        return await self._driver.tell(Begin(key, owner=self._owner.id, **intent))

    async def settle(self, attempt: str, **became: Any) -> bool:
        """Says what became of an attempt (see `Settle`); False when it was settled before."""
        answer = await self._driver.tell(Settle(attempt, self._owner.id, **became))
        assert isinstance(answer, Done)
        return answer.changed

    async def inherit(self, *, lease_ns: int) -> tuple[Inherited, ...]:
        """Takes over the open attempts of processes that are gone; looks twice when in doubt."""
        answer = await self._driver.tell(Inherit(self._owner.id, lease_ns))
        assert isinstance(answer, Done)
        found = answer.inherited
        if self._database.in_doubt:
            await asyncio.sleep(DOUBT_S)
            answer = await self._driver.tell(Inherit(self._owner.id, lease_ns))
            assert isinstance(answer, Done)
            found += answer.inherited
        return found

    async def change(self, command: Change | Telling) -> bool:
        """Carries out what somebody changes or tells; False when it was so already."""
        answer = await self._driver.tell(command)
        assert isinstance(answer, Done)
        return answer.changed

    async def read(self, query: Callable[[Connection], Row]) -> Row:
        """What `query` finds in one consistent snapshot, with all that was told before."""
        if self._driver.puts_off:
            await self._driver.tell(Look())
        return await asyncio.to_thread(self._database.read, query)

    async def read_at(self, query: Callable[[Connection, int], Row], here_ns: int) -> Row:
        """What `query` finds, told the moment too: by the clock that counts, not always `here_ns`,
        which is this machine's."""
        return await self.read(lambda c: query(c, self._database.moment_ns(c, here_ns)))

    def close(self) -> None:
        """Commits what is under way and gives the file and the lock back."""
        self._driver.close()
        self._database.close()
        self._owner.close()
