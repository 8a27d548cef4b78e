"""Proves Cavendish against the real service for less than a dollar: `make live`.

Prints the plan and what it can cost, asks, takes the steps from the cheapest on, and writes a
report. It needs GEMINI_API_KEY (or GOOGLE_API_KEY) and keeps a journal of its own for the run.

Exit codes: 0 all confirmed; 1 the key does not work; 2 nothing was sent; 3 the ceiling ended it;
4 something differs from the catalogue.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cavendish import AsyncClient, CavendishError, Money, Settings, __version__
from cavendish.catalog.pricing import CostRange
from cavendish.client.channels.access import ways
from cavendish.core.money import ZERO
from live.findings import CONFIRMED, DIFFERS, MARKS, NOT_RUN, Book, Finding
from live.recipe import Recipe, Step

MOST = Money.parse("1")
STYLES = {CONFIRMED: "green", DIFFERS: "bold yellow", NOT_RUN: "dim"}
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")


def main(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
) -> int:
    """Runs the recipe; see the module for what it returns."""
    given = _arguments(arguments)
    env = dict(os.environ if environment is None else environment)
    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    if not any(env.get(name) for name in KEYS):
        console.print("There is no key, so nothing was sent.")
        console.print("Create one at https://aistudio.google.com/apikey, then:")
        console.print("    GEMINI_API_KEY=... make live")
        return 2
    if given.ceiling > MOST:
        console.print(f"--ceiling: {given.ceiling} is more than {MOST}, the most a run may cost")
        return 2
    with tempfile.TemporaryDirectory(prefix="cavendish-live-") as home:
        try:
            return asyncio.run(_run(given, _surroundings(env, home), Path(home), console))
        except CavendishError as error:
            console.print(f"{error.message}\n{error.next_step}")
            return 1


async def _run(
    given: argparse.Namespace, env: Mapping[str, str], home: Path, console: Console
) -> int:
    now = datetime.now(UTC)
    settings = Settings.load(env, home)
    chosen = ways(None, ["real"], env, None)[0]
    book = Book(_about(now, str(urlsplit(chosen.base_url or "").netloc)), given.ceiling)
    pictures = given.report.with_suffix("")
    async with AsyncClient(settings) as client:
        recipe = Recipe(client, book, pictures=pictures, today=now.date())
        steps = await recipe.plan()
        _show(steps, book, console)
        if not given.yes and not _agreed(console):
            console.print("Nothing was sent.")
            return 2
        pictures.mkdir(parents=True, exist_ok=True)
        try:
            await recipe.run(steps, lambda finding: _tell(finding, console))
        finally:  # whatever happens, what was paid for is written down
            given.report.write_text(book.markdown(), "utf-8")
            console.print(f"\n{book.summary}\n[dim]{given.report} and {pictures}/[/]")
    if book.findings[0].verdict == DIFFERS:
        return 1
    return 4 if book.differs else 0 if book.complete else 3


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="make live", description=about)
    parser.add_argument("--yes", action="store_true", help="do not ask before money is spent")
    parser.add_argument("--ceiling", type=Money.parse, default=MOST, metavar="USD",
                        help=f"stop before this much could be spent (at most {MOST})")  # fmt: skip
    parser.add_argument("--report", type=Path, default=Path("live-report.md"), metavar="FILE",
                        help="the report; pictures go into a folder beside it")  # fmt: skip
    return parser.parse_args(arguments)


def _surroundings(env: Mapping[str, str], home: str) -> dict[str, str]:
    """The caller's environment, with a home and a configuration of this run alone."""
    kept = {name: value for name, value in env.items() if not name.startswith("CAVENDISH_")}
    return {**kept, "CAVENDISH_HOME": f"{home}/state", "XDG_CONFIG_HOME": home}


def _about(now: datetime, host: str) -> dict[str, str]:
    return {
        "date": f"{now:%Y-%m-%d %H:%M} UTC",
        "address": host,
        "Cavendish": __version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    }


def _show(steps: Sequence[Step], book: Book, console: Console) -> None:
    table = Table(title="Cavendish against the real service", title_justify="left", box=None)
    table.title_style = "bold"
    for head in ("step", "model", "least", "likely", "most"):
        table.add_column(head, justify="right" if head in {"least", "likely", "most"} else "left")
    low = likely = high = ZERO
    for step in steps:
        if step.estimate is None:
            table.add_row(step.title, "", "", "free", "")
            continue
        cost = step.estimate.cost
        if step.for_nothing:
            cost = CostRange(ZERO, ZERO, cost.high)
        low, likely, high = low + cost.low, likely + cost.expected, high + cost.high
        table.add_row(step.title, step.model.id, *map(str, (cost.low, cost.expected, cost.high)))
    table.add_section()
    table.add_row("together", "", *map(str, (low, likely, high)), style="bold")
    console.print(table)
    where = book.about["address"]
    console.print(f"\n[dim]to {where}; no more than {book.ceiling} is spent, whatever comes[/]")


def _agreed(console: Console) -> bool:
    try:
        return console.input("Go on with real money? [bold]y[/]/N ").strip().lower() in {"y", "yes"}
    except EOFError:
        console.print("\nNobody is there to ask; --yes goes on without.")
        return False


def _tell(finding: Finding, console: Console) -> None:
    style = STYLES[finding.verdict]
    mark = f"[{style}]{MARKS[finding.verdict]} {finding.verdict:<9}[/]"
    paid = str(finding.paid) if finding.paid else ""
    console.print(f"{mark} {finding.title}  [dim]{escape(paid or finding.why_not)}[/]")
    for check in finding.checks:
        if not check.holds:
            said = f"{check.what}: came {check.came}, not {check.said}"
            console.print(Padding(Text.assemble(said, "\n", (check.mend, "dim")), (0, 0, 0, 12)))


if __name__ == "__main__":
    sys.exit(main())
