"""What a call gives back, typed and frozen; and its JSON forms."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from cavendish.catalog.loader import find_model
from cavendish.catalog.presets import TODAY
from cavendish.catalog.pricing import CostRange, estimate
from cavendish.channels.packing import message_of
from cavendish.client.calls.call import Call
from cavendish.client.calls.intake import Intake
from cavendish.client.curl import curl
from cavendish.client.image import Image
from cavendish.client.money import paid_for
from cavendish.core.errors import CavendishError
from cavendish.core.model import ChannelFacts, Realm
from cavendish.core.money import Money
from cavendish.insight.alternatives import Alternative, alternatives
from cavendish.send.route import Route
from cavendish.workflows.infographic.brief import Brief


@dataclass(frozen=True, slots=True)
class Estimate:
    """What would be sent, and what it would cost. Nothing was sent."""

    call: Call
    today: date
    prices: str = TODAY

    @property
    def intake(self) -> Intake:
        """The request, checked."""
        return self.call.intake

    @property
    def channel(self) -> str:
        """The channel it would go to."""
        return self.call.access.facts.name

    @property
    def others(self) -> tuple[tuple[str, CostRange], ...]:
        """The channels asked next where this one fails, and what a picture costs there."""
        facts = {way.facts.name: way.facts for way in self.call.ways}
        return tuple(
            (route.channel, _price(route, facts[route.channel]))
            for route in self.call.routes[0][1:]
        )

    @property
    def realm(self) -> Realm:
        """Whether its money is real."""
        return self.call.access.facts.realm

    @property
    def n(self) -> int:
        """How many pictures of each request."""
        return self.call.n

    @property
    def cost(self) -> CostRange:
        """What all pictures may cost."""
        first, *more = (self._cost(intake).times(self.n) for intake in self.call.intakes)
        return reduce(CostRange.plus, more, first)

    @property
    def one(self) -> CostRange:
        """What one of the pictures may cost; of split references, one of the first request."""
        return self._cost(self.intake)

    @property
    def most(self) -> tuple[Money, ...]:
        """The most that each picture can cost, which a budget holds until it has come."""
        return tuple(self._cost(one).high for one in self.call.intakes for _ in range(self.n))

    def _cost(self, intake: Intake) -> CostRange:
        return estimate(intake.request, intake.model, surface=self.surface, prices=self.prices)

    @property
    def surface(self) -> str:
        """Whose prices apply."""
        return self.call.access.facts.surface

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """What one such picture costs at other sizes, in other tiers and from other models."""
        return alternatives(self.intake.request, self.call.access.facts, self.today, self.prices)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the caller should know."""
        return self.call.warnings

    @property
    def notes(self) -> tuple[str, ...]:
        """Why defaults are what they are."""
        return self.call.notes

    @property
    def uploads(self) -> int:
        """How many pictures would go up as files of their own, ahead of the requests."""
        facts = self.call.access.facts
        if facts.files is None:
            return 0
        packed = (message_of(facts, i.request, i.resolved.wire_id) for i in self.call.intakes)
        return len({one.sha256 for message in packed for one in message.ahead})

    @property
    def curl(self) -> str:
        """The `curl` command that sends the same; the key is a variable in it.

        Offline it names the address where `cavendish emulator` listens.
        """
        return "\n\n".join(curl(self.call.access, one) for one in self.call.intakes)

    def to_json(self) -> dict[str, Any]:
        """The dry run of the command line."""
        requests = [{**one.to_json(), "n": self.n} for one in self.call.intakes]
        shown = {one: None for intake in self.call.intakes for one in intake.shown}
        return {
            "request": requests[0],
            "requests": requests,
            "references": [one.to_json() for one in shown],
            "uploads": self.uploads,
            "channel": self.channel,
            "others": [{"channel": name, "cost": cost.to_json()} for name, cost in self.others],
            "model": self.intake.request.model,
            "realm": self.realm,
            "prices": {"list": self.prices, "surface": self.surface},
            "cost": self.cost.to_json(),
            "cost_per_picture": self.one.to_json(),
            "warnings": list(self.warnings),
        }


def _price(route: Route, facts: ChannelFacts) -> CostRange:
    model = facts.priced(find_model(route.request.model))
    return estimate(route.request, model, surface=facts.surface)


@dataclass(frozen=True, slots=True)
class Result:
    """The pictures of one call, in order. Where one failed, its error stands in its place."""

    outcomes: tuple[Image | CavendishError, ...]
    realm: Realm
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def pictures(self) -> tuple[Image, ...]:
        """The pictures that came."""
        return tuple(one for one in self.outcomes if isinstance(one, Image))

    @property
    def errors(self) -> tuple[CavendishError, ...]:
        """The errors of those that did not."""
        return tuple(one for one in self.outcomes if isinstance(one, CavendishError))

    @property
    def image(self) -> Image:
        """The first picture."""
        return self.pictures[0]

    @property
    def cost(self) -> Money:
        """What this call paid, over all pictures and attempts."""
        return Money.total(_costs(self.outcomes))

    def to_json(self) -> dict[str, Any]:
        """The result of generate in the command line's JSON."""
        pictures = self.pictures
        return {
            "path": None if not pictures or pictures[0].path is None else str(pictures[0].path),
            "pictures": [
                one.to_json() if isinstance(one, Image) else {"error": one.to_json()}
                for one in self.outcomes
            ],
            "cost_usd": self.cost.usd,
            "realm": self.realm,
            "warnings": list(self.warnings),
        }

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, Any]:
        """Shows the first picture in a notebook."""
        return self.image._repr_mimebundle_(**kwargs)


@dataclass(frozen=True, slots=True)
class Infographic:
    """An infographic: the picture, and whether its numbers were verified (None: nobody looked)."""

    result: Result
    brief: Brief
    generation_time_s: float
    verified: bool | None = None
    findings: tuple[str, ...] = ()
    url: str | None = None

    @property
    def image(self) -> Image:
        """The picture."""
        return self.result.image

    @property
    def cost(self) -> Money:
        """What this call paid."""
        return self.result.cost

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the caller should know."""
        return self.result.warnings

    def to_json(self) -> dict[str, Any]:
        """The result of infographic in the command line's JSON."""
        errors = self.result.errors
        return {
            **self.result.to_json(),
            "success": not errors,
            "url": self.url,
            "generation_time_s": round(self.generation_time_s, 3),
            "findings": list(self.findings),
            "verified": self.verified,
            "error": errors[0].to_json() if errors else None,
            "resume": None,
        }


def _costs(outcomes: Iterable[Image | CavendishError]) -> Iterable[Money]:
    return (one.cost if isinstance(one, Image) else paid_for(one) for one in outcomes)


async def gathered(pictures: Sequence[Coroutine[Any, Any, Image]]) -> list[Image | CavendishError]:
    """Every outcome, in order."""
    outcomes = await asyncio.gather(*pictures, return_exceptions=True)
    found: list[Image | CavendishError] = []
    for outcome in outcomes:
        if not isinstance(outcome, Image | CavendishError):
            raise outcome
        found.append(outcome)
    return found


def check_any(found: Sequence[Image | CavendishError]) -> None:
    """Raises the first error where there is not one picture."""
    if not any(isinstance(one, Image) for one in found):
        first = found[0]
        assert isinstance(first, CavendishError)
        if paid := Money.total(_costs(found)):
            first.details["cost_usd"] = paid.usd  # of all of them, not of the first alone
        raise first
