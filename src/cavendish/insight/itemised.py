"""Each paid attempt taken apart: what of it was picture, thinking, words, references and prompt,
and what the same picture costs at Google's realtime list price.

An attempt is priced again from the service's own count, at the prices of today. Only where that
comes to what was booked, to the last unit, are the parts its parts; else it is not itemised.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.catalog import presets
from cavendish.catalog.loader import find_channel, find_model
from cavendish.catalog.pricing import STANDARD, exact, per_picture
from cavendish.core.errors import CavendishError
from cavendish.core.model import ChannelFacts, Model, PriceSheet, channel_of
from cavendish.core.money import Money
from cavendish.core.result import Drawn, Usage
from cavendish.store.schema import attempts, keys

LIST = "gemini"
"""Whose price sheet is the list: Google's own, at the tier `standard`."""
PARTS = (
    "text in", "references", "picture", "thinking", "words", "grounding", "flat price",
    "not itemised", "no picture", "presumed",
)  # fmt: skip
BATCH = "batch"
STREAMED = 1_000
ANSWER = sa.func.coalesce(
    attempts.c.drawn,
    sa.case((sa.func.coalesce(keys.c.attempt, attempts.c.id) == attempts.c.id, keys.c.drawn)),
).label("drawn")
"""What an attempt brought: its key's answer, or one that had to make room."""


@dataclass(frozen=True, slots=True)
class Item:
    """One attempt that cost something. `parts` are nano-USD by name and sum up to `cost`. `listed`
    is None where it cannot be said; `reason` is why another price than the list's was paid."""

    realm: str
    cost: Money
    presumed: bool
    drawn: bool
    parts: Mapping[str, int]
    listed: Money | None
    reason: str


def items(
    connection: Connection, within: sa.ColumnElement[bool], known: Mapping[str, ChannelFacts]
) -> Iterator[Item]:
    """Every settled attempt that cost something, one after the other."""
    query = (
        sa.select(
            keys.c.realm, ANSWER, attempts.c.channel, attempts.c.model, attempts.c.asked,
            attempts.c.cost_nanos, attempts.c.outcome, attempts.c.billed,
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(attempts.c.state == "settled", attempts.c.cost_nanos != 0, within)
        .execution_options(yield_per=STREAMED)
    )  # fmt: skip
    for row in connection.execute(query):
        yield _item(row, known)


def _item(row: Any, known: Mapping[str, ChannelFacts]) -> Item:
    cost = Money(row.cost_nanos)
    drawn = Drawn.from_row(json.loads(row.drawn)) if row.drawn else None
    if row.outcome != "executed":
        return Item(
            row.realm, cost, row.billed == "presumed", False, {"presumed": cost.nanos}, None, ""
        )
    if drawn is None or (drawn.channel, drawn.cost) != (row.channel, cost):
        # It brought none, or the key's answer is another attempt's: nobody kept this count.
        return Item(
            row.realm, cost, row.billed == "presumed", False, {"no picture": cost.nanos}, None, ""
        )
    try:
        facts, model = find_channel(row.channel, known), find_model(row.model)
        sheet = presets.sheet(facts.priced(model), facts.surface)
        asked = json.loads(row.asked)
        tier, parts = _taken_apart(drawn, model, sheet, asked.get("tier", STANDARD))
        listed = _listed(drawn, facts, asked.get("size"))
    except CavendishError:  # the catalogue knows the model, its price or the channel no more
        return Item(
            row.realm, cost, row.billed == "presumed", True, {"not itemised": cost.nanos}, None, ""
        )
    reason = "" if facts.surface == LIST else channel_of(row.channel)
    if row.billed == "presumed":
        reason = "presumed spent"
    elif tier != STANDARD:
        reason = f"tier {tier}"
    elif "not itemised" in parts:
        reason = "not itemised"
    return Item(row.realm, cost, row.billed == "presumed", True, parts, listed, reason)


def _taken_apart(
    drawn: Drawn, model: Model, sheet: PriceSheet, asked_tier: str
) -> tuple[str, Mapping[str, int]]:
    """The tier at which the count comes to what was booked, and the parts at its prices."""
    if sheet.per_call is not None and not drawn.charged:
        return STANDARD, {"flat price": drawn.cost.nanos}
    if drawn.usage is not None:
        for tier in sorted(sheet.tiers, key=lambda tier: (tier != asked_tier, tier == BATCH)):
            usd = _usd(drawn.usage, model, sheet, tier, _queries(drawn))
            parts = _rounded(usd)
            if sum(parts.values()) == drawn.cost.nanos:
                return tier, parts
    return asked_tier, {"not itemised": drawn.cost.nanos}


def _usd(
    usage: Usage, model: Model, sheet: PriceSheet, tier: str, queries: int
) -> dict[str, Fraction]:
    rate = sheet.tiers[tier]
    return {
        "text in": usage.input_text * rate.input_text,
        "references": usage.input_image * rate.input_image,
        "picture": usage.output_image * rate.output_image,
        "thinking": usage.output_thinking * rate.output_text,
        "words": usage.output_text * rate.output_text,
        "grounding": queries * model.grounding.usd_per_query,
    }


def _rounded(usd: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole nano-USD that sum up to the bill, which is rounded up once."""
    parts, sum_usd, before = {}, Fraction(0), 0
    for name, part in usd.items():
        sum_usd += part
        after = math.ceil(sum_usd * 10**9)
        if after != before:
            parts[name] = after - before
        before = after
    return parts


def _listed(drawn: Drawn, facts: ChannelFacts, size: str | None) -> Money | None:
    """The list price: of Google's own count where Google counted, else of the picture alone, for
    what a relay counts is not what Google would have."""
    model = find_model(drawn.model)
    if facts.direct_google and drawn.usage is not None:
        return exact(drawn.usage, model, surface=LIST, queries=_queries(drawn))
    return per_picture(model, surface=LIST).get(size) if size else None


def _queries(drawn: Drawn) -> int:
    return sum("query" in source for source in drawn.sources)
