"""Looking after a home: backups, and what is removed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.client.house import House

if TYPE_CHECKING:
    from cavendish.client.backups import Backup
    from cavendish.client.retention import Pruned


class Upkeep:
    """The part of `AsyncClient` that looks after what is on disk. Buys nothing."""

    _house: House

    async def prune(
        self,
        *,
        older_than: str | int | timedelta | None = None,
        max_size: str | float | None = None,
        dry_run: bool = False,
    ) -> Pruned:
        """Removes stored pictures nobody got for `older_than` (days, "36h", "30d"), then the oldest
        until all take `max_size` GB at most; and files that nothing names.

        What a chat or an unsettled answer needs stays, and so do your own files. Where neither is
        said, the settings `keep_days` and `keep_gb` say it. Who asks for a removed picture buys it
        anew, and is told so. Raises: InvalidRequest, StorageError.
        """
        from cavendish.client.retention import prune

        self._house.check()
        return await prune(self._house, older_than, max_size, dry_run=dry_run)

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
