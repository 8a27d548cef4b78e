"""budget alerts."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.alerts.desk import Alerts
    from cavendish.insight.alerts.told import ToldAlert


def alerts(*, test: bool = False, say: SayFlags = SAY) -> int:
    """Look now at budgets, spending and errors, tell what is new, and list what was told.

    Good for cron: each alert is told once over all processes, and what could not be told is tried
    again. With --quiet only what is new is listed.

    Parameters
    ----------
    test
        Tell a test by every way instead. Exit code 1 when one fails.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say, await client.budgets.alerts(test=test), say)

    return door.enter(body, say)


def _say(found: Alerts, say: SayFlags) -> int:
    from cavendish.apps.cli import door

    if say.json:
        door.document(found.to_json())
    elif found.tested:
        _ways(found)
    else:
        _told(found.new if say.quiet else found.told)
        if not say.quiet:
            _how(found)
    return 1 if found.failed else 0


def _ways(found: Alerts) -> None:
    from cavendish.apps.cli.words import line, plain

    for way in found.ways:
        why = found.failed.get(way)
        mark, said = (("✓ ", "bold green"), "told") if why is None else (("✗ ", "bold red"), why)
        line(Text.assemble(mark, (f"{way:<9}", "bold"), plain(said)))
    if found.ways == ("log",):
        line(Text("alert_webhook and alert_command in config.toml tell more people", "dim"))


def _told(found: Iterable[ToldAlert]) -> None:
    from cavendish.apps.cli.words import facts, line, plain

    for one in found:
        said = one.document
        line(Text.assemble((f"{said['at']}  ", "dim"), plain(said["message"])))
        if one.owed:
            facts([("not told by", ", ".join(one.owed))])


def _how(found: Alerts) -> None:
    from cavendish.apps.cli.words import facts, line

    if not found.told:
        line(Text("nothing to tell: no budget is filled to a mark, nothing is unusual"))
    facts([("told by", ", ".join(found.ways))])
