"""A chat: one picture, edited turn by turn, in this process or in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

from cavendish.catalog.loader import find_channel
from cavendish.catalog.resolution import resolve
from cavendish.channels.packing import WAYS_OUT
from cavendish.client.calls.call import Call
from cavendish.client.calls.enquiry import chosen, enquire, gone
from cavendish.client.calls.options import CallOptions, PurchaseOptions, RequestOptions
from cavendish.client.calls.purchase import Purchase
from cavendish.client.calls.terms import Terms
from cavendish.client.channels.access import Access
from cavendish.client.chats.desk import MOVED_ON, Chats
from cavendish.client.chats.past import Past, outlook, past
from cavendish.client.chats.record import exchange_of
from cavendish.client.house import House
from cavendish.client.references.ref import ReferenceLike
from cavendish.client.result import Estimate, Result
from cavendish.core.conversation import Conversation, Exchange
from cavendish.core.errors import InvalidRequest, UnknownModel
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.send.events import Notice, Ordered

TAG = "chat"
"""What every turn is booked under beside the caller's own tags."""


class Chat:
    """One picture, edited by conversation. It is on disk after every turn; `id` finds it again.

    A chat stays on its channel and model, since the service's turns mean nothing elsewhere;
    `flatten` goes on from the last picture and what was said in their place.
    """

    def __init__(self, house: House, conversation: Conversation) -> None:
        self._house, self._conversation = house, conversation

    @property
    def id(self) -> str:
        """Eight hexadecimal digits, the same on every machine."""
        return self._conversation.id

    @property
    def turns(self) -> tuple[Exchange, ...]:
        """The turns that count, from the first to the last."""
        return self._conversation.turns

    @property
    def beside(self) -> tuple[Exchange, ...]:
        """The turns that were taken back, or that another process was quicker than."""
        return self._conversation.beside

    @property
    def cost(self) -> Money:
        """What all its pictures cost when they were bought."""
        return self._conversation.cost

    async def send(
        self,
        prompt: str,
        *,
        size: str | None = None,
        aspect_ratio: str | None = None,
        flatten: bool = False,
        output: str | Path | None = None,
        title: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Result:
        """Asks for the next picture; `options` as in `generate`, but for `n`.

        Size and ratio stay as they were in the turn before unless said otherwise. The same words
        after the same turns find what was bought: a crash costs nothing, and neither does asking
        for what was undone. Where another process added a turn meanwhile, the picture is kept
        beside the chat and a warning says so.

        Raises: InvalidRequest when the turns do not fit, when channel or model are others and
        `flatten` is not said, or when the chat has moved on; and all that `generate` raises.
        """
        asked = _asked(options)
        call, before = await self._call(prompt, size, aspect_ratio, flatten, asked)
        options["tags"] = {TAG: self.id, **(options.get("tags") or {})}
        buying: Any = {k: v for k, v in options.items() if k in PurchaseOptions.__annotations__}
        terms = Terms(title or prompt, output, **buying)
        purchase = Purchase(self._house, call, terms)
        if (notice := await gone(self._house, call)) is not None:
            heir = call.intake.resolved.heir
            if self.turns:
                raise UnknownModel(notice, next_step=f"use --model {heir} --flatten")
            call, before = await self._call(
                prompt, size, aspect_ratio, flatten, {**_asked(options), "model": heir}
            )
            call = replace(call, notices=(*call.notices, notice))
            purchase = Purchase(self._house, call, terms)
        self._house.tell(*map(Notice, (*call.notes, *call.warnings)), Ordered(1))
        result = await purchase.make()
        recorded = await asyncio.to_thread(self._record, prompt, call, before, result)
        self._house.tell(*map(Notice, recorded.warnings[len(result.warnings) :]))
        return recorded

    async def estimate(
        self,
        prompt: str,
        *,
        size: str | None = None,
        aspect_ratio: str | None = None,
        flatten: bool = False,
        **options: Unpack[RequestOptions],
    ) -> Estimate:
        """What `send` would send and cost, with all the turns before it. Sends nothing."""
        asked = _asked(options)
        call, _ = await self._call(prompt, size, aspect_ratio, flatten, asked, measure=False)
        return Estimate(call, self._house.today())

    async def undo(self) -> Exchange:
        """Takes the last turn back, and gives it. It stays on disk: the same words find it again.

        Raises: InvalidRequest when there is none, or when the chat has moved on.
        """
        taken, self._conversation = await asyncio.to_thread(
            self._chats.take_back, self.id, self._conversation.head
        )
        return taken

    @cached_property
    def _chats(self) -> Chats:
        return Chats(self._house)

    async def _call(
        self,
        prompt: str,
        size: str | None,
        aspect_ratio: str | None,
        flatten: bool,
        asked: dict[str, Any],
        *,
        measure: bool = True,
    ) -> tuple[Call, Past]:
        self._house.check()
        stored = await asyncio.to_thread(self._chats.find, self.id)
        if stored is not None and stored.head != self._conversation.head:
            raise InvalidRequest("chat", MOVED_ON, accepts=f"cavendish chat show {self.id} first")
        turns = self.turns
        if turns:
            asked["channel"] = asked.get("channel") or await asyncio.to_thread(self._stays)
            asked["model"] = asked.get("model") or turns[-1].model
        access, *others = await chosen(
            self._house,
            asked.get("channel"),
            asked.get("require") or (),
            asked.get("model"),
            measure=measure,
        )
        self._check_realm(access)
        notices: tuple[str, ...] = ()
        if others and asked.get("channel"):
            notices = (f"a chat stays on one channel: {access.facts.name} is asked, no other",)
        asked |= {"channel": _pinned(access.facts), "prefer": None}
        if turns:
            size, aspect_ratio = self._as_before(access, size, aspect_ratio, flatten, asked)
        before = await asyncio.to_thread(
            past, prompt, turns, access, self._chats.blobs, flatten=flatten
        )
        given: Sequence[ReferenceLike] = asked.pop("references", ())
        call = await enquire(
            self._house,
            before.prompt,
            size=size,
            aspect_ratio=aspect_ratio,
            references=before.references(given),
            beside_bytes=before.size_bytes,
            **asked,
        )
        call = replace(call, ways=(access,), notices=(*call.notices, *notices))
        return before.before(call), before

    def _stays(self) -> str:
        """The channel of the last turn, and with it where on the channel it was.

        Raises: InvalidRequest for a third party that somebody else's file names.
        """
        name = self.turns[-1].channel
        facts = find_channel(name, self._house.settings.channels)
        named = self._house.settings.channel is not None and name in self._house.settings.channel
        if facts.third_party and not named and self._chats.is_brought(self.id):
            raise InvalidRequest(
                "channel",
                f"this chat was imported and is with {name}, a third party; those are opt-in",
                accepts=f"--channel {name} to go on there, or --flatten on a channel of yours",
            )
        return _pinned(facts)

    def _check_realm(self, access: Access) -> None:
        realm, facts = self._conversation.realm, access.facts
        if self._conversation.exchanges and facts.realm != realm:
            raise InvalidRequest(
                "channel",
                f"this chat's pictures are {realm}, and those of {facts.name} are {facts.realm}",
                accepts=f"a channel of its own kind, or a new chat: cavendish chat NEW PROMPT "
                f"--ref {self._chats.blobs.path(self._conversation.exchanges[-1].picture)}",
            )

    def _as_before(
        self,
        access: Access,
        size: str | None,
        aspect_ratio: str | None,
        flatten: bool,
        asked: dict[str, Any],
    ) -> tuple[str | None, str | None]:
        """Size and ratio of the last turn, where none are said and the model draws them.

        Raises: InvalidRequest for another channel or model that was not said knowingly.
        """
        last, name = self.turns[-1], access.facts.name
        model = resolve(asked["model"], access.facts, self._house.today()).model
        for field, was, new in (("channel", last.channel, name), ("model", last.model, model.id)):
            if was != new and not flatten:
                raise InvalidRequest(
                    field,
                    f"this chat is with {was}, and its turns mean nothing to {new}",
                    accepts=f"{was}, which is asked where you name no {field}; or {WAYS_OUT}",
                )
        if asked.get("exact") is not None:
            return size, aspect_ratio
        size = size or (last.size if last.size in model.sizes else None)
        ratio = last.aspect_ratio if last.aspect_ratio in model.aspect_ratios else None
        return size, aspect_ratio or ratio

    def _record(self, prompt: str, call: Call, before: Past, result: Result) -> Result:
        """Writes the turn down; the picture and the answer are durable already."""
        request, image = call.intake.request, result.image
        self._chats.blobs.keep(image.sha256, *([image.turn] if image.turn else ()))
        for reference in request.references:
            self._chats.blobs.put(reference.data, self._house.random.token())
        exchange, unsigned = exchange_of(
            prompt,
            call,
            image,
            self._chats.blobs,
            turns=self.turns,
            before=before,
            at_ns=self._house.clock.now_ns(),
        )
        fresh = replace(self._conversation, realm=result.realm)
        stored = self._chats.add(fresh, exchange)
        self._conversation = replace(stored, head=exchange.id)
        if stored.head == exchange.id:
            said = (*unsigned, *outlook(self.turns, call.access.facts, self._chats.blobs))
        else:
            said = (f"{MOVED_ON}: this picture is kept beside it (cavendish chat show {self.id})",)
        self._house.tell(*map(Notice, said))
        return replace(result, warnings=(*result.warnings, *said))


def _pinned(facts: ChannelFacts) -> str:
    """Its name with its location, so that the environment does not move it elsewhere."""
    here = facts.locations is not None and "@" not in facts.name
    return f"{facts.name}@{facts.location}" if here else facts.name


def _asked(options: CallOptions | RequestOptions) -> dict[str, Any]:
    """What is said about the request. Raises: InvalidRequest for what a chat has not."""
    asked: dict[str, Any] = {
        name: value
        for name, value in options.items()
        if name in RequestOptions.__annotations__ and value is not None
    }
    if asked.pop("n", 1) != 1:
        raise InvalidRequest("n", "a chat goes on from one picture", accepts="1")
    if asked.pop("split_references", False):
        raise InvalidRequest(
            "split_references", "a chat goes on from one picture", accepts="fewer references"
        )
    return asked
