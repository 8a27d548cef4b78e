"""What people read of a dossier in the terminal: its verdicts, and what is left to fill."""

from __future__ import annotations

from rich.text import Text

from cavendish.apps.cli.plan_words import cents
from cavendish.apps.cli.words import facts, line, out, plain, table
from cavendish.insight.dossier.dossier import Dossier

_STYLES = {"fits": "green", "tight": "yellow", "too low": "bold red", "high": "bold yellow"}


def dossier(found: Dossier, *, brief: bool = False) -> None:
    """Where it is, what it says of the ledger and of each limit, and the blanks."""
    if found.files:
        line(Text.assemble(("✓ ", "bold green"), (plain(str(found.files[0])), "bold")))
    else:
        line(Text("nothing is written: this is what it would hold", style="dim"))
    if brief:
        return
    history = found.history
    days = f"{len(history.days)} days to {history.days[-1].day}"
    seen = f"{history.requests:,} requests, {history.pictures:,} pictures, {cents(history.spent)}"
    rows = [("model", found.facts.model.id), ("ledger", f"{seen} in {days}")]
    if history.requests:
        rows.append(("peaks", (f"{history.peak:,} in a minute, {history.busiest_hour:,} in an "
                     f"hour; {history.share('rate limited'):.1%} answered 429")))  # fmt: skip
    if found.projection is not None:
        rows.append(("projection", (f"{found.projection.minute.expected:,} in the busiest minute, "
                     f"{found.projection.month.expected:,} pictures a month, on "
                     f"{found.projection.until}")))  # fmt: skip
    facts(rows)
    _checks(found)
    if found.blanks:
        out.print()
        count = len(found.blanks)
        line(Text(f"{count} blank{'s' * (count != 1)} to fill", style="bold"))
        facts([(how.partition(";")[0], what) for what, how in found.blanks])
    out.print()
    facts([("submit", found.facts.desk.form), ("review", found.facts.desk.review)])


def _checks(found: Dossier) -> None:
    shown = table("limit", "seen", "projected", "asked", "")
    shown.columns[-1].no_wrap = False
    for column in shown.columns[1:4]:
        column.justify = "right"
    for one in found.checks:
        asked = f"{one.asked:,}" if one.asked is not None else "-"
        projected = "-" if one.projected is None else f"{one.projected.expected:,}"
        style = _STYLES.get(one.verdict, "dim")
        shown.add_row(
            Text(one.name), Text(f"{one.seen:,}"), Text(projected), Text(asked),
            Text(one.words, style=style),
        )  # fmt: skip
    out.print()
    out.print(shown)
