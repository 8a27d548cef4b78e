"""Named price lists: what is charged today, and dated lists kept for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from cavendish.catalog.loader import FACTS, prices, read_facts
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.model import Model, PriceSheet, TokenRange
from cavendish.core.money import Money

TODAY = "today"


@cache
def presets() -> Mapping[str, Mapping[str, PriceSheet]]:
    """Every dated list by name: price sheets by model id."""
    found = {}
    for path in sorted((FACTS / "presets").glob("*.toml")):
        facts = read_facts(path)
        found[facts["name"]] = {
            model: PriceSheet(
                image_tokens=said["tokens"],
                reference_tokens=TokenRange(*[said["reference_tokens"]] * 3),
                tiers={tier: prices(said[tier]) for tier in ("standard", "batch")},
            )
            for model, said in facts["models"].items()
        }
    return found


@cache
def flat_prices() -> Mapping[str, Money]:
    """By dated list: what it says that a call of a third party costs, whatever the model."""
    lists = (read_facts(path) for path in sorted((FACTS / "presets").glob("*.toml")))
    return {
        facts["name"]: Money.parse(facts["calls"]["third-party"]["usd_per_call"]) for facts in lists
    }


@dataclass(frozen=True, slots=True)
class Formula:
    """What a dated list reckons a month with, in USD: rounded as it was printed, so its sums are
    not those of its token prices. `picture` is by size, `batch_share` what a job pays of it all."""

    picture: Mapping[str, Fraction]
    reference: Fraction
    input_token: Fraction
    batch_share: Fraction
    url: str
    checked: date


@cache
def formulas() -> Mapping[str, Mapping[str, Formula]]:
    """By dated list and model id the formula of those that have one."""
    found = {}
    for path in sorted((FACTS / "presets").glob("*.toml")):
        facts = read_facts(path)
        with_one = {name: one for name, one in facts["models"].items() if "formula" in one}
        found[facts["name"]] = {name: _formula(one["formula"]) for name, one in with_one.items()}
    return found


def formula(model: Model, preset: str) -> Formula:
    """The formula of a dated list for a model.

    Raises: InvalidRequest for an unknown list, UnknownPrice where it has none.
    """
    if preset not in formulas():
        raise InvalidRequest("prices", f"there is no list {preset!r}", accepts=(TODAY, *formulas()))
    if model.id not in formulas()[preset]:
        raise UnknownPrice(
            f"{preset} has no price for {model.id}",
            next_step=f"use {' or '.join(formulas()[preset])}",
        )
    return formulas()[preset][model.id]


def _formula(said: Mapping[str, Any]) -> Formula:
    return Formula(
        picture={size: Fraction(usd) for size, usd in said["picture"].items()},
        reference=Fraction(said["reference"]),
        input_token=Fraction(said["input_text"]) * Fraction(1, 1_000_000),
        batch_share=Fraction(said["batch_share"]),
        url=said["source"]["url"],
        checked=said["source"]["checked"],
    )


def sheet(model: Model, surface: str, preset: str = TODAY) -> PriceSheet:
    """The price sheet of a model on a surface, today or in a dated list.

    Raises: InvalidRequest for an unknown list, UnknownPrice where it has none.
    """
    own = model.sheets.get(surface)
    if preset == TODAY:
        if own is None:
            raise UnknownPrice(
                f"no price is known for {model.id} on {surface}, so it is not bought there",
                next_step="use another model or channel (cavendish channels list)",
            )
        return own
    if preset not in presets():
        raise InvalidRequest("prices", f"there is no list {preset!r}", accepts=(TODAY, *presets()))
    if own is not None and own.per_call is not None:
        return PriceSheet.flat(flat_prices()[preset])
    dated = presets()[preset]
    if model.id not in dated:
        raise UnknownPrice(
            f"{preset} has no price for {model.id} on {surface}",
            next_step=f"use {' or '.join(dated)}",
        )
    return dated[model.id]
