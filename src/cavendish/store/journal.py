"""The journal: intents, holds and the ledger behind one door, with two drivers.

The writer thread gathers what arrives while a commit is under way and commits it together
(group commit); the inline driver does one command at a time, for simulation.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Connection

from cavendish.core.errors import StorageError
from cavendish.core.ports import Clock
from cavendish.store.address import PostgresAddress
from cavendish.store.commands import (
    Answer,
    Begin,
    Change,
    Command,
    Done,
    Hold,
    Inherit,
    Inherited,
    Key,
    Settle,
    Telling,
    Wait,
)
from cavendish.store.database import Database
from cavendish.store.migration import prepare
from cavendish.store.owners import Owner
from cavendish.store.postgres import DOUBT_S, Postgres
from cavendish.store.rowset import load, save
from cavendish.store.step import step

BATCH = 256
Row = TypeVar("Row")


class Driver(Protocol):
    """Carries commands to the database and answers back."""

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
        self.tick_s = database.tick_s

    def carry_out(
        self, batch: list[Command], gather: Callable[[], None] = lambda: None
    ) -> list[Answer]:
        """Reads, decides and writes one batch in one transaction.

        `gather` adds to the batch what has come while others were writing.
        """
        try:
            answers = self._database.write(partial(self._decide, batch, gather))
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
        if self._withdrawn:
            with contextlib.suppress(StorageError):  # then at the next tick
                self.carry_out([])

    async def tell(self, command: Command) -> Answer:
        """Carries it out at once."""
        return self.carry_out([command])[0]

    def close(self) -> None:
        """Nothing is ever left over."""

    def _decide(
        self, batch: list[Command], gather: Callable[[], None], connection: Connection
    ) -> list[Answer]:
        gather()
        told = [*self._withdrawn, *batch]
        here_ns = self._clock.now_ns()
        now_ns = self._database.now_ns(here_ns)
        rows = load(connection, told, now_ns, dead=self._dead)
        answers = step(rows, told, now_ns)
        save(connection, rows, now_ns)
        return [_by_our_clock(answer, here_ns - now_ns) for answer in answers]


def _by_our_clock(answer: Answer, ahead_ns: int) -> Answer:
    """Whoever waits does so by this machine's clock, which may be `ahead_ns` of the database's."""
    return (
        replace(answer, until_ns=answer.until_ns + ahead_ns) if isinstance(answer, Wait) else answer
    )


Waiting = tuple[Command, asyncio.AbstractEventLoop, "asyncio.Future[Answer]"]


class WriterThread:
    """One thread, one connection; commands that come during a commit share the next one."""

    def __init__(self, inline: Inline) -> None:
        self._inline = inline
        self._inbox: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._door = threading.Lock()  # nobody comes in after the one who closes
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="cavendish-journal", daemon=True)
        self._thread.start()

    async def tell(self, command: Command) -> Answer:
        """Queues a command for the next commit and waits for it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        with self._door:
            if self._closed:
                raise StorageError("the journal is closed; nothing new is bought")
            self._inbox.put((command, loop, future))
        return await future

    def close(self) -> None:
        """Commits what is queued and ends the thread."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._inbox.put(None)
        self._thread.join()

    def _write(self) -> None:
        while True:
            try:
                first = self._inbox.get(timeout=self._inline.tick_s)
            except queue.Empty:
                self._inline.tick()
                continue
            if first is None:
                self._inline.tick()
                return
            self._commit([first])

    def _commit(self, batch: list[Waiting]) -> None:
        commands = [command for command, _, _ in batch]

        def gather() -> None:
            while len(batch) < BATCH and not self._inbox.empty():
                following = self._inbox.get()
                if following is None:
                    self._inbox.put(None)  # the last word, once more: nobody speaks after it
                    return
                batch.append(following)
                commands.append(following[0])

        answers: Sequence[Answer | Exception]
        try:
            answers = self._inline.carry_out(commands, gather)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait
            answers = [error] * len(batch)
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Answer | Exception]]] = {}
        for (_, loop, future), answer in zip(batch, answers, strict=True):
            by_loop.setdefault(loop, []).append((future, answer))
        for loop, answered in by_loop.items():
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_deliver, answered)


def _deliver(answered: Sequence[tuple[asyncio.Future[Answer], Answer | Exception]]) -> None:
    """One wake-up of the loop for a whole batch."""
    for future, answer in answered:
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


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

    async def begin(
        self,
        key: Key,
        *,
        attempt: str,
        channel: str,
        model: str,
        asked: Mapping[str, Any],
        holds: tuple[Hold, ...],
        lease_ns: int,
        tags: Mapping[str, str],
    ) -> Answer:
        """Declares an intent: Hit, Wait, Reserved, Inherited or Refused."""
        return await self._driver.tell(
            Begin(key, attempt, self._owner.id, channel, model, asked, holds, lease_ns, tags)
        )

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
        """What `query` finds in one consistent snapshot."""
        return await asyncio.to_thread(self._database.read, query)

    def close(self) -> None:
        """Commits what is under way and gives the file and the lock back."""
        self._driver.close()
        self._database.close()
        self._owner.close()
