"""Those of this process who wait for room in a limit: a few have a seat, and each of them asks the
journal when it was told to; the others come after, people first.

Without it everybody would ask whenever there is room for one. With one seat only, the journal would
write one intent at a time, and its disk be the limit.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from cavendish.core.ports import Clock
from cavendish.store.claim import Full
from cavendish.store.commands import SECOND_NS

Place = tuple[str, str]
"""A channel and a model."""

SEATS = 8
"""So many of one priority ask by themselves: enough to be written together while a disk is slow."""
FAR_S = 2.0
"""Whoever waits for longer is woken when somebody else got through before."""


@dataclass(slots=True)
class _Queue:
    full: Full
    seated: Counter[int] = field(default_factory=Counter)
    waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    sleeping: dict[int, tuple[float, asyncio.Future[None]]] = field(default_factory=dict)


class Line:
    """A line for every place. Times on the clock that never steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[Place, _Queue] = {}
        self._numbers = count(1)

    def number(self) -> int:
        """Who came when: a call keeps its number however often it asks."""
        return next(self._numbers)

    def ahead(self, place: Place, priority: int) -> Full | None:
        """What those wait for who come before a newcomer of this priority; None without any."""
        queue = self._queues.get(place)
        if queue is None:
            return None
        first = min((*queue.seated, *(one[0] for one in queue.waiting)), default=None)
        return queue.full if first is not None and first <= priority else None

    def expected_s(self, place: Place, full: Full) -> float:
        """Seconds until a newcomer is expected to have room."""
        left_s = self._left_s(full)
        queue = self._queues.get(place)
        if queue is None:
            return left_s
        return left_s + len(queue.waiting) * queue.full.spacing_ns / SECOND_NS

    async def turn(self, place: Place, priority: int, number: int, full: Full) -> None:
        """Waits until it is this one's turn to ask; whoever had it says so with `report`."""
        queue = self._queues.setdefault(place, _Queue(full))
        queue.full = full
        until_s = self._clock.monotonic_s() + self._left_s(full)
        if queue.seated[priority] < SEATS:
            queue.seated[priority] += 1
        else:
            await self._seat(place, queue, priority, number)
        await self._sleep(place, queue, priority, number, until_s)

    def report(self, place: Place, priority: int, full: Full | None) -> None:
        """What whoever had the turn was told: full, or not; the seat is the next one's."""
        queue = self._queues.get(place)
        if queue is None:
            return
        if full is None:
            self._wake_a_far_one(queue)
        self._rise(place, queue, priority)

    def drain(self) -> None:
        """Wakes everybody: they look for themselves whether they are being stopped."""
        for queue in self._queues.values():
            for coming in (
                *(one for _, _, one in queue.waiting),
                *(one for _, one in queue.sleeping.values()),
            ):
                if not coming.done():
                    coming.set_result(None)
        self._queues.clear()

    def _left_s(self, full: Full) -> float:
        return max(0.0, (full.until_ns - self._clock.now_ns()) / SECOND_NS)

    async def _seat(self, place: Place, queue: _Queue, priority: int, number: int) -> None:
        coming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(queue.waiting, (priority, number, coming))
        try:
            await coming
        except asyncio.CancelledError:
            if coming.done() and not coming.cancelled():
                self._rise(place, queue, priority)
            raise

    async def _sleep(
        self, place: Place, queue: _Queue, priority: int, number: int, until_s: float
    ) -> None:
        left_s = until_s - self._clock.monotonic_s()
        if left_s <= 0:
            return
        sleep = asyncio.ensure_future(self._clock.sleep(left_s))
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.sleeping[number] = (until_s, woken)
        try:
            await asyncio.wait({sleep, woken}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._rise(place, queue, priority)
            raise
        finally:
            sleep.cancel()
            queue.sleeping.pop(number, None)

    def _wake_a_far_one(self, queue: _Queue) -> None:
        far_s = max(FAR_S, 2 * SEATS * queue.full.spacing_ns / SECOND_NS)
        for number in sorted(queue.sleeping):
            until_s, woken = queue.sleeping[number]
            if until_s - self._clock.monotonic_s() > far_s and not woken.done():
                woken.set_result(None)
                return

    def _rise(self, place: Place, queue: _Queue, priority: int) -> None:
        while queue.waiting:
            mine = [one for one in queue.waiting if one[0] == priority]
            if not mine:
                break
            first = min(mine)
            queue.waiting.remove(first)
            heapq.heapify(queue.waiting)
            if not first[2].done():
                first[2].set_result(None)
                return
        queue.seated[priority] -= 1
        if queue.seated[priority] <= 0:
            del queue.seated[priority]
        if not queue.seated and not queue.waiting:
            self._queues.pop(place, None)
