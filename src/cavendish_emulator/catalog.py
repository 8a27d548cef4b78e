"""The model facts this emulator is handed: a directory of TOML files, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

NANO_PER_USD = 1_000_000_000
TOKENS_PER_PRICE = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Exact nano-USD per token, by kind of token."""

    input_text: Fraction
    input_image: Fraction
    output_text: Fraction
    output_image: Fraction


@dataclass(frozen=True)
class Model:
    """What the emulator needs to know about one model."""

    id: str
    name: str
    output_mime: str
    input_limit: int
    output_limit: int
    references: int
    parameters: dict[str, Any]
    levels: tuple[str, ...]
    thoughts_low: int
    thoughts_expected: int
    reference_tokens: int
    picture_tokens: dict[str, int]
    prices: Prices
    pixels: dict[str, dict[str, tuple[int, int]]]

    @property
    def ratios(self) -> tuple[str, ...]:
        """Every aspect ratio the model can draw, in the order of the facts."""
        return tuple(dict.fromkeys(r for table in self.pixels.values() for r in table))


def _price(text: str) -> Fraction:
    return Fraction(text) * NANO_PER_USD / TOKENS_PER_PRICE


def _model(facts: dict[str, Any]) -> Model:
    prices = facts["prices"]["gemini"]["standard"]
    thinking = facts["thinking"]
    sizes = {k: v for k, v in facts["pixels"].items() if k != "source"}
    return Model(
        id=facts["id"],
        name=facts["name"],
        output_mime=facts["output_mime"],
        input_limit=facts["limits"]["input_tokens"],
        output_limit=facts["limits"]["output_tokens"],
        references=facts["references"]["total"],
        parameters={k: v for k, v in facts["parameters"].items() if k != "source"},
        levels=tuple(thinking["levels"]),
        thoughts_low=thinking["tokens"]["low"],
        thoughts_expected=thinking["tokens"]["expected"],
        reference_tokens=facts["input_image"]["tokens"]["expected"],
        picture_tokens=dict(facts["output_image"]["tokens"]),
        prices=Prices(
            *(
                _price(prices[kind])
                for kind in ("input_text", "input_image", "output_text", "output_image")
            )
        ),
        pixels={size: {r: (w, h) for r, (w, h) in t.items()} for size, t in sizes.items()},
    )


def read_catalog(directory: Path) -> dict[str, Model]:
    """Read every model fact file in `directory`; the key is the model's id."""
    models: dict[str, Model] = {}
    for path in sorted(directory.glob("*.toml")):
        try:
            model = _model(tomllib.loads(path.read_text("utf-8")))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name} is not a model fact file: {error!r}") from error
        models[model.id] = model
    if not models:
        raise ValueError(f"no model fact files (*.toml) in {directory}")
    return models
