"""Progress: a live line in a terminal, plain lines elsewhere, nothing where a program listens."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import urllib.request

import pytest

from cavendish.apps.cli.progress import Progress
from cavendish.core.money import Money
from cavendish.send.events import AttemptEnded, AttemptStarted, Cached, Waiting

EVENTS = [
    AttemptStarted("a", "gemini", "m", Money(1), 180.0),
    Waiting(12.4, "busy [bold]not markup[/bold]"),
    AttemptEnded("a", "gemini", "executed", Money(1), None),
    Cached("0" * 64),
]


@pytest.mark.parametrize(("flags", "live"), [([], True), (["--quiet"], False), (["--json"], False)])
def test_in_a_terminal(flags, live, folder):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cavendish", "generate", "x", "-s", "1K", *flags],
        stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(theirs)
        out = process.stdout.read()
        seen = b""
        while piece := _read(ours):
            seen += piece
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[" in seen) == live
    assert b"\x1b" not in out
    assert not (seen and flags)


def _read(fd):
    try:
        return os.read(fd, 4096)
    except OSError:  # Linux says so when the other end is closed
        return b""


def test_elsewhere_only_waiting_is_told(capsys):
    with Progress(quiet=False) as progress:
        for event in EVENTS:
            progress(event)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "waiting 12 s: busy [bold]not markup[/bold]\n")


def test_waiting_again_and_again_for_the_same_is_told_once(capsys):
    with Progress(quiet=False) as progress:
        for seconds in (0.25, 0.4, 0.7, 60.0):
            progress(Waiting(seconds, "bought elsewhere"))
        progress(Waiting(0.2, "busy"))
    assert capsys.readouterr().err.splitlines() == [
        "waiting 0 s: bought elsewhere",
        "waiting 60 s: bought elsewhere",
        "waiting 0 s: busy",
    ]


def test_quiet_tells_nothing(capsys):
    with Progress(quiet=True) as progress:
        for event in EVENTS:
            progress(event)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


def test_an_emulator_of_its_own(cavendish, monkeypatch, folder):
    command = [sys.executable, "-m", "cavendish", "emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        monkeypatch.setenv("CAVENDISH_OFFLINE_URL", url)
        said = cavendish("generate", "x", "-s", "1K", "-o", "x.jpg", "--json")
        with urllib.request.urlopen(f"{url}/_emulator/bill") as answer:
            bill = answer.read().decode()
        taken = subprocess.run([*command[:-1], url.rpartition(":")[2]], capture_output=True)
        process.terminate()
        process.wait(10)
    assert (said.code, process.returncode, taken.returncode) == (0, 0, 2)
    assert f'"total_usd": "{said.json["cost_usd"]}"' in bill
    assert b"cannot start the emulator" in taken.stderr
    gone = cavendish("generate", "y", "-s", "1K", "--retries", "0", "--json")
    assert (gone.code, gone.error["type"], gone.error["billed"]) == (1, "ConnectionFailed", False)


def test_a_stop_tells_how_long_it_may_take(capsys):
    with Progress(quiet=True) as progress:
        progress.stopping()
        progress(AttemptStarted("a", "gemini", "m", Money(1), 120.0))
        progress.stopping()
        progress(AttemptEnded("a", "gemini", "executed", Money(1), None))
        progress.stopping()
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == third == "stopping: nothing under way, at most 0 s; once more leaves at once"
    assert second == "stopping: 1 paid call under way, at most 120 s; once more leaves at once"


@pytest.mark.parametrize("columns", ["0", "1", "x"])
def test_no_terminal_is_too_narrow_for_the_help(columns, shell):
    said = shell("generate", "--help", env={**os.environ, "COLUMNS": columns})
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: ")


def bash(line, **more):
    return subprocess.run(
        ["bash", "-c", f"{sys.executable} -W error -m cavendish {line}"],
        capture_output=True, timeout=30, check=False, **more,
    )  # fmt: skip


@pytest.mark.parametrize("more", ["", "--json"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_whoever_closes_a_stream_hears_nothing_and_finds_the_picture(more, closed, folder):
    done = bash(f"generate fox -s 1K -o fox.png {more} {closed}", cwd=folder)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert (folder / "fox.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "line", ["models list", "models list --json", "completion bash", "generate fox -s 1K --json"]
)
def test_an_answer_that_cannot_be_written_is_no_crash(line, folder):
    done = bash(f"{line} >/dev/full", cwd=folder)
    said = done.stderr.decode()
    assert (done.returncode, "Traceback" in said, "billed" in said) == (1, False, False)
    assert "cannot be written to standard output: No space left on device" in said
    assert "what was bought is kept" in said
    assert bash(f"{line} >/dev/full 2>&1", cwd=folder).returncode == 1


def test_nothing_can_be_read_from_a_closed_stream():
    done = bash("generate - <&-")
    assert (done.returncode, b"prompt: is empty" in done.stderr) == (2, True)
