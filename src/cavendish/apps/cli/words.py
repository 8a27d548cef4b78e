"""What people read in the terminal: results, notes and errors; and how tables look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cavendish.core.errors import CavendishError
from cavendish.core.money import Money

if TYPE_CHECKING:
    from cavendish.client.image import Image
    from cavendish.client.references.shown import Shown
    from cavendish.client.result import Infographic, Result

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
        out.print(Text.assemble(("total ", "dim"), (money(found.cost, found.realm), "bold")))


def infographic(made: Infographic) -> None:
    """The picture, and that nobody has read its numbers back."""
    verified = "not yet: nothing has read the numbers back from the picture"
    result(made.result, more=[("verified", verified)])


def _picture(image: Image, more: Sequence[tuple[str, str]]) -> None:
    realm = "simulated" if image.offline else "real"
    cost = money(image.cost, realm)
    if image.cached:
        cost += ", bought before"
    path = plain(str(image.path))
    out.print(Text.assemble(("✓ ", "bold green"), (path, "bold")), soft_wrap=True)
    facts(
        [
            ("picture", f"{image.width} × {image.height} px, {image.mime}"),
            ("time", f"{image.elapsed_s:.1f} s"),
            ("cost", cost),
            ("channel", image.channel),
            ("model", image.model),
            *more,
            *_lines("text", image.text),
            *_lines("thoughts", image.thoughts),
            *(("source", _source(source)) for source in image.sources),
            *(("also sent", str(path)) for path in image.others),
            *(("warning", warning) for warning in image.warnings),
        ]
    )


def _lines(name: str, text: str | None) -> list[tuple[str, str]]:
    return [(name, line) for line in (text or "").splitlines() if line.strip()]


def _source(source: Mapping[str, str]) -> str:
    """A page a search found, or what was searched for."""
    if "query" in source:
        return f"searched for {source['query']!r}"
    return " ".join(source[name] for name in ("title", "uri") if source.get(name))


def references(found: Iterable[Shown]) -> None:
    """Each reference with its measures and verdict; below it what is done to it and advised."""
    measures = ("sharp", "light", "contrast", "subject")
    shown = table("picture", "pixels", "sent as", *measures, "verdict")
    lines = []
    for one in found:
        upload, quality = one.upload, one.upload.quality
        numbers = (quality.sharpness, quality.brightness, quality.contrast)
        shown.add_row(
            Text(plain(one.name), overflow="ellipsis"),
            f"{upload.width} × {upload.height}",
            f"{upload.sent_width} × {upload.sent_height}, {len(upload.data) / 1000:,.0f} kB",
            *(f"{number:.0f}" for number in numbers),
            f"≈ {quality.subject_share:.0%}",
            Text(quality.verdict, style=_VERDICTS[quality.verdict]),
        )
        lines += [one.note] if one.note else []
        if quality.findings:
            lines.append(f"{one.name}: {quality.reason}; {quality.advice}")
    out.print(shown)
    for line in lines:
        out.print(Text(f"  {plain(line)}", style="dim"), soft_wrap=True)


def notes(lines: Iterable[str]) -> None:
    """Things worth knowing, on stderr."""
    for line in lines:
        err.print(Text(plain(line), style="dim"), soft_wrap=not err.is_terminal)


def line(text: Text) -> None:
    """One line on stdout, never broken: it may be a command to copy."""
    out.print(Text(plain(text.plain), spans=text.spans, style=text.style), soft_wrap=True)


def error(problem: CavendishError) -> None:
    """What happened and what to do next, on stderr."""
    name = type(problem).__name__
    said = Text.assemble(("✗ ", "bold red"), (name, "bold"), ": ", plain(problem.message))
    err.print(said, soft_wrap=not err.is_terminal)
    path = problem.details.get("path")
    if path:
        err.print(Text.assemble("  kept at ", (plain(str(path)), "bold")), soft_wrap=True)
    if problem.billed is None:
        err.print("  whether it was billed is not known; its price stays held")
    if problem.next_step:
        err.print(
            Text.assemble("  next: ", plain(problem.next_step)), soft_wrap=not err.is_terminal
        )
    if row := problem.details.get("row"):
        err.print(Text(f"  more: cavendish explain {row}", style="dim"), soft_wrap=True)


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Names and values, one a line."""
    for name, value in rows:
        line = Text.assemble("  ", (f"{name:<10}", "dim"), " ", plain(value))
        out.print(line, soft_wrap=True)


def plain(text: str) -> str:
    """Words from outside, without what steers a terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def money(cost: Money, realm: str) -> str:
    """An amount, and whether it is only simulated."""
    return f"{cost} (simulated money)" if realm == "simulated" else str(cost)


def table(*columns: str, numbers: bool = False) -> Table:
    """A table without lines; with `numbers` all columns but the first are set flush right."""
    found = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        right = numbers and number > 0
        found.add_column(column, no_wrap=True, justify="right" if right else "left")
    return found
