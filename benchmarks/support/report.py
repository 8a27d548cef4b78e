"""What a benchmark found, as a table and as JSON, and the machine it was found on."""

from __future__ import annotations

import os
import platform
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from support.chart import Chart

Value = str | float | int | None
IN_MEMORY = {"tmpfs", "ramfs"}


@dataclass
class Report:
    """One benchmark's rows; the keys of the first row are the columns."""

    name: str
    title: str
    rows: list[Mapping[str, Value]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    chart: Chart | None = None

    def figure(self, column: str, **where: Value) -> float:
        """One cell of the one row in which `where` holds."""
        (row,) = (row for row in self.rows if where.items() <= row.items())
        found = row[column]
        assert isinstance(found, float | int)
        return found

    def show(self, console: Console) -> None:
        """Prints the table."""
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for number, column in enumerate(self.rows[0]):
            table.add_column(column, justify="right" if number else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(_said(value) for value in row.values()))
        console.print(table)
        for note in self.notes:
            console.print(note, style="dim", highlight=False)
        console.print()

    def to_json(self) -> dict[str, Any]:
        """The same, unrounded."""
        return {"title": self.title, "rows": self.rows, "notes": self.notes}


def machine(folder: Path) -> dict[str, Value]:
    """Where and when this was measured."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "filesystem": filesystem(folder),
        "load": round(os.getloadavg()[0], 2),
    }


def footer(about: Mapping[str, Value]) -> str:
    """The machine in one line, for under a picture."""
    said = (
        about["date"],
        f"{about['cores']} cores, load {about['load']}",
        about["system"],
        f"Python {about['python']}",
        f"SQLite {about['sqlite']}",
        about["filesystem"],
    )
    return "  ·  ".join(map(str, said))


def filesystem(folder: Path) -> str:
    """The type of the file system `folder` is on."""
    found, place = "unknown", Path("/")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, kind = line.partition(" - ")
        point = Path(mount.split()[4])
        if folder.resolve().is_relative_to(point) and point.is_relative_to(place):
            found, place = kind.split()[0], point
    return found


@contextmanager
def real_disk() -> Iterator[Path]:
    """A temporary folder where fsync means something: $TMPDIR's, or else beside this one."""
    usual, beside = Path(tempfile.gettempdir()), Path(__file__).parents[1]
    parent = beside if filesystem(usual) in IN_MEMORY else usual
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=parent) as folder:
        yield Path(folder)


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """How many times `to`, by the least of each: what is added by others on the machine is not."""
    return min(of) / min(to)


def _said(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else value
