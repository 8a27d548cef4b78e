"""Reads the fact files. A fact file that is incomplete is a bug, so reading it fails loudly."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from cavendish.core.errors import UnknownChannel, UnknownModel
from cavendish.core.model import ChannelFacts, Model, Prices, TokenRange

FACTS = Path(__file__).parent
MODEL_FACTS = FACTS / "models"
DEFAULT_MODEL = "gemini-3-pro-image"
DEFAULT_ASPECT_RATIO = "1:1"


@cache
def models() -> Mapping[str, Model]:
    """Every model of the catalogue by id, the default first."""
    found = [_model(_read(path)) for path in sorted(MODEL_FACTS.glob("*.toml"))]
    found.sort(key=lambda model: (model.id != DEFAULT_MODEL, model.id))
    return {model.id: model for model in found}


@cache
def channels() -> Mapping[str, ChannelFacts]:
    """Every channel of the catalogue by name."""
    found = (_channel(_read(path)) for path in sorted((FACTS / "channels").glob("*.toml")))
    return {channel.name: channel for channel in found}


def find_model(name: str) -> Model:
    """The model with this id or alias.

    Raises: UnknownModel, naming the nearest one.
    """
    known = models()
    for model in known.values():
        if name == model.id or name in model.aliases:
            return model
    names = [*known, *(alias for model in known.values() for alias in model.aliases)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UnknownModel(
        f"model: {name!r} is not in the catalogue",
        next_step=f"{hint}known models: {', '.join(known)} (cavendish models list)",
    )


def find_channel(name: str) -> ChannelFacts:
    """The channel with this name.

    Raises: UnknownChannel, naming those there are.
    """
    try:
        return channels()[name]
    except KeyError:
        raise UnknownChannel(
            f"channel: there is no channel {name!r}", next_step=f"use {' or '.join(channels())}"
        ) from None


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _model(facts: dict[str, Any]) -> Model:
    sections = [facts[name] for name in _SOURCED] + list(facts["prices"].values())
    temperature = facts["parameters"]["temperature"]
    return Model(
        id=facts["id"],
        name=facts["name"],
        aliases=tuple(facts["aliases"]),
        status=facts["lifecycle"]["status"],
        released=facts["lifecycle"]["released"],
        output_mime=facts["output_mime"],
        input_tokens=facts["limits"]["input_tokens"],
        output_tokens=facts["limits"]["output_tokens"],
        references=facts["limits"]["references"],
        temperature=None if temperature is False else (temperature[0], temperature[1]),
        seed=facts["parameters"]["seed"],
        thinking_levels=tuple(facts["thinking"]["levels"]),
        thinking_tokens=TokenRange(**facts["thinking"]["tokens"]),
        reference_tokens=TokenRange(**facts["input_image"]["tokens"]),
        image_tokens=facts["output_image"]["tokens"],
        prices={tier: _prices(table) for tier, table in facts["prices"].items()},
        pixels={
            size: {ratio: (cell[0], cell[1]) for ratio, cell in cells.items()}
            for size, cells in facts["pixels"].items()
            if size != "source"
        },
        checked=min(_checked(section) for section in sections),
        sources=tuple(dict.fromkeys(section["source"]["url"] for section in sections)),
    )


_SOURCED = (
    "lifecycle", "limits", "parameters", "thinking", "input_image", "output_image", "pixels",
)  # fmt: skip


def _checked(section: dict[str, Any]) -> date:
    checked = section["source"]["checked"]
    if not isinstance(checked, date):
        raise TypeError(f"checked must be a date, not {checked!r}")
    return checked


def _prices(table: dict[str, Any]) -> Prices:
    def per_token(name: str) -> Fraction:
        return Fraction(table[name]) / 1_000_000

    return Prices(
        input_text=per_token("input_text"),
        input_image=per_token("input_image"),
        output_text=per_token("output_text"),
        output_image=per_token("output_image"),
    )


def _channel(facts: dict[str, Any]) -> ChannelFacts:
    auth = facts.get("auth", {})
    return ChannelFacts(
        name=facts["name"],
        title=facts["title"],
        dialect=facts["dialect"],
        realm=facts["realm"],
        direct_google=facts["direct_google"],
        base_url=facts.get("base_url"),
        base_url_env=facts.get("base_url_env"),
        path=facts["path"],
        auth_header=auth.get("header"),
        key_env=tuple(auth.get("key_env", ())),
        request_bytes=facts["limits"]["request_bytes"],
    )
