"""The chats of this home: found, listed, taken back, carried to another machine."""

from __future__ import annotations

import asyncio
import builtins
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cavendish.client.house import House
from cavendish.core.conversation import ID, Conversation, Exchange
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.store.blobs import Blobs
from cavendish.store.conversations import Conversations

LEFT_OVER_S = 24 * 3600
"""What was half written so long ago, nobody is writing any more."""
MOVED_ON = "the chat has moved on: another process added or took back a turn"


@dataclass(frozen=True, slots=True)
class ChatState:
    """A chat as it stands: its turns, those beside it, and where their pictures are kept."""

    conversation: Conversation
    blobs: Blobs

    @property
    def id(self) -> str:
        """Eight hexadecimal digits."""
        return self.conversation.id

    @property
    def turns(self) -> tuple[Exchange, ...]:
        """The turns that count, from the first to the last."""
        return self.conversation.turns

    @property
    def beside(self) -> tuple[Exchange, ...]:
        """The turns that were taken back, or that another process was quicker than."""
        return self.conversation.beside

    @property
    def cost(self) -> Money:
        """What all its pictures cost when they were bought."""
        return self.conversation.cost

    def picture(self, turn: Exchange) -> Path:
        """The file with the provider's own bytes."""
        return self.blobs.path(turn.picture)

    def file(self, turn: Exchange) -> Path:
        """The file that was asked for, where it is there and no later turn went into it too;
        else the provider's own bytes."""
        last = {one.path: one.id for one in self.conversation.exchanges}
        if turn.path is None or last[turn.path] != turn.id or not Path(turn.path).is_file():
            return self.picture(turn)
        return Path(turn.path)

    def to_json(self) -> dict[str, Any]:
        """All of it; money as decimal strings in USD, times in seconds since 1970 UTC."""
        turns = [self._turn(one, number) for number, one in enumerate(self.turns, start=1)]
        last = self.turns[-1] if self.turns else None
        return {
            "id": self.id,
            "realm": self.conversation.realm,
            "created_s": self.conversation.created_ns // 10**9,
            "channel": None if last is None else last.channel,
            "model": None if last is None else last.model,
            "cost_usd": self.cost.usd,
            "turns": turns,
            "beside": [self._turn(one, None) for one in self.beside],
        }

    def _turn(self, turn: Exchange, number: int | None) -> dict[str, Any]:
        return {
            "turn": number,
            "prompt": turn.prompt,
            "references": [
                {"name": r.name, "role": r.role, "weight": r.weight, "sha256": r.sha256}
                for r in turn.references
            ],
            "flattened": turn.fresh and turn.parent is not None,
            "replayable": turn.answer is not None,
            "path": str(self.file(turn)),
            "original_path": str(self.picture(turn)),
            "sha256": turn.picture,
            "width": turn.width,
            "height": turn.height,
            "mime": turn.mime,
            "size": turn.size,
            "aspect_ratio": turn.aspect_ratio,
            "text": turn.text,
            "cost_usd": turn.cost.usd,
            "channel": turn.channel,
            "model": turn.model,
            "at_s": turn.at_ns // 10**9,
        }


