"""One journal, many processes: intents and settlements on SQLite and on Postgres.

Promise: 4 processes with 64 calls in flight each book 2,500 paid calls a second on either one.

What: `begin` and `settle` with four money legs, each durable before the call goes on, by 4
processes on one fresh journal: a SQLite file, and a Postgres of this machine with `fsync` on, over
TCP. As the yardstick, single commits of one small insert each on the same database in the same
minute.

How: every contender keeps its processes and its journal; rounds are asked in turns.

How to read: the ratio (pairs per second over single commits per second) says what sharing commits
is worth; a pair is two durable commits if nothing is shared. CPU per pair is that of the 4
processes; Postgres' own comes on top.
"""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from journal import COMMITS, IN_FLIGHT, MODES, PAIRS, Commits, Pairs
from support.chart import Bar, Chart, Panel, times
from support.report import Report, filesystem
from support.witness import Server
from support.worker import Worker, clean_environment, serve, together

ROUNDS = 7
PROCESSES = 4
LEAST_PER_S = 2500
DATABASES = ("SQLite", "Postgres")


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    server = Server(durable=True)
    try:
        return _measured(folder, {"Postgres": server.database(), "SQLite": str(folder / "j.db")})
    finally:
        server.close()


def _measured(folder: Path, places: dict[str, str]) -> Report:
    title = f"begin + settle with four legs, {PROCESSES} processes with {IN_FLIGHT} in flight each"
    report = Report("fleet", title)
    workers = {}
    for database in DATABASES:
        for number in range(PROCESSES + 1):
            home = folder / f"{database}-{number}"
            home.mkdir()
            environment = clean_environment(home, JOURNAL=places[database])
            workers[f"{database} {number}"] = Worker("fleet", str(number), environment=environment)
    answers: dict[str, list[tuple[float, float]]] = {}
    with together(workers), ThreadPoolExecutor(PROCESSES) as threads:
        for number in range(ROUNDS + 1):
            for database in DATABASES:
                single = workers[f"{database} 0"].ask()
                asked = [workers[f"{database} {n + 1}"] for n in range(PROCESSES)]
                began_s = time.perf_counter()
                found = list(threads.map(Worker.ask, asked))
                per_s = PROCESSES * PAIRS / (time.perf_counter() - began_s)
                if number:  # the first is for warming up
                    cpu_us = sum(one["cpu_us"] for one in found) / PROCESSES
                    answers.setdefault(f"{database} commits", []).append(
                        (single["per_s"], single["cpu_us"])
                    )
                    answers.setdefault(f"{database} pairs", []).append((per_s, cpu_us))
    for database in DATABASES:
        one_by_one = median(rate for rate, _ in answers[f"{database} commits"])
        for what, contender in (("commits", "single commits"), ("pairs", "Cavendish, pairs")):
            rates = [rate for rate, _ in answers[f"{database} {what}"]]
            report.rows.append(
                {
                    "contender": contender,
                    "database": database,
                    "per s min": min(rates),
                    "per s median": median(rates),
                    "per s max": max(rates),
                    "x single commits": median(rates) / one_by_one,
                    "target": f">= {LEAST_PER_S}" if what == "pairs" else None,
                    "CPU us median": median(cpu for _, cpu in answers[f"{database} {what}"]),
                }
            )
    report.notes.append(f"on {filesystem(folder)}; Postgres with fsync and a password, over TCP")
    report.chart = _chart(report)
    return report


def _chart(report: Report) -> Chart:
    chart = Chart(
        "Paid calls booked per second by four processes",
        f"Two durable records for every call, {PROCESSES} x {IN_FLIGHT} in flight on one journal.",
    )
    for database in DATABASES:
        rows = [row for row in report.rows if row["database"] == database]
        bars = [
            Bar(
                str(row["contender"]),
                per_s := float(row["per s median"]),
                f"{per_s:,.0f}",
                times(row["x single commits"]),
            )
            for row in rows
        ]
        chart.panels.append(Panel(database, bars, LEAST_PER_S, f"target: {LEAST_PER_S:,}"))
    return chart


class PostgresCommits:
    """One insert, one durable commit, one after the other."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(url)
        self._connection.execute("CREATE TABLE said (id serial PRIMARY KEY, what text)")
        self._connection.commit()

    def answer(self) -> dict[str, float]:
        """A round."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        for _ in range(COMMITS):
            self._connection.execute("INSERT INTO said (what) VALUES (%s)", ("x" * 100,))
            self._connection.commit()
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
        return {"per_s": COMMITS / wall_s, "cpu_us": cpu_s / COMMITS * 1e6}


class SharedPairs(Pairs):
    """One of several processes on a journal; `number` keeps its attempts apart."""

    def __init__(self, place: str, number: int) -> None:
        from cavendish.client.system import SystemClock
        from cavendish.store.address import PostgresAddress
        from cavendish.store.journal import Journal
        from cavendish.store.owners import Owner

        owner, clock = f"{number:032x}"[::-1], SystemClock()
        if "://" in place:
            self._journal = Journal.on_postgres(PostgresAddress(place), clock=clock, owner_id=owner)
        else:
            path = Path(place)
            held = Owner(path.with_name("j.db.owners"), owner)
            self._journal = Journal.open(path, clock=clock, owner=held)
        self._number = number * 10**9
        self._runner = asyncio.Runner()


if __name__ == "__main__":
    import os
    import sqlite3

    from cavendish.store.database import wal_is_safe

    number, place = int(sys.argv[1]), os.environ["JOURNAL"]
    if number:
        serve(SharedPairs(place, number).answer)
    elif "://" in place:
        serve(PostgresCommits(place).answer)
    else:
        mode = MODES[1] if wal_is_safe(sqlite3.sqlite_version_info) else MODES[0]
        serve(Commits(mode, Path(place).parent).answer)
