"""Budgets: the limits people set on real money, and how much of them is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cavendish.client.calls.terms import Checked, Terms
from cavendish.client.house import House
from cavendish.client.money import money
from cavendish.client.result import Estimate
from cavendish.client.room import Room, Spender, room
from cavendish.client.system import operator
from cavendish.client.zone import check_zone
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money
from cavendish.send.legs import check_scope
from cavendish.store.commands import SetBudget, SetZone

if TYPE_CHECKING:
    from cavendish.client.alerts.desk import Alerts


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit and where it stands. `held` is reserved by calls under way or of unknown outcome;
    `ends` is when its window closes and it begins anew, None where it never does."""

    scope: str
    limit: Money
    spent: Money
    held: Money
    ends: datetime | None = None

    @property
    def left(self) -> Money:
        """What may still be spent; nothing where more was billed than was held."""
        return max(self.limit - self.spent - self.held, ZERO)

    @property
    def percent(self) -> int | None:
        """How much of the limit is spent or held, rounded down; None of a limit of nothing."""
        used = self.spent + self.held
        return used.nanos * 100 // self.limit.nanos if self.limit else None

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "scope": self.scope,
            "limit_usd": self.limit.usd,
            "spent_usd": self.spent.usd,
            "held_usd": self.held.usd,
            "left_usd": self.left.usd,
            "percent": self.percent,
            "ends": None if self.ends is None else self.ends.isoformat(),
        }


class Budgets:
    """`client.budgets`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def set(self, scope: str, usd: str | int | Money) -> Budget:
        """Sets the limit of a scope: day, month, project:NAME, key:NAME or tag:KEY=VALUE.

        Raises: InvalidRequest for an unknown scope or an amount that is none.
        """
        self._house.check()
        limit = money("budget", usd)
        check_scope(scope)
        journal = await self._house.journal()
        await journal.change(SetBudget(scope, limit.nanos, operator()))
        return next(budget for budget in await self.list() if budget.scope == scope)

    async def remove(self, scope: str) -> Budget:
        """Takes the limit of a scope away, and gives it as it stood. What was spent is still kept:
        a limit set later counts it.

        Raises: InvalidRequest where the scope has no limit.
        """
        found = {budget.scope: budget for budget in await self.list()}
        if scope not in found:
            why = f"{check_scope(scope)!r} has no limit"
            raise InvalidRequest("scope", why, accepts=tuple(found) or "cavendish budget set")
        journal = await self._house.journal()
        await journal.change(SetBudget(scope, None, operator()))
        return found[scope]

    async def list(self) -> tuple[Budget, ...]:
        """Every limit with what is spent and held in its current window."""
        from cavendish.insight.budgets import standings

        self._house.check()
        journal = await self._house.journal()
        return tuple(
            Budget(
                one.scope, Money(one.limit), Money(one.used), Money(one.held),
                _moment(one.closes_ns, one.zone),
            )
            for one in await journal.read_at(standings, self._house.clock.now_ns())
        )  # fmt: skip

    async def zone(self, zone: str | None = None) -> str:
        """The IANA zone at whose midnight a budget's day and month end, for everybody on this
        journal; UTC until somebody names another, such as "Asia/Tokyo".

        What was begun since the last midnight there counts at once, so no limit starts anew.
        Raises: InvalidRequest for a zone that is none.
        """
        from cavendish.insight.budgets import zone_of

        self._house.check()
        journal = await self._house.journal(any_zone=True)
        if zone is not None:
            await journal.change(SetZone(check_zone(zone), operator()))
        return await journal.read(zone_of)

    async def room(
        self,
        estimate: Estimate,
        *,
        budget: str | int | Money | None = None,
        project: str | None = None,
        tags: Mapping[str, str] | None = None,
        key_name: str | None = None,
    ) -> Room:
        """Whether the budgets have room now for what was estimated, bought on these terms.

        Changes nothing. Raises: InvalidRequest.
        """
        self._house.check()
        terms = Terms("", budget=budget, project=project, tags=tags, key_name=key_name)
        agreed = Checked.of(self._house.settings, estimate.intake, terms)
        spender = Spender(agreed.project, agreed.tags, agreed.key_name, agreed.limit)
        return await room(self._house, estimate.realm, estimate.most, spender)

    async def alerts(self, *, test: bool = False) -> Alerts:
        """Looks now at budgets, spending and errors, tells what is new or still owed by some way,
        and gives what was told. With `test` only a test is told, by every way.

        Raises: StorageError.
        """
        from cavendish.client.alerts.desk import alerts

        self._house.check()
        return await alerts(self._house, test=test)


def _moment(at_ns: int | None, zone: str) -> datetime | None:
    return None if at_ns is None else datetime.fromtimestamp(at_ns // 10**9, ZoneInfo(zone))


async def check_room(house: House, realm: Realm, project: str, most: Money) -> None:
    """Raises BudgetExceeded where a standing budget has no room for `most` now."""
    found = await room(house, realm, (most,), Spender(project, key_name=house.settings.key_name))
    if found.refusal is not None:
        found.refusal.add("nothing was sent")
        raise found.refusal
