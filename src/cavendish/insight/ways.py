"""The ways to pictures side by side, for one workload: price, models, limits, facts and vices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cavendish.catalog import presets
from cavendish.catalog.loader import models
from cavendish.catalog.pricing import STANDARD, CostRange, estimate, per_picture
from cavendish.catalog.stated import COMPLIANCE, FEATURES
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.model import ChannelFacts, Fact, Model, channel_of
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest, Reference
from cavendish.insight.seen import Seen
from cavendish.wire.dialect import unsaid

BATCH = "batch"
PROMPT_TOKENS = 100
"""How long the prompt of a workload is taken to be; four bytes of English are about a token."""

MOST_IMAGES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Workload:
    """So many pictures of one kind. `references` go along with each."""

    model: Model
    size: str
    aspect_ratio: str
    images: int
    references: int

    def __post_init__(self) -> None:
        """Raises: InvalidRequest naming the field that cannot be."""
        model = self.model
        if self.size not in model.sizes:
            why = f"{model.id} does not draw {self.size!r}"
            raise InvalidRequest("size", why, accepts=model.sizes)
        if self.aspect_ratio not in model.pixels[self.size]:
            why = f"{model.id} does not draw {self.aspect_ratio!r}"
            raise InvalidRequest("aspect_ratio", why, accepts=model.aspect_ratios)
        for name, least, most in (
            ("images", 1, MOST_IMAGES), ("references", 0, model.references),
        ):  # fmt: skip
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= most:
                why = f"{value!r} is out of range"
                raise InvalidRequest(name, why, accepts=f"{least}..{most:,}")

    def request(self, tier: str) -> ImageRequest:
        """One of its pictures, with a prompt and references of no content."""
        return ImageRequest(
            self.model.id, "x" * 4 * PROMPT_TOKENS, self.size, self.aspect_ratio,
            references=(Reference("image/png", b""),) * self.references,
            thinking=self.model.least_thinking, tier=tier,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        width, height = self.model.pixels[self.size][self.aspect_ratio]
        return {
            "model": self.model.id,
            "size": self.size,
            "aspect_ratio": self.aspect_ratio,
            "pixels": f"{width}x{height}",
            "images": self.images,
            "references": self.references,
            "prompt_tokens": PROMPT_TOKENS,
        }


@dataclass(frozen=True, slots=True)
class Price:
    """What a tier charges: for the picture alone, and likely for each with all that goes along."""

    picture: Money
    one: CostRange
    all: CostRange

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        whole = self.all
        return {
            "usd_picture": self.picture.usd,
            "usd_each": self.one.expected.usd,
            "usd_workload": {
                "low": whole.low.usd, "expected": whole.expected.usd, "high": whole.high.usd,
            },
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One channel: what the workload costs there by tier, or why it is not sold there, and when
    the model is announced to end; what else it sells; what was seen of it.

    `regions` are where it draws the model beside "global", and None for a channel without places.
    """

    facts: ChannelFacts
    prices: Mapping[str, Price]
    why_not: str | None
    ends: date | None
    models: tuple[str, ...]
    regions: tuple[str, ...] | None
    in_regions: Mapping[str, Price]
    searches: tuple[str, ...]
    checked: date | None
    sources: tuple[str, ...]
    seen: Seen | None

    @property
    def kind(self) -> str:
        """direct, third party or drafts."""
        if self.facts.third_party:
            return "third party"
        return "direct" if self.facts.direct_google else "drafts"

    def to_json(self, workload: Workload, newest: str) -> dict[str, Any]:
        """All of it; what is not stated is null."""
        facts, model = self.facts, workload.model
        places = None
        if self.regions is not None:
            places = {
                "global_only": not self.regions,
                "regions": list(self.regions),
                "prices_in_regions": _prices_json(self.in_regions),
            }
        return {
            "channel": facts.name,
            "title": facts.title,
            "kind": self.kind,
            "direct_google": facts.direct_google,
            "third_party": facts.third_party,
            "opt_in": facts.third_party,
            "realm": facts.realm,
            "sold": self.why_not is None,
            "why_not": self.why_not,
            "ends": None if self.ends is None else self.ends.isoformat(),
            "prices": _prices_json(self.prices),
            "checked": None if self.checked is None else self.checked.isoformat(),
            "sources": list(self.sources),
            "models": list(self.models),
            "has_newest": newest in self.models,
            "locations": places,
            "limits": {
                "request_bytes": facts.request_bytes,
                "inline_bytes": facts.inline_bytes,
                "references": model.references,
                "sizes": list(model.sizes),
            },
            "search": list(self.searches),
            "thinking": model.thinks,
            "seen": None if self.seen is None else self.seen.to_json(),
            "features": {name: _fact_json(facts.features.get(name)) for name in FEATURES},
            "compliance": {name: _fact_json(facts.compliance.get(name)) for name in COMPLIANCE},
            "vices": list(facts.vices),
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """The ways for one workload: Google's own first, then third parties, which are opt-in."""

    workload: Workload
    ways: tuple[Way, ...]
    newest: str
    prices: str = presets.TODAY
    warnings: tuple[str, ...] = ()

    @property
    def cheapest(self) -> dict[str, tuple[str, ...]]:
        """By tier the channels of real pictures where the workload costs least."""
        real = [way for way in self.ways if way.facts.realm == "real"]
        found = {}
        for tier in dict.fromkeys(tier for way in real for tier in way.prices):
            costs = {way.facts.name: way.prices[tier].all for way in real if tier in way.prices}
            least = min(cost.expected.nanos for cost in costs.values())
            found[tier] = tuple(n for n, cost in costs.items() if cost.expected.nanos == least)
        return found

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "workload": self.workload.to_json(),
            "prices": self.prices,
            "newest_model": self.newest,
            "cheapest": {tier: list(names) for tier, names in self.cheapest.items()},
            "channels": [way.to_json(self.workload, self.newest) for way in self.ways],
            "warnings": list(self.warnings),
        }


