"""The dossier as a value: what is asked, what the ledger shows, what that comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from cavendish.catalog.increases import Desk, Enterprise
from cavendish.catalog.pricing import CostRange
from cavendish.catalog.tiers import Tier, TierList
from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.insight.dossier.ask import Ask
from cavendish.insight.dossier.checks import Check, checks
from cavendish.insight.dossier.history import History
from cavendish.insight.dossier.projection import Projection, project
from cavendish.insight.dossier.standing import Spell, Standing, spell, standings

ENOUGH_PICTURES = 30
"""Fewer say little of what a picture costs."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known without the ledger: the model, its price by the picture (`each`, and `batch` in
    a job, where there is that), who is asked, and the tiers. `image_tokens` are those of a picture
    of `size`, None where it is sold at a flat price."""

    surface: str
    channel: str
    model: Model
    size: str
    each: CostRange
    batch: Money | None
    image_tokens: int | None
    desk: Desk
    enterprise: Enterprise
    tiers: TierList | None
    version: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A request for higher limits. `files` are what was written, `blanks` is what is left to fill:
    the gap and how the command fills it."""

    ask: Ask
    facts: Facts
    today: date
    history: History
    projection: Projection | None
    checks: tuple[Check, ...]
    ten: Spell | None
    tiers: tuple[Standing, ...] | None
    warnings: tuple[str, ...] = ()
    blanks: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def rpm(self) -> Check:
        """Requests a minute."""
        return self.checks[0]

    @property
    def rpd(self) -> Check:
        """Requests a day."""
        return self.checks[1]

    @property
    def month(self) -> Check:
        """Pictures a month."""
        return self.checks[2]

    @property
    def tier(self) -> Tier | None:
        """The tier the project is said to be in."""
        return next((s.tier for s in self.tiers or () if s.tier.name == self.ask.tier), None)

    @property
    def needed(self) -> Tier | None:
        """The lowest tier whose money carries what is asked; None where none does or nobody
        knows."""
        return next((one.tier for one in self.tiers or () if one.short == ()), None)

    @property
    def each_seen(self) -> Money | None:
        """What a picture of this model really cost, all that brought none included."""
        mine = [one for one in self.history.months if one.model == self.facts.model.id]
        pictures = sum(one.pictures for one in mine)
        if pictures < ENOUGH_PICTURES:
            return None
        spent = Money.total(one.spent for one in mine)
        return Money.rounded_up(Fraction(spent.nanos, pictures * 10**9))

    def cost(self, pictures: float | Fraction) -> Money:
        """What so many pictures likely cost at the list price."""
        return Money.rounded_up(
            Fraction(pictures) * Fraction(self.facts.each.expected.nanos, 10**9)
        )

    @property
    def ten_minutes(self) -> Money | None:
        """What ten minutes at the wanted rate likely cost."""
        return None if self.rpm.wanted is None else self.cost(10 * self.rpm.wanted)

    @property
    def weighted_tokens(self) -> int | None:
        """What a picture weighs in Provisioned Throughput: its own tokens and the thinking
        expected; prompt and references come on top. None where the model is not sold so."""
        sold = self.facts.enterprise.throughput.get(self.facts.model.id)
        if sold is None or self.facts.image_tokens is None:
            return None
        thinking = self.facts.model.thinking_tokens.expected if self.facts.model.thinks else 0
        return self.facts.image_tokens * sold.output_image + thinking * sold.output_text

    @property
    def units(self) -> int | None:
        """Units (GSU) of Provisioned Throughput that the wanted rate takes, at least."""
        weight, rpm = self.weighted_tokens, self.rpm.wanted
        if weight is None or rpm is None:
            return None
        per_s = self.facts.enterprise.throughput[self.facts.model.id].per_s
        return math.ceil(Fraction(weight * rpm, 60 * per_s))

    def to_json(self) -> dict[str, Any]:
        """The facts of it; money as decimal strings in USD, what is not known null."""
        facts, seen, ten = self.facts, self.each_seen, self.ten_minutes
        wanted = self.month.wanted
        return {
            "date": self.today.isoformat(),
            "channel": facts.channel,
            "model": facts.model.id,
            "size": facts.size,
            "asked": self.ask.to_json(),
            "history": _history(self.history),
            "projection": None if self.projection is None else self.projection.to_json(),
            "checks": [one.to_json() for one in self.checks],
            "cost": {
                "usd_each": facts.each.expected.usd,
                "usd_each_seen": None if seen is None else seen.usd,
                "usd_each_batch": None if facts.batch is None else facts.batch.usd,
                "usd_month": None if wanted is None else self.cost(wanted).usd,
                "usd_10_min_at_the_limit": None if ten is None else ten.usd,
                "usd_10_min_projected": None if self.ten is None else self.ten.expected.usd,
            },
            "tiers": None if self.tiers is None else [one.to_json() for one in self.tiers],
            "submit": {
                "to": facts.desk.addressee,
                "form": facts.desk.form,
                "limits_page": facts.desk.limits_page,
                "review": facts.desk.review,
                "source": facts.desk.url,
                "checked": facts.desk.checked.isoformat(),
            },
            "enterprise": {
                "title": facts.enterprise.title,
                "units": self.units,
                "contact": facts.enterprise.contact,
                "order": facts.enterprise.order,
                "review": facts.enterprise.review,
                "source": facts.enterprise.url,
                "checked": facts.enterprise.checked.isoformat(),
            },
            "blanks": [{"what": what, "how": how} for what, how in self.blanks],
            "files": [str(path) for path in self.files],
            "warnings": list(self.warnings),
        }


