"""What a dossier says of the ledger is what the ledger holds, on either database."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime

import pytest

from cavendish.core.money import Money
from cavendish.insight.dossier.reading import history
from cavendish.insight.use import PACIFIC
from conformance import journal_worker as worker
from unit.insight.ledgers import FLASH, PRO, fill, ns

UNTIL = datetime(2026, 11, 24, 15, 0, tzinfo=PACIFIC)


@pytest.fixture
def rows(path):
    database = worker.database(path)
    found = fill(database, days=40, a_day=40, until=UNTIL)
    database.close()
    return found


def seen(path, **more):
    journal = worker.journal(path, "inline")
    try:
        return asyncio.run(
            journal.read(lambda connection: history(connection, "gemini", ns(UNTIL), **more))
        )
    finally:
        journal.close()


def day_of(row):
    return datetime.fromtimestamp(row["started_ns"] / 10**9, PACIFIC).date()


def test_every_figure_is_the_ledger_s(path, rows):
    found = seen(path)
    mine = [row for row in rows if row["model"] == PRO]
    drawn = [row for row in mine if row["outcome"] == "executed" and row["error"] is None]
    assert found.model == PRO
    assert (found.requests, found.pictures) == (len(mine), len(drawn))
    assert found.spent == found.total == Money(sum(row["cost_nanos"] for row in rows))
    assert found.peak == max(Counter(row["started_ns"] // (60 * 10**9) for row in mine).values())
    errors = Counter(row["error"] for row in mine)
    assert found.outcomes["rate limited"] == errors["RateLimited"]
    assert found.outcomes["safety"] == errors["Blocked"]
    assert found.outcomes["delivered"] == len(drawn)
    assert sum(found.outcomes.values()) == len(mine)
    by_day = Counter(map(day_of, mine))
    assert {day.day: day.requests for day in found.days if day.requests} == by_day
    assert (len(found.days), found.days[-1].day) == (90, UNTIL.date())
    assert found.first == min(map(day_of, rows))
    assert found.care.retries == len(mine) - len({row["key"] for row in mine})
    assert found.care.wait_least_s >= 12
    assert found.care.hits > 0
    assert found.care.day_budget == Money.parse("10")


def test_months_add_up_by_model(path, rows):
    found = seen(path)
    assert Money.total(one.spent for one in found.months) == found.total
    assert sum(one.requests for one in found.months) == len(rows)
    assert {one.model for one in found.months} == {PRO, FLASH}
    assert [one.month for one in found.months] == sorted(one.month for one in found.months)


def test_one_model_and_one_project_alone(path, rows):
    flash = seen(path, model=FLASH)
    assert flash.requests == sum(row["model"] == FLASH for row in rows)
    whole, part = seen(path), seen(path, project="beacon")
    assert 0 < part.requests < whole.requests
    assert part.total < whole.total


def test_a_channel_nobody_asked_is_empty(path, rows):
    journal = worker.journal(path, "inline")
    found = asyncio.run(journal.read(lambda connection: history(connection, "vertex", ns(UNTIL))))
    journal.close()
    assert (found.model, found.requests, found.months, found.first) == (None, 0, (), None)
    assert found.elsewhere == len(rows)
