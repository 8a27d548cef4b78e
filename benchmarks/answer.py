"""The CPU between an answer on the socket and a picture in a file.

Promise: a picture costs Cavendish at most twice the CPU of receiving, decoding, hashing and writing
it, and less than it costs google-genai.

What: one call after the other at 1K, 2K and 4K, and with next to no bytes (tiny), against a fake
upstream on loopback, plain HTTP with a content length. The answers are pretty-printed JSON with a
PNG of noise and a thought signature of 1.1 MB; the picture's and the JSON's real sizes stand in the
table. Before a call the earlier file is removed, outside of the measured time; every picture's
digest is checked.

- floor: a blocking socket into a warm buffer, the quotes found, pybase64, one write
- floor + sha256: the same, and the digest of the picture
- floor + sha256 + fsync: the same, and the file made durable
- Cavendish: `AsyncClient.generate` up to the blob file: journal, budget, fsync, and the picture
  decoded in full by a child process, whose CPU is counted as well
- Cavendish, header only: the same with `examine = "header"`, which decodes nothing
- Cavendish, header, output=: and a durable copy of the file in a folder
- google-genai: the SDK, asynchronous on aiohttp and blocking; the part's bytes written to a file
- httpx + json: POST, `response.json()`, `b64decode`, one write

How: each contender in a process of its own, one warm-up, then a few calls in turns. CPU is
user and system time of the contender's process and its children, all threads; the upstream's is
not in it.

How to read: the promise is that of "header only"; "Cavendish" is what a user gets unless it is set
otherwise, and the difference is the price of knowing that a picture opens and is not blank. The
least CPU is the firm figure and the ratio is made of it; wall time includes the disk's and is as
good as the machine is idle. The row `tiny` is what a call costs beside its bytes: for Cavendish two
durable commits, a durable file and its name. It does not grow with the picture, so the ratio falls
from 1K to 4K. The loopback gives larger reads than a real network, and no TLS.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from support.chart import Bar, Chart, Panel, times
from support.contenders import CONTENDERS
from support.payload import TINY, Payload, prepare
from support.report import Report, ratio
from support.worker import Worker, asked_in_rounds, background, clean_environment, together

ROUNDS = 5
CALLS = {TINY: 8, "1K": 4, "2K": 3, "4K": 2}
YARDSTICK = "floor + sha256"
PROMISED = "Cavendish, header only"
SHOWN = [name for name in CONTENDERS if name not in {"floor", "Cavendish, header, output="}]
RATIO = f"x {YARDSTICK}"
MOST = 2.0


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    report = Report("answer", "Answer on the socket -> picture in a file, one call at a time")
    payloads = prepare(folder)
    with background("support.upstream", str(folder)) as port:
        for size in CALLS:
            _size(report, payloads[size], f"http://127.0.0.1:{port}", folder)
    report.notes.append(
        f"{RATIO} is made of the least CPU of each. Target: {PROMISED} <= {MOST} at 4K"
    )
    report.chart = _chart(report, payloads)
    return report


def _chart(report: Report, payloads: dict[str, Payload]) -> Chart:
    ours, full, peer = (
        report.figure(RATIO, contender=name, size="4K")
        for name in (PROMISED, "Cavendish", "google-genai, async")
    )
    chart = Chart(
        "From the socket to a picture in a file",
        "CPU of one call, in times of receiving, decoding, hashing and writing. At 4K Cavendish "
        f"takes {times(ours)}, and {times(full)} with every pixel looked at (pale); google-genai "
        f"takes {times(peer)} and looks at nothing.",
    )
    for size in ("4K", "2K", "1K"):
        header_ms = report.figure("CPU ms min", contender=PROMISED, size=size)
        bars = [
            Bar(
                str(row["contender"]),
                cpu_ms := float(row["CPU ms min"]),
                f"{cpu_ms:.0f} ms" if cpu_ms >= 10 else f"{cpu_ms:.1f} ms",
                times(row[RATIO]),
                header_ms if row["contender"] == "Cavendish" else None,
            )
            for row in report.rows
            if row["size"] == size and row["contender"] in SHOWN
        ]
        yardstick = report.figure("CPU ms min", contender=YARDSTICK, size=size)
        target = (MOST * yardstick, f"target: {MOST:g}×") if size == "4K" else (None, "")
        chart.panels.append(
            Panel(f"{size}  ·  {payloads[size].png_bytes / 1e6:.1f} MB", bars, *target)
        )
    return chart


def _size(report: Report, payload: Payload, url: str, folder: Path) -> None:
    workers = {}
    for number, name in enumerate(CONTENDERS):
        home = folder / f"{payload.size}-{number}"
        home.mkdir()
        environment = clean_environment(home)
        workers[name] = Worker("support.contenders", name, url, str(home), environment=environment)
    with together(workers):
        asked_in_rounds(workers, 1, ask="draw", size=payload.size, calls=1)
        answers = asked_in_rounds(
            workers, ROUNDS, ask="draw", size=payload.size, calls=CALLS[payload.size]
        )
    cpu_ms = {name: [ms for a in found for ms in a["cpu_ms"]] for name, found in answers.items()}
    for name, found in answers.items():
        assert all(answer["sha256"] == payload.sha256 for answer in found), name
        wall_ms = [ms for answer in found for ms in answer["wall_ms"]]
        report.rows.append(
            {
                "contender": name,
                "size": payload.size,
                "PNG MB": payload.png_bytes / 1e6,
                "JSON MB": payload.json_bytes / 1e6,
                "CPU ms min": min(cpu_ms[name]),
                "CPU ms median": median(cpu_ms[name]),
                RATIO: None if payload.size == TINY else ratio(cpu_ms[name], cpu_ms[YARDSTICK]),
                "target": f"<= {MOST}" if name == PROMISED and payload.size == "4K" else None,
                "wall ms median": median(wall_ms),
            }
        )
