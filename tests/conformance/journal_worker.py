"""One process among many on the same journal: buys until it is refused, and says what it got."""

from __future__ import annotations

import asyncio
import secrets
import time

from cavendish.store.address import PostgresAddress
from cavendish.store.commands import (
    SECOND_NS,
    Hit,
    Hold,
    Inherited,
    Key,
    Refused,
    Reserved,
    Tell,
    Wait,
)
from cavendish.store.database import Database
from cavendish.store.journal import Inline, Journal, WriterThread
from cavendish.store.owners import Owner
from cavendish.store.postgres import Postgres

LEASE_NS = 60 * SECOND_NS


class RealClock:
    """Wall time."""

    def now_ns(self):
        return time.time_ns()

    def monotonic_s(self):
        return time.monotonic()


def database(place):
    """The database of a file, or of an address as text."""
    if isinstance(place, str):
        return Postgres(PostgresAddress(place), secrets.token_hex(16), RealClock())
    return Database(place, synchronous="OFF")


def journal(place, driver):
    """An open journal of this process with the named driver, which waits for no disk."""
    found = database(place)
    owner = found
    if isinstance(found, Database):
        owner = Owner(place.with_name("owners"), secrets.token_hex(16))
    inline = Inline(found, RealClock(), owner.is_dead)
    return Journal(found, WriterThread(inline) if driver == "thread" else inline, owner)


async def buy(journal, key, nanos, *, cost=None, picture=None):
    """One purchase: the answer that ended it, with every wait waited for."""
    while True:
        attempt = secrets.token_hex(16)
        answer = await journal.begin(
            key, attempt=attempt, channel="c", model="m", asked={},
            holds=(Hold("day", nanos), Hold("month", nanos)), lease_ns=LEASE_NS, tags={},
        )  # fmt: skip
        match answer:
            case Wait():
                await asyncio.sleep(0.01)
            case Inherited(orphan):
                await journal.settle(orphan, outcome="unknown")
            case Reserved():
                if cost is not None:
                    await asyncio.sleep(0.002)
                    await journal.settle(attempt, outcome="executed", cost_nanos=cost,
                                         drawn=picture)  # fmt: skip
                return answer
            case Hit() | Refused():
                return answer


async def _at_the_edge(found, number, calls, nanos, at_once):
    gate = asyncio.Semaphore(at_once)

    async def one(call):
        async with gate:
            key = Key("real", "p", f"{number}-{call}", "1")
            return isinstance(await buy(found, key, nanos, cost=nanos), Reserved)

    return sum(await asyncio.gather(*(one(call) for call in range(calls))))


def at_the_edge(path, driver, number, calls, nanos, start, answers):
    """Buys `calls` different things; puts how many were admitted."""
    found = journal(path, driver)
    start.wait()
    answers.put(asyncio.run(_at_the_edge(found, number, calls, nanos, 8)))
    found.close()


async def _the_same(found, calls, nanos, picture):
    key = Key("real", "p", "the same", "1")
    asks = (buy(found, key, nanos, cost=nanos, picture=picture) for _ in range(calls))
    return [type(answer).__name__ for answer in await asyncio.gather(*asks)]


def the_same(path, driver, calls, nanos, picture, start, answers):
    """Asks for one thing `calls` times at once; puts what it got."""
    found = journal(path, driver)
    start.wait()
    answers.put(asyncio.run(_the_same(found, calls, nanos, picture)))
    found.close()


async def _alarms(found, calls):
    tells = (
        found.change(Tell(f"alarm {n}", "words", ("webhook",), LEASE_NS)) for n in range(calls)
    )
    return sum(await asyncio.gather(*tells))


def alarms(path, driver, calls, start, answers):
    """Raises the same `calls` alerts as everybody else; puts how many are its own to tell."""
    found = journal(path, driver)
    start.wait()
    answers.put(asyncio.run(_alarms(found, calls)))
    found.close()


def leave_open(path, driver, nanos, ready):
    """Declares an intent and then lives until it is killed."""
    found = journal(path, driver)
    asyncio.run(buy(found, Key("real", "p", "left", "1"), nanos))
    ready.set()
    time.sleep(600)
