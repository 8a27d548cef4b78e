"""The real world behind the ports: clock, randomness and disk."""

from __future__ import annotations

import asyncio
import errno
import getpass
import os
import platform
import random
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from cavendish.core.errors import StorageError
from cavendish.core.ports import Clock

Value = TypeVar("Value")


class SystemClock:
    """Time as this machine tells it."""

    def now_ns(self) -> int:
        """Wall time in nanoseconds since 1970-01-01 UTC."""
        return time.time_ns()

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Waits; other tasks run meanwhile."""
        await asyncio.sleep(seconds)


def day(clock: Clock) -> date:
    """The day it is, UTC."""
    return datetime.fromtimestamp(clock.now_ns() // 10**9, UTC).date()


def stamp(clock: Clock) -> str:
    """The second it is, UTC, in ISO 8601."""
    return f"{datetime.fromtimestamp(clock.now_ns() // 10**9, UTC):%Y-%m-%dT%H:%M:%SZ}"


def operator() -> str:
    """Who runs this process, for the audit log: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        user = str(os.getuid())
    return f"{user}@{platform.node() or 'localhost'}"


class SystemRandom:
    """Ids from the operating system, jitter from a seeded generator."""

    def token(self) -> str:
        """A fresh 128-bit id in hexadecimal."""
        return secrets.token_hex(16)

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        return random.uniform(low, high)  # noqa: S311 - jitter, not a secret


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns what the operating system says about `path` into a StorageError."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        problem = "the disk is full" if full else (error.strerror or str(error))
        raise StorageError(
            f"{path}: {problem}",
            next_step="free some space" if full else "choose a folder you can write to",
        ) from error


class DiskFile:
    """A new file: written unbuffered, on the disk when `finish` returns, and so is the name of a
    folder that was made for it: until then nobody waits for the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with storage_errors(path):
            self._folder_is_new = _made(path.parent)
            flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW
            self._fd = os.open(path, flags, 0o600)

    def write(self, data: bytes) -> None:
        """Appends all of `data`."""
        with storage_errors(self._path):
            view = memoryview(data)
            while view:
                view = view[os.write(self._fd, view) :]

    def finish(self) -> None:
        """Makes it survive a power cut, and closes."""
        with storage_errors(self._path):
            try:
                os.fsync(self._fd)
            finally:
                os.close(self._fd)
                self._fd = -1
            if self._folder_is_new:
                sync_folder(self._path.parent.parent)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            with suppress(OSError):
                os.close(self._fd)


class Disk:
    """Files on the local disk."""

    def create(self, path: Path) -> DiskFile:
        """A new file; its folder is made."""
        return DiskFile(path)

    def rename(self, old: Path, new: Path) -> None:
        """Moves a finished file into place, durably."""
        with storage_errors(new):
            make_folder(new.parent)
            old.rename(new)
            sync_folder(new.parent)

    def read(self, path: Path) -> bytes | None:
        """The whole of a small file, or None."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def open(self, path: Path) -> BinaryIO:
        """A file to read from."""
        with storage_errors(path):
            return path.open("rb")

    def free_bytes(self, folder: Path) -> int:
        """Free space on the disk of a folder, or of the nearest folder above it."""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        with storage_errors(folder):
            return shutil.disk_usage(folder).free

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.exists()

    def remove_tree(self, folder: Path) -> None:
        """Removes a folder and what is in it, if it is there."""
        shutil.rmtree(folder, ignore_errors=True)

    async def off_loop(self, work: Callable[[], Value]) -> Value:
        """Runs blocking work in a thread."""
        return await asyncio.to_thread(work)


def make_folder(folder: Path) -> None:
    """Makes a private folder, and those above it that are missing; their names survive too."""
    if _made(folder):
        sync_folder(folder.parent)


def _made(folder: Path) -> bool:
    """Makes a private folder; whether its name, but not those above it, must yet survive."""
    if folder.is_dir():
        return False
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    return True


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
