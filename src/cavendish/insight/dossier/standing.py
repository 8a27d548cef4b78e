"""Usage tiers against the money the request takes: in its dearest ten minutes and in a month."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cavendish.catalog.tiers import Tier, TierList
from cavendish.core.money import Money
from cavendish.insight.dossier.history import History
from cavendish.insight.dossier.projection import Projection


@dataclass(frozen=True, slots=True)
class Spell:
    """Money of the dearest ten minutes: so far, and as projected with the volume."""

    seen: Money
    low: Money
    expected: Money
    high: Money


@dataclass(frozen=True, slots=True)
class Standing:
    """One tier. `short` names what is too little in it, None where nothing can be said; `used` is
    the dearest ten minutes so far as a share of its limit."""

    tier: Tier
    short: tuple[str, ...] | None
    used: Fraction | None

    def to_json(self) -> dict[str, Any]:
        """Money as decimal strings in USD."""
        tier = self.tier
        return {
            "tier": tier.name,
            "usd_per_10_min": None if tier.per_10_min is None else tier.per_10_min.usd,
            "usd_per_month": None if tier.per_month is None else tier.per_month.usd,
            "used_of_10_min": None if self.used is None else round(float(self.used), 4),
            "short_of": None if self.short is None else list(self.short),
            "step": tier.step,
        }


def spell(history: History, projection: Projection | None) -> Spell | None:
    """The dearest ten minutes; they grow with the volume, as the busiest minute does."""
    if projection is None:
        return None
    part = 1 / Fraction(projection.mean_day)
    each = Fraction(history.busiest_10_min.nanos, 10**9) * part
    low, expected, high = (
        Money.rounded_up(each * day)
        for day in (projection.day.low, projection.day.expected, projection.day.high)
    )
    return Spell(history.busiest_10_min, low, expected, high)


def standings(
    facts: TierList, ten: Spell | None, month: Money | None, seen: Money
) -> tuple[Standing, ...]:
    """Every tier that draws pictures; `month` is what the pictures of a month likely cost."""
    return tuple(
        Standing(
            tier,
            None if ten is None and month is None else tuple(_short(tier, ten, month)),
            Fraction(seen.nanos, tier.per_10_min.nanos) if tier.per_10_min else None,
        )
        for tier in facts.tiers
        if tier.images
    )


def _short(tier: Tier, ten: Spell | None, month: Money | None) -> list[str]:
    found = []
    if ten is not None and tier.per_10_min is not None and ten.high > tier.per_10_min:
        found.append("money in 10 minutes")
    if month is not None and tier.per_month is not None and month > tier.per_month:
        found.append("money a month" + (", if its cap is the least" * tier.month_may_be_more))
    return found
