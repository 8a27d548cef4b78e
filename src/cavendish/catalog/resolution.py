"""From the name a caller says to the model that answers to it today, visibly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from cavendish.catalog.loader import FACTS, find_model, read_facts
from cavendish.core.model import ChannelFacts, Model


@dataclass(frozen=True, slots=True)
class Retired:
    """An id that was shut down, on the day `ended` where that is known."""

    id: str
    successor: str
    ended: date | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model, the id to send for it, and what the caller should be told.

    With `doubtful` the model's announced end is past and nobody said that it happened: whether the
    channel still lists it is to be looked up, and `heir` is what follows it if not.
    """

    model: Model
    wire_id: str
    notice: str | None = None
    doubtful: bool = False
    heir: str | None = None


@cache
def retired() -> Mapping[str, Retired]:
    """Every id that was shut down."""
    return {
        one["id"]: Retired(one["id"], one["successor"], one.get("ended"))
        for one in read_facts(FACTS / "retired.toml")["retired"]
    }


def resolve(name: str, channel: ChannelFacts, today: date) -> Resolved:
    """The model for an id or alias, old ones included.

    A retired id is sent as it was said where the channel still accepts it; elsewhere its living
    successor is used. Raises: UnknownModel.
    """
    old = retired().get(name)
    if old is None:
        model = find_model(name)
        return _current(model, channel, today)
    if name in channel.accepts:
        model = successor(old.successor, channel, today)
        return Resolved(model, name, f"{name} was shut down by Google; {channel.title} takes it")
    model = successor(old.successor, channel, today)
    when = f" on {old.ended}" if old.ended else ""
    return Resolved(
        model, _wire_id(model, channel), f"{name} was shut down{when}; {model.id} is asked instead"
    )


def successor(name: str, channel: ChannelFacts, today: date) -> Model:
    """The first model in the line of successors whose end has not come on this channel."""
    model = find_model(name)
    while _has_ended(model, channel, today) and model.lifecycle.successor:
        model = find_model(model.lifecycle.successor)
    return model


def _current(model: Model, channel: ChannelFacts, today: date) -> Resolved:
    wire_id = _wire_id(model, channel)
    if not _has_ended(model, channel, today):
        return Resolved(model, wire_id)
    heir = successor(model.id, channel, today)
    ended = model.lifecycle.ends[channel.surface]
    notice = f"{model.id}: its announced end was {ended}; {heir.id} follows it"
    # An offline draft needs nobody's permission: the emulator draws every model of the catalogue.
    doubtful = channel.realm == "real" and heir is not model
    return Resolved(model, wire_id, notice, doubtful, heir.id if doubtful else None)


def _has_ended(model: Model, channel: ChannelFacts, today: date) -> bool:
    ends = model.lifecycle.ends.get(channel.surface)
    return ends is not None and ends <= today


def _wire_id(model: Model, channel: ChannelFacts) -> str:
    return channel.ids.get(model.id, model.id)
