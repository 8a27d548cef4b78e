"""From a caller's words to a workload and the channels to compare for it. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from cavendish.catalog import presets, resolution
from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, find_channel
from cavendish.client.channels.access import REQUIREMENTS, names_of
from cavendish.client.house import House
from cavendish.client.models import SURFACE
from cavendish.core.errors import InvalidRequest, StorageError, UnknownChannel
from cavendish.core.model import ChannelFacts

if TYPE_CHECKING:
    from cavendish.insight.seen import Seen
    from cavendish.insight.ways import Comparison


async def compare(
    house: House,
    *,
    model: str | None = None,
    size: str | None = None,
    aspect_ratio: str | None = None,
    images: int = 1,
    references: int = 0,
    channel: str | Sequence[str] | None = None,
    require: str | Sequence[str] = (),
    prices: str = presets.TODAY,
) -> Comparison:
    """The comparison; see `Channels.compare`."""
    from cavendish.insight.ways import Workload, compare

    house.check()
    today = house.today()
    name = house.settings.model_or(model)
    resolved = resolution.resolve(name, find_channel(SURFACE), today)
    found = resolved.model
    workload = Workload(
        found, size or found.default_size(SURFACE), aspect_ratio or DEFAULT_ASPECT_RATIO,
        images, references,
    )  # fmt: skip
    asked = _asked(house, channel, require)
    seen, trouble = await seen_of(house, found.id)
    warnings = tuple(one for one in (resolved.notice, trouble) if one)
    return compare(workload, asked, today, seen, prices=prices, warnings=warnings)


def _asked(
    house: House, channel: str | Sequence[str] | None, require: str | Sequence[str]
) -> list[ChannelFacts]:
    """The channels that are named, else all; of these the ones that meet what is required."""
    known = house.settings.channels
    found = list(known.values())
    if channel is not None:
        found = [find_channel(name, known) for name in dict.fromkeys(names_of(channel))]
    required = [require] if isinstance(require, str) else list(require)
    for requirement in required:
        if requirement not in REQUIREMENTS:
            raise InvalidRequest("require", f"unknown: {requirement!r}", accepts=REQUIREMENTS)
        direct = requirement == "direct-google"
        found = [one for one in found if (one.direct_google if direct else one.realm == "real")]
    if not found:
        raise UnknownChannel(
            f"require: no channel that was named is {' and '.join(required)}",
            next_step="name others, or none for all",
        )
    return found


async def seen_of(house: House, model: str) -> tuple[Mapping[tuple[str, str], Seen], str | None]:
    """What the journal shows, and what to say where it cannot be read."""
    from cavendish.insight.seen import seen

    try:
        journal = await house.journal()
        return await journal.read(partial(seen, model=model)), None
    except StorageError as error:
        return {}, f"nothing is known of earlier calls: {error.message}"
