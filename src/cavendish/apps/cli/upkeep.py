"""prune, backup and restore: looking after a home."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.apps.cli.flags import SAY, SayFlags, Switch

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.backups import Backup
    from cavendish.client.retention import Pruned

NOT_SOUND = 4


def prune(
    *,
    older_than: str | None = None,
    max_size: str | None = None,
    dry_run: Switch = False,
    say: SayFlags = SAY,
) -> int:
    """Remove stored pictures that nobody used for long, or that are too much. Your files stay.

    Without either flag the settings keep_days and keep_gb say what is kept; without those only
    leftovers go. What a chat or an answer that is not settled needs is never removed. Whoever asks
    for a removed picture again buys it anew.

    Parameters
    ----------
    older_than
        Pictures nobody got for so long: 30d, 36h, 8w, or days.
    max_size
        Gigabytes that all pictures may take; those used longest ago go first.
    dry_run
        Only show what would be removed.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.prune(older_than=older_than, max_size=max_size, dry_run=dry_run)
        return partial(_say_pruned, found, say)

    return door.enter(body, say)


def backup(folder: Path, /, *, say: SayFlags = SAY) -> int:
    """Copy journal, pictures and chats into a folder, while others work, and check the copy.

    Exit code 4 when the ledger or a picture is not as it was written.

    Parameters
    ----------
    folder
        Where to; a backup that is there is brought up to date.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_backup, await client.backup(folder), say, restored=False)

    return door.enter(body, say)


def restore(folder: Path, /, *, say: SayFlags = SAY) -> int:
    """Make an empty home what a backup holds. A journal that is there is never overwritten.

    CAVENDISH_HOME and CAVENDISH_JOURNAL say where to: a file, or an empty Postgres database.
    Exit code 4 when the ledger or a picture is not as it was written.

    Parameters
    ----------
    folder
        The folder that cavendish backup wrote.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_backup, await client.restore(folder), say, restored=True)

    return door.enter(body, say)


def _say_pruned(found: Pruned, say: SayFlags) -> int:
    from cavendish.apps.cli import door, upkeep_words

    if say.json:
        door.document(found.to_json())
    elif not say.quiet:
        upkeep_words.pruned(found)
    return 0


def _say_backup(found: Backup, say: SayFlags, *, restored: bool) -> int:
    from cavendish.apps.cli import door, upkeep_words

    if say.json:
        door.document(found.to_json())
    elif not (say.quiet and found.sound):
        upkeep_words.backup(found, restored=restored)
    return 0 if found.sound else NOT_SOUND
