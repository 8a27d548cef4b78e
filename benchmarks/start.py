"""The CPU before anything happens: imports and the command line.

Promise: importing Cavendish and asking the command for help costs a fraction of importing
google-genai.

What: whole processes, from start to exit, with byte code already compiled.

How: every command once per round, its own CPU (user and system) as the kernel counted it. The
figure is the least of the rounds, over that of `python -c pass`.

How to read: "over bare" is what the import or the command adds to the interpreter; the last column
puts it beside google-genai's import.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from support.chart import Bar, Chart, Panel, times
from support.report import Report
from support.worker import clean_environment

ROUNDS = 7
COMMAND = str(Path(sys.executable).parent / "cavendish")
BARE, PEER = "python -c pass", "from google import genai"
COMMANDS = {
    BARE: (sys.executable, "-c", "pass"),
    "import cavendish": (sys.executable, "-c", "import cavendish"),
    "cavendish --help": (COMMAND, "--help"),
    "cavendish generate --help": (COMMAND, "generate", "--help"),
    "cavendish models list": (COMMAND, "models", "list"),
    PEER: (sys.executable, "-c", PEER),
}


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    report = Report("start", "Starting up: CPU of whole processes")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    environment = clean_environment(folder)
    for number in range(ROUNDS + 1):
        for name, command in COMMANDS.items():
            took = _run(command, environment)
            if number:  # the first round compiles and warms the page cache
                found[name].append(took)
    cpu_ms = {name: [cpu for cpu, _ in took] for name, took in found.items()}
    bare, peer = min(cpu_ms[BARE]), min(cpu_ms[PEER])
    for name, took in found.items():
        over = min(cpu_ms[name]) - bare
        report.rows.append(
            {
                "process": name,
                "CPU ms min": min(cpu_ms[name]),
                "CPU ms median": median(cpu_ms[name]),
                "over bare ms": over,
                "x google-genai": over / (peer - bare),
                "wall ms min": min(wall for _, wall in took),
            }
        )
    report.chart = _chart(report)
    return report


def _chart(report: Report) -> Chart:
    ours = report.figure("over bare ms", process="import cavendish")
    peer = report.figure("over bare ms", process=PEER)
    bars = [
        Bar(
            str(row["process"]),
            over := float(row["over bare ms"]),
            f"{over:.0f} ms",
            times(row["x google-genai"]),
        )
        for row in report.rows
        if row["process"] != BARE
    ]
    return Chart(
        "Starting up",
        f"CPU over that of an empty Python. Importing Cavendish takes {ours:.0f} ms, importing "
        f"google-genai {peer:.0f} ms.",
        [Panel("", bars)],
    )


def _run(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    start_s = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall_ms = (time.perf_counter() - start_s) * 1e3
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return (used.ru_utime + used.ru_stime) * 1e3, wall_ms
