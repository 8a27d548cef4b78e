"""Backups: a folder with the journal, the pictures it names, answers not settled yet and chats.

    backup.json            written last; names the journal's file and its digest
    journal-<digest>.db    the journal as one SQLite file, whichever database it lives in
    blobs/ spool/ chats/   as in a home

The journal is copied first and the files after it: a row is written after its file, so every file
that a row of the copy names is there already, and nobody may prune meanwhile. The other way round a
picture that came in between would be a row without its file.
"""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cavendish.client.chats.needs import needed
from cavendish.client.copies import Copied, copied, copy_blobs, copy_chats, copy_spools, digest_of
from cavendish.client.house import House
from cavendish.client.output import new_file
from cavendish.client.system import make_folder, storage_errors, sync_folder
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.store.address import PostgresAddress
from cavendish.store.blobs import Blobs
from cavendish.store.conversations import Conversations
from cavendish.store.shelf import Shelf

if TYPE_CHECKING:
    from cavendish.insight.verification import Verification

VERSION = 1
ABOUT = "backup.json"


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. `missing` and `damaged` are pictures that are named and not there, or
    not as they were bought; `open` are attempts that were under way, `made_at` a second in UTC."""

    folder: Path
    made_at: str
    journal: str
    ledger: Verification
    files: int
    size_bytes: int
    chats: int
    open: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether the ledger is as it was written and every picture is there."""
        return self.ledger.sound and not self.missing and not self.damaged

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "folder": str(self.folder),
            "sound": self.sound,
            "made_at": self.made_at,
            "journal": self.journal,
            "ledger": self.ledger.to_json(),
            "files": self.files,
            "bytes": self.size_bytes,
            "chats": self.chats,
            "open_attempts": self.open,
            "missing": list(self.missing),
            "damaged": list(self.damaged),
        }


async def back_up(house: House, folder: Path) -> Backup:
    """Writes a backup while others work. Raises: StorageError."""
    journal, where = await house.journal(), house.settings.journal
    await house.files.off_loop(partial(_made, folder))
    part = folder / f"{house.random.token()}.part"
    with Shelf(house.settings.blobs).unchanged():
        made_at = house.stamp()
        try:
            if isinstance(where, PostgresAddress):
                from cavendish.store.archive import copy_rows

                await journal.read(partial(copy_rows, place=part))
            else:
                from cavendish.store.archive import copy_file

                await house.files.off_loop(partial(copy_file, where, part))
            about = {"version": VERSION, "made_at": made_at, "journal": str(where)}
            return await house.files.off_loop(partial(_written, house, folder, part, about))
        finally:
            part.unlink(missing_ok=True)


async def restore(house: House, folder: Path) -> Backup:
    """Makes an empty home what a backup holds; pictures and chats that are there already stay.

    Raises: InvalidRequest for a folder that is no whole backup, StorageError where there is a
    journal already.
    """
    return await house.files.off_loop(partial(_put_back, house, folder))


def _made(folder: Path) -> None:
    with storage_errors(folder):
        make_folder(folder.absolute())


def _written(house: House, folder: Path, part: Path, about: dict[str, Any]) -> Backup:
    """The rest of a backup, once its journal is in `part`."""
    source = house.settings.blobs
    digest = digest_of(part)
    name = f"journal-{digest[:16]}.db"
    chats = copy_chats(source, folder, keep=False)
    kept = Conversations(folder, house.files)
    found = _examined(part, kept, Blobs(source, house.files))
    copy = copy_blobs(found.named, source, folder)
    copy_spools(found.open, source, folder)
    with storage_errors(folder), part.open("rb") as file:
        os.fsync(file.fileno())
    part.rename(folder / name)
    about |= {"file": name, "sha256": digest}
    with new_file(folder / ABOUT) as file:
        file.write(json.dumps(about, indent=1).encode())
    for old in folder.glob("journal-*.db"):
        if old.name != name:
            old.unlink()
    return _told(folder, about, found, copy, chats)


