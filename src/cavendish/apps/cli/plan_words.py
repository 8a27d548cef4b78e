"""What people read of a month's plan: the formula line by line, the lists of prices as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from cavendish.apps.cli.words import line, out, table
from cavendish.core.money import Money
from cavendish.insight.month import Column, Line
from cavendish.insight.plan import Plan

_NONE = Text("-", style="dim")
_INCLUDED = Text("included", style="dim")
_CENT = 10**7
_NAMES = 16
"""The least that names of lines may take of the terminal's width."""

Row = tuple[Text, list[Text]]


def plan(found: Plan, *, annual: bool, notes: bool) -> None:
    """The month, its lines, the totals, what batch jobs save, and what to know."""
    _head(found)
    names = list(dict.fromkeys(line.name for one in found.columns for line in one.lines))
    rows = list(_rows(found, sorted(names, key=_place), annual))
    for some in _fitting(found, rows):
        out.print()
        shown = table("usd a month", *(_title(found.columns[at]) for at in some), numbers=True)
        shown.columns[0].no_wrap = False
        for name, cells in rows:
            shown.add_row(name, *(cells[at] for at in some))
        out.print(shown)
    dates = (f"{one.name} {one.checked}" for one in found.columns if one.checked)
    out.print(Text(f"prices as of: {', '.join(dates)}", style="dim"))
    if notes and found.notes:
        out.print()
        for note in found.notes:
            out.print(Text(note, style="dim"))


def cents(usd: Money) -> str:
    """An amount to the cent, rounded up; below a dollar to the hundredth of a cent."""
    if usd.nanos < 100 * _CENT:
        return str(usd)
    whole, rest = divmod(-(-usd.nanos // _CENT), 100)
    return f"${whole:,}.{rest:02d}"


def _rows(found: Plan, names: Iterable[str], annual: bool) -> Iterator[Row]:
    """The lines in their order, each with its price below, then what they come to."""
    for name in names:
        lines = [_line(one, name) for one in found.columns]
        count = next(one.count for one in lines if one is not None)
        yield Text(f"{count:,} {_words(name)}"), list(map(_amount, found.columns, lines))
        yield Text(""), list(map(_unit, lines))
    months, years = [one.month for one in found.columns], [one.year for one in found.columns]
    yield _total("a month", (one.expected for one in months), "bold")
    if any(one.low != one.high for one in months):
        yield _total("at least", (one.low for one in months), "dim")
        yield _total("at most", (one.high for one in months), "dim")
    if annual:
        yield _total("a year", (one.expected for one in years), "bold")
    if any(one.batch_saves for one in found.columns):
        yield _total("batch saves", (one.batch_saves for one in found.columns), "green")


def _total(name: str, amounts: Iterable[Money], style: str) -> Row:
    said = [Text(cents(usd), style=style) if usd else _NONE for usd in amounts]
    return Text(name, style=style), said


def _fitting(found: Plan, rows: Sequence[Row]) -> Iterator[range]:
    """The columns that go side by side: an amount is never cut, the names of the lines wrap."""
    start, room = 0, out.width - _NAMES
    left = room
    for at, column in enumerate(found.columns):
        cells = (cells[at].cell_len for _, cells in rows)
        width = max(len(_title(column)), *cells) + 2
        if width > left and at > start:
            yield range(start, at)
            start, left = at, room
        left -= width
    yield range(start, len(found.columns))


def _head(found: Plan) -> None:
    demand = found.demand
    many = f"{demand.realtime + demand.batch:,} pictures a month, {demand.size}"
    line(Text.assemble((many, "bold"), f" from {demand.model.id}"))


def _title(column: Column) -> str:
    return f"the {column.name}" if column.kind == "dated" else f"{column.name}, {_since(column)}"


def _since(column: Column) -> str:
    return "flat" if column.flat else "today"


def _line(column: Column, name: str) -> Line | None:
    return next((one for one in column.lines if one.name == name), None)


def _place(name: str) -> int:
    """Parts in the order of the formula; of each, what is wanted at once before batch."""
    parts = ["pictures", "prompt tokens", "references", "thinking"]
    part, _, tier = name.partition(", ")
    return 2 * parts.index(part) + (tier == "batch")


def _words(name: str) -> str:
    return f"× {name}" if name.startswith("thinking") else name


def _amount(column: Column, found: Line | None) -> Text:
    if found is None or (column.flat and not any(found.usd)):
        return _INCLUDED if column.flat else _NONE
    return Text(cents(Money.rounded_up(found.usd[1])))


def _unit(found: Line | None) -> Text:
    """The price of one, or of a million where one is next to nothing."""
    if found is None or not found.usd_each[1]:
        return Text("")
    each = Money.rounded_up(found.usd_each[1])
    if found.name.startswith("prompt tokens"):
        million = Money.rounded_up(found.usd_each[1] * 1_000_000)
        return Text(f"{million} / million", style="dim")
    return Text(f"× ${each.usd}", style="dim")
