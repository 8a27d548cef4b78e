"""The journal's rate: intents and settlements, each durable before the call goes on.

Promise: at 64 calls in flight the journal books more paid calls per second than the disk takes
single commits, since what arrives during a commit shares the next one.

What: `begin` and `settle` of paid calls with four money legs each (day, month, project, run), 64 in
flight, `synchronous=FULL`, in a fresh journal; and, as the yardstick, transactions of one small
insert each, from Python's sqlite3, in the same journal mode on the same disk in the same minute.
Every pair is two durable commits if nothing is shared. The mode is TRUNCATE where SQLite has the
WAL-reset bug, else WAL; the other mode is shown beside it.

How: all four in processes of their own, in turns of about half a second each.

How to read: the ratio (pairs per second over single commits per second) says what group commit is
worth on this disk; it grows with the disk's latency. CPU per pair is the whole process's, with the
64 tasks that ask.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from support.chart import Bar, Chart, Panel, times
from support.report import Report, filesystem
from support.worker import Worker, asked_in_rounds, clean_environment, serve, together

ROUNDS = 5
IN_FLIGHT = 64
PAIRS = 1024
COMMITS = 150
LEAST = 10
TIMES, PAIRS_TITLE = "x single commits", "Cavendish, pairs"
MODES = ("TRUNCATE", "WAL")


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    from cavendish.store.database import wal_is_safe

    ours = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"
    report = Report("journal", f"begin + settle with four legs, {IN_FLIGHT} in flight")
    workers = {}
    for mode in MODES:
        for what in ("commits", "pairs"):
            home = folder / f"{what}-{mode}"
            home.mkdir()
            environment = clean_environment(home)
            workers[f"{what} {mode}"] = Worker(
                "journal", what, mode, str(home), environment=environment
            )
    with together(workers):
        asked_in_rounds(workers, 1)
        answers = asked_in_rounds(workers, ROUNDS)
    for mode in sorted(MODES, key=lambda mode: mode != ours):
        single = median(a["per_s"] for a in answers[f"commits {mode}"])
        for what, title in (("commits", "single commits, sqlite3"), ("pairs", PAIRS_TITLE)):
            found = answers[f"{what} {mode}"]
            per_s = [answer["per_s"] for answer in found]
            cpu_us = [answer["cpu_us"] for answer in found]
            report.rows.append(
                {
                    "contender": title,
                    "mode": mode,
                    "in use": "yes" if mode == ours else "no",
                    "per s min": min(per_s),
                    "per s median": median(per_s),
                    "per s max": max(per_s),
                    TIMES: median(per_s) / single,
                    "target": f">= {LEAST}" if what == "pairs" else None,
                    "CPU us min": min(cpu_us),
                    "CPU us median": median(cpu_us),
                }
            )
    report.notes.append(f"on {filesystem(folder)}, SQLite {sqlite3.sqlite_version}")
    report.chart = _chart(report)
    return report


def _chart(report: Report) -> Chart:
    ours = report.figure(TIMES, contender=PAIRS_TITLE, **{"in use": "yes"})
    chart = Chart(
        "Paid calls booked per second",
        f"Two durable records for every call, {IN_FLIGHT} calls in flight: {times(ours)} the "
        "single commits this disk takes, because what arrives during a commit shares the next one.",
    )
    for used in ("yes", "no"):
        rows = [row for row in report.rows if row["in use"] == used]
        bars = [
            Bar(
                str(row["contender"]),
                per_s := float(row["per s median"]),
                f"{per_s:,.0f}",
                times(row[TIMES]),
            )
            for row in rows
        ]
        mode = f"SQLite's {rows[0]['mode']} mode" + (", in use here" if used == "yes" else "")
        target = (LEAST * bars[0].value, f"target: {LEAST}×") if used == "yes" else (None, "")
        chart.panels.append(Panel(mode, bars, *target))
    return chart


class Commits:
    """One insert, one fsynced commit, one after the other."""

    def __init__(self, mode: str, home: Path) -> None:
        self._connection = sqlite3.connect(home / "commits.db", isolation_level=None)
        self._connection.execute(f"PRAGMA journal_mode={mode}")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, what TEXT)")

    def answer(self) -> dict[str, float]:
        """A round."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for _ in range(COMMITS):
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT INTO said (what) VALUES (?)", ("x" * 100,))
            self._connection.execute("COMMIT")
        return _rate(COMMITS, wall_s, cpu_s)


class Pairs:
    """Calls that begin and settle, as the client makes them."""

    def __init__(self, mode: str, home: Path) -> None:
        from cavendish.client.system import SystemClock
        from cavendish.store import database
        from cavendish.store.journal import Journal
        from cavendish.store.owners import Owner

        database.wal_is_safe = lambda _: mode == "WAL"  # both modes, whatever SQLite this is
        owner = Owner(home / "journal.db.owners", "0" * 32)
        self._journal = Journal.open(home / "journal.db", clock=SystemClock(), owner=owner)
        self._number = 0
        self._runner = asyncio.Runner()

    def answer(self) -> dict[str, float]:
        """A round."""
        return self._runner.run(self._round())

    async def _round(self) -> dict[str, float]:
        from cavendish.store.commands import SetBudget

        await self._journal.change(SetBudget("day", 10**15))
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self._calls(PAIRS // IN_FLIGHT) for _ in range(IN_FLIGHT)))
        return _rate(PAIRS, wall_s, cpu_s)

    async def _calls(self, calls: int) -> None:
        from cavendish.store.commands import Hold, Key, Reserved

        for _ in range(calls):
            self._number += 1
            attempt = f"{self._number:032x}"
            scopes = ("day", "month", "project:x", "run:1")
            reserved = await self._journal.begin(
                Key("real", "x", attempt, "0"),
                attempt=attempt,
                channel="gemini",
                model="gemini-3-pro-image",
                asked={"model": "gemini-3-pro-image", "size": "4K", "aspect_ratio": "1:1"},
                holds=tuple(Hold(scope, 265_000_000) for scope in scopes),
                lease_ns=330 * 10**9,
                tags={},
            )
            assert isinstance(reserved, Reserved), reserved
            assert await self._journal.settle(
                attempt, outcome="executed", cost_nanos=240_000_000, drawn=_drawn(attempt)
            )


def _drawn(attempt: str) -> Any:
    from cavendish.core.money import Money
    from cavendish.core.result import Drawn, Usage

    return Drawn(
        sha256=attempt * 2,
        width=4096,
        height=4096,
        mime="image/png",
        model="gemini-3-pro-image",
        channel="gemini",
        text=None,
        usage=Usage(14, 0, 0, 200, 2000),
        cost=Money(240_000_000),
        request_id="benchmark",
    )


def _rate(count: int, wall_s: float, cpu_s: float) -> dict[str, float]:
    wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    return {"per_s": count / wall_s, "cpu_us": cpu_s / count * 1e6}


if __name__ == "__main__":
    what, mode, home = sys.argv[1:]
    contender = {"commits": Commits, "pairs": Pairs}[what]
    serve(contender(mode, Path(home)).answer)
