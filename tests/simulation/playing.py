"""Played ports: time that jumps to the next timer, and a disk that can die, tear and forget."""

from __future__ import annotations

import asyncio
import io
import random
import selectors

from cavendish.core.errors import StorageError

SECOND_NS = 1_000_000_000
STARTS_NS = 1_795_391_400 * SECOND_NS  # 2026-11-22 23:50 UTC: runs cross midnight


class Crash(BaseException):
    """The process died here. Nothing of it runs on; what it does afterwards dies as well."""


class VirtualClock:
    """Wall and monotonic time of the whole world; `wall_steps_s` is how far the wall was set."""

    def __init__(self):
        self.seconds = self.wall_steps_s = 0.0

    def now_ns(self):
        return STARTS_NS + int((self.seconds + self.wall_steps_s) * SECOND_NS)

    def monotonic_s(self):
        return self.seconds

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)


class _Jump(selectors.DefaultSelector):
    def __init__(self, clock):
        super().__init__()
        self._clock = clock

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("everybody waits and nobody will wake anybody")
        if timeout > 0:
            self._clock.seconds += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time."""

    def __init__(self, clock):
        super().__init__(_Jump(clock))
        self._virtual = clock

    def time(self):
        return self._virtual.seconds


class SeededRandom:
    """Ids and jitter from one seed."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def token(self):
        return f"{self._random.getrandbits(128):032x}"

    def uniform(self, low, high):
        return self._random.uniform(low, high)


class Edges:
    """Counts what the world does to anything that lasts, and kills whoever does number `crash`."""

    def __init__(self, crashes=(), cancel_at=None):
        self.count = 0
        self.names = []
        self.cancel_at, self.cancel = cancel_at, lambda: None
        self.crashes = set(crashes)
        self.killed = []

    def cross(self, process, name):
        """One edge: before, amid or after an effect."""
        if process.dead:
            raise Crash(name)
        self.count += 1
        self.names.append(name)
        if self.count == self.cancel_at:
            asyncio.get_running_loop().call_soon(self.cancel)
        if self.count in self.crashes:
            process.die(f"{self.count} {name}")
            raise Crash(name)


class Inode:
    """A file's bytes, in memory and as far as they are on the platter."""

    def __init__(self):
        self.data = bytearray()
        self.synced = False


class Platter:
    """The disk under all processes: names to files, and which names would survive a power cut."""

    def __init__(self, rng):
        self.files = {}
        self.lasting = {}
        self._rng = rng

    def sync_folder(self, folder):
        """The names of a folder are on the platter now."""
        self.lasting = {p: i for p, i in self.lasting.items() if p.parent != folder}
        self.lasting |= {p: i for p, i in self.files.items() if p.parent == folder}

    def lose_power(self):
        """Any unsynced name may be as it was; any unsynced file may be short, or zeros."""
        for path in {*self.files, *self.lasting}:
            if self.files.get(path) is not self.lasting.get(path) and self._rng.random() < 0.5:
                if path in self.lasting:
                    self.files[path] = self.lasting[path]
                else:
                    del self.files[path]
        for inode in self.files.values():
            if not inode.synced:
                del inode.data[self._rng.randrange(len(inode.data) + 1) :]
                if self._rng.random() < 0.3:
                    inode.data[:] = bytes(len(inode.data))


class _File:
    def __init__(self, disk, path):
        self._disk, self._path = disk, path
        self.inode = disk.platter.files[path] = Inode()

    def write(self, data):
        with self._disk.effect("write", self._path):
            half = len(data) // 2
            self.inode.data += data[:half]
            self._disk.amid("write", self._path)
            self.inode.data += data[half:]

    def finish(self):
        with self._disk.effect("finish", self._path):
            self.inode.synced = True


class _Effect:
    def __init__(self, disk, name):
        self._disk, self._name = disk, name

    def __enter__(self):
        self._disk.cross(f"before {self._name}")

    def __exit__(self, kind, *_):
        if kind is None:
            self._disk.cross(f"after {self._name}")


class CrashingDisk:
    """The files port of one process. `full` is the chance that a write finds the disk full."""

    def __init__(self, platter, process, edges, *, full=0.0, watch=None):
        self.platter = platter
        self._process, self._edges = process, edges
        self._full, self._rng = full, random.Random(process.number)
        self._watch = watch or (lambda *_: None)

    def cross(self, name):
        self._edges.cross(self._process, name)

    def amid(self, name, path):
        self.cross(f"amid {name} {path.name}")

    def effect(self, name, path):
        if name != "remove" and self._rng.random() < self._full:
            self._watch("full", path)
            raise StorageError(f"{path}: the disk is full")
        return _Effect(self, f"{name} {path.name}")

    def create(self, path):
        with self.effect("create", path):
            return _File(self, path)

    def rename(self, old, new):
        with self.effect("rename", new):
            if old not in self.platter.files:
                raise StorageError(f"{old}: no such file")
            self.platter.files[new] = self.platter.files.pop(old)
            if self._rng.random() < 0.5:  # the old folder's entry may go to the platter any time
                self.platter.lasting.pop(old, None)
            self.platter.sync_folder(new.parent)
            self._watch("rename", new)

    def read(self, path):
        self.cross(f"read {path.name}")
        inode = self.platter.files.get(path)
        return None if inode is None else bytes(inode.data)

    def open(self, path):
        self.cross(f"open {path.name}")
        inode = self.platter.files.get(path)
        if inode is None:
            raise StorageError(f"{path}: no such file")
        return io.BytesIO(inode.data)

    def free_bytes(self, folder):
        return 2**40

    def exists(self, path):
        return path in self.platter.files

    def remove_tree(self, folder):
        inside = sorted(p for p in self.platter.files if p.is_relative_to(folder))
        if not inside:
            return
        with self.effect("remove", folder):
            for path in inside:
                del self.platter.files[path]
                self.cross(f"amid remove {folder.name}")

    async def off_loop(self, work):
        """Like a thread: it takes time, and goes on when nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def run():
            try:
                found = work()
            except BaseException as error:  # noqa: BLE001 - it belongs to who waits
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(found)

        loop.call_later(self._rng.uniform(0.001, 0.3), run)
        return await future
