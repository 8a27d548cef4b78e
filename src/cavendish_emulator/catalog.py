"""The model facts this emulator is handed: a directory of TOML files, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000
QUERIES_PER_PRICE = 1_000
SURFACES = ("gemini", "vertex", "vertex-regional")


@dataclass(frozen=True)
class Prices:
    """Exact nano-USD per token, by kind of token."""

    input_text: Fraction
    input_image: Fraction
    output_text: Fraction
    output_image: Fraction


@dataclass(frozen=True)
class Thinking:
    """How a model thinks; without levels it cannot be told, and without `on` it does not."""

    levels: tuple[str, ...]
    always: bool
    low: int
    expected: int

    @property
    def on(self) -> bool:
        """Whether the model thinks at all."""
        return self.always or bool(self.levels)


@dataclass(frozen=True)
class Model:
    """What the emulator needs to know about one model; prices are the surface's, by tier."""

    id: str
    surface: str
    name: str
    output_mime: str
    input_limit: int
    output_limit: int
    references: int
    parameters: dict[str, Any]
    thinking: Thinking
    searches: tuple[str, ...]
    query_price: Fraction
    reference_tokens: int
    picture_tokens: dict[str, int]
    prices: dict[str, Prices]
    pixels: dict[str, dict[str, tuple[int, int]]]

    @property
    def takes_sizes(self) -> bool:
        """Whether a request may name a size."""
        return bool(self.parameters.get("image_size", True))


def _price(text: str) -> Fraction:
    return Fraction(text) * NANO_PER_USD / TOKENS_PER_PRICE


def _prices(tier: dict[str, str]) -> Prices:
    kinds = ("input_text", "input_image", "output_text", "output_image")
    return Prices(*(_price(tier[kind]) for kind in kinds))


def _model(facts: dict[str, Any], surface: str) -> Model:
    tiers = {k: v for k, v in facts["prices"][surface].items() if k not in {"source", "batch"}}
    thinking, grounding = facts["thinking"], facts["grounding"]
    sizes = {k: v for k, v in facts["pixels"].items() if k != "source"}
    counted = facts["output_image"]
    query = Fraction(grounding.get("usd_per_1000_queries", "0"))
    return Model(
        id=facts["id"],
        surface=surface,
        name=facts["name"],
        output_mime=facts["output_mime"],
        input_limit=facts["limits"]["input_tokens"],
        output_limit=facts["limits"]["output_tokens"],
        references=facts["references"]["total"],
        parameters={k: v for k, v in facts["parameters"].items() if k != "source"},
        thinking=Thinking(
            levels=tuple(thinking["levels"]),
            always=bool(thinking.get("always", False)),
            low=thinking["tokens"]["low"],
            expected=thinking["tokens"]["expected"],
        ),
        searches=tuple(grounding["searches"]),
        query_price=query * NANO_PER_USD / QUERIES_PER_PRICE,
        reference_tokens=facts["input_image"]["tokens"]["expected"],
        picture_tokens=dict(counted.get(surface, counted)["tokens"]),
        prices={tier: _prices(table) for tier, table in tiers.items()},
        pixels={size: {r: (w, h) for r, (w, h) in t.items()} for size, t in sizes.items()},
    )


def read_catalog(directory: Path, surface: str = "gemini") -> dict[str, Model]:
    """Read every model fact file in `directory` that has prices for `surface`; by the model's id.

    Whoever sells a model sets its prices and counts: the Gemini API, Vertex AI, or its regions.
    """
    models: dict[str, Model] = {}
    for path in sorted(directory.glob("*.toml")):
        try:
            facts = tomllib.loads(path.read_text("utf-8"))
            if surface not in facts["prices"]:
                continue
            model = _model(facts, surface)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name} is not a model fact file: {error!r}") from error
        models[model.id] = model
    if not models and surface == SURFACES[0]:
        raise ValueError(f"no model fact files (*.toml) in {directory}")
    return models
