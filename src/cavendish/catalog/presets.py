"""Named price lists: what is charged today, and dated lists kept for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cavendish.catalog.loader import FACTS, prices, read_facts
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.model import Model, PriceSheet, TokenRange

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


def sheet(model: Model, surface: str, preset: str = TODAY) -> PriceSheet:
    """The price sheet of a model on a surface, today or in a dated list.

    Raises: InvalidRequest for an unknown list, UnknownPrice where it has none.
    """
    if preset == TODAY:
        sheets: Mapping[str, PriceSheet] = model.sheets
        name = surface
    elif preset in presets():
        sheets, name = presets()[preset], model.id
    else:
        raise InvalidRequest("prices", f"there is no list {preset!r}", accepts=(TODAY, *presets()))
    if name not in sheets:
        raise UnknownPrice(
            f"{preset} has no price for {model.id} on {surface}",
            next_step=f"use {' or '.join(sheets)}",
        )
    return sheets[name]
