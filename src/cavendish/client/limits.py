"""The limits that were told: by the settings, or by the file of a channel."""

from __future__ import annotations

from collections.abc import Mapping

from cavendish.client.channels.access import ways
from cavendish.client.channels.pools import pool_of
from cavendish.client.settings import Settings
from cavendish.core.errors import CavendishError
from cavendish.core.limits import Limits
from cavendish.core.model import Realm, channel_of
from cavendish.core.money import ZERO
from cavendish.send.claims import claims
from cavendish.store.claim import Claim

Told = Mapping[tuple[Realm, str, str | None], tuple[Claim, ...]]
"""By realm, channel and model; None for those of all models together."""


def told(settings: Settings, channel: str | None) -> tuple[Told, tuple[str, ...]]:
    """What a call of today would have to keep to, and why some of it cannot be said.

    Of a channel's limits for every model the one of the settings stands for all. Raises:
    UnknownChannel for a channel that is named.
    """
    found: dict[tuple[Realm, str, str | None], tuple[Claim, ...]] = {}
    warnings = []
    for name in _channels(settings, channel):
        try:
            (way,) = ways(name, (), settings.environment, settings.offline_url, settings.channels)
        except CavendishError as error:
            if channel is not None:
                raise
            warnings.append(f"{name}: {error.message}")
            continue
        for model in _models(settings, name):
            pool = pool_of(way, model, settings.limits)
            for claim in claims(
                pool.name, pool.limits, model, tokens=0, reserved=ZERO, probe_s=0.0
            ):  # fmt: skip
                whose = None if claim.unit == "spend" else model
                place = (way.facts.realm, name, whose)
                if claim.limit is not None and claim not in found.get(place, ()):
                    found[place] = (*found.get(place, ()), claim)
    return found, tuple(warnings)


def _channels(settings: Settings, channel: str | None) -> list[str]:
    if channel is not None:
        return [channel]
    said = {entry.partition("/")[0] for entry in settings.limits}
    filed = {name for name, facts in settings.channels.items() if facts.limits != Limits()}
    return sorted(said | filed)


def _models(settings: Settings, channel: str) -> list[str]:
    named = {
        model
        for entry in settings.limits
        for name, _, model in [entry.partition("/")]
        if model and name in {channel, channel_of(channel)}
    }
    return sorted(named | {settings.model_or(None)})
