"""The catalogue as users see it."""

from __future__ import annotations

import builtins
from typing import Any

from cavendish.catalog import loader, pricing
from cavendish.core.model import Model


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
        "status": model.status,
        "released": model.released.isoformat(),
        "default_size": model.default_size,
        "sizes": builtins.list(model.sizes),
        "aspect_ratios": builtins.list(model.aspect_ratios),
        "pixels": {
            size: {ratio: f"{width}x{height}" for ratio, (width, height) in cells.items()}
            for size, cells in model.pixels.items()
        },
        "usd_per_picture": {size: cost.usd for size, cost in pricing.per_picture(model).items()},
        "references": model.references,
        "temperature": model.temperature,
        "seed": model.seed,
        "thinking": builtins.list(model.thinking_levels),
        "checked": model.checked.isoformat(),
        "sources": builtins.list(model.sources),
    }
