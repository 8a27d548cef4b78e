"""Keeping to a quota that is known, that is not, and that is halved meanwhile; beside the peers.

Promise: four processes that share a journal make 10,000 calls in at most 1.03 times the time that
somebody would need who knew everything, with at most 1 % of requests answered 429 and none given
up; where nobody told them the limits, in at most 1.05 times with at most 5 %. Limits that are
halved meanwhile are kept to after two windows.

What: an upstream of the tests' own (tests/conformance/hidden_limits.py) allows `limit` requests per
window and counts as a token bucket, a sliding log or fixed windows; nobody is told which. It
answers after 50 ms. Refusals are those that were recorded from the service, with advice when to
come again or without any. A minute takes 1.5 s here, and so does whatever peers count in minutes
and seconds: the guide's 10 s, the SDK's delays, LiteLLM's clock.

- Cavendish: `AsyncClient.generate`, `examine = "header"`; limits from the settings, or none
- google-genai: without retry options, with its defaults (5 tries), with 12 tries
- guide's backoff: `2**n * 10 s` around the SDK, 3 and 5 tries
- LiteLLM Router: rpm alone, and usage-based routing, with a quarter of the limit per process
- aiolimiter: one per process with a quarter of the limit, around each of 5 tries of the SDK

How: 4 processes with 64 calls in flight each; each contender runs once for every way of counting,
new processes and a new journal each time, in turns. CPU is that of the processes, not the
upstream's or Postgres'.

How to read: `x ideal` is the time from the first to the last accepted request over the ideal one's,
both for the calls that were made: who gives many up is no faster. Fixed windows begin when they
will; the ideal counts one from the first request. The peers' 429 are a burden to the service and
their given-up calls are lost pictures: read all three columns together.

Peers come from an environment of their own, never the project's:

    python -m venv /tmp/quota-peers
    /tmp/quota-peers/bin/pip install litellm aiolimiter google-genai aiohttp
    cd /tmp/quota-peers && apt-get download libfaketime && dpkg -x libfaketime*.deb faketime

`python benchmarks/quota.py --help` for one contender, another limit, Postgres, a real minute.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.request import Request, urlopen

from support.quota_buyers import BUYERS
from support.report import Report, Value, footer, machine, real_disk
from support.windows import Panel, WindowChart
from support.witness import LIMITERS, Server, ideal_s
from support.worker import Worker, background, clean_environment, together

OURS, BULK = "Cavendish", "Cavendish, bulk"
PEERS = Path(os.environ.get("QUOTA_PEERS", "/tmp/quota-peers"))
KNOWING = ("LiteLLM", "aiolimiter")
"""Peers that have to be told the limit; the others would not listen."""
CONTENDERS = tuple(name for name in BUYERS if name != BULK)
TARGETS = {"known": (1.03, 1.0), "unknown": (1.05, 5.0)}
UNSETTLED = 2
"""So many windows after a change nothing is held against anybody."""


@dataclass(frozen=True)
class Plan:
    """What is run."""

    limit: int = 250
    window_s: float = 1.5
    calls: int = 10_000
    processes: int = 4
    in_flight: int = 64
    upstreams: Sequence[str] = tuple(LIMITERS)
    buyers: Sequence[str] = CONTENDERS
    knowledge: Sequence[str] = ("known", "unknown")
    halved: Sequence[bool] = (False, True)
    advice: Sequence[bool] = (True,)
    journals: Sequence[str] = ("SQLite",)

    def runs(self) -> Iterator[Run]:
        """Every run, the contenders in turns."""
        for algorithm in self.upstreams:
            for advises in self.advice:
                for halved in self.halved:
                    for buyer in self.buyers:
                        for knows in self.knowledge:
                            for journal in self.journals:
                                run = Run(buyer, algorithm, knows, journal, advises, halved)
                                if run.makes_sense:
                                    yield run


@dataclass(frozen=True)
class Run:
    """One contender against one way of counting."""

    buyer: str
    algorithm: str
    knows: str
    journal: str
    advises: bool
    halved: bool

    @property
    def makes_sense(self) -> bool:
        """Peers are told what they need and nothing else, and never that a limit was halved."""
        if self.buyer == OURS:
            return True
        knows = "known" if self.buyer.startswith(KNOWING) else "unknown"
        return self.knows == knows and self.journal == "SQLite" and not self.halved

    @property
    def who(self) -> str:
        """The contender, and for ours what it was told and where it keeps its journal."""
        if self.buyer != OURS:
            return self.buyer
        return f"{self.buyer}, {self.knows}" + (", Postgres" if self.journal != "SQLite" else "")

    @property
    def against(self) -> str:
        """The upstream's way."""
        halved = ", halved" if self.halved else ""
        return self.algorithm + halved + ("" if self.advises else ", no advice")


