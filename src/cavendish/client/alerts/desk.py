"""What is asked about alerts: which were told, and whether the ways work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cavendish.client.house import House
from cavendish.core.money import ZERO
from cavendish.insight.alerts.alert import Alert
from cavendish.send.events import Alerted

if TYPE_CHECKING:
    from cavendish.insight.alerts.told import ToldAlert


@dataclass(frozen=True, slots=True)
class Alerts:
    """The latest alerts that were `told`, the newest first, and the `ways` they are told by; `new`
    are those of this look. `failed` are the ways by which a test could not be told, and why."""

    told: tuple[ToldAlert, ...]
    new: tuple[ToldAlert, ...]
    ways: tuple[str, ...]
    tested: bool = False
    failed: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "ways": list(self.ways),
            "tested": self.tested,
            "failed": dict(self.failed),
            "new": [one.document["id"] for one in self.new],
            "alerts": [one.to_json() for one in self.told],
        }


async def alerts(house: House, *, test: bool) -> Alerts:
    """Looks now, tells what is new and what is owed, and gives what was told. Raises:
    StorageError."""
    from cavendish.client.alerts.look import telling
    from cavendish.insight.alerts.told import told

    journal, alerting = await house.journal(), house.settings.alerts
    before, failed = await journal.read(told), dict[str, str]()
    if test:
        one = _test(house)
        house.tell(Alerted(one.to_json()))
        by = telling(alerting, house.settings.environment, house.net)
        failed = await by(one.said, alerting.ways)
    else:
        await house.watch.now()
    found = await journal.read(told)
    known = {one.document["id"] for one in before}
    new = tuple(one for one in found if one.document["id"] not in known)
    return Alerts(found, new, ("log", *alerting.ways), test, failed)


def _test(house: House) -> Alert:
    return Alert(
        f"test/{house.random.token()}",
        "test",
        house.clock.now_ns(),
        "a test: this is how Cavendish tells an alert",
        "nothing is to be done",
        {"spent_usd": ZERO.usd},
    )
