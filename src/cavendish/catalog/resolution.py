"""From the name a caller says to the model that answers to it today, visibly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from cavendish.catalog.loader import FACTS, find_model, read_facts
from cavendish.core.model import ChannelFacts, Model


@dataclass(frozen=True, slots=True)
class Retired:
    """An id that was shut down; `ended` is the day by surface, where that is known."""

    id: str
    successor: str
    ended: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model, the id to send for it, and what the caller should be told.

    With an `heir` the model's announced end is past and nobody said that it happened: whether the
    channel still lists it is to be looked up, and the heir is what follows it if not.
    """

    model: Model
    wire_id: str
    notice: str | None = None
    heir: str | None = None

    @property
    def doubtful(self) -> bool:
        """Whether the model may be gone."""
        return self.heir is not None


@cache
def retired() -> Mapping[str, Retired]:
    """Every id that was shut down."""
    return {
        one["id"]: Retired(one["id"], one["successor"], one.get("ended", {}))
        for one in read_facts(FACTS / "retired.toml")["retired"]
    }


def resolve(name: str, channel: ChannelFacts, today: date) -> Resolved:
    """The model for an id or alias, old ones included.

    A retired id is sent as it was said where the channel still accepts it, with the facts of the
    model that came right after it; elsewhere its living successor is asked. A model whose
    announced end is past is asked still, for announced ends move. The model has the prices of the
    channel. Raises: UnknownModel.
    """
    found = _resolved(name, channel, today)
    return replace(found, model=channel.priced(found.model))


def _resolved(name: str, channel: ChannelFacts, today: date) -> Resolved:
    old = retired().get(name)
    if old is None:
        return _current(find_model(name), channel, today)
    if name in channel.accepts:
        notice = f"{name} was shut down by Google; {channel.title} takes it still"
        return Resolved(find_model(old.successor), name, notice)
    model = successor(old.successor, channel.surface, today)
    day = old.ended.get(channel.surface)
    notice = f"{name} was shut down{f' on {day}' if day else ''}; {model.id} is asked instead"
    return Resolved(model, _wire_id(model, channel), notice)


def successor(name: str, surface: str, today: date) -> Model:
    """The first model in the line of successors, itself included, whose end has not come."""
    model = find_model(name)
    while model.lifecycle.ended(surface, today) and model.lifecycle.successor:
        model = find_model(model.lifecycle.successor)
    return model


def _current(model: Model, channel: ChannelFacts, today: date) -> Resolved:
    wire_id = _wire_id(model, channel)
    if not model.lifecycle.ended(channel.surface, today):
        return Resolved(model, wire_id)
    notice = f"{model.id}: its announced end was {model.lifecycle.ends[channel.surface]}"
    heir = successor(model.id, channel.surface, today)
    if heir is model:
        return Resolved(model, wire_id, notice)
    notice += f"; {heir.id} follows it"
    # An offline draft needs nobody's permission: the emulator draws every model of the catalogue.
    if channel.realm == "simulated":
        return Resolved(model, wire_id, notice)
    return Resolved(model, wire_id, notice, heir.id)


def _wire_id(model: Model, channel: ChannelFacts) -> str:
    return channel.ids.get(model.id, model.id)
