"""The dialects that channels speak, by name: how each writes a request and reads an answer.

Errors are read in one way for all of them (`gemini/errors.py`), since every relay passes on errors
of others, in their words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest
from cavendish.core.result import Answer
from cavendish.wire.gemini import answer as gemini_answer
from cavendish.wire.gemini import request as gemini_request
from cavendish.wire.gemini import turn as gemini_turn
from cavendish.wire.gemini.turn import Content
from cavendish.wire.message import Message
from cavendish.wire.openai import answer as openai_answer
from cavendish.wire.openai import chat as openai_chat
from cavendish.wire.openai import images as openai_images

__all__ = ["DIALECTS", "Dialect", "carried", "dialect", "unsaid"]

_FIELDS: Final = {field.name: field for field in fields(ImageRequest)}


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of speaking. `path` is where requests go unless the channel says otherwise.

    `carries` are the fields of an ImageRequest that it has words for. `write(request, model,
    facts, model_id)` gives the message, with `model_id` as the channel calls the model;
    `decode(json, pictures)` the answer, from its small JSON and (size in bytes, sha256) of each
    spooled picture. `kept(rest, digests, final)` gives the turn that a conversation goes on from;
    without it there are no conversations. All are pure.
    """

    name: str
    path: str
    carries: frozenset[str]
    write: Callable[[ImageRequest, Model, ChannelFacts, str], Message]
    decode: Callable[[object, Sequence[tuple[int, str]]], Answer]
    kept: Callable[[bytes, Sequence[str], int], Content | None] | None = None

    def encode(
        self, request: ImageRequest, model: Model, facts: ChannelFacts, model_id: str
    ) -> Message:
        """The request in this dialect. Raises: InvalidRequest for what it cannot say."""
        for name in unsaid(request, facts):
            raise InvalidRequest(
                name,
                f"{facts.title} has no way to be told ({getattr(request, name)!r})",
                accepts="leave it out, or name another --channel",
            )
        return self.write(request, model, facts, model_id)


DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "gemini": Dialect(
            "gemini",
            gemini_request.PATH,
            frozenset(_FIELDS),
            gemini_request.message,
            gemini_answer.decode,
            gemini_turn.kept,
        ),
        "openai-images": Dialect(
            "openai-images",
            openai_images.PATH,
            openai_images.CARRIES,
            openai_images.message,
            openai_answer.decode,
        ),
        "openai-chat": Dialect(
            "openai-chat",
            openai_chat.PATH,
            openai_chat.CARRIES,
            openai_chat.message,
            openai_answer.decode,
        ),
    }
)
"""Every dialect by name."""


def dialect(name: str) -> Dialect:
    """The dialect with this name; a channel's facts and an attempt's row hold no other."""
    return DIALECTS[name]


def carried(facts: ChannelFacts) -> frozenset[str]:
    """The fields of a request that this channel can be told."""
    return dialect(facts.dialect).carries - facts.drops


def unsaid(request: ImageRequest, facts: ChannelFacts) -> tuple[str, ...]:
    """The fields of the request that this channel cannot be told: what its dialect has no words
    for, and what it drops. What stands at its default is not said and is never among them."""
    said = carried(facts)
    return tuple(
        name
        for name, field in _FIELDS.items()
        if name not in said and getattr(request, name) != field.default
    )
