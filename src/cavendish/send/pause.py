"""Waiting: between attempts, so that a stop need not wait for a long advice; and for paid work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from cavendish.core.errors import Interrupted
from cavendish.core.ports import Clock

Value = TypeVar("Value")


class Pause:
    """Sleeps for the loop that buys, and knows whether it is being stopped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._draining = False
        self._sleeping: set[asyncio.Future[None]] = set()

    def drain(self) -> None:
        """From now on nobody who waits goes on to buy."""
        self._draining = True
        for sleep in self._sleeping:
            sleep.cancel()

    def check(self) -> None:
        """Raises: Interrupted once `drain` was called."""
        if self._draining:
            raise Interrupted("stopped before it was sent; nothing was spent")

    async def sleep(self, seconds: float) -> None:
        """Waits. Raises: Interrupted as soon as `drain` is called."""
        self.check()
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        self._sleeping.add(sleep)
        try:
            await asyncio.wait({sleep})
        finally:
            self._sleeping.discard(sleep)
            sleep.cancel()
        self.check()


async def to_its_end(work: Coroutine[Any, Any, Value]) -> Value:
    """Finishes `work` even when the caller is cancelled meanwhile; the caller hears of it then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
