"""Ports: how time, randomness and the network reach the house, so that all three can be played."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Clock(Protocol):
    """Wall time for records and windows, monotonic time for waits and deadlines."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits; other tasks run meanwhile."""
        ...


class Random(Protocol):
    """Where ids and jitter come from."""

    def token(self) -> str:
        """A fresh 128-bit id in hexadecimal."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        ...


class Incoming(Protocol):
    """An answer that has begun to arrive."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers with lower-case names."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, piece by piece as it arrives."""
        ...


class Net(Protocol):
    """The network: one POST, its answer streamed.

    Raises: ConnectionFailed (`billed` False when no byte of the request left, else None),
    DeadlineExceeded.
    """

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> AbstractAsyncContextManager[Incoming]:
        """Sends `body` and gives the answer; `timeout_s` covers everything to the last byte."""
        ...

    async def close(self) -> None:
        """Gives the sockets back."""
        ...