class Chats:
    """`client.chats` of the blocking client: list, show, undo, export_to, import_from."""

    def __init__(self, house: House) -> None:
        self._house = house

    @cached_property
    def blobs(self) -> Blobs:
        """Where pictures and kept answers are."""
        return Blobs(self._house.settings.blobs, self._house.files)

    def list(self) -> tuple[ChatState, ...]:
        """Every chat of this home, the newest first. Raises: StorageError."""
        found = (self._shelf.load(one) for one in self._shelf.ids())
        known = [ChatState(one, self.blobs) for one in found if one is not None]
        return tuple(sorted(known, key=lambda one: -one.conversation.created_ns))

    def show(self, chat_id: str) -> ChatState:
        """One chat. Raises: InvalidRequest when there is none, StorageError."""
        return ChatState(self.known(chat_id), self.blobs)

    def undo(self, chat_id: str) -> Exchange:
        """Takes a chat's last turn back, and gives it; it stays on disk beside the chat.

        Raises: InvalidRequest when there is no turn left, StorageError.
        """
        return self.take_back(chat_id, self.known(chat_id).head)[0]

    def export_to(self, chat_id: str, path: str | Path) -> Path:
        """Writes a chat with its pictures into one file, for another machine.

        Raises: InvalidRequest when there is no such chat, StorageError.
        """
        from cavendish.client.chats import file  # archives, which few calls need

        place = Path(path)
        file.write(place, self.known(chat_id), self.blobs)
        return place

    def import_from(self, path: str | Path) -> ChatState:
        """Takes in a chat that `export_to` wrote, here or on another machine.

        A chat that is here already goes on where the file goes on from it. Raises: InvalidRequest
        for a file that is none or was tampered with, or when both have moved on; StorageError.
        """
        from cavendish.client.chats import file  # archives, which few calls need

        found = file.read(Path(path), self.blobs, self._house.random)
        after = self._shelf.take_in(found.id, lambda here: _joined(here, found))
        return ChatState(after, self.blobs)

    def find(self, chat_id: str) -> Conversation | None:
        """What is stored of a chat, or None. Raises: StorageError."""
        return self._shelf.load(chat_id)

    def known(self, chat_id: str) -> Conversation:
        """A stored chat. Raises: InvalidRequest when there is none."""
        found = self.find(chat_id) if ID.fullmatch(chat_id) else None
        if found is None:
            raise InvalidRequest(
                "chat",
                f"there is no chat {chat_id!r} in {self._house.settings.blobs}",
                accepts="NEW to begin one, or an id: cavendish chat list shows them",
            )
        return found

    def begun(self) -> Conversation:
        """A chat that is not there yet; its first turn makes it."""
        taken = set(self._shelf.ids())
        while (name := self._house.random.token()[:8]) in taken:
            pass
        return Conversation(name, "real", self._house.clock.now_ns())

    def add(self, seen: Conversation, exchange: Exchange) -> Conversation:
        """Adds a turn that goes on from the head that was seen. Raises: StorageError."""
        added = self._shelf.change(seen.id, lambda here: (here or seen).with_turn(exchange))
        self._shelf.trust(seen.id)
        self.blobs.sweep(self._house.clock.now_ns() // 10**9 - LEFT_OVER_S)
        return added

    def is_brought(self, chat_id: str) -> bool:
        """Whether a chat was imported, and no turn was added here since."""
        return self._shelf.is_brought(chat_id)

    def take_back(self, chat_id: str, seen: str | None) -> tuple[Exchange, Conversation]:
        """The last turn, and the chat without it. Raises: InvalidRequest, StorageError."""
        taken: builtins.list[Exchange] = []

        def change(here: Conversation | None) -> Conversation:
            if here is None or not here.turns:
                raise InvalidRequest(
                    "undo",
                    f"chat {chat_id} has no turn to take back",
                    accepts=f"cavendish chat {chat_id} PROMPT to add one",
                )
            if here.head != seen:
                step = f"cavendish chat show {chat_id} first"
                raise InvalidRequest("undo", MOVED_ON, accepts=step)
            taken.append(here.turns[-1])
            return replace(here, head=here.turns[-1].parent)

        after = self._shelf.change(chat_id, change)
        return taken[0], after

    @cached_property
    def _shelf(self) -> Conversations:
        return Conversations(self._house.settings.blobs, self._house.files)


class AsyncChats:
    """`client.chats`: list, show, undo, export_to, import_from; the disk is waited for in threads.

    `blocking` is the same, for who has no loop.
    """

    def __init__(self, house: House) -> None:
        self.blocking = Chats(house)

    async def list(self) -> tuple[ChatState, ...]:
        """See `Chats.list`. Raises: StorageError."""
        return await asyncio.to_thread(self.blocking.list)

    async def show(self, chat_id: str) -> ChatState:
        """See `Chats.show`. Raises: InvalidRequest, StorageError."""
        return await asyncio.to_thread(self.blocking.show, chat_id)

    async def undo(self, chat_id: str) -> Exchange:
        """See `Chats.undo`. Raises: InvalidRequest, StorageError."""
        return await asyncio.to_thread(self.blocking.undo, chat_id)

    async def export_to(self, chat_id: str, path: str | Path) -> Path:
        """See `Chats.export_to`. Raises: InvalidRequest, StorageError."""
        return await asyncio.to_thread(self.blocking.export_to, chat_id, path)

    async def import_from(self, path: str | Path) -> ChatState:
        """See `Chats.import_from`. Raises: InvalidRequest, StorageError."""
        return await asyncio.to_thread(self.blocking.import_from, path)


def _joined(here: Conversation | None, found: Conversation) -> Conversation:
    """What is here and what was brought: whichever goes on from the other. Raises:
    InvalidRequest."""
    if here is None:
        return found
    known = {one.id for one in here.exchanges}
    more = tuple(one for one in found.exchanges if one.id not in known)
    both = replace(here, exchanges=(*here.exchanges, *more))
    if (here.realm, here.created_ns) != (found.realm, found.created_ns):
        raise InvalidRequest(
            "chat", f"another chat with the id {here.id} is here", accepts="a home of its own"
        )
    if both.leads_to(found.head):
        return replace(both, head=found.head)
    if replace(both, head=found.head).leads_to(here.head):
        return both
    raise InvalidRequest(
        "chat",
        f"chat {here.id} went on here and elsewhere",
        accepts=f"cavendish chat undo {here.id} until both agree, then import it again",
    )
