"""Whether the budgets have room for a call, told before it is sent: what a dry run says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from cavendish.client.house import House
from cavendish.core.errors import BudgetExceeded, StorageError
from cavendish.core.model import Realm
from cavendish.core.money import Money
from cavendish.send.legs import holds, named, refusal
from cavendish.store.commands import Hold
from cavendish.store.room import refused
from cavendish.store.rows import DAY_LIMIT_NANOS, Rows


@dataclass(frozen=True, slots=True)
class Room:
    """Whether so many `pictures` would be admitted now, each at the most it can cost: `fits` of
    them would be. `refusal` is what the others would raise, `problem` why nobody can tell."""

    pictures: int
    fits: int
    refusal: BudgetExceeded | None = None
    problem: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know before buying."""
        if self.problem is not None:
            return (f"whether the budgets have room is not known: {self.problem}",)
        if self.refusal is None:
            return ()
        name = named(self.refusal.scope or "")
        why = self.refusal.message.removeprefix(f"{name} is ").replace(": ", ", ", 1)
        said = f"would be refused by {name}: its limit is {why}"
        if self.fits:
            said = f"room for {self.fits} of {self.pictures} pictures; the rest {said}"
        return (f"{said}; next: {self.refusal.next_step}",)

    def to_json(self) -> dict[str, Any]:
        """As part of a dry run."""
        no = self.refusal
        return {
            "has_room": None if self.problem is not None else no is None,
            "pictures": self.pictures,
            "fits": self.fits,
            "scope": None if no is None else no.scope,
            "message": self.problem if no is None else no.message,
            "next_step": None if no is None else no.next_step,
        }


@dataclass(frozen=True, slots=True)
class Spender:
    """Who would buy: what says on which accounts money is held."""

    project: str
    tags: Mapping[str, str] = field(default_factory=dict)
    key_name: str | None = None
    limit: Money | None = None
    run: str = ""

    def holds(self, amount: Money) -> tuple[Hold, ...]:
        """The accounts that have a say."""
        return holds(
            amount, project=self.project, tags=self.tags, key_name=self.key_name, run=self.run,
            run_limit=self.limit,
        )  # fmt: skip


async def room(house: House, realm: Realm, amounts: Sequence[Money], spender: Spender) -> Room:
    """Whether pictures that cost this have room, one after the other. Changes nothing."""
    totals = [spender.holds(Money(nanos)) for nanos in accumulate(one.nanos for one in amounts)]
    try:
        rows, now_ns = await _rows(house, realm, totals[-1])
    except StorageError as error:
        return Room(len(amounts), 0, problem=error.message)
    answers = [refused(rows, realm, legs, now_ns) for legs in totals]
    no = answers[-1]
    return Room(len(amounts), answers.count(None), None if no is None else refusal(no))


async def _rows(house: House, realm: Realm, legs: Sequence[Hold]) -> tuple[Rows, int]:
    """Where these accounts stand now. A journal that is not there yet is not made for it."""
    now_ns, where = house.clock.now_ns(), house.settings.journal
    if realm != "real":
        return Rows(), now_ns
    if isinstance(where, Path) and not where.exists():
        return Rows(budgets={"day": DAY_LIMIT_NANOS}, zone=house.settings.budget_zone), now_ns
    from cavendish.store.rowset import look

    journal = await house.journal()
    scopes = [leg.scope for leg in legs]
    return await journal.read_at(lambda c, at_ns: (look(c, realm, scopes, at_ns), at_ns), now_ns)
