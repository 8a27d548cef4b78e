"""The zone at whose midnight a budget's day and month end: one for everybody on the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from cavendish.client.system import operator
from cavendish.core.errors import InvalidRequest, SettingsError
from cavendish.core.guess import did_you_mean
from cavendish.store.commands import SetZone

if TYPE_CHECKING:
    from cavendish.store.journal import Journal


def check_zone(zone: str) -> str:
    """The zone, if there is such a one. Raises: InvalidRequest."""
    known = available_timezones()
    if zone not in known:
        accepts = f"a name such as Asia/Tokyo{_meant(zone)}"
        raise InvalidRequest("zone", f"there is no zone {zone!r}", accepts=accepts)
    return zone


def _meant(zone: str) -> str:
    said = did_you_mean(zone, available_timezones())
    return f"; {said.strip()}" if said else ""


async def agree(journal: Journal, zone: str | None) -> None:
    """Says the zone of the settings where nobody has said one before.

    Raises: SettingsError where the journal has another: two zones would be two limits.
    """
    from cavendish.insight.budgets import zone_of

    if zone is None:
        return
    await journal.change(SetZone(check_zone(zone), operator(), first=True))
    found = await journal.read(zone_of)
    if found != zone:
        raise SettingsError(
            f"budget_zone is {zone}, and on this journal a budget's day ends at midnight in "
            f"{found} for everybody",
            next_step=f"take budget_zone out, or for everybody: cavendish budget zone {zone}",
        )
