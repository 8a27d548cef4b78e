"""Files of a home copied to another folder and back: whole or not at all, checked by digest."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cavendish.client.system import make_folder, storage_errors
from cavendish.core.errors import StorageError
from cavendish.store.shelf import Shelf

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copied:
    """How many files are there now and their bytes; which are missing, which are damaged."""

    files: int
    size_bytes: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]


def copy_blobs(named: Iterable[str], source: Path, target: Path) -> Copied:
    """Copies the pictures that are not there yet; those that are there are read and checked."""
    missing, damaged, files, size_bytes = [], [], 0, 0
    for sha256 in sorted(named):
        old, new = (folder / "blobs" / sha256[:2] / sha256 for folder in (source, target))
        if not (new.is_file() and digest_of(new) == sha256):
            if not old.is_file():
                missing.append(sha256)
                continue
            if not copied(old, new, sha256):
                damaged.append(sha256)
                continue
        files += 1
        size_bytes += new.stat().st_size
    return Copied(files, size_bytes, tuple(missing), tuple(damaged))


def copied(old: Path, new: Path, sha256: str | None = None) -> bool:
    """Copies a file whole or not at all; whether its bytes have the digest they should."""
    with storage_errors(new):
        make_folder(new.parent)
        part = new.with_name(f"{new.name}.part")
        found = hashlib.sha256()
        with old.open("rb") as source, part.open("wb") as target:
            while piece := source.read(PIECE_BYTES):
                found.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if sha256 is not None and found.hexdigest() != sha256:
            part.unlink()
            return False
        part.chmod(0o600)
        part.rename(new)
    return True


def copy_spools(attempts: Iterable[str], source: Path, target: Path) -> None:
    """The whole answers of attempts that are not settled: nobody need buy them again.

    One that its buyer settles meanwhile is gone from the spool, and is left out.
    """
    for attempt in attempts:
        old, new = source / "spool" / attempt, target / "spool" / attempt
        if Shelf(source).is_whole(attempt) and not Shelf(target).is_whole(attempt):
            files = sorted(old.glob("*"), key=lambda path: path.name == "answer.json")
            try:
                for file in files:
                    copied(file, new / file.name)
            except StorageError:
                if all(file.exists() for file in files):
                    raise
                shutil.rmtree(new, ignore_errors=True)


def copy_chats(source: Path, target: Path, *, keep: bool) -> int:
    """Copies the chats; with `keep` one that is there already stays as it is."""
    count = 0
    for old in sorted((source / "chats").glob("*/chat.json")):
        new = target / "chats" / old.parent.name / old.name
        if not (keep and new.exists()):
            copied(old, new)
            if (old.parent / "imported").exists():
                (new.parent / "imported").touch(mode=0o600)
        count += 1
    return count


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises: StorageError."""
    with storage_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
