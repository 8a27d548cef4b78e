"""How many calls are under way at once, and who is next: whoever waits comes before bulk work."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

PLACES = 64
KEPT = 8
"""So many places bulk work leaves free, so that whoever comes need not wait for a call to end."""


class Gate:
    """Places for calls under way. `priority` 0 is somebody who waits; more is later.

    A place is given on at once to the waiter of the least priority, the oldest first.
    """

    def __init__(self, places: int = PLACES, kept: int = KEPT) -> None:
        self._places, self._kept = places, kept
        self._taken = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def take(self, priority: int) -> bool:
        """Takes a place, if there is one."""
        if self._taken >= self._most(priority):
            return False
        self._taken += 1
        return True

    async def wait(self, priority: int) -> None:
        """Waits for a place, and has it then."""
        if self.take(priority):
            return
        coming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), coming))
        try:
            await coming
        except asyncio.CancelledError:
            if coming.done() and not coming.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Gives a place back."""
        self._taken -= 1
        while self._waiting and self._taken < self._most(self._waiting[0][0]):
            _, _, coming = heapq.heappop(self._waiting)
            if not coming.done():
                self._taken += 1
                coming.set_result(None)

    def _most(self, priority: int) -> int:
        return self._places if priority == 0 else self._places - self._kept
