"""A request packed for a channel: one body while it fits, the largest pictures ahead otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cavendish.catalog.loader import find_model
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts, FilesFacts
from cavendish.core.request import ImageRequest, Reference, UserTurn
from cavendish.wire.dialect import dialect
from cavendish.wire.message import Message

_BESIDE_BYTES: Final = 256
"""What names a file in the body, at most."""

WAYS_OUT: Final = (
    "--flatten (flatten=True), which goes on from the last picture and what was said; "
    "or take turns back with cavendish chat undo"
)
"""What helps a chat that cannot go on with its turns as they are."""


def message_of(facts: ChannelFacts, request: ImageRequest, model_id: str) -> Message:
    """A request in the channel's dialect; `model_id` is what the channel calls its model.

    Raises: InvalidRequest when it, or a picture in it, is larger than the channel takes, or when
    something in it cannot be said.
    """
    for reference in request.references:
        if facts.inline_bytes is not None and len(reference.data) > facts.inline_bytes:
            raise InvalidRequest(
                "references",
                f"{reference.name or 'a picture'} is {len(reference.data):,} bytes, {facts.title} "
                f"takes {facts.inline_bytes:,} in one file",
                accepts="a smaller reference image, or a JPEG",
            )
    if facts.files is not None:  # before base64 makes a copy of what is too large anyway
        excess = _inline_bytes(request) - facts.request_bytes
        request = _sent_ahead(request, excess, facts.files)
    model = find_model(request.model)
    message = dialect(facts.dialect).encode(request, model, facts, model_id)
    excess = len(message.body) - facts.request_bytes
    if facts.files is not None and excess > 0:
        request = _sent_ahead(request, excess, facts.files)
        message = dialect(facts.dialect).encode(request, model, facts, model_id)
    if len(message.body) > facts.request_bytes and request.history:
        raise InvalidRequest(
            "history",
            f"with the turns before it the request is {len(message.body):,} bytes, {facts.title} "
            f"takes {facts.request_bytes:,}",
            accepts=ways_out(facts),
        )
    if len(message.body) > facts.request_bytes:
        bucket = ", or pictures in a gs:// bucket, which it would read" if facts.locations else ""
        none = "" if facts.files else ", and keeps no files beside it"
        raise InvalidRequest(
            "references",
            f"the request is {len(message.body):,} bytes, {facts.title} takes "
            f"{facts.request_bytes:,}{none}",
            accepts=f"fewer or smaller reference images, or --channel gemini{bucket}",
        )
    return message


def ways_out(facts: ChannelFacts) -> str:
    """What helps a chat whose turns no longer fit into a request on this channel."""
    more = facts.most_request_bytes
    raised = ""
    if more is not None and facts.request_bytes < more:
        raised = f", or request_bytes = {more:_} in cavendish.toml: {facts.title} states so much"
    return WAYS_OUT + raised


def _sent_ahead(request: ImageRequest, excess_bytes: int, facts: FilesFacts) -> ImageRequest:
    """The request with its largest references as files, until `excess_bytes` more are free.

    Those of earlier turns too; what the model drew stays where its signature is. The same request,
    where no more of them can go that way.
    """
    left, ahead = excess_bytes, set()
    asked = [turn for turn in request.history if isinstance(turn, UserTurn)]
    inline = [
        one
        for one in (*request.references, *(r for turn in asked for r in turn.references))
        if not one.ahead and len(one.data) <= facts.file_bytes
    ]
    for reference in sorted(inline, key=lambda one: len(one.data), reverse=True):
        if left <= 0:
            break
        left -= len(reference.data) * 4 // 3 - _BESIDE_BYTES
        ahead.add(reference)

    def marked(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
        return tuple(replace(r, ahead=r.ahead or r in ahead) for r in references)

    if not ahead:
        return request
    history = (
        replace(turn, references=marked(turn.references)) if isinstance(turn, UserTurn) else turn
        for turn in request.history
    )
    return replace(request, references=marked(request.references), history=tuple(history))


def _inline_bytes(request: ImageRequest) -> int:
    """What the pictures take in the body at least, in base64."""
    return sum(len(one.data) * 4 // 3 for one in request.shown if not one.ahead)