def _put_back(house: House, folder: Path) -> Backup:
    from cavendish.store.archive import put_back
    from cavendish.store.database import Database
    from cavendish.store.migration import prepare
    from cavendish.store.postgres import Postgres

    about = _about(folder)
    target, where = house.settings.blobs, house.settings.journal
    if isinstance(where, Path) and os.path.lexists(where):
        raise _in_the_way(where)
    place = where if isinstance(where, Path) else house.settings.home / "journal.db"
    part = place.with_name(f"{house.random.token()}.part")
    if not copied(folder / about["file"], part, about["sha256"]):
        raise _refusal(folder, f"{about['file']} is not as it was written")
    try:
        with closing(Database(part)) as database:  # an older one gets the steps it lacks
            prepare(database, house.clock.now_ns())
        with Shelf(target).unchanged():
            kept = Conversations(folder, house.files)
            found = _examined(part, kept, Blobs(folder, house.files))
            copy = copy_blobs(found.named, folder, target)
            copy_spools(found.open, folder, target)
            chats = copy_chats(folder, target, keep=True)
            Shelf(target).claim(str(where))
        if isinstance(where, PostgresAddress):
            with closing(Postgres(where, house.random.token(), house.clock)) as server:
                put_back(part, server)
        else:
            _place(part, where)
    finally:
        part.unlink(missing_ok=True)
    return _told(folder, about, found, copy, chats)


def _told(folder: Path, about: dict[str, Any], found: _Found, copy: Copied, chats: int) -> Backup:
    return Backup(
        folder, str(about["made_at"]), str(about["journal"]), found.ledger, copy.files,
        copy.size_bytes, chats, len(found.open), copy.missing, copy.damaged,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    ledger: Verification
    open: tuple[str, ...]
    named: frozenset[str]


def _examined(journal: Path, chats: Conversations, blobs: Blobs) -> _Found:
    """What a copied journal and the chats beside it name. Raises: StorageError if it is damaged."""
    from cavendish.insight.verification import verify
    from cavendish.store.archive import is_whole
    from cavendish.store.database import Database
    from cavendish.store.pruning import kept_answers, unsettled

    if not is_whole(journal):
        raise StorageError(
            f"the copy {journal} is damaged", next_step="check the disk, and try again"
        )
    with closing(Database(journal)) as database:
        ledger, open_ = database.read(verify), database.read(unsettled)
        answers = database.read(kept_answers)
    named = {sha256 for one in answers for sha256 in one.digests} | needed(chats, blobs)
    return _Found(ledger, tuple(open_), frozenset(named))


def _place(part: Path, journal: Path) -> None:
    """Moves the journal into place, where none may have come meanwhile."""
    with storage_errors(journal):
        try:
            os.close(os.open(journal, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise _in_the_way(journal) from None
        part.rename(journal)
        sync_folder(journal.parent)


def _in_the_way(journal: Path) -> StorageError:
    return StorageError(
        f"there is a journal at {journal} already; nothing was restored",
        next_step="move it away first, or point CAVENDISH_HOME at an empty folder",
    )


def _about(folder: Path) -> dict[str, Any]:
    """What a backup says of itself. Raises: InvalidRequest."""
    try:
        found = json.loads((folder / ABOUT).read_bytes())
        found["file"] = Path(found["file"]).name
        whole = found["version"] == VERSION and (folder / found["file"]).is_file()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refusal(folder, f"{ABOUT} cannot be read") from error
    if not whole:
        raise _refusal(folder, "its journal is not there, or a newer version wrote it")
    return dict(found)


def _refusal(folder: Path, why: str) -> InvalidRequest:
    return InvalidRequest(
        "folder", f"{folder} is no whole backup: {why}",
        accepts="a folder that cavendish backup wrote to its end",
    )  # fmt: skip
