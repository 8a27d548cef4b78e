"""What the journal shows of quotas is the same on either database."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from cavendish.core.money import Money
from cavendish.insight.use import use
from cavendish.store.commands import Hold, Key
from cavendish.store.migration import prepare
from cavendish.store.schema import attempts
from conformance import journal_worker as worker
from unit.store.book import USD, drawn

STARTED = sa.select(attempts.c.started_ns)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_requests_and_money_are_counted(kind, request, tmp_path):
    path = tmp_path / "journal.db"
    if kind == "postgres":
        path = request.getfixturevalue("postgres").database()
    database = worker.database(path)
    prepare(database, 0)
    database.close()
    journal = worker.journal(path, "inline")

    async def body():
        for number in range(5):
            realm, channel = "real" if number else "simulated", f"gemini{'@eu' * (number == 3)}"
            attempt = f"{number:032x}"
            await journal.begin(
                Key(realm, "p", f"d{number}", "1"), attempt=attempt, channel=channel, model="m",
                asked={}, tags={}, holds=(Hold("day", USD),), lease_ns=10**12,
            )  # fmt: skip
            if number == 4:  # it was held back, or no connection came about
                await journal.settle(attempt, outcome="not_sent")
            elif number != 1:
                await journal.settle(attempt, outcome="executed", cost_nanos=USD // 10,
                                     drawn=drawn(), note="")  # fmt: skip
        rows = await journal.read(lambda connection: list(connection.execute(STARTED)))
        now_ns = max(row[0] for row in rows)
        return await journal.read(lambda connection: use(connection, "gemini", now_ns))

    found = asyncio.run(body())
    journal.close()
    assert found.requests_today == found.busiest_day == 3
    assert found.usd_10_min == found.usd_month == Money(USD + 2 * USD // 10)
