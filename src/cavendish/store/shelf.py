"""What lies in a folder of pictures, and how something is taken out of it so that no row is left
without its file.

    blobs/ab/<sha256>        a file, by its digest
    blobs/ab/<sha256>.going  the same while it is looked at once more whether anything needs it
    blobs/journals.txt       the journals whose pictures are here, one a line
    blobs/prune.lock         held by whoever takes something out

Whoever keeps a file does so before the row that names it, and touches it where it is there
already or takes it back (`Blobs.keep`). So a file is moved aside first and what needs it is read
after that: spools, then rows and chats, in the order in which a need moves.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cavendish.core.errors import StorageError
from cavendish.store.blobs import GOING

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ATTEMPT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Lying:
    """A file: its size in bytes, and when it was last written or touched (ns since 1970)."""

    size_bytes: int
    touched_ns: int


class Shelf:
    """The files of one folder of pictures. Blocks on the disk."""

    def __init__(self, folder: Path) -> None:
        self._blobs, self._spools = folder / "blobs", folder / "spool"

    def files(self) -> dict[str, Lying]:
        """Everything that is kept, by digest."""
        found = {}
        for path in self._blobs.glob("??/*"):
            if _DIGEST.fullmatch(path.name):
                with contextlib.suppress(FileNotFoundError):  # another prune took it
                    found[path.name] = _lying(path)
        return found

    def spools(self) -> dict[str, Lying]:
        """Every attempt that has a spool, with the size and age of all that is in it."""
        found = {}
        for folder in self._spools.glob("*"):
            if _ATTEMPT.fullmatch(folder.name):
                with contextlib.suppress(FileNotFoundError):  # settled just now
                    inside = [_lying(path) for path in (folder, *folder.iterdir())]
                    found[folder.name] = Lying(
                        sum(one.size_bytes for one in inside[1:]),
                        max(one.touched_ns for one in inside),
                    )
        return found

    def spooled(self, attempt: str | None = None) -> set[str]:
        """The digests of the pictures of whole answers that are not settled yet, of all attempts
        or of one."""
        found: set[str] = set()
        for answer in self._spools.glob(f"{attempt or '*'}/answer.json"):
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
                said = json.loads(answer.read_bytes())
                found.update(str(sha256) for _, sha256 in said["pictures"])
        return found

    def is_whole(self, attempt: str) -> bool:
        """Whether a whole answer lies in the spool of an attempt."""
        return (self._spools / attempt / "answer.json").exists()

    def take_spools(self, attempts: Iterable[str]) -> None:
        """Removes the spools of these attempts."""
        for attempt in attempts:
            shutil.rmtree(self._spools / attempt, ignore_errors=True)

    def set_aside(self, digests: Iterable[str]) -> None:
        """Moves files aside, to see whether anything needs them; `take` comes after that."""
        for sha256 in digests:
            place = self._blobs / sha256[:2] / sha256
            with contextlib.suppress(FileNotFoundError):
                place.rename(place.with_name(sha256 + GOING))

    def take(self, untouched: Mapping[str, int], needed: Container[str]) -> dict[str, Lying]:
        """Removes what is aside, and gives what is gone; what is `needed` is put back.

        `untouched` says until when each may have been touched (ns): one that was touched later is
        put back too, and so is what an earlier prune left aside when it was killed.
        """
        gone = {}
        for path in self._blobs.glob(f"??/*{GOING}"):
            sha256 = path.name.removesuffix(GOING)
            with contextlib.suppress(FileNotFoundError):  # somebody took it back
                lying = _lying(path)
                if sha256 in needed or lying.touched_ns > untouched.get(sha256, 0):
                    path.rename(path.with_name(sha256))
                else:
                    path.unlink()
                    gone[sha256] = lying
        return gone

    def claim(self, journal: str) -> None:
        """Notes that pictures of this journal are here."""
        if journal not in self.journals():
            with contextlib.suppress(OSError):  # the first answer will say what is wrong here
                self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
                with self._claims.open("a", encoding="utf-8") as file:
                    file.write(f"{journal}\n")

    def journals(self) -> tuple[str, ...]:
        """The journals whose pictures are here, as far as it was noted."""
        try:
            return tuple(dict.fromkeys(self._claims.read_text("utf-8").split("\n")[:-1]))
        except FileNotFoundError:
            return ()

    def check_claims(self, journal: str) -> None:
        """Raises: StorageError where other journals have pictures here, too."""
        self.claim(journal)
        others = [one for one in self.journals() if one != journal]
        if others:
            raise StorageError(
                f"{self._blobs} has pictures of another journal too, {others[0]}, and what that "
                "one needs cannot be seen from here; nothing was removed",
                next_step=f"give each journal a CAVENDISH_BLOBS of its own; where that journal is "
                f"gone, or is this one under its old name, take its line out of {self._claims}",
            )

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """While nobody else takes anything out. Raises: StorageError where somebody does."""
        self._blobs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._blobs / "prune.lock").open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StorageError(
                    f"another process is at work on {self._blobs}: a prune or a backup",
                    next_step="wait until it is done",
                ) from None
            try:
                yield
            finally:  # said aloud: a child that is just being started may have the file open too
                fcntl.flock(file, fcntl.LOCK_UN)

    @property
    def _claims(self) -> Path:
        return self._blobs / "journals.txt"


def _lying(path: Path) -> Lying:
    found = os.stat(path)  # noqa: PTH116 - one look at both
    return Lying(found.st_size, found.st_mtime_ns)