def run(folder: Path, plan: Plan = Plan()) -> Report:
    """Measures in `folder`."""
    title = (
        f"{plan.calls:,} calls, {plan.limit} per {plan.window_s:g} s, "
        f"{plan.processes} processes with {plan.in_flight} in flight"
    )
    report, chart = Report("quota", title), WindowChart(title, plan.limit)
    postgres = closing(Server(durable=True)) if "Postgres" in plan.journals else nullcontext()
    with background("conformance.hidden_limits") as port, postgres as server:
        for number, one in enumerate(plan.runs()):
            place = folder / str(number)
            place.mkdir()
            if reason := _absent(one.buyer, plan):
                if reason not in report.notes:
                    report.notes.append(reason)
                continue
            environment = (
                {"CAVENDISH_JOURNAL": server.database()} if one.journal != "SQLite" else {}
            )
            stage = Stage(plan, one, place, f"http://127.0.0.1:{port}", environment)
            row, counts = stage.play()
            report.rows.append(row)
            said = f"{row['x ideal']:.2f} × ideal · " if row["x ideal"] else ""
            if row["given up %"]:
                said += f"{row['given up %']:.0f} % given up · "
            chart.panels.append(Panel(one.who, one.against, counts, said))
            print(json.dumps(row), file=sys.stderr, flush=True)
    report.notes.append(
        "x ideal and CPU ms are for the calls that were made, CPU is that of the processes"
    )
    report.chart = chart
    return report


def person(folder: Path, plan: Plan) -> Report:
    """How long somebody waits who asks for one picture now and then while bulk work takes all."""
    report = Report(
        "person", f"One picture now and then beside bulk, {plan.limit} per {plan.window_s:g} s"
    )
    with background("conformance.hidden_limits") as port:
        for number, one in enumerate(plan.runs()):
            if one.buyer != OURS or one.halved:
                continue
            place = folder / str(number)
            place.mkdir()
            stage = Stage(plan, one, place, f"http://127.0.0.1:{port}", {})
            report.rows.append(stage.watch())
    report.notes.append("waits are over what a call takes while nobody else asks")
    return report


