"""Reads the fact files. A fact file that is incomplete is a bug, so reading it fails loudly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from cavendish.catalog.limits import NAMES, limits_of
from cavendish.catalog.stated import COMPLIANCE, FEATURES, stated
from cavendish.core.errors import UnknownChannel, UnknownModel
from cavendish.core.guess import did_you_mean
from cavendish.core.limits import Limits
from cavendish.core.model import (
    ChannelFacts,
    FilesFacts,
    Grounding,
    Lifecycle,
    Locations,
    Model,
    Prices,
    PriceSheet,
    TokenRange,
)
from cavendish.core.money import Money

FACTS = Path(__file__).parent
MODEL_FACTS = FACTS / "models"
DEFAULT_MODEL = "gemini-3-pro-image"
DEFAULT_ASPECT_RATIO = "1:1"
LOCATION = re.compile(r"[a-z]{2,20}(-[a-z]{2,20}[0-9]{1,2})?", re.ASCII)
"""What a location's name looks like; it becomes part of a host's name."""


@cache
def models() -> Mapping[str, Model]:
    """Every model of the catalogue by id, the default first."""
    found = [_model(read_facts(path)) for path in sorted(MODEL_FACTS.glob("*.toml"))]
    found.sort(key=lambda model: (model.id != DEFAULT_MODEL, model.id))
    return {model.id: model for model in found}


@cache
def channels() -> Mapping[str, ChannelFacts]:
    """Every channel of the catalogue by name."""
    found = (channel_of(read_facts(path)) for path in sorted((FACTS / "channels").glob("*.toml")))
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
    hint = did_you_mean(name, names, cutoff=0.5)
    raise UnknownModel(
        f"model: {name!r} is not in the catalogue",
        next_step=f"{hint}known models: {', '.join(known)} (cavendish models list)",
    )


def find_channel(name: str, known: Mapping[str, ChannelFacts] | None = None) -> ChannelFacts:
    """The channel with this name, of the catalogue or of those that are `known`; with `@` and a
    location, the channel there.

    Raises: UnknownChannel, naming those there are.
    """
    known = channels() if known is None else known
    own, at, location = name.partition("@")
    channel = known.get(own)
    if channel is None or (at and channel.locations is None):
        raise UnknownChannel(
            f"channel: there is no channel {name!r}", next_step=f"use {' or '.join(known)}"
        )
    if at and not LOCATION.fullmatch(location):
        raise UnknownChannel(
            f"channel: {location!r} cannot be a location of {channel.title}",
            next_step=f"use {own} for the whole world, or a region such as {own}@us-central1",
        )
    return channel.at(location) if at else channel


def read_facts(path: Path) -> dict[str, Any]:
    """One fact file as plain data."""
    with path.open("rb") as file:
        return tomllib.load(file)


def prices(table: Mapping[str, str]) -> Prices:
    """Prices as a fact file gives them: decimal strings in USD per million tokens."""
    return Prices(**{kind: Fraction(said) / 1_000_000 for kind, said in table.items()})


def _model(facts: dict[str, Any]) -> Model:
    sections = [facts[name] for name in _SOURCED] + list(facts["prices"].values())
    parameters, thinking, references = facts["parameters"], facts["thinking"], facts["references"]
    temperature = parameters["temperature"]
    return Model(
        id=facts["id"],
        name=facts["name"],
        aliases=tuple(facts["aliases"]),
        lifecycle=_lifecycle(facts["lifecycle"]),
        output_mime=facts["output_mime"],
        input_tokens=facts["limits"]["input_tokens"],
        output_tokens=facts["limits"]["output_tokens"],
        references=references["total"],
        references_by_role={
            "object": references["object"],
            "character": references["character"],
            "style": references["style"],
        },
        reference_px=references["longest_px"],
        temperature=None if temperature is False else (temperature[0], temperature[1]),
        seed=parameters["seed"],
        takes_size=parameters["image_size"],
        thinking_levels=tuple(thinking["levels"]),
        thinking_default=thinking.get("default"),
        thinking_always=thinking["always"],
        thinking_tokens=TokenRange(**thinking["tokens"]),
        grounding=_grounding(facts["grounding"]),
        sheets={surface: _sheet(surface, facts) for surface in facts["prices"]},
        pixels={
            size: {ratio: (cell[0], cell[1]) for ratio, cell in cells.items()}
            for size, cells in facts["pixels"].items()
            if size != "source"
        },
        checked=min(_checked(section) for section in sections),
        sources=tuple(dict.fromkeys(section["source"]["url"] for section in sections)),
    )


_SOURCED = (
    "lifecycle", "limits", "references", "parameters", "thinking", "grounding", "input_image",
    "output_image", "pixels",
)  # fmt: skip


def _lifecycle(facts: dict[str, Any]) -> Lifecycle:
    return Lifecycle(
        facts["status"], facts["released"], facts.get("ends", {}), facts.get("successor")
    )


def _grounding(facts: dict[str, Any]) -> Grounding:
    if not facts["searches"]:
        return Grounding((), Fraction(0), TokenRange(0, 0, 0))
    per_query = Fraction(facts["usd_per_1000_queries"]) * Fraction(1, 1000)
    return Grounding(tuple(facts["searches"]), per_query, TokenRange(**facts["queries"]))


def _sheet(surface: str, facts: dict[str, Any]) -> PriceSheet:
    counted = facts["output_image"]
    return PriceSheet(
        image_tokens=counted.get(surface, counted)["tokens"],
        reference_tokens=TokenRange(**facts["input_image"]["tokens"]),
        tiers={
            tier: prices(table)
            for tier, table in facts["prices"][surface].items()
            if tier != "source"
        },
    )


def _checked(section: dict[str, Any]) -> date:
    checked = section["source"]["checked"]
    if not isinstance(checked, date):
        raise TypeError(f"checked must be a date, not {checked!r}")
    return checked


def channel_of(facts: Mapping[str, Any]) -> ChannelFacts:
    """A channel as a whole file describes it; one with prices a call is its own surface."""
    auth, names, prices = (facts.get(part, {}) for part in ("auth", "models", "prices"))
    sections = [facts, *(facts[part] for part in _CHANNEL_SECTIONS if part in facts)]
    sources = [section["source"] for section in sections if "source" in section]
    return ChannelFacts(
        name=facts["name"],
        title=facts["title"],
        dialect=facts["dialect"],
        surface=facts["name"]
        if prices.get("per_call")
        else prices.get("surface", facts.get("surface")),
        realm=facts["realm"],
        direct_google=facts["direct_google"],
        base_url=facts.get("base_url"),
        base_url_env=facts.get("base_url_env"),
        path=facts["path"],
        auth_header=auth.get("header"),
        key_env=tuple(auth.get("key_env", ())),
        request_bytes=facts["limits"]["request_bytes"],
        most_request_bytes=facts["limits"].get("most_request_bytes"),
        ids=names.get("ids", {}),
        accepts=tuple(names.get("accepts", ())),
        auth_scheme=auth.get("scheme"),
        per_call={model: Money.parse(usd) for model, usd in prices.get("per_call", {}).items()},
        vices=tuple(facts.get("vices", ())),
        checked=prices.get("source", facts.get("source", {})).get("checked"),
        sources=tuple(dict.fromkeys(one["url"] for one in sources if "url" in one)),
        locations=_locations(facts["locations"]) if "locations" in facts else None,
        look_path=facts.get("look_path"),
        tier_in_headers=facts.get("tier_in_headers", False),
        inline_bytes=facts["limits"].get("inline_bytes"),
        files=_files(facts["files"]) if "files" in facts else None,
        **_request(facts.get("request", {})),
        features=stated(facts.get("features", {}), FEATURES),
        compliance=stated(facts.get("compliance", {}), COMPLIANCE),
        limits=limits_of(
            {name: fact for name, fact in facts["limits"].items() if name in NAMES},
            Limits(),
            f"{facts['name']}: limits",
        ),
    )


def _request(facts: Mapping[str, Any]) -> dict[str, Any]:
    """How a request is said there. The pair of generations and edits knows no seed."""
    drops = frozenset(facts.get("drops", ())) | ({"seed"} if "edits_path" in facts else set())
    return {"drops": drops, **{name: facts[name] for name in _SAID if name in facts}}


def _files(facts: Mapping[str, Any]) -> FilesFacts:
    return FilesFacts(**{name: fact for name, fact in facts.items() if name != "source"})


def _locations(facts: Mapping[str, Any]) -> Locations:
    return Locations(
        regional_url=facts["regional_url"],
        several_url=facts["several_url"],
        several=tuple(facts["several"]),
        regional_surface=facts["regional_surface"],
        keyed_path=facts["keyed_path"],
        regions={
            model: tuple(names)
            for model, names in facts.get("regions", {}).items()
            if model != "source"
        },
    )


_CHANNEL_SECTIONS = ("auth", "prices", "models", "limits", "request", "files")
_SAID = ("edits_path", "pixels", "places", "extra")
