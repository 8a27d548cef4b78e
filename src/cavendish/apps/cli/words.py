"""What people read: results, estimates, tables and errors in the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cavendish.catalog.pricing import per_picture
from cavendish.client.models import SURFACE
from cavendish.client.references.phrases import sentences
from cavendish.core.errors import CavendishError
from cavendish.core.money import Money

if TYPE_CHECKING:
    from cavendish.client.budgets import Budget
    from cavendish.client.image import Image
    from cavendish.client.references.shown import Shown
    from cavendish.client.result import Estimate, Infographic, Result
    from cavendish.core.model import Model
    from cavendish.insight.report import Report

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_VERDICTS = {"good": "green", "usable": "yellow", "poor": "bold red"}
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def result(found: Result, *, more: Sequence[tuple[str, str]] = ()) -> None:
    """Where the pictures are, what they are and what they cost."""
    for one in found.outcomes:
        if isinstance(one, CavendishError):
            error(one)
        else:
            _picture(one, more)
    if len(found.outcomes) > 1:
        out.print(Text.assemble(("total ", "dim"), (_cost(found.cost, found.realm), "bold")))


def infographic(made: Infographic) -> None:
    """The picture, and that nobody has read its numbers back."""
    verified = "not yet: nothing has read the numbers back from the picture"
    result(made.result, more=[("verified", verified)])


def _picture(image: Image, more: Sequence[tuple[str, str]]) -> None:
    realm = "simulated" if image.offline else "real"
    cost = _cost(image.cost, realm)
    if image.cached:
        cost += ", bought before"
    path = _plain(str(image.path))
    out.print(Text.assemble(("✓ ", "bold green"), (path, "bold")), soft_wrap=True)
    _facts(
        [
            ("picture", f"{image.width} × {image.height} px, {image.mime}"),
            ("time", f"{image.elapsed_s:.1f} s"),
            ("cost", cost),
            ("channel", image.channel),
            ("model", image.model),
            *more,
            *(("text", line) for line in (image.text or "").splitlines() if line.strip()),
            *(("warning", warning) for warning in image.warnings),
        ]
    )


def estimate(found: Estimate) -> None:
    """What would be sent, and the range of its cost."""
    request, cost = found.intake.request, found.cost
    width, height = found.intake.model.pixels[request.size][request.aspect_ratio]
    out.print(Text("nothing was sent", style="bold"))
    _facts(
        [
            ("model", request.model),
            ("channel", found.channel),
            ("picture", f"{width} × {height} px ({request.size}, {request.aspect_ratio})"),
            ("pictures", str(found.call.pictures)),
            ("references", " + ".join(str(len(one.shown)) for one in found.call.intakes)),
            ("prompt", request.prompt.splitlines()[0][:80]),
            *(("adds", said) for said in sentences(request.references)),
            ("cost", f"{_cost(cost.expected, found.realm)} expected"),
            ("range", f"{cost.low} to {cost.high}, which a budget holds meanwhile"),
        ]
    )


def report(found: Report) -> None:
    """What was spent, group by group."""
    if not found.lines:
        out.print("nothing was bought yet")
        return
    table = _table(found.by, "realm", "pictures", "attempts", "cost", "presumed", "held")
    for line in found.lines:
        numbers = (line.pictures, line.attempts, line.cost, line.presumed, line.held)
        table.add_row(line.group, line.realm, *map(str, numbers))
    out.print(table)
    out.print(f"real {found.total('real')} · simulated {found.total('simulated')}")


def budgets(found: Iterable[Budget]) -> None:
    """Each limit with what is used of it."""
    table = _table("scope", "limit", "spent", "held", "left")
    for one in found:
        left = one.limit - one.spent - one.held
        table.add_row(one.scope, *map(str, (one.limit, one.spent, one.held, left)))
    out.print(table)


def references(found: Iterable[Shown]) -> None:
    """Each reference with its measures and verdict; below it what is done to it and advised."""
    measures = ("sharp", "light", "contrast", "subject")
    table = _table("picture", "pixels", "sent as", *measures, "verdict")
    lines = []
    for one in found:
        upload, quality = one.upload, one.upload.quality
        numbers = (quality.sharpness, quality.brightness, quality.contrast)
        table.add_row(
            Text(_plain(one.name), overflow="ellipsis"),
            f"{upload.width} × {upload.height}",
            f"{upload.sent_width} × {upload.sent_height}, {len(upload.data) / 1000:,.0f} kB",
            *(f"{number:.0f}" for number in numbers),
            f"≈ {quality.subject_share:.0%}",
            Text(quality.verdict, style=_VERDICTS[quality.verdict]),
        )
        lines += [one.note] if one.note else []
        if quality.findings:
            lines.append(f"{one.name}: {quality.reason}; {quality.advice}")
    out.print(table)
    for line in lines:
        out.print(Text(f"  {_plain(line)}", style="dim"), soft_wrap=True)


def models(found: Iterable[Model]) -> None:
    """The catalogue in short."""
    catalogue = tuple(found)
    sizes = max((model.sizes for model in catalogue), key=lambda drawn: len(drawn))
    table = _table("model", *sizes, "status")
    for model in catalogue:
        prices = per_picture(model, surface=SURFACE)
        cells = (str(prices.get(size, "")) for size in sizes)
        table.add_row(model.id, *cells, model.lifecycle.status)
    out.print(table)


def model(found: Model) -> None:
    """One model's facts: pixels by ratio and size, limits, sources."""
    out.print(Text.assemble((found.name, "bold"), f"  {found.id}"))
    table = _table("ratio", *found.sizes)
    for ratio in found.aspect_ratios:
        cells = (found.pixels[size][ratio] for size in found.sizes)
        table.add_row(ratio, *(f"{width} × {height}" for width, height in cells))
    out.print(table)
    _facts(
        [
            ("status", f"{found.lifecycle.status}, released {found.lifecycle.released}"),
            *(
                (f"{size} picture", str(cost))
                for size, cost in per_picture(found, surface=SURFACE).items()
            ),
            ("references", f"at most {found.references}"),
            ("thinking", _thinking(found)),
            ("checked", str(found.checked)),
            *(("source", source) for source in found.sources),
        ]
    )


