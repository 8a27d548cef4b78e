"""A chat in one file: a zip archive with `chat.json` and its blobs, each named by its digest.

Nothing in it is believed. No name from it becomes a path: what is looked for is known from the
chat, every entry is bounded, and its bytes must have the digest that is its name.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from cavendish.client.output import new_file
from cavendish.client.system import storage_errors
from cavendish.core.conversation import Conversation, NotAConversation
from cavendish.core.errors import InvalidRequest, ProtocolError
from cavendish.core.ports import Random
from cavendish.store.blobs import Blobs
from cavendish.wire.gemini.turn import held

CHAT: Final = "chat.json"
BLOBS: Final = "blobs/"
CHAT_BYTES: Final = 64 * 1024 * 1024
BLOB_BYTES: Final = 128 * 1024 * 1024
"""One picture or answer: an answer's bounds in `wire.caps`, and a little more."""
ALL_BYTES: Final = 8 * 1024**3
ENTRIES: Final = 100_000
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 1
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, RuntimeError, ValueError, OverflowError),
)
"""What the reader of archives raises for one that was damaged or made to harm."""
_FIXED_TIME: Final = (1980, 1, 1, 0, 0, 0)


def write(place: Path, conversation: Conversation, blobs: Blobs) -> None:
    """Writes the chat to `place`, complete or not at all; the same chat gives the same bytes.

    Raises: StorageError where a stored file is gone, or the place cannot be written.
    """
    answers = {one.answer for one in conversation.exchanges}
    named = {sha256 for one in conversation.exchanges for sha256 in one.digests}
    for sha256 in list(named & answers):
        assert sha256 is not None
        named |= {shown for shown, _ in held(blobs.verified(sha256).read_bytes()).pictures}
    with new_file(place) as file, zipfile.ZipFile(file, "w") as archive:
        here = (replace(one, path=None) for one in conversation.exchanges)  # files of this machine
        row = replace(conversation, exchanges=tuple(here)).to_row()
        text = json.dumps(row, ensure_ascii=True, indent=1)
        archive.writestr(_entry(CHAT), text)
        for sha256 in sorted(named):
            kind = zipfile.ZIP_DEFLATED if sha256 in answers else zipfile.ZIP_STORED
            data = blobs.verified(sha256).read_bytes()
            archive.writestr(_entry(BLOBS + sha256, kind), data)


def read(place: Path, blobs: Blobs, random: Random) -> Conversation:
    """The chat in a file, its blobs kept. Raises: InvalidRequest naming what is wrong,
    StorageError."""
    if not place.is_file():
        raise _refusal(place, "there is no such file")
    with storage_errors(place), place.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _taken_in(archive, place, blobs, random)
        except InvalidRequest:
            raise
        except _BROKEN as error:
            raise _refusal(place, f"it is no whole zip archive ({error})") from error


def _taken_in(archive: zipfile.ZipFile, place: Path, blobs: Blobs, random: Random) -> Conversation:
    entries = _entries(archive, place)
    if CHAT not in entries:
        raise _refusal(place, f"there is no {CHAT} in it")
    try:
        found = Conversation.from_row(json.loads(_bytes(archive, entries.pop(CHAT), CHAT_BYTES)))
    except (ValueError, RecursionError, NotAConversation) as error:
        raise _refusal(place, f"{CHAT}: {error}") from error
    answers = {one.answer for one in found.exchanges} - {None}
    needed = {sha256 for one in found.exchanges for sha256 in one.digests} - answers
    for sha256 in sorted(one for one in answers if one is not None):
        needed.update(_keep(archive, entries, place, sha256, blobs, random, is_turn=True))
    for sha256 in sorted(needed):
        if BLOBS + sha256 in entries:
            _keep(archive, entries, place, sha256, blobs, random)
        elif sha256 not in answers:
            raise _refusal(place, f"{BLOBS}{sha256} is missing")
    if entries:
        raise _refusal(place, f"it holds {min(entries)[:80]!r}, which the chat does not name")
    return found


def _entries(archive: zipfile.ZipFile, place: Path) -> dict[str, zipfile.ZipInfo]:
    listed = archive.infolist()
    if len(listed) > ENTRIES:
        raise _refusal(place, f"it has {len(listed):,} entries, and {ENTRIES:,} are the most")
    if sum(one.file_size for one in listed) > ALL_BYTES:
        raise _refusal(place, f"it unpacks to more than {ALL_BYTES:,} bytes")
    entries = {one.filename: one for one in listed}
    if len(entries) != len(listed):
        raise _refusal(place, "it holds one name twice")
    for one in listed:
        if one.compress_type not in _PLAIN or one.flag_bits & _ENCRYPTED:
            raise _refusal(place, f"{one.filename[:80]!r} is encrypted or packed in a strange way")
    return entries


def _keep(
    archive: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    place: Path,
    sha256: str,
    blobs: Blobs,
    random: Random,
    *,
    is_turn: bool = False,
) -> Iterator[str]:
    """Keeps one blob; gives the pictures that a turn names."""
    name = BLOBS + sha256
    if name not in entries:
        raise _refusal(place, f"{name} is missing")
    data = _bytes(archive, entries.pop(name), BLOB_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _refusal(place, f"{name} is not what its name says")
    pictures: tuple[tuple[str, str], ...] = ()
    if is_turn:
        try:
            pictures = held(data).pictures
        except ProtocolError as error:
            raise _refusal(place, f"{name} is no turn: {error.message}") from error
    blobs.put(data, random.token())
    return iter([shown for shown, _ in pictures])


def _bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """What an entry holds, never more than `most`, whatever it declares."""
    with archive.open(entry) as packed:
        data = packed.read(most + 1)
    if len(data) > most:
        raise zipfile.BadZipFile(f"{entry.filename[:80]} is more than {most:,} bytes")
    return data


def _entry(name: str, kind: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIXED_TIME)
    entry.compress_type = kind
    entry.external_attr = 0o600 << 16
    return entry


def _refusal(place: Path, problem: str) -> InvalidRequest:
    return InvalidRequest(
        "file", f"{place} is no chat that can be taken in: {problem}",
        accepts="a file that cavendish chat export wrote",
    )  # fmt: skip
