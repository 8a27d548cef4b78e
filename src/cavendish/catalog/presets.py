"""Named price lists: what is charged today, and dated lists kept for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

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
