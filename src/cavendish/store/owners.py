"""Who is alive: each process holds a kernel lock for as long as it lives.

The lock decides, not a process id: ids are reused, locks die with their holder.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Owner:
    """This process among all that share a home. `id` goes on every attempt it makes."""

    def __init__(self, folder: Path, owner_id: str) -> None:
        self.id = owner_id
        self._folder = folder
        for private in (folder.parent, folder):  # `parents` alone would leave the home readable
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / owner_id
        self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def is_dead(self, owner_id: str) -> bool:
        """Whether another owner of this home is gone: its lock is free, or its file is."""
        if owner_id == self.id:
            return False
        try:
            fd = os.open(self._folder / owner_id, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            (self._folder / owner_id).unlink(missing_ok=True)  # nobody will take that name again
            return True
        finally:
            os.close(fd)

    def close(self) -> None:
        """Lets go; what is still open in this owner's name may be taken over."""
        if self._fd >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1
