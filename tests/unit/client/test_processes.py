"""Loops, threads, forks and closing: one client belongs to one process and one loop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from cavendish import AsyncClient, Client, Money
from cavendish.core.errors import Interrupted, StorageError, UsageError
from unit.client.upstream import Reply, as_asked


def run(code, **more):
    """A script in a process of its own."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True, text=True, timeout=30, check=False, **more,
    )  # fmt: skip


def test_inside_a_running_loop(settings):
    async def cell():
        with Client(settings) as client:
            return client.generate("a fox", size="1K")

    assert asyncio.run(cell()).pictures


def test_from_many_threads_at_once(settings):
    with Client(settings) as client, ThreadPoolExecutor(8) as pool:
        prompts = [f"fox {number % 4}" for number in range(16)]
        results = list(pool.map(lambda p: client.generate(p, size="1K"), prompts))
        assert len({result.image.sha256 for result in results}) == 4
        assert sum(result.image.cached for result in results) == 12
        assert client.report().total("simulated") == Money.total(r.cost for r in results)


def test_many_clients_share_one_home(settings):
    with Client(settings) as one, Client(settings) as other, ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(client.generate, "a fox", size="1K") for client in (one, other)]
        found = [job.result().image for job in jobs]
        assert found[0].sha256 == found[1].sha256
        assert {image.cached for image in found} == {True, False}


def test_after_a_fork(settings):
    done = run(f"""
        import os, signal, warnings
        from cavendish import Client
        from cavendish.client.settings import Settings
        settings = Settings.load({{"HOME": "/", "CAVENDISH_HOME": {str(settings.home)!r}}})
        with Client(settings) as client:
            client.generate("a fox", size="1K")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # newer Pythons warn of what is tested here
                child = os.fork()
            if child == 0:
                signal.alarm(10)
                client.close()  # nothing here is ours to close
                for call in (client.report, client.budgets.list,
                             lambda: client.generate("a fox", size="1K")):
                    try:
                        call()
                    except Exception as error:
                        print(type(error).__name__, error.next_step, flush=True)
                with Client(settings) as own:
                    print(own.generate("a fox", size="1K").image.cached, flush=True)
                os._exit(0)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            print(client.generate("a fox", size="1K").image.cached)
        """)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        *["UsageError make a new client in each process"] * 3, "True", "0", "True",
    ]  # fmt: skip


def test_a_closed_client_says_so(settings):
    client = Client(settings)
    client.generate("a fox", size="1K")
    client.close()
    client.close()
    for call in (client.report, client.budgets.list, lambda: client.generate("a fox")):
        with pytest.raises(UsageError, match="this client is closed") as caught:
            call()
        assert caught.value.next_step == "make a new one"


def test_closing_inside_its_own_block_is_no_error(settings):
    with Client(settings) as client:
        client.close()


def test_a_closed_asynchronous_client_says_so(settings):
    async def use():
        async with AsyncClient(settings) as client:
            await client.generate("a fox", size="1K")
        await client.close()
        for call in (client.report, client.budgets.list, lambda: client.estimate("a fox")):
            with pytest.raises(UsageError, match="this client is closed"):
                await call()

    asyncio.run(use())


def test_a_client_that_was_never_used_opens_nothing(settings):
    with Client(settings):
        pass
    assert not settings.home.exists()


def test_two_loops_are_refused(settings):
    client = AsyncClient(settings)

    async def use():
        return await client.estimate("a fox")

    asyncio.run(use())
    with pytest.raises(UsageError, match="in another event loop") as caught:
        asyncio.run(use())
    assert "one AsyncClient per event loop" in caught.value.next_step


def test_a_listener_cannot_wait_for_its_own_client(settings):
    said = []

    def listen(event):
        try:
            client.report()
        except UsageError as error:
            said.append(error.message)

    with Client(settings, hooks=[listen]) as client:
        client.generate("a fox", size="1K")
    assert said
    assert "own listener" in said[0]


def test_after_draining_nothing_new_is_bought_and_what_is_paid_comes(upstream):
    go = threading.Event()
    upstream.script = lambda number, path, body: Reply(
        body=as_asked(number, path, body).body, until=go
    )
    with Client() as client, ThreadPoolExecutor(1) as pool:
        paid = pool.submit(client.generate, "a fox", size="1K")
        assert upstream.arrived.acquire(timeout=10)
        client.drain()
        with pytest.raises(Interrupted, match="nothing was spent"):
            client.generate("another", size="1K")
        go.set()
        assert paid.result().pictures
        assert len(client.report().lines) == 1
    assert len(upstream.requests) == 1


def test_draining_comes_first_too(upstream):
    with Client() as client:
        client.drain()
        with pytest.raises(Interrupted):
            client.generate("a fox", size="1K")
    assert upstream.requests == []


def test_an_interrupt_leaves_at_once_and_the_price_stays_held(upstream):
    upstream.always(Reply(None, until=threading.Event()))
    done = run("""
        import os, signal, threading
        from cavendish import Client
        from cavendish.send.events import AttemptStarted
        def soon(event):
            if isinstance(event, AttemptStarted):
                threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            with Client(hooks=[soon]) as client:
                client.generate("a fox", size="1K")
        except KeyboardInterrupt:
            print("interrupted")
        with Client() as client:
            (line,) = client.report().lines
            print(line.cost, line.held == client.estimate("a fox", size="1K").cost.high)
        """)
    assert (done.stdout, done.stderr) == ("interrupted\n$0.00 True\n", "")


def test_a_cancelled_task_leaves_its_price_held(upstream):
    upstream.always(Reply(None, until=threading.Event()))

    async def use():
        async with AsyncClient() as client:
            task = asyncio.create_task(client.generate("a fox", size="1K"))
            assert await asyncio.to_thread(upstream.arrived.acquire, timeout=10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            (line,) = (await client.report()).lines
            return line

    line = asyncio.run(use())
    assert (line.cost, line.pictures) == (Money(0), 0)
    assert line.held > Money(0)


@pytest.mark.parametrize("home", ["file", "file/deep", "/proc/nothing", "/dev/null/home"])
def test_a_home_that_cannot_be(monkeypatch, folder, upstream, home):
    (folder / "file").write_text("a regular file")
    monkeypatch.setenv("CAVENDISH_HOME", home)
    with Client() as client:
        for call in (lambda: client.generate("a fox", size="1K"), client.report):
            with pytest.raises(StorageError, match="journal") as caught:
                call()
            assert "CAVENDISH_HOME" in caught.value.next_step
            assert caught.value.billed is False
    assert upstream.requests == []


def test_a_journal_that_is_damaged_leaves_no_trace_of_who_tried(settings):
    settings.home.mkdir()
    settings.journal.write_bytes(b"this is not a database" * 1000)
    with Client(settings) as client:
        for _ in range(3):
            with pytest.raises(StorageError, match="journal"):
                client.generate("a fox")
    assert [p.name for p in settings.home.rglob("*") if p.parent.name.endswith(".owners")] == []