class Stage:
    """Processes of one contender in front of the upstream, for one run."""

    def __init__(
        self, plan: Plan, run: Run, place: Path, url: str, environment: dict[str, str]
    ) -> None:
        self._plan, self._run, self._url = plan, run, url
        self._place, self._environment = place, environment

    def play(self) -> tuple[dict[str, Value], dict[str, Any]]:
        """One row of the table, and what the upstream counted."""
        plan = self._plan
        changes = {plan.calls // 2: plan.limit // 2} if self._run.halved else {}
        workers = {str(number): self._worker(self._run.buyer) for number in range(plan.processes)}
        with together(workers), ThreadPoolExecutor(plan.processes) as threads:
            self._tell()
            for name, worker in workers.items():  # one warm-up each, where nothing is counted
                worker.ask(ask="buy", prompts=f"warm {name}", calls=1, at_once=1)
            self._tell(
                algorithm=self._run.algorithm, limit=plan.limit, window_s=plan.window_s,
                advises=self._run.advises, changes=changes,
            )  # fmt: skip
            share = plan.calls // plan.processes
            answers = list(
                threads.map(
                    lambda item: item[1].ask(
                        ask="buy", prompts=f"picture {item[0]}", calls=share,
                        at_once=plan.in_flight,
                    ),
                    workers.items(),
                )
            )  # fmt: skip
            with urlopen(f"{self._url}/counts") as answer:
                counts = json.load(answer)
        return self._row(answers, counts, changes), counts

    def watch(self) -> dict[str, Value]:
        """How long a person waits beside a process of bulk work: one row of the table."""
        plan, for_s = self._plan, 30 * self._plan.window_s
        asking = {"ask": "watch", "every_s": 0.37 * plan.window_s}
        workers = {"bulk": self._worker(BULK), "person": self._worker(OURS)}
        with together(workers), ThreadPoolExecutor(2) as threads:
            for name, worker in workers.items():
                worker.ask(ask="buy", prompts=f"warm {name}", calls=1, at_once=1)
            self._tell()
            idle_s = median(workers["person"].ask(prompts="idle", for_s=3.0, **asking))
            self._tell(
                algorithm=self._run.algorithm, limit=plan.limit, window_s=plan.window_s,
                advises=self._run.advises,
            )  # fmt: skip
            bulk = threads.submit(
                workers["bulk"].ask, ask="buy", prompts="bulk", at_once=plan.in_flight,
                calls=int(plan.limit * for_s / plan.window_s),
            )  # fmt: skip
            took_s = workers["person"].ask(prompts="person", for_s=for_s, **asking)
            bulk.result()
            with urlopen(f"{self._url}/counts") as answer:
                counts = json.load(answer)
        waited_s = [s - idle_s for s in took_s]
        return {
            "upstream": self._run.against,
            "limit": self._run.knows,
            "asked": len(took_s),
            "idle ms": 1e3 * idle_s,
            "waits ms median": 1e3 * median(waited_s),
            "p95": 1e3 * quantiles(waited_s, n=20)[-1],
            "max": 1e3 * max(waited_s),
            "spacing ms": 1e3 * plan.window_s / plan.limit,
            "429 %": 100 * counts["refused"] / (counts["accepted"] + counts["refused"]),
        }

    def _row(
        self, answers: list[Any], counts: dict[str, Any], changes: dict[int, int]
    ) -> dict[str, Value]:
        plan, run = self._plan, self._run
        made = counts["accepted"]
        asked = made + counts["refused"]
        given_up = sum(sum(answer["failed"].values()) for answer in answers)
        spent_s = counts["last_s"] - counts["first_s"]
        best_s = ideal_s(run.algorithm, plan.limit, plan.window_s, made, changes)
        most = TARGETS.get(run.knows) if run.buyer == OURS else None
        row: dict[str, Value] = {
            "contender": run.buyer,
            "limit": run.knows,
            "upstream": run.against,
            "journal": run.journal if run.buyer == OURS else None,
            "x ideal": spent_s / best_s if best_s else None,
            "429 %": 100 * counts["refused"] / asked,
            "given up %": 100 * given_up / plan.calls,
            "s": spent_s,
            "CPU ms": 1e3 * sum(answer["cpu_s"] for answer in answers) / max(1, made),
            "target": f"<= {most[0]}, {most[1]:g} %" if most else None,
            "settled 429 %": None,
            "settled x limit": None,
        }
        if run.halved:
            row |= _settled(counts, plan.limit // 2)
        for answer in answers:
            for said, times in answer["failed"].items():
                print(f"{times} x {said}", file=sys.stderr)
        took = sorted(s for answer in answers for s in answer["took_s"])
        if run.buyer == OURS and len(took) > 1:
            print(f"call s: median {median(took):.3f}, p99 {quantiles(took, n=100)[98]:.3f}, "
                  f"max {took[-1]:.3f}", file=sys.stderr)  # fmt: skip
        return row

    def _worker(self, buyer: str) -> Worker:
        plan, home = self._plan, self._place
        limit = plan.limit if self._run.knows == "known" else None
        about = {
            "base_url": self._url, "home": str(home), "window_s": plan.window_s,
            "processes": plan.processes, "limit": limit,
        }  # fmt: skip
        python: Path | str = sys.executable
        more = dict(self._environment)
        if buyer.startswith(KNOWING):
            python = PEERS / "bin" / "python"
            more["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        if buyer.startswith("LiteLLM") and plan.window_s != 60:
            more |= {"LD_PRELOAD": str(_faketime()), "FAKETIME": f"+0 x{60 / plan.window_s:g}"}
        return Worker(
            "support.quota_buyers", buyer, json.dumps(about),
            environment=clean_environment(home, **more), python=python,
        )  # fmt: skip

    def _tell(self, **regime: Any) -> None:
        with urlopen(Request(f"{self._url}/configure", json.dumps(regime).encode())) as answer:
            answer.read()


def _settled(counts: dict[str, Any], limit: int) -> dict[str, Value]:
    """What happened from two windows after the change on; the last window is not a whole one."""
    accepted = counts["accepted_since_change"][UNSETTLED:-1]
    refused = counts["refused_since_change"][UNSETTLED:]
    asked = sum(accepted) + sum(refused)
    return {
        "settled 429 %": 100 * sum(refused) / asked if asked else None,
        "settled x limit": sum(accepted) / (limit * len(accepted)) if accepted else None,
    }


def _absent(buyer: str, plan: Plan) -> str | None:
    """Why a contender is left out."""
    if not buyer.startswith(KNOWING):
        return None
    package = "litellm" if buyer.startswith("LiteLLM") else "aiolimiter"
    if not any(PEERS.glob(f"lib/python*/site-packages/{package}")):
        return f"{package} is not in {PEERS}, so it is left out; quota.py says how to install it"
    if package == "litellm" and plan.window_s != 60 and _faketime() is None:
        return "LiteLLM counts minutes of 60 s and libfaketime is not there, so it is left out"
    return None


def _faketime() -> Path | None:
    for place in (PEERS / "faketime", Path("/usr/lib")):
        for found in place.rglob("libfaketimeMT.so.1"):
            return found
    return None


def main() -> None:
    """Some of it, otherwise, from the command line."""
    parser = argparse.ArgumentParser(description="Keeping to quotas, beside the peers.")
    parser.add_argument("--limit", type=int, default=Plan.limit)
    parser.add_argument("--window", type=float, default=Plan.window_s, metavar="S")
    parser.add_argument("--calls", type=int, default=Plan.calls)
    parser.add_argument("--in-flight", type=int, default=Plan.in_flight)
    parser.add_argument("--buyer", nargs="+", default=Plan.buyers, choices=CONTENDERS)
    parser.add_argument("--person", action="store_true", help="how long a person waits, instead")
    parser.add_argument("--upstream", nargs="+", default=Plan.upstreams, choices=LIMITERS)
    parser.add_argument("--knows", nargs="+", default=Plan.knowledge, choices=tuple(TARGETS))
    parser.add_argument("--halved", choices=("no", "yes", "both"), default="both")
    parser.add_argument("--advice", choices=("no", "yes", "both"), default="yes")
    parser.add_argument(
        "--journal", nargs="+", default=Plan.journals, choices=("SQLite", "Postgres")
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="a .svg or .png")
    given = parser.parse_args()
    choices = {"no": (False,), "yes": (True,), "both": (False, True)}
    plan = Plan(
        given.limit, given.window, given.calls, in_flight=given.in_flight, buyers=given.buyer,
        upstreams=given.upstream, knowledge=given.knows, halved=choices[given.halved],
        advice=choices[given.advice], journals=given.journal,
    )  # fmt: skip
    from rich.console import Console

    with real_disk() as folder:
        about = machine(folder)
        report = person(folder, plan) if given.person else run(folder, plan)
    report.show(Console(width=180))
    if given.json is not None:
        series = [panel.to_json() for panel in report.chart.panels] if report.chart else []
        found = {"machine": about, **report.to_json(), "series": series}
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    if given.plot is not None and report.chart is not None:
        report.chart.draw(given.plot, footer(about))


if __name__ == "__main__":
    main()
