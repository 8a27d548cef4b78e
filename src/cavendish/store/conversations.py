"""Conversations on disk, complete after every turn.

    chats/<id>/chat.json   the whole of it; written anew beside the old one, synced, renamed
    chats/<id>/lock        held for the moment in which it is read and written
    chats/<id>/imported    there from an import to the first turn that is added here

Pictures and the service's own turns are blobs, named there by their digests.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cavendish.core.conversation import ID, Conversation, NotAConversation
from cavendish.core.errors import StorageError
from cavendish.core.ports import Files


class Conversations:
    """The conversations of one home. Blocks on the disk; the blocking is short."""

    def __init__(self, home: Path, files: Files) -> None:
        self._folder, self._files = home / "chats", files

    def ids(self) -> tuple[str, ...]:
        """All of them."""
        if not self._folder.is_dir():
            return ()
        found = (one.name for one in self._folder.iterdir() if ID.fullmatch(one.name))
        return tuple(sorted(name for name in found if self._files.exists(self._file(name))))

    def load(self, chat: str) -> Conversation | None:
        """One of them, or None. Raises: StorageError when its file cannot be read."""
        assert ID.fullmatch(chat)
        raw = self._files.read(self._file(chat))
        if raw is None:
            return None
        try:
            found = Conversation.from_row(json.loads(raw))
            if found.id != chat:
                raise NotAConversation(f"it is of chat {found.id}")
        except (ValueError, RecursionError, NotAConversation) as error:
            raise StorageError(
                f"{self._file(chat)} cannot be read: {error}",
                next_step="restore it from a backup, or import the chat from an exported file",
            ) from error
        return found

    def change(
        self, chat: str, change: Callable[[Conversation | None], Conversation]
    ) -> Conversation:
        """Reads it, changes it and writes it, while nobody else does.

        What `change` raises goes through, and nothing is written. Raises: StorageError.
        """
        with self._alone(chat):
            before = self.load(chat)
            after = change(before)
            if after != before:
                self._write(after)
        return after

    def take_in(
        self, chat: str, change: Callable[[Conversation | None], Conversation]
    ) -> Conversation:
        """As `change`; one that was not here is marked as brought by somebody."""
        if self.load(chat) is None:
            with self._alone(chat):
                self._files.create(self._mark(chat)).finish()
        return self.change(chat, change)

    def is_brought(self, chat: str) -> bool:
        """Whether it was imported, and no turn was added here since."""
        return self._files.exists(self._mark(chat))

    def trust(self, chat: str) -> None:
        """A turn was added here."""
        self._mark(chat).unlink(missing_ok=True)

    def _write(self, conversation: Conversation) -> None:
        text = json.dumps(conversation.to_row(), ensure_ascii=True, indent=1)
        part = self._file(conversation.id).with_suffix(".part")
        file = self._files.create(part)
        file.write(text.encode())
        file.finish()
        self._files.rename(part, self._file(conversation.id))

    @contextmanager
    def _alone(self, chat: str) -> Iterator[None]:
        assert ID.fullmatch(chat)
        place = self._folder / chat
        try:
            place.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            place.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(place / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(
                f"{place}: {error.strerror}", next_step="choose a folder you can write to"
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def _mark(self, chat: str) -> Path:
        return self._folder / chat / "imported"

    def _file(self, chat: str) -> Path:
        return self._folder / chat / "chat.json"
