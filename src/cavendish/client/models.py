"""The catalogue as users see it."""

from __future__ import annotations

import builtins
from typing import Any

from cavendish.catalog import loader, pricing
from cavendish.core.model import Model

SURFACE = "gemini"
"""Whose prices are shown where no channel is named."""


class Models:
    """`client.models`."""

    def list(self) -> tuple[Model, ...]:
        """Every model, the default first."""
        return tuple(loader.models().values())

    def show(self, name: str) -> Model:
        """The model with this id or alias. Raises: UnknownModel."""
        return loader.find_model(name)


def to_json(model: Model) -> dict[str, Any]:
    """A model's facts as plain data: pixels, prices per picture, limits, sources."""
    return {
        "id": model.id,
        "name": model.name,
        "aliases": builtins.list(model.aliases),
        "status": model.lifecycle.status,
        "released": model.lifecycle.released.isoformat(),
        "ends": {surface: day.isoformat() for surface, day in model.lifecycle.ends.items()},
        "successor": model.lifecycle.successor,
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
            for surface, sheet in model.sheets.items()
        },
        "references": model.references,
        "references_by_role": dict(model.references_by_role),
        "temperature": model.temperature,
        "seed": model.seed,
        "thinking": builtins.list(model.thinking_levels),
        "thinking_default": model.thinking_default,
        "thinking_always": model.thinking_always,
        "search": builtins.list(model.grounding.searches),
        "input_tokens": model.input_tokens,
        "output_tokens": model.output_tokens,
        "output_mime": model.output_mime,
        "checked": model.checked.isoformat(),
        "sources": builtins.list(model.sources),
    }
