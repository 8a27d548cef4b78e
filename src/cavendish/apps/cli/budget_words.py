"""What people read about budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.words import line, out, plain, table

if TYPE_CHECKING:
    from cavendish.client.budgets import Budget

CELLS = 10
_COLOURS = ((100, "red"), (80, "yellow"), (0, "green"))


def budgets(found: Sequence[Budget]) -> None:
    """Each limit with what is used of it, and until when it counts."""
    if not found:
        line(Text("no budget: real money has no limit. cavendish budget set day 10 sets one"))
        return
    shown = table("scope", "limit", "spent", "held", "left", "used", "", "begins anew")
    shown.columns[0].no_wrap, shown.columns[0].overflow = False, "fold"
    for number in range(1, 7):
        shown.columns[number].justify = "right"
    for one in found:
        amounts = map(str, (one.limit, one.spent, one.held, one.left))
        percent = "" if one.percent is None else f"{one.percent} %"
        ends = "" if one.ends is None else f"{one.ends:%m-%d %H:%M %Z}"
        shown.add_row(plain(one.scope), *amounts, _bar(one), percent, ends)
    out.print(shown)


def removed(one: Budget) -> None:
    """What is no longer limited."""
    line(Text.assemble(("✓ ", "bold green"), f"budget {one.scope} is gone; it was {one.limit}"))
    if one.scope == "day":
        line(Text("  a stolen key or a loop is no longer stopped by the day", style="dim"))


def zone(name: str) -> None:
    """Where the day ends."""
    line(Text(f"a budget's day and month end at midnight in {name}, for all on this journal"))


def _bar(one: Budget) -> Text:
    """Spent, held and left as so many cells; what is used at all is seen."""
    limit = max(one.limit.nanos, 1)
    spent = min(CELLS, -(-one.spent.nanos * CELLS // limit))
    held = min(CELLS - spent, -(-one.held.nanos * CELLS // limit))
    colour = next(colour for least, colour in _COLOURS if (one.percent or 0) >= least)
    return Text.assemble(
        ("█" * spent, colour), ("▒" * held, colour), ("░" * (CELLS - spent - held), "dim")
    )
