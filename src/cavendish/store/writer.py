"""The driver with a thread of its own: what comes during a commit shares the next one."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cavendish.core.errors import StorageError
from cavendish.store.commands import Answer, Command

if TYPE_CHECKING:
    from cavendish.store.journal import Inline

BATCH = 256
Waiting = tuple[Command, asyncio.AbstractEventLoop, "asyncio.Future[Answer]"]


class WriterThread:
    """One thread, one connection; commands that come during a commit share the next one."""

    def __init__(self, inline: Inline) -> None:
        self._inline = inline
        inline.may_put_off = True
        self._inbox: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._door = threading.Lock()  # nobody comes in after the one who closes
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="cavendish-journal", daemon=True)
        self._thread.start()

    @property
    def puts_off(self) -> bool:
        """Whether something is not yet written that can wait."""
        return self._inline.puts_off

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
