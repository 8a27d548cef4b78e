"""The memory a picture needs while it arrives.

Promise: a picture of any size lets the process grow by at most 8 MB, and 64 pictures of 4K at once
by at most 100 MB.

What: the answers of `answer.py`. A process makes one tiny call, so that imports, journal, sockets
and threads are there; then its high-water mark is reset (`/proc/self/clear_refs`), the pictures are
drawn, and what is reported is how far the mark rose over the resident size before.

How: every figure comes from fresh processes, one after the other.

How to read: the largest of the rounds is the figure. The children that decode pictures are
processes of their own, two at most, each with a limit of 1 GiB; "decoders" is their high mark in
all. The page cache is not the process's. The peers stand beside for one picture; 64 at once would
need 64 times that.
"""

from __future__ import annotations

from pathlib import Path

from support.chart import Bar, Chart, Panel
from support.payload import prepare
from support.report import Report, Value
from support.worker import Worker, background, clean_environment

ROUNDS = 2
GROWN = "grown MiB max"
ONE_MB, MANY_MB = 8, 100
CASES = (
    ("Cavendish", "1K", 1, ONE_MB),
    ("google-genai, async", "1K", 1, None),
    ("Cavendish", "2K", 1, ONE_MB),
    ("google-genai, async", "2K", 1, None),
    ("Cavendish", "4K", 1, ONE_MB),
    ("google-genai, async", "4K", 1, None),
    ("google-genai, blocking", "4K", 1, None),
    ("httpx + json", "4K", 1, None),
    ("Cavendish", "4K", 64, MANY_MB),
)


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    report = Report("memory", "Peak resident memory over the state after a tiny call")
    payloads = prepare(folder)
    with background("support.upstream", str(folder)) as port:
        for name, size, at_once, target_mb in CASES:
            found = [
                _peak(name, f"http://127.0.0.1:{port}", folder, size, at_once)
                for _ in range(ROUNDS)
            ]
            grown_mb = [answer["grown_mb"] for answer in found]
            report.rows.append(
                {
                    "contender": name,
                    "size": size,
                    "at once": at_once,
                    "PNG MB": payloads[size].png_bytes / 1e6,
                    "before MiB": max(answer["before_mb"] for answer in found),
                    "grown MiB min": min(grown_mb),
                    GROWN: max(grown_mb),
                    "decoders MiB": max(answer["decoders_mb"] for answer in found),
                    "target MB": None if target_mb is None else f"<= {target_mb}",
                }
            )
    report.chart = _chart(report)
    return report


def _chart(report: Report) -> Chart:
    one: dict[str, Value] = {"size": "4K", "at once": 1}
    ours = report.figure(GROWN, contender="Cavendish", **one)
    peer = report.figure(GROWN, contender="google-genai, async", **one)
    decoders = report.figure("decoders MiB", contender="Cavendish", **one)
    chart = Chart(
        "Memory while a picture arrives",
        f"How far the process grows. For a 4K picture Cavendish needs {ours:.1f} MiB, and the "
        f"child that looks at every pixel {decoders:.0f} MiB in all; google-genai {peer:.0f} MiB.",
    )
    for at_once, heading in ((1, "One picture"), (64, "64 pictures at once")):
        bars = [
            Bar(
                f"{row['contender']}, {row['size']}", grown := float(row[GROWN]), f"{grown:.1f} MiB"
            )
            for row in sorted(report.rows, key=lambda row: str(row["size"]), reverse=True)
            if row["at once"] == at_once
        ]
        target = (
            (MANY_MB, f"target: {MANY_MB} MB") if at_once > 1 else (ONE_MB, f"target: {ONE_MB} MB")
        )
        chart.panels.append(Panel(heading, bars, *target))
    return chart


def _peak(name: str, url: str, folder: Path, size: str, at_once: int) -> dict[str, float]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    environment = clean_environment(home)
    with Worker("support.contenders", name, url, str(home), environment=environment) as worker:
        return worker.ask(ask="peak", size=size, at_once=at_once)
