"""generate and infographic."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.apps.cli.flags import CALL, REQUEST, SAY, CallFlags, RequestFlags, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Body, Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.result import Estimate, Infographic, Result
    from cavendish.client.room import Room

IN_PART = 5


def generate(
    prompt: str | None = None,
    /,
    *,
    prompt_file: Path | None = None,
    request: RequestFlags = REQUEST,
    call: CallFlags = CALL,
    say: SayFlags = SAY,
) -> int:
    """Draw pictures for a prompt, or find them if they were bought before.

    Parameters
    ----------
    prompt
        What to draw; - reads it from standard input.
    prompt_file
        A file with the prompt; - reads standard input.
    """
    from cavendish.apps.cli.door import read_prompt

    said = read_prompt(prompt, prompt_file)

    async def body(client: AsyncClient) -> Show:
        if call.dry_run or call.curl:
            found = await client.estimate(said, **request.options())
            return await foreseen(client, found, call, say)
        options = {**request.options(), **call.options()}
        made = await client.generate(said, output=output(client, call), **options)
        return partial(_show, made, say)

    return run(body, say)


def infographic(
    data: Path,
    /,
    *,
    request: RequestFlags = REQUEST,
    call: CallFlags = CALL,
    say: SayFlags = SAY,
    data_format: str | None = None,
) -> int:
    """Draw an infographic from data: title, metrics, style and colors in a file.

    Parameters
    ----------
    data
        A .json, .yaml, .csv or .tsv file; every field is optional. - reads standard input.
    data_format
        json, yaml, csv or tsv, whatever the file is called. Default: its ending, on - json.
    """
    from cavendish.apps.cli.door import read_data

    brief = read_data(data, data_format)

    async def body(client: AsyncClient) -> Show:
        options = {name: said for name, said in request.options().items() if said is not None}
        if call.dry_run or call.curl:
            found = await client.estimate_infographic(brief, **options)
            return await foreseen(client, found, call, say)
        options |= call.options()
        made = await client.infographic(brief, output=output(client, call), **options)
        return partial(_show, made, say)

    return run(body, say)


def run(body: Body, say: SayFlags) -> int:
    """Runs the body of a command that buys, with its progress; returns the exit code."""
    from cavendish.apps.cli.door import enter
    from cavendish.apps.cli.progress import Progress

    quiet = say.quiet or say.json or say.log_json
    return enter(body, say, progress=Progress(quiet=quiet))


async def foreseen(client: AsyncClient, found: Estimate, call: CallFlags, say: SayFlags) -> Show:
    """What would be sent and cost, and whether the budgets have room. Refuses what the purchase
    itself would refuse."""
    from cavendish.client.calls.terms import Checked, Terms

    options = call.options()
    Checked.of(
        client.settings, found.intake, Terms(output=output(client, call), title="", **options)
    )
    if call.curl:
        return partial(_show_curl, found, say)
    who = {name: options[name] for name in ("budget", "project", "tags", "key_name")}
    return partial(_show_dry_run, found, await client.budgets.room(found, **who), say)


def output(client: AsyncClient, call: CallFlags) -> str:
    """Where pictures go: as said, or as the settings say."""
    return call.output or client.settings.output


def _show(found: Result | Infographic, say: SayFlags) -> int:
    from cavendish.apps.cli import door, words
    from cavendish.client.result import Infographic

    result = found.result if isinstance(found, Infographic) else found
    if say.json:
        door.document(found.to_json())
    elif isinstance(found, Infographic):
        words.infographic(found)
    else:
        words.result(found)
    return IN_PART if result.errors else 0


def _show_curl(found: Estimate, say: SayFlags) -> int:
    """The command that sends the same."""
    from cavendish.apps.cli import door, words

    if say.json:
        door.document({**found.to_json(), "curl": found.curl})
        return 0
    if not say.quiet:
        words.notes(found.warnings)
    print(found.curl)
    return 0


def _show_dry_run(found: Estimate, room: Room, say: SayFlags) -> int:
    from cavendish.apps.cli import cost_words, door, words

    if say.json:
        warnings = [*found.warnings, *room.warnings]
        door.document({**found.to_json(), "budgets": room.to_json(), "warnings": warnings})
        return 0
    if not say.quiet:
        words.notes((*found.notes, *found.warnings))
    cost_words.dry_run(found, room)
    return 0
