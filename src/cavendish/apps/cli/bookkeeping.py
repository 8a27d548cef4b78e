"""cost verify and cost reconcile; and the forms of a report beside words."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.apps.cli.flags import SAY, SayFlags, Switch
from cavendish.core.errors import InvalidRequest

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.insight.audit import Audit
    from cavendish.insight.reconciliation import Reconciliation
    from cavendish.insight.report import Report
    from cavendish.insight.verification import Verification

NOT_AS_WRITTEN = 4


def verify(*, say: SayFlags = SAY) -> int:
    """Is the ledger as it was written? Chain, sums and balances; names each changed row.

    Exit code 4 when it is not. Nothing is sent, nothing is changed.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_verification, await client.ledger.verify(), say)

    return door.enter(body, say)


def audit(
    *, since: str | None = None, until: str | None = None, csv: bool = False, say: SayFlags = SAY
) -> int:
    """Who changed what, and when: budgets, corrections, what was removed. Nothing is changed.

    Parameters
    ----------
    since
        The first day, such as 2026-11-01, UTC.
    until
        The last day.
    csv
        Print the entries as CSV.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.ledger.audit(since=since, until=until)
        return partial(say_csv, found) if csv and not say.json else partial(_say_audit, found, say)

    return door.enter(body, say)


def _say_audit(found: Audit, say: SayFlags) -> int:
    from cavendish.apps.cli import bookkeeping_words, door

    if say.json:
        door.document(found.to_json())
    else:
        bookkeeping_words.audit(found)
    return 0


def reconcile(
    bill: Path,
    /,
    *,
    cloud_project: str | None = None,
    apply: Switch = False,
    dry_run: Switch = False,
    say: SayFlags = SAY,
) -> int:
    """Google Cloud's bill beside the ledger, by model and day; each difference by name.

    Exit code 4 when they differ. Nothing is sent; nothing is changed but by --apply.

    Parameters
    ----------
    bill
        The CSV file of the console's cost table, or of the billing export.
    cloud_project
        Only the lines of this Google Cloud project.
    apply
        Book what the bill proves of presumed spending, as corrections.
    dry_run
        With --apply: show each correction, and book none.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.ledger.reconcile(
            bill, cloud_project=cloud_project, apply=apply and not dry_run
        )
        return partial(_say_reconciliation, found, say, each=apply)

    return door.enter(body, say)


def _say_reconciliation(found: Reconciliation, say: SayFlags, *, each: bool) -> int:
    from cavendish.apps.cli import bookkeeping_words, door

    if say.json:
        door.document(found.to_json())
    elif not (say.quiet and found.agrees):
        bookkeeping_words.reconciliation(found, each=each)
    return 0 if found.agrees else NOT_AS_WRITTEN


def _say_verification(found: Verification, say: SayFlags) -> int:
    from cavendish.apps.cli import bookkeeping_words, door

    if say.json:
        door.document(found.to_json())
    elif not (say.quiet and found.sound):
        bookkeeping_words.verification(found)
    return 0 if found.sound else NOT_AS_WRITTEN


def check_plot(file: Path | None) -> None:
    """Raises: InvalidRequest where the file cannot be a chart."""
    if file is not None and file.suffix.lower() != ".svg":
        raise InvalidRequest("plot", f"{file.name!r} is no SVG", accepts="a name ending in .svg")


def draw(found: Report, file: Path | None) -> None:
    """Writes the chart, if one is wanted. Raises: StorageError."""
    from cavendish.client.output import new_file

    if file is not None:
        with new_file(file) as chart:
            chart.write(found.to_svg().encode())


def say_csv(found: Report | Audit) -> int:
    """The lines as CSV on stdout."""
    print(found.to_csv(), end="")
    return 0
