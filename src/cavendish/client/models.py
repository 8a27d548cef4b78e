"""The catalogue as users see it."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from cavendish.catalog import loader, pricing, resolution
from cavendish.catalog.resolution import Resolved
from cavendish.client.system import SystemClock, day
from cavendish.core.model import GLOBAL, Model, Prices, TokenRange
from cavendish.core.money import Money

SURFACE = "gemini"
"""Whose prices are shown where no channel is named."""


class Models:
    """`client.models`: the catalogue on the day that `today` tells."""

    def __init__(self, today: Callable[[], date] | None = None) -> None:
        self._today = today or partial(day, SystemClock())

    def list(self) -> tuple[Model, ...]:
        """Every model, the default first."""
        return tuple(loader.models().values())

    def show(self, name: str) -> Model:
        """The model with this id or alias; for a retired id the one that is asked in its place.

        Raises: UnknownModel.
        """
        return self.resolve(name).model

    def resolve(self, name: str, channel: str = SURFACE) -> Resolved:
        """What a name means today on a channel: model, id that is sent, and a notice if it is old.

        Raises: UnknownModel, UnknownChannel.
        """
        return resolution.resolve(name, loader.find_channel(channel), self._today())


def places(model: Model) -> dict[str, tuple[str, ...]]:
    """By channel with locations, where it draws this model: "global", and regions if any."""
    return {
        channel.name: (GLOBAL, *channel.locations.regions.get(model.id, ()))
        for channel in loader.channels().values()
        if channel.locations is not None and model.sheets.get(channel.surface) is not None
    }


def to_json(model: Model, today: date, notice: str | None = None) -> dict[str, Any]:
    """A model's facts as plain data: pixels, prices, limits, sources; `ended` as of `today`."""
    surfaces = model.sheets.items()
    return {
        "id": model.id,
        "name": model.name,
        "aliases": builtins.list(model.aliases),
        "status": model.lifecycle.status,
        "released": model.lifecycle.released.isoformat(),
        "ends": {surface: day.isoformat() for surface, day in model.lifecycle.ends.items()},
        "ended": [one for one in model.lifecycle.ends if model.lifecycle.ended(one, today)],
        "successor": model.lifecycle.successor,
        "notice": notice,
        "default_size": model.default_size(SURFACE),
        "sizes": builtins.list(model.sizes),
        "aspect_ratios": builtins.list(model.aspect_ratios),
        "pixels": {
            size: {ratio: f"{width}x{height}" for ratio, (width, height) in cells.items()}
            for size, cells in model.pixels.items()
        },
        "usd_per_picture": {
            size: cost.usd for size, cost in pricing.per_picture(model, surface=SURFACE).items()
        },
        "surfaces": {
            surface: {
                "image_tokens": dict(sheet.image_tokens),
                "reference_tokens": _range(sheet.reference_tokens),
                "usd_per_million_tokens": {
                    tier: _per_million(price) for tier, price in sheet.tiers.items()
                },
                "usd_per_picture": {
                    tier: {
                        size: cost.usd
                        for size, cost in pricing.per_picture(
                            model, surface=surface, tier=tier
                        ).items()
                    }
                    for tier in sheet.tiers
                },
            }
            for surface, sheet in surfaces
        },
        "locations": {channel: builtins.list(names) for channel, names in places(model).items()},
        "references": model.references,
        "reference_px": model.reference_px,
        "references_by_role": dict(model.references_by_role),
        "temperature": model.temperature,
        "seed": model.seed,
        "thinking": builtins.list(model.thinking_levels),
        "thinking_default": model.thinking_default,
        "thinking_always": model.thinking_always,
        "thinking_tokens": _range(model.thinking_tokens),
        "search": builtins.list(model.grounding.searches),
        "usd_per_query": Money.rounded_up(model.grounding.usd_per_query).usd,
        "input_tokens": model.input_tokens,
        "output_tokens": model.output_tokens,
        "output_mime": model.output_mime,
        "checked": model.checked.isoformat(),
        "sources": builtins.list(model.sources),
    }


def _range(tokens: TokenRange) -> dict[str, int]:
    return {"low": tokens.low, "expected": tokens.expected, "high": tokens.high}


def _per_million(price: Prices) -> dict[str, str]:
    kinds = ("input_text", "input_image", "output_text", "output_image")
    return {kind: Money.rounded_up(getattr(price, kind) * 1_000_000).usd for kind in kinds}
