"""Who is alive is what the kernel's lock says: not the file, not a process id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from cavendish.store.owners import Owner

MINE, OTHER = "a" * 32, "b" * 32
LIVE = """
import sys
from pathlib import Path
from cavendish.store.owners import Owner
owner = Owner(Path(sys.argv[1]), sys.argv[2])
print("alive", flush=True)
sys.stdin.read(1)
"""


@pytest.fixture
def mine(tmp_path):
    owner = Owner(tmp_path / "owners", MINE)
    yield owner
    owner.close()


@pytest.fixture
def neighbour(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", LIVE, str(tmp_path / "owners"), OTHER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == b"alive\n"
        yield process
        if process.poll() is None:
            process.kill()


def test_oneself_is_alive(mine):
    assert not mine.is_dead(MINE)


def test_a_living_neighbour_is_alive_and_a_killed_one_is_not(mine, neighbour):
    assert not mine.is_dead(OTHER)
    assert not mine.is_dead(OTHER), "asking does not disturb"
    neighbour.send_signal(signal.SIGKILL)
    neighbour.wait()
    assert mine.is_dead(OTHER)
    assert mine.is_dead(OTHER)


def test_a_neighbour_that_closed_is_gone(mine, tmp_path):
    other = Owner(tmp_path / "owners", OTHER)
    assert not mine.is_dead(OTHER)
    other.close()
    other.close()
    assert mine.is_dead(OTHER)


@pytest.mark.parametrize(
    "content", [b"", b"1", str(os.getpid()).encode()], ids=["empty", "init", "ourselves"]
)
def test_a_stale_file_is_a_dead_owner_whatever_process_it_names(content, mine, tmp_path):
    (tmp_path / "owners" / OTHER).write_bytes(content)
    assert mine.is_dead(OTHER)


def test_an_owner_nobody_ever_saw_is_gone(mine):
    assert mine.is_dead(OTHER)
