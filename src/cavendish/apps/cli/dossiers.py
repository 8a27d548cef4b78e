"""quota dossier: a request for higher limits, written from the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cavendish.apps.cli.flags import SAY, ModelFlag, SayFlags, SizeFlag, Switch, WholeOrNone

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.insight.dossier.dossier import Dossier


@Parameter(name="*")
@dataclass(frozen=True)
class AskFlags:
    """What is asked for, and by whom. What is not said stays a blank to fill."""

    rpm: WholeOrNone = None
    """Requests in a minute that are asked for."""
    rpd: WholeOrNone = None
    """Requests in a day that are asked for."""
    images_per_month: WholeOrNone = None
    """Pictures in a month that are asked for."""
    current_rpm: WholeOrNone = None
    """Requests in a minute allowed today (https://aistudio.google.com/rate-limit)."""
    current_rpd: WholeOrNone = None
    """Requests in a day allowed today."""
    tier: str | None = None
    """The project's usage tier: 1, 2 or 3."""
    growth: str | None = None
    """Growth a month that is planned, such as 20%. Default: the ledger's own trend."""
    needed_by: str | None = None
    """The day the limits are needed, such as 2027-02-01. Default for projecting: in 90 days."""
    use_case: str | None = None
    """What is made, for whom, how often."""
    justification: str | None = None
    """Why more is needed than the ledger shows: a launch, a market."""
    data_note: str | None = None
    """Who sees the pictures, how prompts are moderated, where data is kept."""
    company: str | None = None
    """Who asks."""
    contact: str | None = None
    """Name and e-mail to answer to."""
    project_number: str | None = None
    """The Google Cloud project's number."""
    project: str | None = None
    """Only this project of the journal; its name then stands in the dossier."""


ASK = AskFlags()


def dossier(
    *,
    output: Annotated[Path | None, Parameter(["--output", "-o"])] = None,
    model: ModelFlag = None,
    size: SizeFlag = None,
    channel: str = "gemini",
    paper: str = "a4",
    dry_run: Switch = False,
    ask: AskFlags = ASK,
    say: SayFlags = SAY,
) -> int:
    """A request for higher limits, written from the ledger, to send to Google.

    Parameters
    ----------
    output
        FILE.md, whose plots go into FILE.assets beside it, or FILE.pdf.
    model
        Model id or alias. Default: the one the ledger has most of.
    size
        512, 1K, 2K or 4K, for prices. Default: 2K where it costs what 1K costs, else 1K.
    channel
        gemini or vertex.
    paper
        a4 or letter.
    dry_run
        Say what it would hold; write nothing.
    """
    from cavendish.apps.cli import door
    from cavendish.core.errors import InvalidRequest

    async def body(client: AsyncClient) -> Show:
        if output is None and not (dry_run or say.json):
            raise InvalidRequest("output", "is missing", accepts="-o FILE.md, -o FILE.pdf")
        told: dict[str, Any] = asdict(ask)
        found = await client.quota.dossier(
            output, model=model, size=size, channel=channel, paper=paper, dry_run=dry_run, **told
        )
        return partial(_say, found, say)

    return door.enter(body, say)


def _say(found: Dossier, say: SayFlags) -> int:
    from cavendish.apps.cli import door, dossier_words, words

    if say.json:
        door.document(found.to_json())
        return 0
    if not say.quiet:
        words.notes(found.warnings)
    dossier_words.dossier(found, brief=say.quiet)
    return 0
