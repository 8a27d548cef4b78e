"""Who decodes the pictures that come: nobody, or a pool of child processes that may die of it.

Everything here blocks and is called from worker threads: no event loop is asked for, so it works
in scripts, in notebooks and in any number of threads.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess  # our own module in our own interpreter
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cavendish.core.examination import Examination
from cavendish.imaging.fingerprint import same
from cavendish.imaging.header import NotAPicture
from cavendish.imaging.opening import NeedsReader
from cavendish.imaging.upload import TooLarge, Unseen, Upload, made_ready

DEADLINE_S: Final = 20.0
FINGERPRINTS: Final = 64
_MODULE: Final = "cavendish.imaging.decoder"
_START: Final = f"import sys; sys.path[:] = sys.argv[1:]; from {_MODULE} import main; main()"
_KINDS: Final = {"TooLarge": TooLarge, "NeedsReader": NeedsReader}
_CRASHES: Final = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}


class HeaderOnly:
    """Nobody: the header is to be enough."""

    def examine(self, path: Path, references: Sequence[bytes] = ()) -> Examination | None:
        """None, whatever the picture."""
        del path, references
        return None

    def made_ready(self, data: bytes, longest_px: int, most_bytes: int) -> Upload:
        """The reference as it is sent, decoded here and now: see `imaging.upload.made_ready`."""
        return made_ready(data, longest_px=longest_px, most_bytes=most_bytes)

    def close(self) -> None:
        """Nothing was started."""


class Decoders:
    """Up to `most` processes, started when first needed and used again; none outlives this one."""

    def __init__(self, *, most: int = 2, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._slots = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()
        self._closed = False
        self._fingerprints: OrderedDict[str, bytes | None] = OrderedDict()
        self._end = weakref.finalize(self, _end, self._children, os.getpid())

    def examine(self, path: Path, references: Sequence[bytes] = ()) -> Examination:
        """What the pixels of the file at `path` are like. Never raises for a picture: one that the
        decoder dies of is a picture with a problem, and what is not the picture's fault is an
        examination that is not `known`."""
        said = self._ask({"path": str(path)})
        if "unknown" in said:
            return Examination(said["unknown"], known=False)
        if "problem" in said:
            return Examination(said["problem"])
        grid = base64.b64decode(said["grid"])
        copy_of = (n for n, r in enumerate(references, 1) if self._is(r, grid))
        return Examination(
            blank=said["blank"],
            lost=said["lost"],
            transparent=said["transparent"],
            copy_of=next(copy_of, None),
        )

    def made_ready(self, data: bytes, longest_px: int, most_bytes: int) -> Upload:
        """The reference as it is sent, decoded by a child: see `imaging.upload.made_ready`.

        Raises: NotAPicture, also for one that the child dies of; TooLarge, NeedsReader, Unseen.
        """
        job = {"bytes": len(data), "longest_px": longest_px, "most_bytes": most_bytes}
        said = self._ask(job, data)
        if "unknown" in said:
            raise Unseen(said["unknown"])
        if "problem" in said:
            raise _KINDS.get(said.get("kind", ""), NotAPicture)(said["problem"])
        return Upload.from_json(said)

    def close(self) -> None:
        """Ends the children, also those at work; nothing is started any more."""
        with self._lock:
            self._closed = True
            self._idle.clear()
        self._end()

    def _is(self, reference: bytes, grid: bytes) -> bool:
        name = hashlib.sha256(reference).hexdigest()
        with self._lock:
            known = name in self._fingerprints
            found = self._fingerprints.get(name)
        if not known:
            said = self._ask({"bytes": len(reference)}, reference)
            found = base64.b64decode(said["grid"]) if "grid" in said else None
            with self._lock:
                self._fingerprints[name] = found
                while len(self._fingerprints) > FINGERPRINTS:
                    self._fingerprints.popitem(last=False)
        return found is not None and same(found, grid)

    def _ask(self, job: dict[str, Any], data: bytes = b"") -> dict[str, Any]:
        with self._slots:
            while True:
                try:
                    child, is_new = self._child()
                except (OSError, ValueError, _Closed) as error:
                    return {"unknown": f"no process could be started to decode it: {error}"}
                try:
                    said = child.ask(job, data, self._deadline_s)
                except _Died as death:
                    self._bury(child)
                    if is_new or death.is_of_the_picture:
                        return death.said
                    continue  # it may have died while it waited: a new one tells
                except BaseException:
                    self._bury(child)
                    raise
                with self._lock:
                    if not self._closed:
                        self._idle.append(child)
                return said

    def _child(self) -> tuple[_Child, bool]:
        with self._lock:
            if self._closed:
                raise _Closed("this client is closed")
            if self._idle:
                return self._idle.pop(), False
            child = _Child()
            self._children.add(child)
            return child, True

    def _bury(self, child: _Child) -> None:
        child.end()
        with self._lock:
            self._children.discard(child)


class _Closed(Exception):
    """Asked after the end."""


class _Died(Exception):
    """A child is gone, and what that says of the picture it had."""

    def __init__(self, said: dict[str, Any], *, is_of_the_picture: bool) -> None:
        super().__init__(said)
        self.said, self.is_of_the_picture = said, is_of_the_picture


class _Child:
    """One process that decodes, one picture at a time."""

    def __init__(self) -> None:
        if not sys.executable:
            raise OSError("this Python does not know where it is")
        # It gets no environment of ours: there are keys in it.
        kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module
            [sys.executable, "-I", "-c", _START, *filter(None, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", **kept},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us: a picture that is paid for is still judged
        )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, job: dict[str, Any], data: bytes, deadline_s: float) -> dict[str, Any]:
        """Its answer. Raises: _Died when none comes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        late = threading.Event()

        def kill() -> None:
            late.set()
            self._process.kill()

        watchdog = threading.Timer(deadline_s, kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            with suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(job).encode() + b"\n" + data)
                self._process.stdin.flush()
            line = self._process.stdout.readline()
            if line.endswith(b"\n") and not late.is_set():
                said: dict[str, Any] = json.loads(line)
                return said
        finally:
            watchdog.cancel()
        self.end()
        raise self._death(deadline_s if late.is_set() else None)

    def end(self) -> None:
        """Kills it, and leaves no zombie."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what it never read is still to be flushed
                    pipe.close()

    def _death(self, late_s: float | None) -> _Died:
        number = -self._process.returncode
        if late_s is not None:
            said = {"unknown": f"the decoder did not answer within {late_s:g} s"}
            return _Died(said, is_of_the_picture=True)
        if number == signal.SIGXCPU:
            said = {"problem": "the decoder did not come to an end with it"}
            return _Died(said, is_of_the_picture=True)
        if number in _CRASHES:
            said = {"problem": f"the decoder crashed on it ({signal.Signals(number).name})"}
        else:
            said = {"unknown": "the decoder was ended from outside"}
        return _Died(said, is_of_the_picture=False)


def _end(children: set[_Child], pid: int) -> None:
    if os.getpid() != pid:  # a fork has a copy of this, and not the children
        return
    for child in list(children):
        child.end()
    children.clear()
