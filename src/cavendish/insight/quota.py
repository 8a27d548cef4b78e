"""Which quota tier a workload needs: by today's limits on money and by the dated lists beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cavendish.catalog.pricing import CostRange
from cavendish.catalog.tiers import BatchLimits, Tier, TierList
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.insight.use import Use

MOST = 1_000_000_000
MONTH_DAYS = 30
LONGEST_MONTH_DAYS = 31
MINUTES_A_DAY = 1_440
TENS_A_DAY = 144
"""How many times ten minutes a day has."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is wanted: requests a minute and a day at the most, pictures a month. None is not said;
    one request is one picture."""

    rpm: int | None = None
    rpd: int | None = None
    images_per_month: int | None = None

    def __post_init__(self) -> None:
        """Raises: InvalidRequest naming the field that cannot be."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and (type(value) is not int or not 1 <= value <= MOST):
                raise InvalidRequest(name, f"{value!r} is out of range", accepts=f"1..{MOST:,}")
        if self.rpm is not None and self.rpd is not None and self.rpm > self.rpd:
            raise InvalidRequest(
                "rpd", "is less than one minute has", accepts=f"{self.rpm} or more"
            )
        a_day = self.least_a_day or 0
        if self.rpm is not None and a_day > MINUTES_A_DAY * self.rpm:
            least = -(-a_day // MINUTES_A_DAY)
            raise InvalidRequest(
                "rpm", f"is too few for {a_day:,} a day", accepts=f"{least} or more"
            )
        if self.rpd is not None and (self.images_per_month or 0) > LONGEST_MONTH_DAYS * self.rpd:
            least = -(-(self.images_per_month or 0) // LONGEST_MONTH_DAYS)
            why = f"is too few for {self.images_per_month:,} a month"
            raise InvalidRequest("rpd", why, accepts=f"{least:,} or more")

    @property
    def said(self) -> bool:
        """Whether anything is wanted."""
        return (self.rpm, self.rpd, self.images_per_month) != (None, None, None)

    @property
    def least_a_day(self) -> int | None:
        """Requests on a day, where a month's pictures come evenly."""
        a_day = -(-(self.images_per_month or 0) // MONTH_DAYS)
        return max(self.rpd or 0, a_day) or None

    @property
    def pictures_10_min(self) -> Fraction:
        """Pictures in ten minutes: as many as the minutes take, never more than a day has."""
        a_day = self.least_a_day
        evenly = Fraction(a_day or 0, TENS_A_DAY)
        if self.rpm is None:
            return evenly
        at_most = Fraction(10 * self.rpm)
        return at_most if a_day is None else max(evenly, min(at_most, Fraction(a_day)))

    @property
    def pictures_a_month(self) -> int:
        """Pictures in a month: as said, else the day's on every day."""
        return self.images_per_month or MONTH_DAYS * (self.rpd or 0)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Standing:
    """A tier against what is wanted and what is used. `short` names what is too little in it, None
    where nothing is wanted; `used` is the largest share of a limit used now or at the busiest."""

    tier: Tier
    pictures_10_min: int | None
    short: tuple[str, ...] | None
    used: Fraction | None

    @property
    def enough(self) -> bool | None:
        """Whether the tier carries it; None where nothing is wanted."""
        return None if self.short is None else not self.short

    def to_json(self) -> dict[str, Any]:
        """Money as decimal strings in USD; what is not published is null."""
        tier = self.tier
        paid = None if tier.paid is None else {"usd": tier.paid.usd, "days": tier.paid_days}
        return {
            "tier": tier.name,
            "draws_images": tier.images,
            "rpm": tier.rpm,
            "rpd": tier.rpd,
            "usd_per_10_min": None if tier.per_10_min is None else tier.per_10_min.usd,
            "usd_per_month": None if tier.per_month is None else tier.per_month.usd,
            "month_may_be_more": tier.month_may_be_more,
            "pictures_10_min": self.pictures_10_min,
            "requires_paid": paid,
            "step": tier.step,
            "enough": self.enough,
            "short_of": None if self.short is None else list(self.short),
            "used": None if self.used is None else round(float(self.used), 4),
        }


@dataclass(frozen=True, slots=True)
class Ladder:
    """One list of tiers against what is wanted."""

    facts: TierList
    standings: tuple[Standing, ...]

    @property
    def needed(self) -> Tier | None:
        """The lowest tier that carries it; None where none does or nothing is wanted."""
        return next((one.tier for one in self.standings if one.enough), None)

    def unpublished(self, need: Need) -> tuple[str, ...]:
        """What is wanted a minute or a day that no tier of this list has a number for."""
        wanted = (("requests a minute", "rpm"), ("requests a day", "rpd"))
        tiers = [one.tier for one in self.standings]
        return tuple(
            words
            for words, name in wanted
            if getattr(need, name) is not None and all(getattr(t, name) is None for t in tiers)
        )

    @property
    def step(self) -> str | None:
        """How one gets what is wanted; None where nothing is."""
        if all(one.enough is None for one in self.standings):
            return None
        if self.needed is not None:
            return self.needed.step
        last = self.standings[-1]
        short = " and ".join(last.short or ())
        return (
            f"tier {last.tier.name}, the highest, has too little {short}: spread it, send it as "
            "batch jobs, which have limits of their own, or ask Google for more"
        )

    def to_json(self, need: Need) -> dict[str, Any]:
        """Plain data; `unpublished` is what is wanted and could not be compared."""
        facts, needed = self.facts, self.needed
        return {
            "list": facts.name,
            "title": facts.title,
            "note": facts.note,
            "source": facts.url,
            "checked": facts.checked.isoformat(),
            "needed": None if needed is None else needed.name,
            "step": self.step,
            "unpublished": list(self.unpublished(need)),
            "tiers": [one.to_json() for one in self.standings],
        }


@dataclass(frozen=True, slots=True)
class Tiers:
    """Every list of tiers, what is wanted and used, and what jobs may queue. `each` is what one
    picture of `size` likely costs, and at most."""

    need: Need
    model: Model
    size: str
    each: CostRange
    use: Use | None
    ladders: tuple[Ladder, ...]
    batch: BatchLimits
    warnings: tuple[str, ...] = ()

    @property
    def usd_10_min(self) -> Money:
        """What the pictures wanted in ten minutes likely cost."""
        return _cost(self.need.pictures_10_min, self.each)

    @property
    def usd_month(self) -> Money:
        """What the pictures wanted in a month likely cost."""
        return _cost(Fraction(self.need.pictures_a_month), self.each)

    @property
    def queued_tokens(self) -> Mapping[str, int] | None:
        """How many tokens of this model may wait in jobs, by tier; None: not published."""
        return self.batch.queued_tokens.get(self.model.id)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        batch, said, queued = self.batch, self.need.said, self.queued_tokens
        return {
            "need": {
                **self.need.to_json(),
                "usd_10_min": self.usd_10_min.usd if said else None,
                "usd_month": self.usd_month.usd if said else None,
            },
            "model": self.model.id,
            "size": self.size,
            "usd_each": self.each.expected.usd,
            "use": None if self.use is None else self.use.to_json(),
            "lists": [ladder.to_json(self.need) for ladder in self.ladders],
            "batch": {
                "jobs": batch.jobs,
                "file_bytes": batch.file_bytes,
                "ends_hours": batch.ends_hours,
                "late": batch.late,
                "queued_tokens": None if queued is None else dict(queued),
                "source": batch.url,
                "checked": batch.checked.isoformat(),
            },
            "warnings": list(self.warnings),
        }


def ladder(facts: TierList, need: Need, each: CostRange, use: Use | None) -> Ladder:
    """Each tier of a list against what is wanted and used. Pure."""
    return Ladder(facts, tuple(_standing(tier, need, each, use) for tier in facts.tiers))


def _standing(tier: Tier, need: Need, each: CostRange, use: Use | None) -> Standing:
    most = None
    if tier.per_10_min is not None and each.expected:
        most = tier.per_10_min.nanos // each.expected.nanos
    short = tuple(_short(tier, need, each)) if need.said else None
    return Standing(tier, most, short, None if use is None else _used(tier, use))


def _short(tier: Tier, need: Need, each: CostRange) -> list[str]:
    """The limits of a tier that what is wanted would pass."""
    if not tier.images:
        return ["pictures: it draws none"]
    ten, month = need.pictures_10_min, Fraction(need.pictures_a_month)
    a_month = "money a month" + (", if its cap is the least" if tier.month_may_be_more else "")
    wanted = (
        ("requests a minute", tier.rpm, need.rpm or 0),
        ("requests a day", tier.rpd, need.least_a_day or 0),
        ("money in 10 minutes", _nanos(tier.per_10_min), _cost(ten, each).nanos),
        (a_month, _nanos(tier.per_month), _cost(month, each).nanos),
    )
    return [name for name, limit, value in wanted if limit is not None and value > limit]


def _used(tier: Tier, use: Use) -> Fraction | None:
    """The largest share of its limits that our calls used, now or at the busiest."""
    seen = (
        (tier.rpm, max(use.requests_minute, use.busiest_minute)),
        (tier.rpd, max(use.requests_today, use.busiest_day)),
        (_nanos(tier.per_10_min), max(use.usd_10_min, use.busiest_10_min).nanos),
        (_nanos(tier.per_month), use.usd_month.nanos),
    )
    return max((Fraction(value, limit) for limit, value in seen if limit), default=None)


def _nanos(limit: Money | None) -> int | None:
    return None if limit is None else limit.nanos


def _cost(pictures: Fraction, each: CostRange) -> Money:
    return Money.rounded_up(pictures * Fraction(each.expected.nanos, 10**9))
