"""channels: the ways to pictures, side by side and put to the test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cavendish.apps.cli.comparing import compare
from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.workflows.probe.report import Probe, ProbePlan

channels = App(name="channels", help="The ways to pictures: Google's own and third parties.")
channels.command(compare)

NOT_KEPT, IN_PART = 4, 5
"""Exit codes: a promise is not kept; calls were left out or failed."""


@channels.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every channel: whose it is, its key's variable and whether it is set, and a picture's price.

    A channel of your own is one file: see docs/channels.md. Third parties are used only when they
    are named with --channel or in the settings.
    """
    from cavendish.apps.cli import channel_words, door
    from cavendish.client.channels import Channels
    from cavendish.client.house import House
    from cavendish.client.settings import Settings
    from cavendish.core.errors import CavendishError

    try:
        found = Channels(House(Settings.load())).list()
    except CavendishError as error:
        return door.fail(error, as_json=say.json)
    if say.json:
        door.document({"channels": [one.to_json() for one in found]})
    else:
        channel_words.channels(found)
    return 0


@channels.command
def probe(
    name: str,
    /,
    *,
    model: Annotated[str | None, Parameter(["--model", "-m"])] = None,
    budget: str | None = None,
    project: str | None = None,
    dry_run: Annotated[bool, Parameter("--dry-run", negative="", show_default=False)] = False,
    say: SayFlags = SAY,
) -> int:
    """Whether a channel honours size, ratio, model and billing, in at most five paid calls.

    Exit code 4 says that a promise is not kept, 5 that calls were left out.

    Parameters
    ----------
    name
        The channel (cavendish channels list). Naming a third party here is opting in.
    model
        Model id or alias that is bought.
    budget
        The ceiling in USD. Default: the most that the calls can cost.
    project
        Project that the cost is booked on.
    dry_run
        Show the calls and what they can cost; send nothing.
    """
    from cavendish.apps.cli.door import enter
    from cavendish.apps.cli.progress import Progress

    async def body(client: AsyncClient) -> Show:
        if dry_run:
            found = await client.channels.plan_probe(name, model=model, budget=budget)
            return partial(_show_plan, found, say)
        made = await client.channels.probe(name, model=model, budget=budget, project=project)
        return partial(_show_probe, made, say)

    return enter(body, say, progress=Progress(quiet=say.quiet or say.json or say.log_json))


def _show_plan(found: ProbePlan, say: SayFlags) -> int:
    from cavendish.apps.cli import channel_words, door

    if say.json:
        door.document(found.to_json())
    else:
        channel_words.probe_plan(found)
    return 0


def _show_probe(found: Probe, say: SayFlags) -> int:
    from cavendish.apps.cli import channel_words, door

    if say.json:
        door.document(found.to_json())
    else:
        channel_words.probe(found)
    if found.vices:
        return NOT_KEPT
    return IN_PART if found.stopped else 0
