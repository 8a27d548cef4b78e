"""Which files the chats of a home name."""

from __future__ import annotations

from cavendish.core.errors import ProtocolError
from cavendish.store.blobs import Blobs
from cavendish.store.conversations import Conversations
from cavendish.wire.gemini.turn import held


def needed(chats: Conversations, blobs: Blobs) -> set[str]:
    """Their digests: pictures, references, kept answers and what those show.

    Raises: StorageError when a chat cannot be read: what it names is not known then.
    """
    found: set[str] = set()
    for name in chats.ids():
        conversation = chats.load(name)
        for turn in conversation.exchanges if conversation else ():
            found.update(turn.digests)
            if turn.answer is not None:
                try:
                    shown = held(blobs.path(turn.answer).read_bytes()).pictures
                except (OSError, ProtocolError):  # it is gone or damaged: whoever goes on is told
                    continue
                found.update(sha256 for sha256, _ in shown)
    return found
