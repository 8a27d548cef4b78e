"""One process among many that buy on the same journal and look for alerts."""

from __future__ import annotations

import asyncio

from cavendish.channels.transport import Transport
from cavendish.client.alerts.look import Look, telling
from cavendish.client.alerts.setting import Alerting
from cavendish.store.commands import Key
from conformance import journal_worker


def look(journal, url, tell):
    """A look with a webhook at `url`, or none."""
    alerting = Alerting(webhook=url)
    by = telling(alerting, {}, Transport)
    return Look(journal, alerting, by, journal_worker.RealClock(), tell)


async def _buy_and_look(found, url, number, nanos, heard):
    one = look(found, url, lambda event: heard.append(event.alert["id"]))
    await journal_worker.buy(found, Key("real", "p", str(number), "1"), nanos, cost=nanos)
    await asyncio.gather(*(one(frozenset()) for _ in range(5)))


def buy_and_look(path, driver, url, number, nanos, start, answers):
    """Buys one thing and looks five times at once; puts the alerts that were its own to tell."""
    found, heard = journal_worker.journal(path, driver), []
    start.wait()
    asyncio.run(_buy_and_look(found, url, number, nanos, heard))
    found.close()
    answers.put(heard)