def _thinking(found: Model) -> str:
    if found.thinking_levels:
        return f"{', '.join(found.thinking_levels)}; the cheapest unless you say"
    return "always on, billed" if found.thinking_always else "none"


def notes(lines: Iterable[str]) -> None:
    """Things worth knowing, on stderr."""
    for line in lines:
        err.print(Text(_plain(line), style="dim"), soft_wrap=not err.is_terminal)


def line(text: Text) -> None:
    """One line on stdout, never broken: it may be a command to copy."""
    out.print(Text(_plain(text.plain), spans=text.spans, style=text.style), soft_wrap=True)


def error(problem: CavendishError) -> None:
    """What happened and what to do next, on stderr."""
    name = type(problem).__name__
    said = Text.assemble(("✗ ", "bold red"), (name, "bold"), ": ", _plain(problem.message))
    err.print(said, soft_wrap=not err.is_terminal)
    path = problem.details.get("path")
    if path:
        err.print(Text.assemble("  kept at ", (_plain(str(path)), "bold")), soft_wrap=True)
    if problem.billed is None:
        err.print("  whether it was billed is not known; its price stays held")
    if problem.next_step:
        err.print(
            Text.assemble("  next: ", _plain(problem.next_step)), soft_wrap=not err.is_terminal
        )


def _facts(rows: Iterable[tuple[str, str]]) -> None:
    for name, value in rows:
        line = Text.assemble("  ", (f"{name:<10}", "dim"), " ", _plain(value))
        out.print(line, soft_wrap=True)


def _plain(text: str) -> str:
    """Words from outside, without what steers a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _cost(cost: Money, realm: str) -> str:
    return f"{cost} (simulated money)" if realm == "simulated" else str(cost)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table
