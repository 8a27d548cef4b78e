"""cost and budget."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cavendish.apps.cli.flags import REQUEST, SAY, RequestFlags, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient

cost = App(name="cost", help="What pictures cost: before, and after.")
budget = App(name="budget", help="Limits on real money.")


@cost.command
def estimate(
    prompt: str | None = None,
    /,
    *,
    prompt_file: Path | None = None,
    request: RequestFlags = REQUEST,
    say: SayFlags = SAY,
) -> int:
    """What generate would cost with the same flags. Nothing is sent.

    Parameters
    ----------
    prompt
        What to draw; - reads it from standard input.
    prompt_file
        A file with the prompt.
    """
    from cavendish.apps.cli import door, words

    said = door.read_prompt(prompt, prompt_file)

    async def body(client: AsyncClient) -> Show:
        found = await client.estimate(said, **request.options())
        return partial(_say, found, found.to_json(), words.estimate, say)

    return door.enter(body, say)


@cost.command
def report(*, by: str = "day", say: SayFlags = SAY) -> int:
    """What was spent, real and simulated money apart.

    Parameters
    ----------
    by
        day, model, channel, project or tag.
    """
    from cavendish.apps.cli import door, words

    async def body(client: AsyncClient) -> Show:
        found = await client.report(by)
        return partial(_say, found, found.to_json(), words.report, say)

    return door.enter(body, say)


@budget.command(name="set")
def set_(scope: str, usd: str, /, *, say: SayFlags = SAY) -> int:
    """Set the limit of a scope.

    Parameters
    ----------
    scope
        day, month, project:NAME or tag:KEY=VALUE. A day ends at midnight UTC.
    usd
        The limit, such as 25 or 0.50.
    """
    from cavendish.apps.cli import door, words

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.set(scope, usd)
        return partial(_say, [found], found.to_json(), words.budgets, say)

    return door.enter(body, say)


@budget.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every limit, with what is spent and held of it."""
    from cavendish.apps.cli import door, words

    async def body(client: AsyncClient) -> Show:
        found = await client.budgets.list()
        document = {"budgets": [one.to_json() for one in found]}
        return partial(_say, found, document, words.budgets, say)

    return door.enter(body, say)


def _say(found: Any, document: dict[str, Any], show: Any, say: SayFlags) -> int:
    from cavendish.apps.cli import door

    if say.json:
        door.document(document)
    else:
        show(found)
    return 0
