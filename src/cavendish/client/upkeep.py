"""Looking after a home: backups, and what is removed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.client.house import House

if TYPE_CHECKING:
    from cavendish.client.backups import Backup


class Upkeep:
    """The part of `AsyncClient` that looks after what is on disk. Buys nothing."""

    _house: House

    async def backup(self, folder: str | Path) -> Backup:
        """Writes journal, pictures, whole answers that are not settled and chats into a folder,
        while others work, and checks all of it; a second time only what is new is copied.

        Raises: StorageError when it cannot be written.
        """
        from cavendish.client.backups import back_up

        self._house.check()
        return await back_up(self._house, Path(folder))

    async def restore(self, folder: str | Path) -> Backup:
        """Makes an empty home what a backup holds, on SQLite or Postgres, wherever it came from.

        What was bought after the backup is not known then. Raises: InvalidRequest for a folder
        that is no whole backup, StorageError where there is a journal already.
        """
        from cavendish.client.backups import restore

        self._house.check()
        return await restore(self._house, Path(folder))
