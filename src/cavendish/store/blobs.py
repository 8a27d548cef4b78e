"""Paid bytes: spooled as they arrive, then kept under their own digest.

    spool/<attempt>/0.part ...   pictures while they arrive
    spool/<attempt>/answer.json  the rest of the answer; its presence means: the answer is whole
    blobs/ab/<sha256>            a picture after it was settled

A crash after the last byte leaves `answer.json`, so the answer is adopted and not bought again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

from cavendish.core.errors import StorageError
from cavendish.core.money import Money
from cavendish.core.ports import Files, Writing

READ_BYTES = 64 * 1024
GOING = ".going"
"""The ending of a file that is aside while it is looked at once more whether it is needed."""
DAMAGED = ".damaged"
_AS_IT_CAME = "surrogateescape"  # what is not UTF-8 is judged later, and must not be lost
_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Spool:
    """The bytes of one attempt while they arrive. It is the sink of the splitter.

    `charged` is what the provider said beside the answer that it takes for it.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self._open: Writing | None = None
        self._digest = hashlib.sha256()
        self._size_bytes = 0
        self._written: list[Writing] = []
        self.pictures: list[tuple[int, str]] = []
        self.charged: Money | None = None

    def begin(self, index: int) -> None:
        """A picture starts."""
        self._open = self._files.create(self.picture(index))
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    def write(self, data: bytes) -> None:
        """More of the picture."""
        assert self._open is not None
        self._open.write(data)
        self._digest.update(data)
        self._size_bytes += len(data)

    def end(self, index: int) -> None:
        """The picture is complete; `pictures` knows its size and digest."""
        assert self._open is not None
        assert index == len(self.pictures)
        self._written.append(self._open)
        self._open = None
        self.pictures.append((self._size_bytes, self._digest.hexdigest()))

    def finish(self, rest: bytes) -> None:
        """Makes the whole answer survive a crash; from here on it need not be bought again.

        Blocks on the disk: run it off the loop.
        """
        for picture in self._written:
            picture.finish()
        self._written.clear()
        envelope = {
            "pictures": self.pictures,
            "rest": rest.decode("utf-8", _AS_IT_CAME),
            **({} if self.charged is None else {"charged": self.charged.nanos}),
        }
        part = self._folder / "answer.part"
        answer = self._files.create(part)
        answer.write(json.dumps(envelope).encode())
        answer.finish()
        self._files.rename(part, self._answer)

    def load(self) -> bytes | None:
        """The rest of a whole answer, or None if it never became whole. Fills `pictures` and
        `charged`."""
        envelope = self._files.read(self._answer)
        if envelope is None:
            return None
        said: dict[str, Any] = json.loads(envelope)
        self.pictures = [(size_bytes, sha256) for size_bytes, sha256 in said["pictures"]]
        self.charged = Money(said["charged"]) if "charged" in said else None
        return str(said["rest"]).encode("utf-8", _AS_IT_CAME)

    def picture(self, index: int) -> Path:
        """Where a picture is while it is spooled."""
        return self._folder / f"{index}.part"

    @property
    def _answer(self) -> Path:
        return self._folder / "answer.json"


class Blobs:
    """The spool and the pictures of one home. Names are digests and ids, never user text."""

    def __init__(self, home: Path, files: Files) -> None:
        self._home, self._files = home, files

    def spool(self, attempt: str) -> Spool:
        """The spool of an attempt."""
        assert _NAME.fullmatch(attempt), "an attempt's id is 32 hexadecimal digits"
        return Spool(self._home / "spool" / attempt, self._files)

    def adopt(self, spool: Spool, index: int) -> Path:
        """Moves a spooled picture to its place under its digest; the same again is no error."""
        _, sha256 = spool.pictures[index]
        place = self.path(sha256)
        if self._files.exists(place):
            self.keep(sha256)
        else:
            self._files.rename(spool.picture(index), place)
        return place

    def keep(self, *digests: str) -> None:
        """Marks files as just named, so that whoever removes files leaves them alone for a day, and
        takes back what is aside meanwhile (`Shelf`)."""
        for sha256 in digests:
            place = self.path(sha256)
            with contextlib.suppress(OSError):  # it is gone: whoever reads it is told
                if not place.exists():
                    place.with_name(sha256 + GOING).rename(place)
                os.utime(place)

    def put(self, data: bytes, token: str) -> str:
        """Keeps bytes that came by another way than an answer; returns their digest.

        `token` is nobody else's, so that two who keep the same do not write into one file.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if self._files.exists(self.path(sha256)):
            self.keep(sha256)
        else:
            part = self._home / "blobs" / f"{token}.part"
            file = self._files.create(part)
            file.write(data)
            file.finish()
            self._files.rename(part, self.path(sha256))
        return sha256

    def sweep(self, before_s: int) -> None:
        """Removes what `put` left half written in a process that died, before that time (seconds
        since 1970 UTC)."""
        for part in (self._home / "blobs").glob("*.part"):
            with contextlib.suppress(OSError):  # somebody else was quicker, or may not
                if part.stat().st_mtime < before_s:
                    part.unlink()

    def discard(self, attempt: str) -> None:
        """Forgets the spool of a settled attempt."""
        self._files.remove_tree(self._home / "spool" / attempt)

    def path(self, sha256: str) -> Path:
        """Where the picture with this digest is kept."""
        return self._home / "blobs" / sha256[:2] / sha256

    def has_spooled(self, spool: Spool, index: int) -> bool:
        """Whether a spooled picture is still there, in the spool or in its place."""
        place = self.path(spool.pictures[index][1])
        return self._files.exists(place) or self._files.exists(spool.picture(index))

    def open_spooled(self, spool: Spool, index: int) -> BinaryIO:
        """A spooled picture, wherever an interrupted settlement left it."""
        return self._files.open(self.spooled(spool, index))

    def spooled(self, spool: Spool, index: int) -> Path:
        """Where a spooled picture is now."""
        place = self.path(spool.pictures[index][1])
        return place if self._files.exists(place) else spool.picture(index)

    def free_bytes(self) -> int:
        """How much room is left where pictures are kept."""
        return self._files.free_bytes(self._home)

    def verified(self, sha256: str) -> Path:
        """The path of a picture whose bytes were just checked against its digest.

        Raises: StorageError if it is missing or was changed.
        """
        fault = self.fault(sha256)
        if fault is not None:
            raise StorageError(fault, next_step="restore it from a backup, or buy anew: --no-cache")
        return self.path(sha256)

    def fault(self, sha256: str) -> str | None:
        """What is wrong with a stored file, all of whose bytes are read; None when nothing is.

        Raises: StorageError where it cannot be read, or no file at all is there.
        """
        path = self.path(sha256)
        if not self._files.exists(path):
            self.keep(sha256)
        if not self._files.exists(path):
            if not self._files.exists(path.parent) and not self._files.exists(path.parents[1]):
                raise StorageError(
                    f"the folder of stored pictures, {path.parents[1]}, is not there; nothing that "
                    "was bought is bought again for that",
                    next_step="mount its disk, restore it from a backup, or cavendish cache clear",
                )
            return f"the stored file {path} is missing"
        with self._files.open(path) as file:
            found = hashlib.sha256()
            while piece := file.read(READ_BYTES):
                found.update(piece)
        if found.hexdigest() != sha256:
            return f"the stored file {path} was changed after it was bought"
        return None

    def set_aside(self, sha256: str) -> None:
        """Moves a file that was changed out of the way of the one that is to take its place."""
        path = self.path(sha256)
        if self._files.exists(path):
            self._files.rename(path, path.with_name(f"{sha256}{DAMAGED}"))
