"""What a month of pictures costs, line by line, at several price lists side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from cavendish.catalog import presets
from cavendish.catalog.pricing import STANDARD
from cavendish.catalog.tiers import batch_limits
from cavendish.core.errors import UnknownPrice
from cavendish.core.model import ChannelFacts, TokenRange
from cavendish.core.money import Money
from cavendish.insight.month import Column, Demand, Rates, Usd, column, rounded
from cavendish.insight.ways import BATCH


@dataclass(frozen=True, slots=True)
class Plan:
    """The month at every list of prices asked for; the first is the one that was meant."""

    demand: Demand
    prices: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...]

    @property
    def month(self) -> Money:
        """What the month will likely cost at the prices asked for."""
        return self.columns[0].month.expected

    @property
    def year(self) -> Money:
        """What the year will likely cost at the prices asked for."""
        return self.columns[0].year.expected

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "workload": self.demand.to_json(),
            "prices": self.prices,
            "usd_month": self.month.usd,
            "usd_year": self.year.usd,
            "columns": [one.to_json() for one in self.columns],
            "notes": list(self.notes),
        }


def plan(
    demand: Demand,
    channel: ChannelFacts,
    *,
    prices: str = presets.TODAY,
    rates: Mapping[str, Money] | None = None,
    notices: Sequence[str] = (),
) -> Plan:
    """The month at `channel`'s prices of today, before them at the dated list `prices`, and at
    every flat rate per call of `rates`, by channel. Pure.

    Raises: InvalidRequest for a list nobody knows, UnknownPrice where the model is not sold.
    """
    columns: list[Column] = []
    if prices != presets.TODAY:
        columns.append(_dated(demand, prices))
    columns.append(_today(demand, channel))
    for name, usd in (rates or {}).items():
        rate = Rates(Fraction(usd.nanos, 10**9))
        columns.append(column(demand, name, "third party", {STANDARD: rate}, flat=True))
    notes = (*notices, *_notes(demand, channel, prices, columns))
    return Plan(demand, prices, tuple(columns), notes)


def _dated(demand: Demand, preset: str) -> Column:
    """The formula of a dated list: no thinking, and one amount, for it knows no ranges."""
    said = presets.formula(demand.model, preset)
    if demand.size not in said.picture:
        raise UnknownPrice(
            f"{preset} has no price for {demand.size}", next_step=f"use {', '.join(said.picture)}"
        )
    tiers = {
        tier: Rates(
            share * said.picture[demand.size],
            share * said.input_token,
            (share * said.reference,) * 3,
        )
        for tier, share in ((STANDARD, Fraction(1)), (BATCH, said.batch_share))
    }
    return replace(
        column(demand, preset, "dated", tiers), checked=said.checked, sources=(said.url,)
    )


def _today(demand: Demand, channel: ChannelFacts) -> Column:
    model = channel.priced(demand.model)
    sheet, kind = presets.sheet(model, channel.surface), "direct"
    if not channel.direct_google:
        kind = "third party" if channel.third_party else "drafts"
    if sheet.per_call is not None:
        flat = {STANDARD: Rates(Fraction(sheet.per_call.nanos, 10**9))}
        found = column(demand, channel.name, kind, flat, flat=True)
        return replace(found, checked=channel.checked, sources=channel.sources)
    batch = channel.features.get("batch")
    tiers = {}
    for tier in (STANDARD, BATCH):
        if tier in sheet.tiers and (tier == STANDARD or (batch and batch.says)):
            of = sheet.tiers[tier]
            tiers[tier] = Rates(
                sheet.image_tokens[demand.size] * of.output_image,
                of.input_text,
                _range(sheet.reference_tokens, of.input_image),
                _range(model.thinking_tokens, of.output_text),
            )
    found = column(demand, channel.name, kind, tiers)
    return replace(found, checked=model.checked, sources=model.sources)


def _notes(
    demand: Demand, channel: ChannelFacts, prices: str, columns: Sequence[Column]
) -> Iterator[str]:
    if not demand.input_tokens:
        yield "prompts are not counted: say --input-tokens (500 words are about 700)"
    at_once = [one.name for one in columns if one.realtime_only]
    if at_once and demand.batch:
        yield f"no batch jobs for this from {' and '.join(at_once)}: all is bought at once there"
    if flat := [one.name for one in columns if one.flat]:
        yield f"a flat price is for a call, whatever its size and references: {', '.join(flat)}"
    if prices != presets.TODAY and demand.model.thinks:
        yield f"the {prices} knows no thinking; today it is on the bill"
    if demand.batch and any(not one.realtime_only for one in columns):
        yield from _in_time(demand, channel, columns)


def _in_time(demand: Demand, channel: ChannelFacts, columns: Sequence[Column]) -> Iterator[str]:
    """What a deadline means for batch jobs, which are likely done in time and never certainly."""
    limits = batch_limits()["gemini" if channel.locations is None else "vertex"]
    deadline_s = demand.deadline_s
    if deadline_s is None or deadline_s >= 3600 * limits.ends_hours:
        yield f"batch: {limits.late}, so what is missing is asked for again"
        return
    today = next(one for one in columns if one.kind != "dated")
    dearest = rounded(today.realtime_usd).expected
    yield (
        f"batch within {deadline_s / 3600:g} h is likely and not certain: {limits.late}; "
        f"all at once costs {dearest} at {today.name}'s prices"
    )


def _range(tokens: TokenRange, usd_each: Fraction) -> Usd:
    return tokens.low * usd_each, tokens.expected * usd_each, tokens.high * usd_each
