"""The ways by which one picture may be bought, and which of them is taken next.

All ways lead to the same picture: the model is the same, and what a channel cannot be told is left
out with a warning (`refit`). What makes the picture another one is never left out.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.limits import Pool
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest
from cavendish.send.decide import PATIENCE_S
from cavendish.wire.dialect import unsaid

OPTIONAL = ("temperature", "seed", "thinking", "thoughts", "tier")
"""What can be left out and the picture is still what was asked for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way: a channel and the request as it takes it.

    `wire_id` is the model's id on that channel; `changes` say what was left out for it; `pool` are
    those who share the channel's limits.
    """

    channel: str
    request: ImageRequest
    wire_id: str
    changes: tuple[str, ...] = ()
    pool: Pool = field(default_factory=Pool)


def refit(
    request: ImageRequest, model: Model, facts: ChannelFacts, filled: Container[str] = ()
) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request as another channel takes it, and a sentence for each thing that is left out.

    `model` is as that channel sells it; of what nobody asked for (`filled`) nothing is
    said. Raises: UnknownPrice for a model it does not sell,
    InvalidRequest where it cannot be told something without which it is another picture.
    """
    sheet = model.sheets.get(facts.surface)
    if sheet is None:
        raise UnknownPrice(f"{facts.title} has no price for {model.id}")
    left_out = list(unsaid(request, facts))
    if request.tier not in sheet.tier_names and "tier" not in left_out:
        left_out.append("tier")
    for name in left_out:
        if name not in OPTIONAL:
            raise InvalidRequest(name, f"{facts.title} cannot be told", accepts="another channel")
    usual: dict[str, Any] = {name: getattr(_USUAL, name) for name in left_out}
    changes = tuple(
        f"{facts.name} takes no {name}, so it goes without {getattr(request, name)!r}"
        for name in left_out
        if name not in filled
    )
    return replace(request, **usual), changes


_USUAL = ImageRequest("", "", "", "")


@dataclass(frozen=True, slots=True)
class Standing:
    """How soon a route may be taken: `wait_s` from now, NEVER_S for not again in this call.
    `advised` says that the service itself named the time."""

    route: Route
    wait_s: float
    advised: bool = False


def soonest(standings: Sequence[Standing]) -> Standing:
    """The route to take: the first that is open, else the one that opens first.

    A short pause that was asked for is no reason to leave the route that comes first.
    """
    return min(standings, key=lambda one: 0.0 if _is_short(one) else one.wait_s)


def _is_short(one: Standing) -> bool:
    return one.advised and one.wait_s <= PATIENCE_S
