"""When it is looked for what is worth an alert: after settlements, at most once a minute, never on
a paid call's way. What goes wrong here is logged and disturbs nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from cavendish.core.ports import Clock
from cavendish.send.events import AttemptEnded, Event, NoRoom

log = logging.getLogger(__name__)

PAUSE_S: Final = 60.0
LAST_S: Final = 15.0
"""The last look of a client that closes ends within this time."""

Look = Callable[[frozenset[str]], Awaitable[bool]]
"""Looks once, given the scopes that refused calls; says whether to look again in a while."""


class Watch:
    """One client's eye on money and errors. Belongs to one loop, as the client does."""

    def __init__(self, look: Look, clock: Clock) -> None:
        self._look, self._clock = look, clock
        self._full: set[str] = set()
        self._news = self._sleeps = self._ends = False
        self._not_before_s = 0.0
        self._rounds: asyncio.Task[None] | None = None

    def heed(self, event: Event) -> None:
        """A hook: real money was settled or refused, so it is worth a look."""
        if isinstance(event, NoRoom):
            self._full.update(event.scopes)
        elif not (isinstance(event, AttemptEnded) and event.realm == "real"):
            return
        self._news = True
        if not self._ends and (self._rounds is None or self._rounds.done()):
            self._rounds = asyncio.ensure_future(self._go_round())

    async def close(self) -> None:
        """Looks a last time, if there is news."""
        self._ends = True
        if self._rounds is not None:
            if self._sleeps:
                self._rounds.cancel()
            await asyncio.wait({self._rounds}, timeout=LAST_S)
        if self._news:
            try:
                await asyncio.wait_for(self._quietly(), LAST_S)
            except TimeoutError:
                log.warning("the last look for alerts took too long; the next client looks again")

    async def now(self) -> None:
        """Looks at once. Raises: StorageError."""
        await self._look(frozenset(self._full))

    def leave(self) -> None:
        """Nobody waits for another look."""
        self._ends, self._news = True, False
        if self._rounds is not None:
            self._rounds.cancel()

    async def _go_round(self) -> None:
        """Looks as long as there is news, and then rests until there is."""
        while self._news and not self._ends:
            self._sleeps = True
            await self._clock.sleep(max(0.0, self._not_before_s - self._clock.monotonic_s()))
            self._sleeps = False
            self._not_before_s = self._clock.monotonic_s() + PAUSE_S
            await self._quietly()

    async def _quietly(self) -> None:
        self._news, full = False, frozenset(self._full)
        self._full.clear()
        try:
            self._news |= await self._look(full)
        except Exception as error:  # noqa: BLE001 - an alert never hurts the call it is about
            log.warning("could not look for alerts: %r", error)
            self._full |= full
