"""What the emulator needs to draw.

Promise: none; a test or a demonstration that asks for many drafts pays this for each.

What: the emulator in a process of its own, asked over loopback for placeholders at 1K, 2K and 4K
and for an infographic at 2K, 9:16, each time with another prompt.

How: one warm-up, then a few calls in turns. CPU is the process's, which also reads its own answer
and drops it; the largest part is drawing and encoding.

How to read: the least CPU is the firm figure; the first call of a process costs more (`offline`).
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import Any

from support.payload import MODEL
from support.report import Report
from support.worker import Worker, asked_in_rounds, clean_environment, serve, together

ROUNDS = 5
BRIEF = Path(__file__).parents[1] / "examples" / "q4-2025.json"
SHEET = "infographic"
ASKED = {"1K": ("1K", "1:1"), "2K": ("2K", "1:1"), "4K": ("4K", "1:1"), SHEET: ("2K", "9:16")}


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    report = Report("emulator", "One draft of the emulator, over loopback")
    environment = clean_environment(folder)
    workers = {what: Worker("emulator", what, environment=environment) for what in ASKED}
    with together(workers):
        asked_in_rounds(workers, 1)
        answers = asked_in_rounds(workers, ROUNDS)
    for what, found in answers.items():
        cpu_ms = [answer["cpu_ms"] for answer in found]
        report.rows.append(
            {
                "draft": what,
                "answer MB": median(answer["bytes"] for answer in found) / 1e6,
                "CPU ms min": min(cpu_ms),
                "CPU ms median": median(cpu_ms),
                "wall ms min": min(answer["wall_ms"] for answer in found),
            }
        )
    return report


class Drawer:
    """An emulator, and who asks it."""

    def __init__(self, what: str) -> None:
        from cavendish.catalog.loader import MODEL_FACTS
        from cavendish_emulator import Emulator

        self._what, self._calls = what, 0
        self._emulator = Emulator(catalog=MODEL_FACTS).start()

    def answer(self) -> dict[str, float]:
        """One draft."""
        self._calls += 1
        size, shape = ASKED[self._what]
        body = {
            "contents": [{"role": "user", "parts": [{"text": self._prompt()}]}],
            "generationConfig": {
                "responseModalities": ["IMAGE"],
                "imageConfig": {"aspectRatio": shape, "imageSize": size},
            },
        }
        url = f"{self._emulator.url}/v1beta/models/{MODEL}:generateContent"
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        with urllib.request.urlopen(url, json.dumps(body).encode()) as answer:
            length = len(answer.read())
        return {
            "cpu_ms": (time.process_time() - cpu_s) * 1e3,
            "wall_ms": (time.perf_counter() - wall_s) * 1e3,
            "bytes": length,
        }

    def _prompt(self) -> str:
        from cavendish.workflows.infographic.brief import parse
        from cavendish.workflows.infographic.prompt import compose

        if self._what != SHEET:
            return f"a banana, number {self._calls}"
        data: dict[str, Any] = json.loads(BRIEF.read_text("utf-8"))
        return compose(parse({**data, "title": f"Q4 2025 Report {self._calls}"}))

    def close(self) -> None:
        """Ends the emulator."""
        self._emulator.stop()


if __name__ == "__main__":
    drawer = Drawer(sys.argv[1])
    serve(drawer.answer)
    drawer.close()