def compare(
    workload: Workload,
    channels: Iterable[ChannelFacts],
    today: date,
    seen: Mapping[tuple[str, str], Seen],
    *,
    prices: str = presets.TODAY,
    warnings: tuple[str, ...] = (),
) -> Comparison:
    """Each of `channels` for the workload; `seen` is by (realm, channel). Pure.

    Raises: InvalidRequest for a price list nobody knows.
    """
    if prices not in (presets.TODAY, *presets.presets()):
        accepts = (presets.TODAY, *presets.presets())
        raise InvalidRequest("prices", f"there is no list {prices!r}", accepts=accepts)
    ways = [_way(workload, facts, today, prices, seen) for facts in channels]
    order = {"direct": 0, "third party": 1, "drafts": 2}
    ways.sort(key=lambda way: (order[way.kind], way.facts.name))
    newest = max(models().values(), key=lambda model: model.lifecycle.released)
    return Comparison(workload, tuple(ways), newest.id, prices, warnings)


def _way(
    workload: Workload,
    facts: ChannelFacts,
    today: date,
    prices: str,
    seen: Mapping[tuple[str, str], Seen],
) -> Way:
    model, why_not, found, elsewhere = workload.model, None, {}, {}
    regions = None
    if facts.locations is not None:
        regions = facts.locations.regions.get(model.id, ())
    try:
        found = _prices(workload, facts, prices)
        if regions:
            elsewhere = _prices(workload, facts.at(regions[0]), prices)
    except UnknownPrice as error:
        why_not = error.message
    living = [
        one for one in map(facts.priced, models().values()) if one.lives(facts.surface, today)
    ]
    flat = bool(facts.per_call)
    return Way(
        facts=facts,
        prices=found,
        why_not=why_not,
        ends=model.lifecycle.ends.get(facts.surface),
        models=tuple(one.id for one in living),
        regions=regions,
        in_regions=elsewhere,
        searches=() if flat or "search" in facts.drops else model.grounding.searches,
        checked=facts.checked if flat else model.checked,
        sources=tuple(dict.fromkeys((*facts.sources, *(() if flat else model.sources)))),
        seen=seen.get((facts.realm, channel_of(facts.name))),
    )


def _prices(workload: Workload, facts: ChannelFacts, prices: str) -> dict[str, Price]:
    model, surface = facts.priced(workload.model), facts.surface
    found = {}
    for tier in presets.sheet(model, surface, prices).tier_names:
        if not _sells(facts, workload.request(tier)):
            continue
        alone = per_picture(model, surface=surface, tier=tier, prices=prices)
        request = replace(workload.request(tier), model=model.id)
        one = estimate(request, model, surface=surface, prices=prices)
        found[tier] = Price(alone[workload.size], one, one.times(workload.images))
    return found


def _sells(facts: ChannelFacts, request: ImageRequest) -> bool:
    """Whether a tier can be had: a third party may have the prices of a sheet and not its tiers."""
    if request.tier == BATCH:
        batch = facts.features.get("batch")
        return batch is not None and batch.says is not False
    return request.tier == STANDARD or "tier" not in unsaid(request, facts)


def _prices_json(prices: Mapping[str, Price]) -> dict[str, Any]:
    return {tier: price.to_json() for tier, price in prices.items()}


def _fact_json(fact: Fact | None) -> dict[str, Any] | None:
    if fact is None:
        return None
    return {
        "says": fact.says,
        "note": fact.note,
        "source": fact.url,
        "checked": fact.checked.isoformat(),
    }
