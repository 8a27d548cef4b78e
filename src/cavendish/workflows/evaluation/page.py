"""What stands on an evaluation's contact sheet: prompts down, channels across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cavendish.imaging.contact_sheet import Cell, Line
from cavendish.workflows.evaluation.report import Evaluation
from cavendish.workflows.evaluation.rows import Row, Standing

MOST_LINES: Final = 40
"""A page of more is no page; the folder and the CSV have them all."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page's words, and which picture stands where."""

    title: str
    beside: str
    columns: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    foot: str


def page(found: Evaluation) -> Page:
    """The page of an evaluation; of many pictures the first `MOST_LINES` rows."""
    share = found.plan.shares[0]
    rows = {(row.channel, row.number, row.copy): row for row in found.rows}
    columns = tuple((one.channel, _facts(one)) for one in found.standings)
    lines = []
    for number, prompt in enumerate(found.plan.prompts, 1):
        for copy in range(1, found.plan.n + 1):
            here = [rows.get((one.channel, number, copy)) for one in found.standings]
            cells = tuple(_cell(found, row) for row in here)
            label = f"{number:02d}" if found.plan.n == 1 else f"{number:02d}.{copy}"
            lines.append(Line(label, prompt, cells))
    of = ", simulated money," if found.plan.realm == "simulated" else ""
    foot = f"{found.cost}{of} paid in this run. Marked in red: not what was asked for."
    if len(lines) > MOST_LINES:
        foot += f" {len(lines) - MOST_LINES} more rows are in evaluation.csv."
    if any(row.cached for row in found.rows):
        foot += " Bought before: price and time are those of the run that bought it."
    count = len(found.plan.prompts)
    title = f"{count} prompt{'s' * (count != 1)}, {len(columns)} channels"
    when = f"{found.at[:16].replace('T', ' ')} UTC"
    beside = f"{share.model} · {share.size} · {share.aspect_ratio} · {when}"
    return Page(title, beside, columns, tuple(lines[:MOST_LINES]), foot)


def _facts(one: Standing) -> str:
    said = [f"{one.as_asked} of {one.asked} as asked"]
    if one.price is not None:
        said.append(f"{one.price} each" + (", simulated" if one.realm == "simulated" else ""))
    if one.p50_s is not None:
        said.append(f"{one.p50_s:.1f} s")
    return " · ".join(said)


def _cell(found: Evaluation, row: Row | None) -> Cell:
    if row is None:
        return Cell(None, said="not asked")
    if not row.came:
        return Cell(None, "no picture" + (f" · {row.cost}" if row.cost else ""), said=_why(row))
    said = [f"{row.width}x{row.height}"] if row.width else []
    if row.price is not None:
        said.append(str(row.price))
    if row.latency_s is not None:
        said.append(f"{row.latency_s:.1f} s")
    if row.cached:
        said.append("bought before")
    path = None if row.path is None else found.folder / row.path
    return Cell(path, " · ".join(said), "; ".join(row.findings))


def _why(row: Row) -> str:
    return f"{row.error}: {row.message}"
