"""Budgets: the limits people set on real money, and how much of them is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cavendish.client.house import House
from cavendish.client.money import money
from cavendish.client.system import operator
from cavendish.core.errors import BudgetExceeded
from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money
from cavendish.send.legs import check_scope
from cavendish.store.commands import SetBudget

if TYPE_CHECKING:
    from cavendish.client.alerts.desk import Alerts


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit and where it stands. `held` is reserved by calls under way or of unknown outcome."""

    scope: str
    limit: Money
    spent: Money
    held: Money

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "scope": self.scope,
            "limit_usd": self.limit.usd,
            "spent_usd": self.spent.usd,
            "held_usd": self.held.usd,
        }


class Budgets:
    """`client.budgets`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def set(self, scope: str, usd: str | int | Money) -> Budget:
        """Sets the limit of a scope: day, month, project:NAME or tag:KEY=VALUE.

        Raises: InvalidRequest for an unknown scope or an amount that is none.
        """
        self._house.check()
        limit = money("budget", usd)
        check_scope(scope)
        journal = await self._house.journal()
        await journal.change(SetBudget(scope, limit.nanos, operator()))
        return next(budget for budget in await self.list() if budget.scope == scope)

    async def list(self) -> tuple[Budget, ...]:
        """Every limit with what is spent and held in its current window."""
        from cavendish.insight.budgets import standings

        self._house.check()
        journal = await self._house.journal()
        now_ns = self._house.clock.now_ns()
        found = await journal.read(lambda connection: standings(connection, now_ns))
        return tuple(
            Budget(scope, Money(limit), Money(used), Money(held))
            for scope, limit, used, held in found
        )

    async def alerts(self, *, test: bool = False) -> Alerts:
        """Looks now at budgets, spending and errors, tells what is new or still owed by some way,
        and gives what was told. With `test` only a test is told, by every way.

        Raises: StorageError.
        """
        from cavendish.client.alerts.desk import alerts

        self._house.check()
        return await alerts(self._house, test=test)


async def check_room(house: House, realm: Realm, project: str, most: Money) -> None:
    """Raises BudgetExceeded where a standing budget has no room for `most` now."""
    if realm != "real" or not most:
        return
    for one in await Budgets(house).list():
        left = one.limit - one.spent - one.held
        if one.scope in {"day", "month", f"project:{project}"} and left < most:
            raise BudgetExceeded(
                f"{most} are needed and budget {one.scope} has {max(left, ZERO)} left; "
                "nothing was sent",
                next_step=f"cavendish budget set {one.scope} USD, or wait for its next window",
                scope=one.scope,
            )
