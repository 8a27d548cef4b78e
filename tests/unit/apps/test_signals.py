"""Ctrl-C in two steps: the first lets paid calls end, the second leaves at once."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import threading
import time

import pytest

from unit.apps import shapes
from unit.client.upstream import Reply, as_asked


def started(*tokens, **more):
    return subprocess.Popen(
        [sys.executable, "-m", "cavendish", *tokens],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


@pytest.fixture
def held_up(upstream):
    """A provider that answers as asked, but not before it may."""
    go = threading.Event()
    upstream.script = lambda number, *a: Reply(body=as_asked(number, *a).body, until=go)
    upstream.go = go
    yield upstream
    go.set()


def until_asked(upstream):
    assert upstream.arrived.acquire(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_lets_paid_calls_end_and_saves(held_up, folder, cavendish, number):
    with started("generate", "x", "-s", "1K", "-o", "x.png", "--json") as process:
        until_asked(held_up)
        process.send_signal(number)
        assert "once more leaves at once" in process.stderr.readline()
        held_up.go.set()
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    shapes.check_result(json.loads(out))
    assert (folder / "x.png").read_bytes().startswith(b"\x89PNG")
    (line,) = cavendish("cost", "report", "--json").json["lines"]
    assert (line["pictures"], line["held_usd"]) == (1, "0")


def test_the_first_buys_nothing_new(held_up, folder, cavendish):
    with started("generate", "x", "-s", "1K", "-n", "20", "-o", "x.jpg", "--json") as process:
        for _ in range(8):
            until_asked(held_up)
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        held_up.go.set()
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    pictures = json.loads(out)["pictures"]
    assert [set(one) == {"error"} for one in pictures] == [False] * 8 + [True] * 12
    assert {one["error"]["type"] for one in pictures[8:]} == {"Interrupted"}
    assert len(held_up.requests) == 8
    assert len(list(folder.iterdir())) == 8


def test_the_second_leaves_at_once_and_the_price_stays_held(held_up, folder, cavendish):
    with started("generate", "x", "-s", "1K", "-o", "x.png", "--json") as process:
        until_asked(held_up)
        process.send_signal(signal.SIGINT)
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, err) == (130, "")
    error = json.loads(out)["error"]
    shapes.check_error(error)
    assert (error["type"], error["billed"]) == ("Interrupted", None)
    assert not (folder / "x.png").exists()
    (line,) = cavendish("cost", "report", "--json").json["lines"]
    assert (line["pictures"], line["cost_usd"], line["held_usd"] != "0") == (0, "0", True)


def test_waiting_for_a_retry_ends_at_once(upstream, cavendish):
    from unit.client.upstream import refusal

    wait = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "60s"}]
    upstream.always(refusal(429, "RESOURCE_EXHAUSTED", "Please retry in 60s.", wait))
    with started("generate", "x", "-s", "1K") as process:
        assert "waiting 6" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 130
    assert "nothing was spent" in err
    assert "Traceback" not in err


def test_while_the_prompt_is_read():
    reader, writer = os.pipe()
    os.write(writer, b"a fox")
    with started("generate", "-", "--json", stdin=reader) as process:
        waiting = bytearray(4)
        while fcntl.ioctl(reader, termios.FIONREAD, waiting) or any(waiting):
            time.sleep(0.01)  # until it has read what there is, and waits for more
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    os.close(reader)
    os.close(writer)
    assert (process.returncode, err) == (130, "")
    assert json.loads(out)["error"]["type"] == "Interrupted"


def test_a_killed_process_is_no_loss(held_up, folder, cavendish):
    """What is under way when a process dies is of unknown outcome for the next one."""
    with started("generate", "x", "-s", "1K", "-o", "x.png") as process:
        until_asked(held_up)
        process.kill()
        process.communicate(timeout=5)
    held_up.go.set()
    said = cavendish("generate", "x", "-s", "1K", "-o", "x.png", "--json")
    assert said.code == 0
    assert "may have been billed" in said.json["pictures"][0]["warnings"][0]
    (line,) = cavendish("cost", "report", "--json").json["lines"]
    assert line["held_usd"] != "0"


@pytest.mark.parametrize("delay_s", [0.05, 0.1, 0.15, 0.2, 0.3, 0.5])
def test_while_it_loads_nothing_is_begun_and_nothing_falls_out(delay_s, upstream):
    """Python itself may not be there yet in the first hundredths of a second."""
    code = "import cavendish.__main__, sys; print('in', flush=True); cavendish.__main__.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "doctor"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "in\n"
        time.sleep(delay_s)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert "Traceback" not in err
    assert process.returncode in {-signal.SIGINT, 130, 0, 1}
