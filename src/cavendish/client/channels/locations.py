"""Where a model is asked for when the nearest place was named: its regions by measured latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cavendish.catalog.loader import find_channel
from cavendish.client.channels.access import Access, moved
from cavendish.client.house import House
from cavendish.core.model import GLOBAL, ChannelFacts, channel_of

NEAREST = "nearest"
MOST = 4
"""A picture gets at most so many attempts, so more places would never be asked."""


@dataclass(frozen=True, slots=True)
class Places:
    """The locations of a model, the nearest first, and why in this order.

    `seconds` are latencies, None for a place that did not answer; empty where none was measured.
    """

    names: tuple[str, ...]
    why: str
    seconds: Mapping[str, float | None]


async def nearest(
    house: House, model: str, *, channel: str = "vertex", measure: bool = True
) -> Places:
    """The locations where `channel` draws a model, an id of the catalogue.

    Without `measure` nothing is sent: the order is that of the last measurement, if any.
    """
    facts = find_channel(channel)
    assert facts.locations is not None
    names = facts.locations.regions.get(model, ())
    if not names:
        return Places((GLOBAL,), f"{facts.title} has {model} at {GLOBAL} only", {})
    urls = {name: _address(house, facts, name) for name in names}
    if len(set(urls.values())) == 1:
        return Places(names, f"{facts.base_url_env} names one address for all locations", {})
    if measure:
        net = house.net()
        try:
            known = await house.latencies.of(urls.values(), net)
        finally:
            await net.close()
    else:
        known = house.latencies.known()
    seconds = {name: known[url].seconds for name, url in urls.items() if url in known}
    if not any(seconds.values()):
        why = "no location answered" if seconds else "no location has been measured yet"
        return Places(names, f"{why}, so they are asked as listed", seconds)
    order = sorted(names, key=lambda name: seconds.get(name) or float("inf"))
    first = f"{order[0]} is the nearest location, {seconds[order[0]] or 0:.2f} s away"
    return Places(tuple(order), first, seconds)


def measured(house: House, facts: ChannelFacts) -> dict[str, float | None]:
    """The latencies of a channel's locations that are known, the nearest first."""
    if facts.locations is None:
        return {}
    known = house.latencies.known()
    names = dict.fromkeys(name for regions in facts.locations.regions.values() for name in regions)
    urls = {name: _address(house, facts, name) for name in names}
    found = {name: known[url].seconds for name, url in urls.items() if url in known}
    return dict(sorted(found.items(), key=lambda one: one[1] or float("inf")))


async def spread(
    house: House, ways: Sequence[Access], model: str, *, measure: bool
) -> tuple[Access, ...]:
    """The ways, with one to each of the nearest locations in place of one to "nearest".

    What was named as a location stays there alone.
    """
    found: dict[str, Access] = {}
    for way in ways:
        if way.facts.location != NEAREST:
            found.setdefault(way.facts.name, way)
            continue
        channel = channel_of(way.facts.name)
        places = await nearest(house, model, channel=channel, measure=measure)
        for number, name in enumerate(places.names[:MOST]):
            one = moved(way, name, house.settings.environment)
            said = (*one.notices, places.why) if number == 0 else ()
            found.setdefault(one.facts.name, replace(one, notices=said))
    return tuple(found.values())


def _address(house: House, facts: ChannelFacts, location: str) -> str:
    said = house.settings.environment.get(facts.base_url_env or "")
    url = (said or facts.at(location).base_url or "").replace("{location}", location)
    return url.rstrip("/")
