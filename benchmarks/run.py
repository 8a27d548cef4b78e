"""Runs the benchmarks: `python benchmarks/run.py [NAME] [--json FILE] [--plot DIR]`."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

from rich.console import Console
from support.report import footer, machine, real_disk

NAMES = ("answer", "memory", "journal", "fleet", "start", "offline", "emulator")
BY_NAME_ONLY = ("alarms", "fuzz", "quota", "invoices", "estimates")


def main() -> None:
    """Runs what was asked for, prints the tables, writes the JSON and the pictures."""
    parser = argparse.ArgumentParser(description="The numbers behind the project's promises.")
    parser.add_argument("name", nargs="?", default="all", choices=(*NAMES, *BY_NAME_ONLY, "all"))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here as well")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="draw bench-NAME.png here as well")
    given = parser.parse_args()
    console = Console(width=140)
    with real_disk() as folder:
        about = machine(folder)
        console.print(", ".join(f"{name} {value}" for name, value in about.items()), style="dim")
        console.print()
        reports = {}
        for name in NAMES if given.name == "all" else (given.name,):
            place = folder / name
            place.mkdir()
            report = import_module(name).run(place)
            report.show(console)
            if given.plot is not None and report.chart is not None:
                given.plot.mkdir(parents=True, exist_ok=True)
                report.chart.draw(given.plot / f"bench-{name}.png", footer(about))
            reports[name] = report.to_json()
    if given.json is not None:
        given.json.write_text(json.dumps({"machine": about, "reports": reports}, indent=1) + "\n")


if __name__ == "__main__":
    main()
