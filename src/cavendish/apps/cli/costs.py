"""cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from cavendish.apps.cli.bookkeeping import (
    audit,
    check_plot,
    draw,
    reconcile,
    say_csv,
    verify,
)
from cavendish.apps.cli.comparing import compare
from cavendish.apps.cli.flags import (
    REQUEST,
    SAY,
    CountFlag,
    ModelFlag,
    RatioFlag,
    RequestFlags,
    SayFlags,
    WholeOrNone,
)
from cavendish.apps.cli.planning import plan

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.result import Estimate

cost = App(name="cost", help="What pictures cost: before, and after.")
cost.command(compare)
cost.command(verify)
cost.command(audit)
cost.command(reconcile)
cost.command(plan)


@cost.command
def estimate(
    prompt: str | None = None,
    /,
    *,
    prompt_file: Path | None = None,
    prices: str = "today",
    request: RequestFlags = REQUEST,
    say: SayFlags = SAY,
) -> int:
    """What generate would cost with the same flags, part by part. Nothing is sent.

    Parameters
    ----------
    prompt
        What to draw; - reads it from standard input.
    prompt_file
        A file with the prompt; - reads standard input.
    prices
        today, or guide: the prices of the original guide.
    """
    from cavendish.apps.cli import door

    said = door.read_prompt(prompt, prompt_file)

    async def body(client: AsyncClient) -> Show:
        found = await client.estimate(said, prices=prices, **request.options())
        return partial(_say_estimate, found, say)

    return door.enter(body, say)


@cost.command
def advise(
    *,
    use: str,
    model: ModelFlag = None,
    aspect_ratio: RatioFlag = None,
    exact: str | None = None,
    print_width_mm: float | None = None,
    dpi: WholeOrNone = None,
    n: CountFlag = 1,
    channel: str | None = None,
    say: SayFlags = SAY,
) -> int:
    """Which size, ratio and model suffice for a use, why, and what that saves.

    Parameters
    ----------
    use
        thumbnail, web, print-a4, large or training.
    model
        Only this model. Default: every living one.
    aspect_ratio
        Aspect ratio, such as 16:9. Default: the one nearest to the use's shape.
    exact
        WIDTHxHEIGHT in pixels, in place of the use's.
    print_width_mm
        Width on paper. Default: the page.
    dpi
        Dots per inch on paper. Default 300 for print-a4, 100 for large.
    n
        How many pictures.
    channel
        Whose prices (cavendish channels list).
    """
    from cavendish.apps.cli import cost_words, door

    async def body(client: AsyncClient) -> Show:
        found = await client.advise(
            use, model=model, aspect_ratio=aspect_ratio, exact=exact,
            print_width_mm=print_width_mm, dpi=dpi, n=n, channel=channel,
        )  # fmt: skip
        return partial(_say, found, found.to_json(), cost_words.advice, say)

    return door.enter(body, say)


@cost.command
def report(
    *,
    by: str = "day",
    since: str | None = None,
    until: str | None = None,
    csv: bool = False,
    plot: Path | None = None,
    say: SayFlags = SAY,
) -> int:
    """What was spent, and what was saved against list price; real and simulated money apart.

    Parameters
    ----------
    by
        day, model, channel, project, tag or category (picture, thinking, references, ...).
    since
        The first day, such as 2026-11-01. A day ends at midnight UTC.
    until
        The last day.
    csv
        Print the lines as CSV.
    plot
        A file.svg to draw them into.
    """
    from cavendish.apps.cli import cost_words, door

    async def body(client: AsyncClient) -> Show:
        check_plot(plot)
        found = await client.report(by, since=since, until=until)
        draw(found, plot)
        if csv and not say.json:
            return partial(say_csv, found)
        return partial(_say, found, found.to_json(), cost_words.report, say)

    return door.enter(body, say)


def _say_estimate(found: Estimate, say: SayFlags) -> int:
    from cavendish.apps.cli import cost_words, door, words

    if say.json:
        document = found.to_json()
        document["alternatives"] = [one.to_json() for one in found.alternatives]
        door.document(document)
    else:
        if not say.quiet:
            words.notes((*found.notes, *found.warnings))
        cost_words.estimate(found)
    return 0


def _say(found: Any, document: dict[str, Any], show: Any, say: SayFlags) -> int:
    from cavendish.apps.cli import door

    if say.json:
        door.document(document)
    else:
        show(found)
    return 0
