"""Who shares the limits of a channel, and what they are: as its file and the settings say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from cavendish.catalog.limits import limits_of
from cavendish.catalog.loader import find_model
from cavendish.catalog.tiers import TODAY, tier_lists
from cavendish.client.channels.access import Access
from cavendish.core.errors import SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.core.limits import Limits, Pool
from cavendish.core.model import channel_of

_OURS = ("tier", "pool")
Said = Mapping[str, Mapping[str, Any]]
"""The settings' [limits]: by channel, or by channel/model."""


def pool_of(way: Access, model: str, said: Said) -> Pool:
    """The pool of a model on a way: of the project whose tokens open it, else of the key.

    What is said of a model counts before what is said of its channel. A name for the pool joins
    keys of one project, which share its limits.
    """
    facts, name, limits = way.facts, None, way.facts.limits
    for entry in _entries(facts.name, model):
        if entry in said:
            limits = _limits(said[entry], limits, f"limits.{entry}")
            name = said[entry].get("pool", name)
    if name is None and way.account is not None:
        name = way.account.project
    if name is None and way.secret is not None:
        name = way.secret.fingerprint
    return Pool("/".join([facts.name, *([name] if name else [])]), limits)


def check(said: Said, where: str) -> None:
    """Raises: SettingsError for a limit that cannot be taken; `where` is how it names it."""
    for entry, limits in said.items():
        if not isinstance(limits, Mapping):
            raise SettingsError(
                f"{where}.{entry} is {limits!r}",
                next_step=f'limits go into a table: [limits."{entry}"], then rpm = 60',
            )
        _limits(limits, Limits(), f"{where}.{entry}")


def check_channels(said: Said, channels: Collection[str]) -> None:
    """Raises: SettingsError for a channel nobody knows, UnknownModel for such a model."""
    for entry in said:
        name, _, model = entry.partition("/")
        if channel_of(name) not in channels:
            raise SettingsError(
                f"limits.{entry}: there is no channel {name!r}",
                next_step=f"{did_you_mean(name, channels)}known: {', '.join(channels)}",
            )
        if model:
            find_model(model)


def _limits(said: Mapping[str, Any], known: Limits, where: str) -> Limits:
    """Limits with `tier`, which stands for what it may spend, and `pool`, which is none."""
    if "pool" in said:
        name = said["pool"]
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= 100:
            raise SettingsError(f"{where}: pool is {name!r}", next_step="give it a name")
    if "tier" in said:
        tiers = {one.name: one for one in tier_lists()[TODAY].tiers if one.per_10_min is not None}
        if said["tier"] not in tiers:
            raise SettingsError(
                f"{where}: tier is {said['tier']!r}",
                next_step=f"use one of {', '.join(tiers)}; cavendish quota tiers shows them",
            )
        known = replace(known, usd_per_10_min=tiers[said["tier"]].per_10_min)
    numbers = {name: value for name, value in said.items() if name not in _OURS}
    return limits_of(numbers, known, where, _OURS)


def _entries(channel: str, model: str) -> list[str]:
    """What may be said of them, the most particular last."""
    channels = dict.fromkeys((channel_of(channel), channel))
    return [*channels, *(f"{one}/{model}" for one in channels)]
