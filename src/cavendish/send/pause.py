"""Waiting: between attempts, so that a stop need not wait for a long advice; and for paid work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from cavendish.core.errors import Interrupted
from cavendish.core.ports import Clock

NAP_S = 0.5
Value = TypeVar("Value")


class Pause:
    """Sleeps for the loop that buys, and knows whether it is being stopped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._draining = False

    def drain(self) -> None:
        """From now on nobody who waits goes on to buy."""
        self._draining = True

    def check(self) -> None:
        """Raises: Interrupted once `drain` was called."""
        if self._draining:
            raise Interrupted("stopped before it was sent; nothing was spent")

    async def sleep(self, seconds: float) -> None:
        """Waits. Raises: Interrupted within a nap of `drain`."""
        ends_s = self._clock.monotonic_s() + seconds
        while (left_s := ends_s - self._clock.monotonic_s()) > 0:
            self.check()
            await self._clock.sleep(min(left_s, NAP_S))


async def to_its_end(work: Coroutine[Any, Any, Value]) -> Value:
    """Finishes `work` even when the caller is cancelled meanwhile; the caller hears of it then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
