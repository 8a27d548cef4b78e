"""Where pictures go: names that are generated, files that appear whole."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cavendish.client.system import storage_errors, sync_folder
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.model import Realm
from cavendish.imaging.inspect import EXTENSIONS

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ROOM_BYTES = 64 * 1024 * 1024
STEM_LENGTH = 48
NAME_BYTES = 240
"""Of a file name; most systems take 255, and a number or another ending may be added."""


def place(
    output: Path, number: int, *, title: str, key_id: str, mime: str, realm: Realm, kept: bool
) -> Path:
    """The file for picture `number` (from 1) of a call, which will be of type `mime`.

    A named file gets the first picture, its followers are numbered; where the bytes are `kept` as
    they came its ending says what they are. In a folder the name is made of the title and the key,
    so that the same request finds the same file; a draft says so.
    """
    if not names_folder(output):
        named = output if number == 1 else output.with_stem(f"{output.stem}-{number}")
        return named.with_suffix(EXTENSIONS[mime]) if kept else named
    draft = ".draft" if realm == "simulated" else ""
    return output / f"{slug(title)}-{key_id[:8]}{draft}{EXTENSIONS[mime]}"


def slug(title: str) -> str:
    """A file name's stem from any text: short, plain and never empty."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return stem[:STEM_LENGTH].rstrip("-") or "picture"


def check_output(said: str | Path, format: str | None = None) -> Path:  # noqa: A002
    """The place `said` names (a file or a folder), if a file can be written there.

    A slash at the end says that it is a folder. Checked before money is spent.
    Raises: InvalidRequest for an unknown ending or one that contradicts `format`, StorageError
    for a folder that cannot be used.
    """
    output, is_folder = check_name(said, format)
    folder = output if is_folder else output.parent
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free_bytes = shutil.disk_usage(folder).free
    if free_bytes < ROOM_BYTES:
        raise StorageError(
            f"only {free_bytes // 2**20} MiB are free in {folder}; nothing was bought",
            next_step="free some space or choose another folder with -o",
        )
    return output


def check_name(said: str | Path, format: str | None = None) -> tuple[Path, bool]:  # noqa: A002
    """The place `said` names, and whether it is a folder. Raises: InvalidRequest, as above."""
    output = Path(said)
    if str(said) == "-":
        raise InvalidRequest("output", "a picture goes to a file", accepts="a file or a folder")
    mode = stat.S_IFREG
    try:
        mode = output.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno == errno.ENAMETOOLONG:
            raise InvalidRequest(
                "output", f"{str(said)[:80]!r} cannot be a name", accepts="a shorter, plain name"
            ) from None
    if stat.S_ISDIR(mode) or not output.suffix or str(said).endswith("/"):
        return output, True
    if not stat.S_ISREG(mode):
        raise InvalidRequest("output", f"{said} is a pipe or a device", accepts="a regular file")
    if len(os.fsencode(output.name)) > NAME_BYTES:
        raise InvalidRequest(
            "output", f"{output.name} is too long", accepts=f"a name of {NAME_BYTES} bytes at most"
        )
    named, wanted = format_of(output, None), format_of(output, format)
    if wanted not in {named, None}:
        raise InvalidRequest(
            "format", f"{format} contradicts the name {output.name}", accepts="one of the two"
        )
    return output, False


def names_folder(output: Path) -> bool:
    """Whether -o means a folder: it is one, or its name has no ending."""
    return output.is_dir() or not output.suffix


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears at `path` when it is complete: temporary, synced, renamed."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".cavendish-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).rename(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def format_of(path: Path, said: str | None) -> str | None:
    """Pillow's name of the format to write, or None to keep the bytes as they are."""
    if said == "original":
        return None
    if said is not None:
        try:
            return FORMATS[f".{said.lower()}"]
        except KeyError:
            raise InvalidRequest(
                "format", f"unknown: {said!r}", accepts="png, jpeg, webp, original"
            ) from None
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise InvalidRequest(
            "output", f"{path.name!r} has no ending of a picture", accepts=tuple(FORMATS)
        ) from None


def check_format(said: str | None) -> str | None:
    """The format, if there is such a one. Raises: InvalidRequest."""
    format_of(Path("x.png"), said)
    return said