def compose(ask: Ask, facts: Facts, history: History, today: date, *warnings: str) -> Dossier:
    """What is asked, held against the ledger. Pure."""
    growth = None if ask.growth is None else float(ask.growth)
    projection = project(history, growth=growth, needed_by=ask.needed_by, today=today)
    found = checks(
        ask, projection, minute=history.peak,
        day=max((day.requests for day in history.days), default=0),
        month=sum(day.pictures for day in history.days[-30:]),
    )  # fmt: skip
    ten = spell(history, projection)
    dossier = Dossier(ask, facts, today, history, projection, found, ten, None, warnings)
    if facts.tiers is None:
        return dossier
    wanted = dossier.month.wanted
    month = None if wanted is None else dossier.cost(wanted)
    tiers = standings(facts.tiers, ten, month, history.busiest_10_min)
    return replace(dossier, tiers=tiers)


def _history(history: History) -> dict[str, Any]:
    care = history.care
    return {
        "since": history.days[0].day.isoformat(),
        "until": history.days[-1].day.isoformat(),
        "first_request": None if history.first is None else history.first.isoformat(),
        "requests": history.requests,
        "pictures": history.pictures,
        "usd": history.spent.usd,
        "usd_total": history.total.usd,
        "busiest_minute": history.peak,
        "busiest_hour": history.busiest_hour,
        "busiest_10_min_usd": history.busiest_10_min.usd,
        "outcomes": dict(history.outcomes),
        "latency_s": None if history.latency_s is None else list(history.latency_s),
        "models": dict(history.models),
        "elsewhere": history.elsewhere,
        "retries": care.retries,
        "wait_after_429_s": care.wait_median_s,
        "held_back": care.held_back,
        "cache_hits": care.hits,
        "cache_saved_usd": care.hits_saved.usd,
        "batch_or_flex": care.deferred,
        "days": [
            {
                "day": day.day.isoformat(),
                "requests": day.requests,
                "pictures": day.pictures,
                "usd": day.spent.usd,
                "busiest_minute": day.peak,
                "rate_limited": day.limited,
            }
            for day in history.days
            if day.requests or day.spent
        ],
        "months": [
            {
                "month": one.month,
                "model": one.model,
                "requests": one.requests,
                "pictures": one.pictures,
                "usd": one.spent.usd,
            }
            for one in history.months
        ],
        "ledger_head": None if history.head is None else list(history.head),
    }
