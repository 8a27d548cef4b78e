"""A month of pictures at one list of prices: the lines of its sum, exact, rounded when shown.

Each amount is rounded once: a line by itself, a total as a whole. Prompts, references and thinking
are priced with the pictures they belong to, so in a batch job they cost what the job's tier says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from cavendish.catalog.pricing import STANDARD, CostRange
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.insight.ways import BATCH, MOST_IMAGES

MONTHS = 12
NOTHING = (Fraction(0), Fraction(0), Fraction(0))
Usd = tuple[Fraction, Fraction, Fraction]
"""The least, the likely and the most, exact."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A month: pictures wanted at once and by batch jobs, each with a prompt of `input_tokens`
    and so many references. `deadline_s` is how long a picture of a job may take."""

    model: Model
    size: str
    realtime: int = 0
    batch: int = 0
    input_tokens: int = 0
    references: int = 0
    deadline_s: int | None = None

    def __post_init__(self) -> None:
        """Raises: InvalidRequest naming the field that cannot be."""
        model = self.model
        if self.size not in model.sizes:
            why = f"{model.id} does not draw {self.size!r}"
            raise InvalidRequest("size", why, accepts=model.sizes)
        for name, most in (
            ("realtime", MOST_IMAGES), ("batch", MOST_IMAGES),
            ("input_tokens", model.input_tokens), ("references", model.references),
        ):  # fmt: skip
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value <= most:
                why = f"{value!r} is out of range"
                raise InvalidRequest(name, why, accepts=f"0..{most:,}")
        if self.deadline_s is not None and (
            type(self.deadline_s) is not int or self.deadline_s < 1
        ):
            raise InvalidRequest("deadline", "is no time from now", accepts="such as 6h or 2d")
        if not self.realtime + self.batch:
            raise InvalidRequest("realtime", "no picture is asked for", accepts="realtime or batch")

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "model": self.model.id,
            "size": self.size,
            "realtime": self.realtime,
            "batch": self.batch,
            "input_tokens": self.input_tokens,
            "references": self.references,
            "deadline_s": self.deadline_s,
        }


@dataclass(frozen=True, slots=True)
class Rates:
    """What one picture of a tier costs with all that goes along, in USD."""

    picture: Fraction
    input_token: Fraction = Fraction(0)
    reference: Usd = NOTHING
    thinking: Usd = NOTHING


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the formula: `count` times `usd_each`. `usd` is the month's."""

    name: str
    count: int
    usd_each: Usd
    usd: Usd

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD; `usd_each` is the likely amount."""
        return {
            "line": self.name,
            "count": self.count,
            "usd_each": Money.rounded_up(self.usd_each[1]).usd,
            "usd_month": rounded(self.usd).to_json(),
        }


@dataclass(frozen=True, slots=True)
class Column:
    """The month at one list of prices. `kind` is dated, direct, third party or drafts;
    `realtime_only` says that everything is bought at once there, `flat` that a call has one price,
    `checked` when the prices were looked at, None for those that were said."""

    name: str
    kind: str
    lines: tuple[Line, ...]
    realtime_usd: Usd
    realtime_only: bool
    flat: bool = False
    checked: date | None = None
    sources: tuple[str, ...] = ()

    @property
    def month(self) -> CostRange:
        """The sum of the lines, rounded once."""
        return rounded(_sum(line.usd for line in self.lines))

    @property
    def year(self) -> CostRange:
        """Twelve such months, rounded once."""
        return rounded(_times(_sum(line.usd for line in self.lines), MONTHS))

    @property
    def batch_saves(self) -> Money:
        """What the month's batch jobs likely save against buying all of it at once."""
        mine = _sum(line.usd for line in self.lines)
        return Money.rounded_up(self.realtime_usd[1] - mine[1])

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "name": self.name,
            "kind": self.kind,
            "flat": self.flat,
            "checked": None if self.checked is None else self.checked.isoformat(),
            "sources": list(self.sources),
            "sells_batch": not self.realtime_only,
            "lines": [line.to_json() for line in self.lines],
            "usd_month": self.month.to_json(),
            "usd_year": self.year.to_json(),
            "usd_all_realtime": rounded(self.realtime_usd).to_json(),
            "usd_batch_saves": self.batch_saves.usd,
        }


def column(
    demand: Demand, name: str, kind: str, tiers: Mapping[str, Rates], *, flat: bool = False
) -> Column:
    """The month at these rates by tier; without some for batch jobs all is bought at once."""
    lines = tuple(_lines(demand, tiers))
    total = demand.realtime + demand.batch
    each = _sum(usd for _, _, usd in _each(demand, tiers[STANDARD]))
    return Column(name, kind, lines, _times(each, total), BATCH not in tiers, flat)


def _lines(demand: Demand, tiers: Mapping[str, Rates]) -> Iterator[Line]:
    """For each part of a picture's price a line for those at once and one for those of jobs."""
    counts = {STANDARD: demand.realtime, BATCH: demand.batch}
    found: dict[str, list[Line]] = {}
    for tier, pictures in counts.items():
        rates = tiers.get(tier, tiers[STANDARD])
        for part, count, usd in _each(demand, rates):
            if pictures and count:
                many = pictures * count
                unit = _times(usd, Fraction(1, count))
                name = f"{part}, {'batch' if tier == BATCH else 'at once'}"
                found.setdefault(part, []).append(Line(name, many, unit, _times(usd, pictures)))
    for lines in found.values():
        yield from lines


def _each(demand: Demand, rates: Rates) -> Iterator[tuple[str, int, Usd]]:
    """The parts of one picture: name, how many of them, what all of them cost."""
    yield "pictures", 1, (rates.picture,) * 3
    tokens, shown = demand.input_tokens, demand.references
    yield "prompt tokens", tokens, (tokens * rates.input_token,) * 3
    yield "references", shown, _times(rates.reference, shown)
    if any(rates.thinking):
        yield "thinking", 1, rates.thinking


def rounded(usd: Usd) -> CostRange:
    """An exact range as amounts that can be shown."""
    low, expected, high = map(Money.rounded_up, usd)
    return CostRange(low, expected, high)


def _times(usd: Usd, n: int | Fraction) -> Usd:
    low, expected, high = usd
    return low * n, expected * n, high * n


def _sum(parts: Iterable[Usd]) -> Usd:
    low, expected, high = NOTHING
    for one in parts:
        low, expected, high = low + one[0], expected + one[1], high + one[2]
    return low, expected, high
