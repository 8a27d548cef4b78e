"""A probe, before and after: what it will ask and what that costs; what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from cavendish.catalog.pricing import CostRange
from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money
from cavendish.workflows.probe.plan import Step
from cavendish.workflows.probe.seen import Seen
from cavendish.workflows.probe.verdict import Graded


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """The calls, and the most each can cost. Nothing was sent."""

    channel: str
    title: str
    model: str
    realm: Realm
    steps: tuple[tuple[Step, CostRange], ...]
    ceiling: Money

    @property
    def most(self) -> Money:
        """The most that all calls can cost; an id that must be refused counts as paid."""
        return Money.total(cost.high for _, cost in self.steps)

    def to_json(self) -> dict[str, Any]:
        """The dry run."""
        total = CostRange(ZERO, ZERO, ZERO)
        for _, cost in self.steps:
            total = total.plus(cost)
        return {
            "channel": self.channel,
            "model": self.model,
            "realm": self.realm,
            "ceiling_usd": self.ceiling.usd,
            "cost": {"low": total.low.usd, "expected": total.expected.usd, "high": total.high.usd},
            "calls": [{**step.to_json(), "most_usd": cost.high.usd} for step, cost in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Probe:
    """What a probe found. `at` is ISO 8601 in UTC; `bill` says what the provider's own bill must
    show; `stopped` says why calls were left out, if any were."""

    plan: ProbePlan
    at: str
    calls: tuple[Seen, ...]
    findings: tuple[Graded, ...]
    bill: tuple[str, ...]
    stopped: str | None = None

    @property
    def cost(self) -> Money:
        """What was booked for it."""
        return Money.total(seen.cost for seen in self.calls)

    @property
    def held(self) -> Money:
        """What may have been charged beside it, for calls that broke off."""
        return Money.total(seen.held for seen in self.calls)

    @property
    def vices(self) -> tuple[Graded, ...]:
        """Promises that are not kept."""
        return tuple(one for one in self.findings if one.grade == "not honoured")

    @property
    def record(self) -> Record:
        """What is remembered of it."""
        vices = tuple(one.promise for one in self.vices)
        return Record(self.plan.channel, self.plan.model, self.at, vices)

    def to_json(self) -> dict[str, Any]:
        """The whole of it."""
        return {
            "channel": self.plan.channel,
            "model": self.plan.model,
            "realm": self.plan.realm,
            "at": self.at,
            "ceiling_usd": self.plan.ceiling.usd,
            "cost_usd": self.cost.usd,
            "held_usd": self.held.usd,
            "findings": [one.to_json() for one in self.findings],
            "vices": [one.promise for one in self.vices],
            "bill": list(self.bill),
            "stopped": self.stopped,
            "calls": [seen.to_json() for seen in self.calls],
        }


@dataclass(frozen=True, slots=True)
class Record:
    """What is remembered of the last probe of a channel."""

    channel: str
    model: str
    at: str
    vices: tuple[str, ...]

    @property
    def words(self) -> str:
        """In one line: "probed 2026-11-25: size not honoured"."""
        found = f"{', '.join(self.vices)} not honoured" if self.vices else "nothing against it"
        return f"probed {self.at[:10]} with {self.model}: {found}"

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Reads what `Probe.to_json` wrote."""
        return cls(said["channel"], said["model"], said["at"], tuple(said["vices"]))

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "model": self.model,
            "at": self.at,
            "vices": list(self.vices),
            "words": self.words,
        }
