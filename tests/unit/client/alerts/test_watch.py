"""When it is looked: soon after money moved, at most once a minute, once more at the end."""

from __future__ import annotations

import asyncio

import pytest

from cavendish.client.alerts.watch import PAUSE_S, Watch
from cavendish.core.money import ZERO
from cavendish.send.events import AttemptEnded, Cached, NoRoom


class Hand:
    """A clock that is set by hand."""

    def __init__(self):
        self.s, self.sleeping = 1000.0, []

    def monotonic_s(self):
        return self.s

    async def sleep(self, seconds):
        if seconds > 0:
            woken = asyncio.get_running_loop().create_future()
            self.sleeping.append((self.s + seconds, woken))
            await woken

    async def pass_(self, seconds):
        self.s += seconds
        for due, woken in self.sleeping:
            if due <= self.s and not woken.done():
                woken.set_result(None)
        for _ in range(10):
            await asyncio.sleep(0)


class Eye:
    """A look that is counted; `owes` says whether it wants another."""

    def __init__(self):
        self.looks, self.owes, self.fault = [], False, None

    async def __call__(self, full):
        self.looks.append(full)
        if self.fault:
            raise self.fault
        return self.owes


ENDED = AttemptEnded("a", "gemini", "executed", ZERO, None)
DRAFT = AttemptEnded("a", "offline", "executed", ZERO, None, realm="simulated")


def play(script):
    async def body():
        clock, eye = Hand(), Eye()
        await script(Watch(eye, clock), clock, eye)
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    asyncio.run(body())


def test_a_burst_is_one_look_at_once_and_one_a_minute_later():
    async def script(watch, clock, eye):
        for _ in range(100):
            watch.heed(ENDED)
        await clock.pass_(0)
        assert len(eye.looks) == 1
        for _ in range(100):
            watch.heed(ENDED)
        await clock.pass_(PAUSE_S - 1)
        assert len(eye.looks) == 1
        await clock.pass_(1)
        assert len(eye.looks) == 2, "though nothing was bought any more"
        await clock.pass_(10 * PAUSE_S)
        assert len(eye.looks) == 2
        await watch.close()
        assert len(eye.looks) == 2

    play(script)


def test_drafts_and_what_was_bought_before_are_no_news():
    async def script(watch, clock, eye):
        watch.heed(DRAFT)
        watch.heed(Cached("a"))
        await clock.pass_(PAUSE_S)
        await watch.close()
        assert not eye.looks

    play(script)


def test_closing_looks_once_more_where_there_is_news():
    async def script(watch, clock, eye):
        watch.heed(ENDED)
        await clock.pass_(0)
        watch.heed(ENDED)
        await clock.pass_(1)
        await watch.close()
        assert len(eye.looks) == 2

    play(script)


def test_leaving_does_not():
    async def script(watch, clock, eye):
        watch.heed(ENDED)
        await clock.pass_(0)
        watch.heed(ENDED)
        await clock.pass_(1)
        watch.leave()
        await watch.close()
        assert len(eye.looks) == 1

    play(script)


def test_what_refused_is_handed_on_once():
    async def script(watch, clock, eye):
        watch.heed(NoRoom(("day", "project:p")))
        await clock.pass_(0)
        watch.heed(ENDED)
        await clock.pass_(PAUSE_S)
        assert eye.looks == [{"day", "project:p"}, frozenset()]
        await watch.close()

    play(script)


def test_what_is_owed_is_looked_at_again_each_minute():
    async def script(watch, clock, eye):
        eye.owes = True
        watch.heed(ENDED)
        for _ in range(3):
            await clock.pass_(PAUSE_S)
        eye.owes = False
        await clock.pass_(PAUSE_S)
        assert len(eye.looks) == 4
        await clock.pass_(10 * PAUSE_S)
        assert len(eye.looks) == 4
        await watch.close()

    play(script)


@pytest.mark.parametrize("fault", [OSError("gone"), ZeroDivisionError()])
def test_a_look_that_fails_disturbs_nobody_and_loses_no_refusal(fault, caplog):
    async def script(watch, clock, eye):
        eye.fault = fault
        watch.heed(NoRoom(("day",)))
        await clock.pass_(0)
        eye.fault = None
        watch.heed(ENDED)
        await clock.pass_(PAUSE_S)
        assert eye.looks == [{"day"}, {"day"}]
        await watch.close()

    play(script)
    assert "could not look for alerts" in caplog.text
