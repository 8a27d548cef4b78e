"""The CPU of the first and the second draft of a process that has no key and no network.

Promise: a test or a notebook that draws offline gets its first picture for about the CPU that
google-genai needs to import and to call a server that draws for it.

What: `Client().generate` at 1K, and `Client().infographic` of `examples/q4-2025.json` at 2K, 9:16,
each twice in one process with another prompt (another title) the second time; pictures end in the
blob store, fsynced and journalled.

- Cavendish, emulator inside: channel "offline" as it comes; drawing the picture is in the figure
- Cavendish, emulator outside: the same with CAVENDISH_OFFLINE_URL at an emulator process
- google-genai, emulator outside: the SDK against that emulator with the same prompts, bytes
  written to a file

How: fresh processes in turns, with the child that decodes the pictures. "first" is everything from
the script's first line (imports, client, journal, call), "second" the next call alone.

How to read: compare the two rows with the emulator outside for the library's own cost; the row with
the emulator inside is what a user sees.
"""

from __future__ import annotations

import time

CPU_S = time.process_time()  # before any import that a contender may need as well

import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402
from typing import TYPE_CHECKING, Any  # noqa: E402

if TYPE_CHECKING:
    from support.chart import Chart
    from support.report import Report

ROUNDS = 5
BRIEF = Path(__file__).parents[1] / "examples" / "q4-2025.json"
MODEL = "gemini-3-pro-image"
PICTURES = ("1K", "infographic")
PEER = "google-genai, emulator outside"
INSIDE = "Cavendish, emulator inside"
CONTENDERS = (INSIDE, "Cavendish, emulator outside", PEER)


def run(folder: Path) -> Report:
    """Measures in `folder`."""
    from support.report import Report
    from support.worker import background

    from cavendish.client.offline import command

    report = Report("offline", "First and second offline picture of a process: CPU")
    emulator = command([])[2:]  # without the interpreter and its -m
    with background(*emulator) as url:
        for what in PICTURES:
            found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
            for number in range(ROUNDS):
                for name in CONTENDERS:
                    found[name].append(_once(name, what, url, folder / f"{what}-{number}-{name}"))
            _add(report, what, found)
    report.notes.append(
        "first includes imports; the emulator outside is another process and not counted; "
        "the ratios are made of the least CPU"
    )
    report.chart = _chart(report)
    return report


def _chart(report: Report) -> Chart:
    from support.chart import Bar, Chart, Panel, times

    inside, peer = (
        report.figure("first ms min", contender=name, picture="1K") for name in (INSIDE, PEER)
    )
    chart = Chart(
        "The first offline picture of a process",
        f"CPU from the first import to the picture in its file, no key and no network: "
        f"{inside:.0f} ms with everything drawn here; google-genai takes {peer:.0f} ms to be "
        f"imported and to ask another process.",
    )
    for call, title in (("first", "First picture, imports included"), ("second", "Second picture")):
        for picture, said in (("1K", "1K"), ("infographic", "infographic, 2K")):
            bars = [
                Bar(
                    str(row["contender"]),
                    ms := float(row[f"{call} ms min"]),
                    f"{ms:.0f} ms",
                    times(row[f"x {call} of google-genai"]),
                )
                for row in report.rows
                if row["picture"] == picture
            ]
            chart.panels.append(Panel(f"{title}  ·  {said}", bars))
    return chart


def _add(report: Report, what: str, found: dict[str, list[dict[str, float]]]) -> None:
    for name, answers in found.items():
        row: dict[str, str | float] = {"contender": name, "picture": what}
        for call in ("first", "second"):
            cpu_ms = [answer[call] for answer in answers]
            row[f"{call} ms min"] = min(cpu_ms)
            row[f"{call} ms median"] = median(cpu_ms)
            row[f"x {call} of google-genai"] = min(cpu_ms) / min(a[call] for a in found[PEER])
        report.rows.append(row)


def _once(name: str, what: str, url: str, home: Path) -> dict[str, float]:
    from support.worker import Worker, clean_environment

    home.mkdir()
    more = {"CAVENDISH_HOME": str(home / "state")}
    if name not in (INSIDE, PEER):
        more["CAVENDISH_OFFLINE_URL"] = url
    environment = clean_environment(home, **more)
    prompts = _prompts(what) if name == PEER else ()
    with Worker("offline", name, what, url, *prompts, environment=environment) as worker:
        return worker.ask()


def _prompts(what: str) -> list[str]:
    """What Cavendish sends, for the SDK to send the same."""
    from cavendish.workflows.infographic.brief import parse
    from cavendish.workflows.infographic.prompt import compose

    return [_plain(number) if what == "1K" else compose(parse(_brief(number))) for number in (1, 2)]


def _plain(number: int) -> str:
    return f"a banana, number {number}"


def _brief(number: int) -> dict[str, Any]:
    import json

    return {**json.loads(BRIEF.read_text("utf-8")), "title": f"Q4 2025 Report {number}"}


class Cavendish:
    """As a user writes it."""

    def __init__(self) -> None:
        from cavendish import Client

        self._client = Client()

    def draw(self, what: str, number: int) -> None:
        """One picture."""
        if what == "1K":
            self._client.generate(_plain(number), channel="offline", model=MODEL, size="1K")
        else:
            self._client.infographic(_brief(number), channel="offline", model=MODEL)

    def close(self) -> None:
        """Gives everything back."""
        self._client.close()


class GenAi:
    """The same requests through Google's SDK."""

    def __init__(self, url: str, prompts: Sequence[str]) -> None:
        from google import genai
        from google.genai import types

        self._types, self._prompts = types, prompts
        options = types.HttpOptions(base_url=url)
        self._client = genai.Client(api_key="dummy", http_options=options)

    def draw(self, what: str, number: int) -> None:
        """One picture."""
        shape, size = ("1:1", "1K") if what == "1K" else ("9:16", "2K")
        answer = self._client.models.generate_content(
            model=MODEL,
            contents=self._prompts[number - 1],
            config=self._types.GenerateContentConfig(
                response_modalities=["IMAGE"],
                image_config=self._types.ImageConfig(aspect_ratio=shape, image_size=size),
            ),
        )
        for part in answer.candidates[0].content.parts:
            if part.inline_data:
                Path(f"picture-{number}").write_bytes(part.inline_data.data)

    def close(self) -> None:
        """Gives everything back."""
        self._client.close()


def _measured(name: str, what: str, url: str, *prompts: str) -> dict[str, float]:
    from support.consumption import children_s

    contender = GenAi(url, prompts) if name == PEER else Cavendish()
    contender.draw(what, 1)
    first_s = time.process_time() + children_s()
    contender.draw(what, 2)
    second_s = time.process_time() + children_s()
    contender.close()
    return {"first": (first_s - CPU_S) * 1e3, "second": (second_s - first_s) * 1e3}


if __name__ == "__main__":
    measured = _measured(*sys.argv[1:])
    from support.worker import serve

    serve(lambda: measured)
