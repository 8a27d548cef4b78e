"""Those of this process who wait for room in a limit: one at a time asks the journal, people first.

Without it everybody would ask whenever there is room for one.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count

from cavendish.core.ports import Clock
from cavendish.store.claim import Full
from cavendish.store.commands import SECOND_NS

Place = tuple[str, str]
"""A channel and a model."""


@dataclass(slots=True)
class _Queue:
    full: Full
    opens_s: float = 0.0
    waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)
    asking: asyncio.Future[None] | None = None
    sleep: asyncio.Future[None] | None = None
    keeper: asyncio.Task[None] | None = None


class Line:
    """A line for every place. Times on the clock that never steps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[Place, _Queue] = {}
        self._numbers = count()

    def number(self) -> int:
        """Who came when: a call keeps its number however often it asks."""
        return next(self._numbers)

    def ahead(self, place: Place, priority: int) -> Full | None:
        """What those wait for who come before a newcomer of this priority; None without any."""
        queue = self._queues.get(place)
        if queue is None:
            return None
        first = min((one[0] for one in queue.waiting), default=None)
        return queue.full if queue.asking or (first is not None and first <= priority) else None

    def expected_s(self, place: Place, full: Full) -> float:
        """Seconds until a newcomer is expected to have room."""
        left_s = max(0.0, (full.until_ns - self._clock.now_ns()) / SECOND_NS)
        queue = self._queues.get(place)
        if queue is None:
            return left_s
        return left_s + len(queue.waiting) * queue.full.spacing_ns / SECOND_NS

    async def turn(self, place: Place, priority: int, number: int, full: Full) -> None:
        """Waits until it is this one's turn to ask; whoever had it says so with `report`."""
        queue = self._queues.setdefault(place, _Queue(full))
        self._note(queue, full)
        coming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(queue.waiting, (priority, number, coming))
        if queue.keeper is None:
            queue.keeper = asyncio.ensure_future(self._keep(place, queue))
        try:
            await coming
        except asyncio.CancelledError:
            if coming.done() and not coming.cancelled():
                self.report(place, None)
            raise

    def report(self, place: Place, full: Full | None) -> None:
        """What whoever had the turn was told: full, or not; then it is the next one's."""
        queue = self._queues.get(place)
        if queue is None or queue.asking is None:
            return
        if full is not None:
            self._note(queue, full)
        else:
            queue.opens_s = 0.0
        if not queue.asking.done():
            queue.asking.set_result(None)

    def drain(self) -> None:
        """Wakes everybody: they look for themselves whether they are being stopped."""
        for queue in self._queues.values():
            for _, _, coming in queue.waiting:
                if not coming.done():
                    coming.set_result(None)
            if queue.keeper is not None:
                queue.keeper.cancel()
        self._queues.clear()

    def _note(self, queue: _Queue, full: Full) -> None:
        """What was heard last is true, also where it is sooner than what was heard before."""
        queue.full = full
        left_s = (full.until_ns - self._clock.now_ns()) / SECOND_NS
        queue.opens_s = self._clock.monotonic_s() + max(0.0, left_s)
        if queue.sleep is not None:
            queue.sleep.cancel()

    async def _keep(self, place: Place, queue: _Queue) -> None:
        while queue.waiting:
            left_s = queue.opens_s - self._clock.monotonic_s()
            if left_s > 0:
                queue.sleep = asyncio.ensure_future(self._clock.sleep(left_s))
                await asyncio.wait({queue.sleep})
                queue.sleep = None
                continue
            _, _, coming = heapq.heappop(queue.waiting)
            if coming.done():
                continue
            queue.asking = asyncio.get_running_loop().create_future()
            coming.set_result(None)
            await queue.asking
            queue.asking = None
        del self._queues[place]
