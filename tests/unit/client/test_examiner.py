"""The pool of processes that decode: they die, hang and are killed, and no picture is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cavendish.client import examiner
from cavendish.client.examiner import Decoders, HeaderOnly
from cavendish.core.examination import Examination
from unit.imaging.pictures import encoded, scene

GOOD = Examination()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(encoded(scene(320, 240)))
    return path


@pytest.fixture
def decoders():
    pools = []

    def make(**said):
        pools.append(Decoders(**said))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
        assert pids(pool) == []


def pids(pool):
    return [child.pid for child in pool._children]


def is_there(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(holds, seconds=15.0):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_nothing_is_started_before_it_is_needed_and_one_is_used_again(decoders, picture):
    pool = decoders()
    assert pids(pool) == []
    assert pool.examine(picture) == GOOD
    first = pids(pool)
    for _ in range(5):
        assert pool.examine(picture) == GOOD
    assert pids(pool) == first
    assert len(first) == 1
    pool.close()
    assert not any(is_there(pid) for pid in first)
    assert not pool.examine(picture).known


def test_never_more_than_asked_for_however_many_ask(decoders, picture):
    pool = decoders(most=2)
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda _: pool.examine(picture), range(60)))
    assert found == [GOOD] * 60
    assert 1 <= len(pids(pool)) <= 2


def test_a_loop_goes_on_meanwhile(decoders, picture):
    async def play():
        pool, longest, asked = decoders(), 0.0, 30
        work = asyncio.gather(*(asyncio.to_thread(pool.examine, picture) for _ in range(asked)))
        while not work.done():
            began = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - began)
        return await work, longest

    found, longest_s = asyncio.run(play())
    assert found == [GOOD] * 30
    assert longest_s < 0.5


def test_a_copy_of_what_went_out(decoders, picture):
    data = picture.read_bytes()
    other, again = encoded(scene(320, 240, 5)), encoded(scene(320, 240), quality=60)
    pool = decoders()
    assert pool.examine(picture, [other, again]).copy_of == 2
    assert pool.examine(picture, [other]).copy_of is None
    assert pool.examine(picture, [b"no picture", data, other]).copy_of == 2
    assert len(pool._fingerprints) == 4


def scripted(monkeypatch, code):
    monkeypatch.setattr(examiner, "_START", f"import os, sys, time\n{code}")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE])
def test_a_picture_the_decoder_crashes_on_is_named(decoders, picture, monkeypatch, number):
    """T29."""
    pool = decoders()
    scripted(monkeypatch, f"sys.stdin.readline(); os.kill(os.getpid(), {int(number)})")
    found = pool.examine(picture)
    assert found == Examination(f"the decoder crashed on it ({number.name})")
    monkeypatch.undo()
    assert pool.examine(picture) == GOOD


def test_a_picture_the_decoder_never_ends_with_is_named(decoders, picture, monkeypatch):
    """T29."""
    pool = decoders()
    limit = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 9))"
    scripted(monkeypatch, f"{limit}\nsys.stdin.readline()\nwhile True: pass")
    assert pool.examine(picture) == Examination("the decoder did not come to an end with it")


@pytest.mark.parametrize(
    "code",
    ["time.sleep(99)", "sys.stdin.readline(); time.sleep(99)",
     "sys.stdin.readline(); print('x', end='', flush=True); time.sleep(99)"],
)  # fmt: skip
def test_a_decoder_that_hangs_is_killed_and_the_picture_kept(decoders, picture, monkeypatch, code):
    """T29: also one that reads nothing, while more is written than a pipe holds."""
    pool = decoders(deadline_s=0.5)
    scripted(monkeypatch, code)
    assert pool.examine(picture) == Examination(
        "the decoder did not answer within 0.5 s", known=False
    )
    pool._fingerprints["x"] = None
    assert "grid" not in pool._ask({"bytes": 9}, bytes(3_000_000))
    assert pids(pool) == []


@pytest.mark.parametrize("code", ["sys.exit(3)", "raise MemoryError", "no python at all",
                                  "os.kill(os.getpid(), 9)"])  # fmt: skip
def test_a_decoder_that_cannot_work_loses_no_picture(decoders, picture, monkeypatch, code):
    """T16."""
    pool = decoders()
    scripted(monkeypatch, code)
    found = pool.examine(picture)
    assert (found.known, found.problem) == (False, "the decoder was ended from outside")


@pytest.mark.parametrize("where", [None, "", "/nowhere/python"])
def test_without_a_python_the_header_is_enough(decoders, picture, monkeypatch, where):
    monkeypatch.setattr(sys, "executable", where)
    found = decoders().examine(picture)
    assert not found.known
    assert found.problem.startswith("no process could be started")


def test_one_that_was_killed_while_it_waited_is_replaced(decoders, picture):
    pool = decoders()
    assert pool.examine(picture) == GOOD
    (first,) = pids(pool)
    os.kill(first, signal.SIGKILL)
    assert pool.examine(picture) == GOOD
    assert first not in pids(pool)


def test_it_is_bounded_and_knows_nothing_of_ours(decoders, picture, monkeypatch):
    """T29."""
    monkeypatch.setenv("GEMINI_API_KEY", "canary")
    pool = decoders()
    pool.examine(picture)
    (pid,) = pids(pool)
    limits = Path(f"/proc/{pid}/limits").read_text()
    said = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()}
    assert said["Max address space"] == str(1024**3)
    assert said["Max core file size"] == said["Max file size"] == "0"
    assert int(said["Max cpu time"]) <= 12
    for place in ("environ", "cmdline"):
        assert b"canary" not in Path(f"/proc/{pid}/{place}").read_bytes()
    assert os.getsid(pid) != os.getsid(0)


def test_closing_ends_one_that_is_at_work(picture, monkeypatch):
    pool = Decoders()
    scripted(monkeypatch, "sys.stdin.readline(); time.sleep(99)")
    found = []
    asking = threading.Thread(target=lambda: found.append(pool.examine(picture)))
    asking.start()
    assert wait_until(lambda: pids(pool))
    pool.close()
    asking.join(10)
    assert not asking.is_alive()
    assert not found[0].known


def test_a_forgotten_pool_ends_its_children(picture):
    pool = Decoders()
    pool.examine(picture)
    (pid,) = pids(pool)
    del pool
    assert wait_until(lambda: not is_there(pid))


ORPHAN = """
import sys, time
from pathlib import Path
from cavendish.client.examiner import Decoders
pool = Decoders()
pool.examine(Path(sys.argv[1]))
print(*[child.pid for child in pool._children], flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_a_parent_that_is_killed(picture, number):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(picture)], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    pid = int(parent.stdout.readline())
    parent.send_signal(number)
    parent.wait(10)
    parent.stdout.close()
    assert wait_until(lambda: not is_there(pid))


def test_a_fork_does_not_end_its_parents_children(decoders, picture):
    pool = decoders()
    pool.examine(picture)
    (pid,) = pids(pool)
    child = os.fork()
    if child == 0:
        pool.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert is_there(pid)
    assert pool.examine(picture) == GOOD


def test_the_header_alone_starts_nobody(picture):
    assert HeaderOnly().examine(picture) is None
    HeaderOnly().close()
