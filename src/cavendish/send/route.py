"""The ways by which one picture may be bought, and which of them is taken next.

All ways lead to the same picture: the model is the same, and what a channel cannot be told is left
out with a warning (`refit`). What makes the picture another one is never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest
from cavendish.send.decide import PATIENCE_S

OPTIONAL = ("temperature", "seed", "thinking", "thoughts", "tier")
"""What can be left out and the picture is still what was asked for."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way: a channel and the request as it takes it.

    `wire_id` is the model's id on that channel; `changes` say what was left out for it.
    """

    channel: str
    request: ImageRequest
    wire_id: str
    changes: tuple[str, ...] = ()


def refit(
    request: ImageRequest, model: Model, facts: ChannelFacts, carries: Collection[str]
) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request as another channel takes it, and a sentence for each thing that is left out.

    `model` is as that channel sells it; `carries` are the optional fields it can be told.
    Raises: UnknownPrice for a model it does not sell, InvalidRequest where it cannot be told
    something without which it is another picture.
    """
    sheet = model.sheets.get(facts.surface)
    if sheet is None:
        raise UnknownPrice(f"{facts.title} has no price for {model.id}")
    for field in ("safety", "search"):
        if getattr(request, field) and field not in carries:
            raise InvalidRequest(field, f"{facts.title} cannot be told", accepts="another channel")
    left_out: dict[str, Any] = dict(_left_out(request, carries))
    if request.tier not in sheet.tier_names:
        left_out["tier"] = "standard"
    changes = tuple(
        f"{facts.name} takes no {name}, so it goes without {getattr(request, name)!r}"
        for name in left_out
    )
    return replace(request, **left_out), changes


def _left_out(request: ImageRequest, carries: Collection[str]) -> Iterator[tuple[str, object]]:
    usual = ImageRequest(request.model, "", "", "")
    for name in OPTIONAL:
        default = getattr(usual, name)
        if name not in carries and getattr(request, name) != default:
            yield name, default


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
