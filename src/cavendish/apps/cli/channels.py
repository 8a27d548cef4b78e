"""channels: the ways to pictures, side by side and put to the test."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from cavendish.apps.cli.comparing import compare
from cavendish.apps.cli.flags import (
    SAY,
    CountFlag,
    ModelFlag,
    RatioFlag,
    Repeated,
    SayFlags,
    SizeFlag,
    Switch,
    Whole,
)

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.workflows.evaluation.report import Evaluation, EvaluationPlan
    from cavendish.workflows.probe.report import Probe, ProbePlan

channels = App(name="channels", help="The ways to pictures: Google's own and third parties.")
channels.command(compare)

FAILED, NOT_KEPT, IN_PART = 1, 4, 5
"""Exit codes: nothing came; a promise is not kept; calls were left out or failed."""


@channels.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every channel: whose it is, its key's variable and whether it is set, and a picture's price.

    A channel of your own is one file: see docs/channels.md. Third parties are used only when they
    are named with --channel or in the settings.
    """
    from cavendish.apps.cli import channel_words, door
    from cavendish.client.channels.desk import Channels
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
    model: ModelFlag = None,
    budget: str | None = None,
    project: str | None = None,
    dry_run: Switch = False,
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


@channels.command
def evaluate(
    first: str,
    /,
    *more: str,
    channels: str,
    output: Annotated[str, Parameter(["--output", "-o"])],
    model: ModelFlag = None,
    size: SizeFlag = None,
    aspect_ratio: RatioFlag = None,
    n: CountFlag = 1,
    require: Repeated = None,
    budget: str | None = None,
    project: str | None = None,
    retries: Whole = 0,
    dry_run: Switch = False,
    say: SayFlags = SAY,
) -> int:
    """The same prompts through several channels, side by side: price, time, success and pixels.

    With the same folder again only what is missing is bought. Exit code 5 says that some pictures
    are missing or not what was asked for, 1 that none came.

    Parameters
    ----------
    first
        A file with one prompt a line, or a list in .jsonl, .json or .yaml; or a prompt.
    more
        Further files or prompts.
    channels
        A,B,...: names (cavendish channels list). Naming a third party here is opting in.
    output
        Folder for the pictures, contact-sheet.png, evaluation.csv and evaluation.json.
    model
        Model id or alias.
    size
        512, 1K, 2K or 4K. Default: 2K where it costs what 1K costs, else 1K.
    aspect_ratio
        Aspect ratio, such as 16:9. Default 1:1.
    n
        How many pictures for each prompt on each channel.
    require
        Hard limit: real or direct-google; may be repeated.
    budget
        The most all of it may cost, in USD.
    project
        Project that the cost is booked on.
    retries
        Further attempts after a failure that cost nothing. Without them the channel is measured.
    dry_run
        Show what would be bought and what it can cost; send nothing.
    """
    from cavendish.apps.cli.door import enter
    from cavendish.apps.cli.progress import Progress

    async def body(client: AsyncClient) -> Show:
        desk = client.channels
        work = desk.plan_evaluation if dry_run else desk.evaluate
        found = await work(
            (first, *more), channels, output, model=model, size=size, aspect_ratio=aspect_ratio,
            n=n, require=tuple(require or ()), budget=budget, project=project, retries=retries,
        )  # fmt: skip
        return partial(_show_evaluation, found, say)

    return enter(body, say, progress=Progress(quiet=say.quiet or say.json or say.log_json))


def _show_evaluation(found: EvaluationPlan | Evaluation, say: SayFlags) -> int:
    from cavendish.apps.cli import channel_words, door
    from cavendish.workflows.evaluation.report import EvaluationPlan

    if say.json:
        door.document(found.to_json())
    if isinstance(found, EvaluationPlan):
        if not say.json:
            channel_words.evaluation_plan(found)
        return 0
    if not say.json:
        channel_words.evaluation(found)
    if not any(row.came for row in found.rows):
        return FAILED
    return IN_PART if found.failures else 0


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
