"""explain: what an error means, what it cost, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cavendish.apps.cli.flags import SAY, SayFlags, Switch

if TYPE_CHECKING:
    from cavendish.insight.explain import Explained
    from cavendish.insight.explanation import Explanation


def explain(
    *error: str,
    say: SayFlags = SAY,
    list_: Annotated[bool, Parameter("--list", negative="", show_default=False)] = False,
    page: Switch = False,
) -> int:
    """What an error means, whether it cost money, whether trying again helps, and what to do.

    Parameters
    ----------
    error
        A status (429), a code (RESOURCE_EXHAUSTED), a class (DailyQuotaExhausted), a reason
        (IMAGE_SAFETY), a quotaId, or a whole error in quotes; - reads it from standard input.
    list_
        Every error that can be explained, in short.
    page
        The whole catalogue as Markdown: docs/errors.md.
    """
    from cavendish.apps.cli import door
    from cavendish.catalog.error_rows import error_rows
    from cavendish.core.errors import CavendishError
    from cavendish.insight.error_page import error_page
    from cavendish.insight.explain import Explained, explain
    from cavendish.insight.explanation import Explanation

    if page:
        print(error_page(), end="")
        return 0
    if list_ or not error:
        every = tuple(Explanation.of(row) for row in error_rows().values())
        found = Explained("", every)
    else:
        try:
            text = " ".join(error)
            found = explain(door.read_prompt(text, None))
        except CavendishError as problem:
            return door.fail(problem, as_json=say.json)
    if say.json:
        door.document(found.to_json())
    elif found.asked:
        _show(found)
    else:
        _table(found.explanations)
    return 0


def _show(found: Explained) -> None:
    from cavendish.apps.cli.words import out

    first, *others = found.explanations
    _one(first)
    if others:
        out.print()
        out.print("It can also be one of these; the whole error, pasted in quotes, tells which:")
        out.print()
        _table(others)


def _one(one: Explanation) -> None:
    from rich.table import Table
    from rich.text import Text

    from cavendish.apps.cli.words import out

    out.print(Text.assemble((one.title, "bold")))
    out.print(Text(f"{one.name} · {one.type} · {one.category}", style="dim"))
    out.print()
    rows = [("what happened", one.cause), ("money taken", one.money), ("try again?", one.retry)]
    rows += [("what to do", step) for step in one.next_step.split("; ")]
    rows += [("official page", one.docs_url)] if one.docs_url else []
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    said = ""
    for name, text in rows:
        style = "bold" if name == "what to do" else ""
        if out.is_terminal:
            table.add_row("" if name == said else name, Text(text, style=style))
        else:  # whole lines: what reads them wraps them, and commands stay whole
            out.print(Text(f"{'' if name == said else name:<14} {text}"), soft_wrap=True)
        said = name
    if out.is_terminal:
        out.print(table)


def _table(rows: list[Explanation] | tuple[Explanation, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from cavendish.apps.cli.words import out

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(row.name, Text(row.title))
    out.print(table)
    out.print()
    out.print(Text("cavendish explain NAME says more about one", style="dim"))
