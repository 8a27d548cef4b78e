"""Reports and standings over a journal with attempts of every end, at times of our choice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from cavendish.catalog.loader import channels
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.core.result import Drawn
from cavendish.insight.budgets import standings
from cavendish.insight.report import GROUPS, Line, Period, Report, check_by, report
from cavendish.send.legs import holds
from cavendish.store.commands import Key, SetBudget
from cavendish.store.journal import Journal
from cavendish.store.owners import Owner

SECOND_NS = 10**9
LATE = int(datetime(2026, 3, 31, 23, 59, 58, tzinfo=UTC).timestamp()) * SECOND_NS
ALWAYS = Period()
PRICE = Money.parse("0.15")
PAID = Money.parse("0.1344")


class Clock:
    """Two seconds before the end of a day and a month, until it is set."""

    now = LATE

    def now_ns(self):
        return self.now


class Books:
    """A journal and short ways to fill it."""

    def __init__(self, path):
        self.clock, self.count = Clock(), 0
        owner = Owner(path / "owners", "0" * 32)
        self.journal = Journal.open(path / "journal.db", clock=self.clock, owner=owner)

    def buy(self, outcome, *, realm="real", project="p", model="m", channel="gemini", tags=None,
            drawn=True):  # fmt: skip
        self.count += 1
        attempt = f"{self.count:032x}"
        key = Key(realm, project, f"{self.count:064x}", "1")

        async def write():
            await self.journal.begin(
                key, attempt=attempt, channel=channel, model=model, asked={}, lease_ns=SECOND_NS,
                holds=holds(PRICE, project=project, tags=tags or {}, run=None, run_limit=None),
                tags=tags or {},
            )  # fmt: skip
            if outcome is not None:
                picture = Drawn("0" * 64, 1, 1, "image/png", model, channel, None, None, PAID, None)
                executed = outcome == "executed"
                await self.journal.settle(
                    attempt, outcome=outcome, cost_nanos=PAID.nanos if executed else 0,
                    drawn=picture if executed and drawn else None,
                    note="" if executed and drawn else "no picture",
                )  # fmt: skip

        asyncio.run(write())

    def find(self, bought, *, realm="real", project="p", tags=None):
        """Asks again for what the attempt of this number bought."""
        self.count += 1
        key = Key(realm, project, f"{bought:064x}", "1")
        asyncio.run(self.journal.begin(
            key, attempt=f"{self.count:032x}", channel="x", model="x", asked={}, lease_ns=SECOND_NS,
            holds=(), tags=tags or {},
        ))  # fmt: skip

    def read(self, query):
        return asyncio.run(self.journal.read(query))

    def report(self, by="model", period=ALWAYS):
        return self.read(lambda connection: report(connection, by, period, channels()))

    def standings(self):
        found = self.read(lambda connection: standings(connection, self.clock.now))
        return [(one.scope, one.limit, one.used, one.held) for one in found]

    def limit(self, scope, money):
        asyncio.run(self.journal.change(SetBudget(scope, money.nanos)))


@pytest.fixture
def books(tmp_path):
    books = Books(tmp_path)
    yield books
    books.journal.close()


@pytest.mark.parametrize(
    ("outcome", "drawn", "line"),
    [
        ("executed", True, (1, PAID, Money(0))),
        ("executed", False, (0, PAID, Money(0))),
        ("rejected", False, (0, Money(0), Money(0))),
        ("not_sent", False, (0, Money(0), Money(0))),
        ("unknown", False, (0, Money(0), PRICE)),
        (None, False, (0, Money(0), PRICE)),
    ],
)
def test_each_end_counts_for_what_it_is(books, outcome, drawn, line):
    books.buy(outcome, drawn=drawn)
    (found,) = books.report().lines
    assert (found.pictures, found.cost, found.held) == line
    assert (found.attempts, found.presumed) == (1, Money(0))


def test_an_unknown_outcome_counts_as_spent_in_the_end(books):
    books.buy("unknown")
    books.clock.now += 3600 * SECOND_NS
    books.buy("rejected")  # whatever is written next settles what has fallen due
    (found,) = books.report().lines
    assert (found.cost, found.presumed, found.held) == (PRICE, PRICE, Money(0))


def test_realms_are_never_added_up(books):
    books.buy("executed")
    books.buy("executed", realm="simulated")
    books.buy("executed", realm="simulated")
    found = books.report()
    assert [(line.realm, line.pictures) for line in found.lines] == [("real", 1), ("simulated", 2)]
    assert (found.total("real"), found.total("simulated")) == (PAID, PAID + PAID)
    document = found.to_json()
    assert (document["total_usd"], document["simulated_total_usd"]) == ("0.1344", "0.2688")
    assert sum(float(line["cost_usd"]) for line in document["lines"]) == pytest.approx(0.4032)


def test_a_hit_is_a_line_without_cost_that_says_what_it_spared(books):
    """T92."""
    books.buy("executed", tags={"team": "a"})
    books.find(1, tags={"team": "b"})
    books.clock.now += 4 * SECOND_NS
    books.find(1, tags={"team": "b"})
    books.buy("executed", realm="simulated")
    books.find(4, realm="simulated")
    for by in ("model", "channel", "project"):
        real, simulated = books.report(by).lines
        assert (real.pictures, real.cost, real.hits, real.spared) == (1, PAID, 2, PAID + PAID)
        assert (simulated.hits, simulated.spared) == (1, PAID)
    days = {(line.group, line.cost, line.hits) for line in books.report("day").lines[:2]}
    assert days == {("2026-03-31", PAID, 1), ("2026-04-01", Money(0), 1)}
    tags = [(line.group, line.cost, line.hits, line.spared) for line in books.report("tag").lines]
    assert tags == [("team=a", PAID, 0, Money(0)), ("team=b", Money(0), 2, PAID + PAID)]
    found = books.report("category")
    cached = [(line.group, line.hits) for line in found.lines if line.hits]
    assert cached == [("from the cache", 2), ("from the cache", 1)]
    assert (found.total("real"), found.saved.hits, found.saved.spared) == (PAID, 2, PAID + PAID)
    april = books.report("model", Period.of("2026-04-01", None))
    assert [(line.realm, line.hits) for line in april.lines] == [("real", 1), ("simulated", 1)]


def test_groups(books):
    books.buy("executed", project="p", model="m", channel="gemini", tags={"a": "1", "b": "2"})
    books.clock.now += 4 * SECOND_NS
    books.buy("executed", project="q", model="n", channel="other", tags={"a": "1"})
    books.buy("executed", project="q")
    groups = {by: {line.group: line.pictures for line in books.report(by).lines} for by in GROUPS}
    assert groups.pop("category") == {"not itemised": 3}
    assert groups == {
        "day": {"2026-03-31": 1, "2026-04-01": 2},
        "model": {"m": 2, "n": 1},
        "channel": {"gemini": 2, "other": 1},
        "project": {"p": 1, "q": 2},
        "tag": {"a=1": 2, "b=2": 1},
    }
    for by in set(GROUPS) - {"tag"}:
        assert books.report(by).total("real") == Money(3 * PAID.nanos)


def test_nothing_bought(books):
    assert books.report() == Report("model", ())
    document = books.report().to_json()
    assert document.pop("saved")["saved_usd"] == "0"
    assert document == {
        "by": "model", "lines": [], "total_usd": "0", "simulated_total_usd": "0",
    }  # fmt: skip
    assert "Nothing was bought." in books.report().to_svg()


def test_another_grouping_is_named():
    assert [check_by(by) for by in GROUPS] == list(GROUPS)
    with pytest.raises(InvalidRequest, match="by: there is no grouping 'week'") as caught:
        check_by("week")
    assert caught.value.next_step == "use day, model, channel, project, tag, category"


def test_a_line_in_json():
    line = Line("real", "m", 1, 2, Money(3), Money(4), Money(5))
    assert line.to_json() == {
        "realm": "real", "group": "m", "pictures": 1, "attempts": 2, "cost_usd": "0.000000003",
        "presumed_usd": "0.000000004", "held_usd": "0.000000005", "hits": 0, "spared_usd": "0",
    }  # fmt: skip


def test_standings_tell_spent_and_held_of_the_current_window(books):
    books.limit("month", Money.parse("100"))
    books.limit("project:p", Money.parse("1"))
    books.limit("tag:a=1", Money.parse("2"))
    books.buy("executed", tags={"a": "1"})
    books.buy("unknown")
    day = Money.parse("10").nanos
    before = {scope: (limit, used, held) for scope, limit, used, held in books.standings()}
    assert before == {
        "day": (day, PAID.nanos, PRICE.nanos),
        "month": (Money.parse("100").nanos, PAID.nanos, PRICE.nanos),
        "project:p": (Money.parse("1").nanos, PAID.nanos, PRICE.nanos),
        "tag:a=1": (Money.parse("2").nanos, PAID.nanos, 0),
    }
    books.clock.now += 4 * SECOND_NS  # another day, and another month
    after = {scope: (used, held) for scope, _, used, held in books.standings()}
    assert after == {
        "day": (0, 0), "month": (0, 0), "project:p": (PAID.nanos, PRICE.nanos),
        "tag:a=1": (PAID.nanos, 0),
    }  # fmt: skip


def test_a_limit_set_later_knows_what_was_spent_before(books):
    books.buy("executed", project="late")
    books.limit("project:late", Money.parse("5"))
    assert ("project:late", Money.parse("5").nanos, PAID.nanos, 0) in books.standings()


def test_simulated_money_stands_in_no_budget(books):
    books.buy("executed", realm="simulated")
    assert books.standings() == [("day", Money.parse("10").nanos, 0, 0)]
