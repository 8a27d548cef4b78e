"""The models as ListModels and GetModel show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cavendish_emulator.catalog import Model
from cavendish_emulator.google.errors import invalid

_PAGE, _LARGEST_PAGE = 50, 1000
_METHODS = ("generateContent", "countTokens")


def model_body(model: Model) -> dict[str, Any]:
    """One model object."""
    body: dict[str, Any] = {
        "name": f"models/{model.id}",
        "version": "emulated",
        "displayName": model.name,
        "description": "Drawn by the Cavendish emulator, not by a model.",
        "inputTokenLimit": model.input_limit,
        "outputTokenLimit": model.output_limit,
        "supportedGenerationMethods": list(_METHODS),
    }
    bounds = model.parameters.get("temperature")
    if isinstance(bounds, list):
        body |= {"temperature": 1, "topP": 0.95, "topK": 64, "maxTemperature": bounds[1]}
    if model.thinking.on:
        body["thinking"] = True
    return body


def models_page(models: Mapping[str, Model], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of ListModels; `query` may hold pageSize and pageToken."""
    return page("models", [model_body(model) for model in models.values()], query)


def page(name: str, every: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of a list that the service calls `name`. Raises: GoogleError."""
    try:
        size = int(query.get("pageSize") or _PAGE)
        start = int(query.get("pageToken") or 0)
    except ValueError:
        raise invalid("Invalid value for pageSize or pageToken.") from None
    if size < 0 or start < 0:
        raise invalid("Invalid value for pageSize or pageToken.")
    end = start + min(size or _PAGE, _LARGEST_PAGE)
    body: dict[str, Any] = {name: every[start:end]}
    if end < len(every):
        body["nextPageToken"] = str(end)
    return body
