"""From a caller's words to a checked call: channels, model and references are found here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import resolve
from cavendish.client.calls.call import Call, pictures
from cavendish.client.calls.intake import Intake, take_in
from cavendish.client.calls.routes import Routes, check_preference
from cavendish.client.channels import access
from cavendish.client.channels.comparison import seen_of
from cavendish.client.channels.locations import NEAREST, spread
from cavendish.client.channels.own import aged
from cavendish.client.channels.vertex import check_location
from cavendish.client.house import House
from cavendish.client.references.gathering import gather
from cavendish.client.references.ref import ReferenceLike
from cavendish.core.errors import CavendishError, UnknownPrice, UsageError
from cavendish.wire.dialect import carried

BESIDE_BYTES = 64_000
"""Room in a request for what is neither prompt nor picture, and for sentences about pictures."""


def choose(
    house: House, channel: str | Sequence[str] | None = None, require: Sequence[str] = ()
) -> tuple[access.Access, ...]:
    """The channels asked for, or those that the surroundings speak for. Raises: UsageError."""
    house.check()
    settings = house.settings
    found = access.ways(
        settings.channel if channel is None else channel,
        require,
        settings.environment,
        settings.offline_url,
        settings.channels,
    )
    today = house.today()
    return tuple(replace(one, notices=(*one.notices, *aged(one.facts, today))) for one in found)


async def chosen(
    house: House,
    channel: str | Sequence[str] | None,
    require: Sequence[str],
    model: str | None,
    *,
    measure: bool = True,
) -> tuple[access.Access, ...]:
    """What `choose` gives, with the locations of the model in place of the nearest one."""
    ways = choose(house, channel, require)
    if all(way.facts.location != NEAREST for way in ways):
        return ways
    name = house.settings.model_or(model)
    drawn_by = resolve(name, ways[0].facts, house.today()).model.id
    return await spread(house, ways, drawn_by, measure=measure)


async def enquire(
    house: House,
    prompt: str,
    *,
    channel: str | Sequence[str] | None = None,
    require: Sequence[str] = (),
    prefer: str | None = None,
    model: str | None = None,
    measure: bool = True,
    **asked: Any,
) -> Call:
    """The call that these arguments of `generate` make; `measure` finds out what is nearest.

    Raises: UsageError.
    """
    ways = await chosen(house, channel, require, model, measure=measure)
    prefer = check_preference(house.settings.prefer if prefer is None else prefer)
    name = house.settings.model_or(model)
    call = await _first_that_can(house, prompt, name, ways, asked)
    if prefer == "ordered" or len(ways) == 1:
        return call
    routes = Routes(name, ways, house.today(), house.settings.limits)
    if prefer == "cheapest":
        best = routes.cheapest_first(call.intake)
    else:
        best = routes.fastest_first((await seen_of(house, call.intake.model.id))[0])
    return call if best == ways else await _first_that_can(house, prompt, name, best, asked)


async def foresee(house: House, prompt: str, **asked: Any) -> Call:
    """The same call, and nothing is sent to find it: the nearest is what was nearest last."""
    return await enquire(house, prompt, measure=False, **asked)


async def _first_that_can(
    house: House, prompt: str, name: str, ways: Sequence[access.Access], asked: Mapping[str, Any]
) -> Call:
    """The call by the first way that takes it; the ways before it are passed over, with a warning.

    Raises: UsageError, what the first way said, where none takes it.
    """
    passed: list[CavendishError] = []
    for number, way in enumerate(ways):
        try:
            call = await _by(house, prompt, name, (way, *ways[number + 1 :]), **asked)
        except (UsageError, UnknownPrice) as error:
            passed.append(error)
            continue
        said = (f"{w.facts.name}: {e.message}" for w, e in zip(ways, passed, strict=False))
        return replace(call, notices=(*call.notices, *said))
    raise passed[0]


async def _by(
    house: House,
    prompt: str,
    name: str,
    ways: tuple[access.Access, ...],
    *,
    n: int = 1,
    references: Sequence[ReferenceLike] = (),
    style_references: Sequence[ReferenceLike] = (),
    split_references: bool = False,
    beside_bytes: int = 0,
    **asked: Any,
) -> Call:
    """The call by the first of these ways, and by the others where it fails.

    `beside_bytes` is what goes along in the same request and leaves less room for references.
    Raises: UsageError, UnknownPrice.
    """
    facts, today = ways[0].facts, house.today()
    resolved = resolve(name, facts, today)
    check_location(resolved.model, facts)
    intakes: tuple[Intake, ...] = (
        take_in(prompt, resolved, facts.surface, carries=carried(facts), **asked),
    )
    advice: tuple[str, ...] = ()
    pictures(n)
    if (references, style_references) != ((), ()):
        room_bytes = facts.request_bytes - len(json.dumps(prompt)) - BESIDE_BYTES - beside_bytes
        if facts.files is not None:  # what does not fit goes ahead of the request
            room_bytes = facts.files.file_bytes
        found = await asyncio.to_thread(
            gather, references, style_references, model=resolved.model, split=split_references,
            room_bytes=room_bytes,
            ready=house.made_ready,
        )  # fmt: skip
        intakes, advice = tuple(map(intakes[0].showing, found.requests)), found.warnings
        pictures(n * len(intakes))
    for intake in intakes:
        estimate(intake.request, resolved.model, surface=facts.surface)
    routes = Routes(name, ways, today, house.settings.limits)
    by_intake = tuple(map(routes.of, intakes))
    return Call(intakes, ways, by_intake, n, advice=(*advice, *routes.passed))


async def gone(house: House, call: Call) -> str | None:
    """What to say when the model's announced end has come on this channel; else None."""
    resolved, title = call.intake.resolved, call.access.facts.title
    if not resolved.doubtful:
        return None
    channel = house.channel(call.access)
    if await channel.lists(resolved.wire_id) is not False:
        return None
    return f"{title} no longer lists {resolved.wire_id}; {resolved.heir} is asked instead"
