"""By which routes a call's requests may be bought, and in which order they are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import resolve
from cavendish.client.calls.intake import Intake
from cavendish.client.channels.access import Access
from cavendish.client.channels.pools import Said, pool_of
from cavendish.client.channels.vertex import check_location
from cavendish.client.settings import PREFERENCES
from cavendish.core.errors import CavendishError, InvalidRequest
from cavendish.core.model import channel_of
from cavendish.core.money import Money
from cavendish.send.route import Route, refit

if TYPE_CHECKING:
    from cavendish.insight.seen import Seen


def check_preference(prefer: str) -> str:
    """The preference, if there is such a one. Raises: InvalidRequest."""
    if prefer not in PREFERENCES:
        raise InvalidRequest("prefer", f"unknown: {prefer!r}", accepts=PREFERENCES)
    return prefer


class Routes:
    """The routes of one call over its ways, the first of which its intakes were made for.

    `passed` says which ways are none, and why.
    """

    def __init__(self, name: str, ways: Sequence[Access], today: date, limits: Said) -> None:
        """`limits` are those of the settings."""
        self._name, self._ways, self._today = name, tuple(ways), today
        self._limits = limits
        self.passed: list[str] = []

    def of(self, intake: Intake) -> tuple[Route, ...]:
        """The routes to one request, the first by the channel it was made for."""
        first, *others = self._ways
        pool = pool_of(first, intake.request.model, self._limits)
        found = [Route(first.facts.name, intake.request, intake.resolved.wire_id, pool=pool)]
        for way in others:
            try:
                found.append(self._other(intake, way)[0])
            except CavendishError as error:
                said = f"{way.facts.name} cannot stand in: {error.message}"
                if said not in self.passed:
                    self.passed.append(said)
        return tuple(found)

    def cheapest_first(self, intake: Intake) -> tuple[Access, ...]:
        """The ways, the one that is expected to cost least first; those that cannot, last."""

        def cost(way: Access) -> tuple[bool, Money]:
            try:
                return False, self._other(intake, way)[1]
            except CavendishError:
                return True, Money(0)

        return tuple(sorted(self._ways, key=cost))

    def fastest_first(self, seen: Mapping[tuple[str, str], Seen]) -> tuple[Access, ...]:
        """The ways, the one whose answers took least time first; those never seen, last."""

        def median_s(way: Access) -> float:
            found = seen.get((way.facts.realm, channel_of(way.facts.name)))
            return float("inf") if found is None or found.median_s is None else found.median_s

        return tuple(sorted(self._ways, key=median_s))

    def _other(self, intake: Intake, way: Access) -> tuple[Route, Money]:
        """The route by another way, and what is expected to be paid on it.

        Raises: where it does not lead to the same picture.
        """
        facts = way.facts
        resolved = resolve(self._name, facts, self._today)
        check_location(resolved.model, facts)
        if resolved.model.id != intake.request.model:
            raise InvalidRequest("model", f"{self._name} is {resolved.model.id} there")
        request, changes = refit(intake.request, resolved.model, facts, intake.filled)
        cost = estimate(request, resolved.model, surface=facts.surface).expected
        pool = pool_of(way, request.model, self._limits)
        return Route(facts.name, request, resolved.wire_id, changes, pool), cost
