"""Ports: how time, randomness, network and files reach the house, so that each can be played."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from cavendish.core.examination import Examination


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
    """The network: one request, its answer streamed.

    Raises: ConnectionFailed (`billed` False when no byte of the request left, else None),
    DeadlineExceeded.
    """

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_s: float,
        connect_s: float | None = None,
    ) -> AbstractAsyncContextManager[Incoming]:
        """Sends `body` and gives the answer; `timeout_s` covers everything to the last byte,
        `connect_s` what comes before the first one leaves, where it is shorter than usual."""
        ...

    def get(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> AbstractAsyncContextManager[Incoming]:
        """Asks for what is there; as `post`, and it costs nothing."""
        ...

    async def close(self) -> None:
        """Gives the sockets back."""
        ...


class Writing(Protocol):
    """A new file being written."""

    def write(self, data: bytes, /) -> object:
        """Appends."""
        ...

    def finish(self) -> None:
        """Makes what was written survive a power cut, and closes."""
        ...


Value = TypeVar("Value")


class Files(Protocol):
    """The file system, as far as paid bytes depend on it.

    Raises: StorageError when the disk is full or the folder cannot be used.
    """

    def create(self, path: Path) -> Writing:
        """A new file; its folder is made. An old file of that name is replaced."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Moves a finished file into place, durably; the new folder is made."""
        ...

    def read(self, path: Path) -> bytes | None:
        """The whole of a small file, or None."""
        ...

    def open(self, path: Path) -> BinaryIO:
        """A file to read from."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """Free space on the disk of a folder."""
        ...

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        ...

    def remove_tree(self, folder: Path) -> None:
        """Removes a folder and what is in it, if it is there."""
        ...

    async def off_loop(self, work: Callable[[], Value]) -> Value:
        """Runs blocking work while other tasks go on."""
        ...


class Examiner(Protocol):
    """Whoever decodes a picture that nobody trusts yet, where it can do no harm."""

    def examine(self, path: Path, references: Sequence[bytes] = ()) -> Examination | None:
        """What the pixels in the file are like, beside the `references` that went out; None where
        the header is to be enough. Blocks: run it off the loop. Never raises for a picture."""
        ...

    def close(self) -> None:
        """Ends whatever was started for it."""
        ...
