"""budget."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cavendish.apps.cli.alerting import alerts
from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient

budget = App(name="budget", help="Limits on real money.")
budget.command(alerts)


@budget.command(name="set")
def set_(scope: str, usd: str, /, *, say: SayFlags = SAY) -> int:
    """Set the limit of a scope.

    Parameters
    ----------
    scope
        day, month, project:NAME, key:NAME or tag:KEY=VALUE (cavendish budget zone says when a day
        ends).
    usd
        The limit, such as 25 or 0.50.
    """
    from cavendish.apps.cli import budget_words, door

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.set(scope, usd)
        return partial(_say, found.to_json(), partial(budget_words.budgets, [found]), say)

    return door.enter(body, say)


@budget.command
def remove(scope: str, /, *, say: SayFlags = SAY) -> int:
    """Take the limit of a scope away; what was spent is remembered.

    Parameters
    ----------
    scope
        One that has a limit (cavendish budget list).
    """
    from cavendish.apps.cli import budget_words, door

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.remove(scope)
        return partial(_say, found.to_json(), partial(budget_words.removed, found), say)

    return door.enter(body, say)


@budget.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every limit, with what is spent and held of it, and when it begins anew."""
    from cavendish.apps.cli import budget_words, door

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.list()
        document = {"budgets": [one.to_json() for one in found]}
        return partial(_say, document, partial(budget_words.budgets, found), say)

    return door.enter(body, say)


@budget.command(name="zone")
def zone_(zone: str | None = None, /, *, say: SayFlags = SAY) -> int:
    """Show or set where a budget's day and month end at midnight, for all on this journal.

    Parameters
    ----------
    zone
        An IANA name such as Asia/Tokyo. What was begun since midnight there counts at once.
    """
    from cavendish.apps.cli import budget_words, door

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.zone(zone)
        return partial(_say, {"zone": found}, partial(budget_words.zone, found), say)

    return door.enter(body, say)


def _say(document: dict[str, Any], show: Callable[[], None], say: SayFlags) -> int:
    from cavendish.apps.cli import door

    if say.json:
        door.document(document)
    else:
        show()
    return 0
