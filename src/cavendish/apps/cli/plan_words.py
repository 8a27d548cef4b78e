"""What people read of a month's plan: the formula line by line, the lists of prices as columns."""

from __future__ import annotations

from rich.text import Text

from cavendish.apps.cli.words import line, out, table
from cavendish.core.money import Money
from cavendish.insight.month import Column, Line
from cavendish.insight.plan import Plan

_NONE = Text("-", style="dim")
_INCLUDED = Text("included", style="dim")
_CENT = 10**7


def plan(found: Plan, *, annual: bool, notes: bool) -> None:
    """The month, its lines, the totals, what batch jobs save, and what to know."""
    _head(found)
    out.print()
    shown = table("usd a month", *(_title(one) for one in found.columns), numbers=True)
    names = list(dict.fromkeys(line.name for one in found.columns for line in one.lines))
    for name in sorted(names, key=_place):
        lines = [_line(one, name) for one in found.columns]
        count = next(one.count for one in lines if one is not None)
        shown.add_row(Text(f"{count:,} {_words(name)}"), *map(_amount, found.columns, lines))
        shown.add_row("", *map(_unit, lines))
    totals = [one.month for one in found.columns]
    shown.add_row(
        Text("a month", style="bold"),
        *(Text(cents(total.expected), style="bold") for total in totals),
    )
    if any(total.low != total.high for total in totals):
        shown.add_row(Text("at least", style="dim"), *(cents(total.low) for total in totals))
        shown.add_row(Text("at most", style="dim"), *(cents(total.high) for total in totals))
    if annual:
        years = (cents(one.year.expected) for one in found.columns)
        shown.add_row(Text("a year", style="bold"), *(Text(year, style="bold") for year in years))
    if any(one.batch_saves for one in found.columns):
        saves = (one.batch_saves for one in found.columns)
        shown.add_row(
            Text("batch saves", style="green"),
            *(Text(cents(usd), style="green") if usd else _NONE for usd in saves),
        )
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
    if found is None or not any(found.usd_each):
        return Text("")
    each = Money.rounded_up(found.usd_each[1])
    if found.name.startswith("prompt tokens"):
        million = Money.rounded_up(found.usd_each[1] * 1_000_000)
        return Text(f"{million} / million", style="dim")
    return Text(f"× ${each.usd}", style="dim")
