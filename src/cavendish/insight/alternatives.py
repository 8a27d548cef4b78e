"""What the same request would cost otherwise: at other sizes, from other models, in other tiers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cavendish.catalog import presets
from cavendish.catalog.loader import models
from cavendish.catalog.pricing import CostRange, estimate
from cavendish.core.errors import UnknownPrice
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same picture of another size, from another model or in another tier; `cost` is one's."""

    model: str
    size: str
    tier: str
    cost: CostRange

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        cost = {name: usd for name, usd in self.cost.to_json().items() if name != "parts"}
        return {"model": self.model, "size": self.size, "tier": self.tier, "cost": cost}


def alternatives(
    request: ImageRequest, channel: ChannelFacts, today: date, prices: str = presets.TODAY
) -> tuple[Alternative, ...]:
    """Every other size of its model, other tiers, and other living models that take it."""
    found = []
    for other, model in _others(request, channel, today):
        try:
            cost = estimate(other, model, surface=channel.surface, prices=prices)
        except UnknownPrice:
            continue
        found.append(Alternative(model.id, other.size, other.tier, cost))
    return tuple(found)


def _others(
    request: ImageRequest, channel: ChannelFacts, today: date
) -> Iterator[tuple[ImageRequest, Model]]:
    surface = channel.surface
    own = channel.priced(models()[request.model])
    for size in own.sizes:
        if size != request.size:
            yield replace(request, size=size), own
    for tier in own.sheets[surface].tiers:
        if tier != request.tier:
            yield replace(request, tier=tier), own
    for model in map(channel.priced, models().values()):
        if model.id != own.id and _takes(model, request, surface, today):
            yield replace(request, model=model.id, thinking=model.least_thinking), model


def _takes(model: Model, request: ImageRequest, surface: str, today: date) -> bool:
    return (
        model.lives(surface, today)
        and request.aspect_ratio in model.pixels.get(request.size, {})
        and len(request.shown) <= model.references
        and not request.history  # an answer of one model is no turn of another
        and set(request.search) <= set(model.grounding.searches)
        and (request.seed is None or model.seed)
        and (request.temperature is None or model.temperature is not None)
    )
