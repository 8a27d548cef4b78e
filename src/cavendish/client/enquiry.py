"""From a caller's words to a checked call: channel, model and references are found here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cavendish.catalog.loader import DEFAULT_MODEL
from cavendish.catalog.resolution import resolve
from cavendish.client import access
from cavendish.client.call import Call, pictures
from cavendish.client.house import House
from cavendish.client.intake import take_in
from cavendish.client.own_channels import aged
from cavendish.client.references.gathering import gather
from cavendish.client.references.ref import ReferenceLike
from cavendish.client.vertex import check_location

BESIDE_BYTES = 64_000
"""Room in a request for what is neither prompt nor picture, and for sentences about pictures."""


def choose(house: House, channel: str | None = None, require: Sequence[str] = ()) -> access.Access:
    """The channel asked for, or the one that the surroundings speak for. Raises: UsageError."""
    house.check()
    settings = house.settings
    found = access.choose(
        settings.channel if channel is None else channel,
        require,
        settings.environment,
        settings.offline_url,
        settings.channels,
    )
    return replace(found, notices=(*found.notices, *aged(found.facts, house.today())))


async def enquire(
    house: House,
    prompt: str,
    *,
    n: int = 1,
    references: Sequence[ReferenceLike] = (),
    style_references: Sequence[ReferenceLike] = (),
    split_references: bool = False,
    channel: str | None = None,
    require: Sequence[str] = (),
    model: str | None = None,
    **asked: Any,
) -> Call:
    """The call that these arguments of `generate` make. Raises: UsageError."""
    chosen = choose(house, channel, require)
    name = (house.settings.model or DEFAULT_MODEL) if model is None else model
    resolved = resolve(name, chosen.facts, house.today())
    check_location(resolved.model, chosen.facts)
    intake = take_in(prompt, resolved, chosen.facts.surface, **asked)
    call = Call((intake,), chosen, pictures(n))
    if (references, style_references) == ((), ()):
        return call
    found = await asyncio.to_thread(
        gather, references, style_references, model=intake.model, split=split_references,
        room_bytes=chosen.facts.request_bytes - len(json.dumps(prompt)) - BESIDE_BYTES,
        ready=house.made_ready,
    )  # fmt: skip
    intakes = tuple(intake.showing(share) for share in found.requests)
    pictures(n * len(intakes))
    return replace(call, intakes=intakes, advice=found.warnings)


async def gone(house: House, call: Call) -> str | None:
    """What to say when the model's announced end has come on this channel; else None."""
    resolved, title = call.intake.resolved, call.access.facts.title
    if not resolved.doubtful:
        return None
    channel = house.channel(call.access)
    if await channel.lists(resolved.wire_id) is not False:
        return None
    return f"{title} no longer lists {resolved.wire_id}; {resolved.heir} is asked instead"
