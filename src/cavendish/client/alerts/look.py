"""One look at money and errors: what is new is told once over all processes on the journal, and
what some way still owes is told by it again.

The marks of budgets are few rows, looked at by everybody. Spending and errors are read from the
history: by one process at a time, the less often the longer that takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy.engine import Connection

from cavendish.client.alerts import ways
from cavendish.client.alerts.setting import Alerting
from cavendish.core.ports import Clock, Net
from cavendish.insight.alerts import told
from cavendish.insight.alerts.alert import Alert
from cavendish.insight.alerts.failing import failing
from cavendish.insight.alerts.spending import unusual
from cavendish.insight.alerts.thresholds import crossed
from cavendish.send.events import Alerted, Event
from cavendish.store.commands import Tell, Told
from cavendish.store.journal import Journal
from cavendish.store.rows import AlertRow

MINUTE_NS: Final = 60 * 10**9
HOUR_NS: Final = 60 * MINUTE_NS
SHARE: Final = 100
"""Looking at the history takes at most one part in so many of the time."""

Seen = tuple[list[Alert], bool, list[AlertRow]]
Due = tuple[str, int, str, tuple[str, ...]]
Way = Callable[[str, tuple[str, ...]], Awaitable[dict[str, str]]]
"""Tells a document by the named ways; why those that failed did."""


def telling(alerting: Alerting, environment: Mapping[str, str], net: Callable[[], Net]) -> Way:
    """How alerts are told with these settings."""
    return partial(ways.told, alerting=alerting, environment=environment, net=net)


class Look:
    """Looks, and tells `by` the ways of `alerting` and, first of all, whoever listens (`tell`)."""

    def __init__(
        self, journal: Journal, alerting: Alerting, by: Way, clock: Clock,
        tell: Callable[[Event], None],
    ) -> None:  # fmt: skip
        self._journal, self._alerting, self._by = journal, alerting, by
        self._clock, self._tell = clock, tell

    async def __call__(self, full: frozenset[str]) -> bool:
        """Looks once; whether some way owes an alert. Raises: StorageError."""
        now_ns = self._clock.now_ns()
        found, may_look, owed = await self._journal.read(partial(self._seen, now_ns, full))
        if may_look:
            found = [*found, *await self._history(now_ns)]
        fresh = [alert for alert in found if await self._is_ours(alert.id, alert.said)]
        for alert in fresh:
            self._tell(Alerted(alert.to_json()))
        named = self._alerting.ways
        due: list[Due] = [(one.id, one.at_ns, one.said, named) for one in fresh if named]
        due += [
            (row.id, row.at_ns, row.said, told.ways(row.owed))
            for row in owed
            if row.again_ns <= now_ns and await self._is_ours(row.id, row.said)
        ]
        failed = await asyncio.gather(*(self._deliver(*one) for one in due))
        return any(failed) or bool(owed)

    def _seen(self, now_ns: int, full: frozenset[str], connection: Connection) -> Seen:
        found = crossed(connection, now_ns, self._alerting.rules, full)
        return (
            told.new(connection, found),
            told.may_look(connection, now_ns),
            told.owed(connection, now_ns),
        )

    async def _history(self, now_ns: int) -> list[Alert]:
        """What is unusual, where no other process looks."""
        if not await self._journal.change(Tell(told.LOOK, "{}", (told.LOOK,), MINUTE_NS)):
            return []
        rules, begun_s = self._alerting.rules, self._clock.monotonic_s()

        def read(connection: Connection) -> list[Alert]:
            odd = [*unusual(connection, now_ns, rules), *failing(connection, now_ns, rules)]
            return told.new(connection, odd)

        found = await self._journal.read(read)
        took_ns = int((self._clock.monotonic_s() - begun_s) * 10**9)
        for_ns = max(MINUTE_NS, SHARE * took_ns)
        await self._journal.change(Told(told.LOOK, (told.LOOK,), for_ns))
        return found

    async def _is_ours(self, name: str, said: str) -> bool:
        return await self._journal.change(Tell(name, said, self._alerting.ways, MINUTE_NS))

    async def _deliver(self, name: str, at_ns: int, said: str, by: tuple[str, ...]) -> bool:
        """Tells by these ways; those that fail are owed, for longer the older the alert is."""
        faults = await self._by(said, by)
        age_ns = self._clock.now_ns() - at_ns
        for_ns = min(max(age_ns, MINUTE_NS), HOUR_NS)
        await self._journal.change(Told(name, tuple(faults), for_ns))
        return bool(faults)
