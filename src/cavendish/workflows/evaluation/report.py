"""An evaluation before and after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from cavendish.catalog.pricing import CostRange
from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money
from cavendish.workflows.evaluation.rows import Row, Standing


@dataclass(frozen=True, slots=True)
class Share:
    """One channel's part of an evaluation: pictures still to buy, those there, and the cost."""

    channel: str
    title: str
    realm: Realm
    model: str
    size: str
    aspect_ratio: str
    to_buy: int
    bought: int
    cost: CostRange

    def to_json(self) -> dict[str, Any]:
        """As JSON; money in USD."""
        return {
            "channel": self.channel,
            "realm": self.realm,
            "model": self.model,
            "size": self.size,
            "aspect_ratio": self.aspect_ratio,
            "to_buy": self.to_buy,
            "bought_before": self.bought,
            "cost": {
                "low": self.cost.low.usd,
                "expected": self.cost.expected.usd,
                "high": self.cost.high.usd,
            },
        }


@dataclass(frozen=True, slots=True)
class EvaluationPlan:
    """What would be bought, by channel. Nothing was sent. `budget` is None where none was said."""

    prompts: tuple[str, ...]
    n: int
    shares: tuple[Share, ...]
    budget: Money | None
    warnings: tuple[str, ...] = ()

    @property
    def realm(self) -> Realm:
        """Whose money is added up: real money, where any channel takes it; drafts beside it are
        for simulated money, which is never added to real money."""
        return "real" if any(share.realm == "real" for share in self.shares) else "simulated"

    def cost(self, realm: Realm) -> CostRange:
        """What all channels of a realm can cost."""
        costs = [share.cost for share in self.shares if share.realm == realm]
        return reduce(CostRange.plus, costs, CostRange(ZERO, ZERO, ZERO))

    @property
    def most(self) -> Money:
        """The most that all of it can cost."""
        return self.cost(self.realm).high

    def to_json(self) -> dict[str, Any]:
        """The dry run."""
        cost = self.cost(self.realm)
        return {
            "realm": self.realm,
            "prompts": len(self.prompts),
            "n": self.n,
            "budget_usd": None if self.budget is None else self.budget.usd,
            "cost": {"low": cost.low.usd, "expected": cost.expected.usd, "high": cost.high.usd},
            "channels": [share.to_json() for share in self.shares],
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came, row by row, and each channel's standing. `at` is ISO 8601 in UTC."""

    plan: EvaluationPlan
    at: str
    folder: Path
    rows: tuple[Row, ...]
    standings: tuple[Standing, ...]

    @property
    def cost(self) -> Money:
        """What this run paid, in the money of `plan.realm`."""
        return Money.total(one.cost for one in self.standings if one.realm == self.plan.realm)

    @property
    def failures(self) -> tuple[Row, ...]:
        """Rows without a picture, or with another than was asked for."""
        return tuple(row for row in self.rows if not row.as_asked)

    @property
    def sheet(self) -> Path:
        """The contact sheet."""
        return self.folder / "contact-sheet.png"

    @property
    def document(self) -> Path:
        """The rows and standings as JSON; a later run finds what was measured here."""
        return self.folder / "evaluation.json"

    @property
    def table(self) -> Path:
        """The rows as CSV."""
        return self.folder / "evaluation.csv"

    def to_json(self) -> dict[str, Any]:
        """The whole of it."""
        return {
            **self.plan.to_json(),
            "at": self.at,
            "folder": str(self.folder),
            "contact_sheet": str(self.sheet),
            "csv": str(self.table),
            "cost_usd": self.cost.usd,
            "standings": [one.to_json() for one in self.standings],
            "rows": [row.to_json() for row in self.rows],
        }
