"""A turn as it is written down: what was asked, what came, and what of it can be sent back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from cavendish.client.calls.call import Call
from cavendish.client.chats.past import Past
from cavendish.client.image import Image
from cavendish.core.conversation import Exchange, Seen
from cavendish.core.request import ImageRequest, Reference
from cavendish.store.blobs import Blobs
from cavendish.wire.gemini.turn import held


def exchange_of(
    prompt: str,
    call: Call,
    image: Image,
    blobs: Blobs,
    *,
    turns: Sequence[Exchange],
    before: Past,
    at_ns: int,
) -> tuple[Exchange, tuple[str, ...]]:
    """The turn after `turns`, and what to say of it. Blocks on the disk."""
    request = call.intake.request
    turn, unsigned = _kept(call, image.turn, blobs)
    parent = turns[-1].id if turns else None
    exchange = Exchange(
        id=_turn_id(parent, request, image.sha256),
        parent=parent,
        prompt=prompt,
        sent=request.prompt,
        references=tuple(_seen(request.references, before, len(turns))),
        fresh=before.fresh,
        answer=turn,
        picture=image.sha256,
        mime=image.original_mime,
        width=image.width,
        height=image.height,
        size=request.size,
        aspect_ratio=request.aspect_ratio,
        text=image.text,
        path=None if image.path is None else str(image.path.absolute()),
        cost_nanos=max(image.cost.nanos, image.bought_for.nanos),
        channel=call.access.facts.name,
        model=request.model,
        at_ns=at_ns,
    )
    return exchange, unsigned


def _kept(call: Call, turn: str | None, blobs: Blobs) -> tuple[str | None, tuple[str, ...]]:
    """The kept answer, where it can be sent back; and what to say where it cannot.

    A model that thinks refuses its own pictures without their signatures. Source:
    https://ai.google.dev/gemini-api/docs/thought-signatures, checked 2026-11-25.
    """
    if turn is None or not call.intake.model.thinks:
        return turn, ()
    if held(blobs.path(turn).read_bytes()).signed:
        return turn, ()
    said = (
        f"{call.access.facts.title} sent no thought signature with this picture, and without it "
        "the turn would be refused: the next one is flattened, so it gets the last picture and "
        "what was asked for so far in words"
    )
    return None, (said,)


def _seen(references: Sequence[Reference], before: Past, turns: int) -> Iterator[Seen]:
    for number, one in enumerate(references):
        is_last = number == 0 and before.picture is not None
        name = f"the picture of turn {turns}" if is_last else one.name
        yield Seen(one.sha256, one.mime, name, one.role, one.weight)


def _turn_id(parent: str | None, request: ImageRequest, picture: str) -> str:
    """The same for the same words after the same turns with the same picture."""
    parts = (parent or "", request.digest, picture)
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()
