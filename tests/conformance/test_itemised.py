"""What a picture's price is made of, and what was saved, by hand, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from cavendish.catalog.loader import channels, find_channel, find_model
from cavendish.catalog.pricing import exact
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.core.result import Drawn, Usage
from cavendish.insight.report import DAY_NS, Period, report
from cavendish.insight.verification import verify
from cavendish.send.legs import holds
from cavendish.store.commands import Key
from cavendish.store.migration import prepare
from conformance import journal_worker as worker

MODEL = "gemini-3-pro-image"
USAGE = Usage(input_text=100, input_image=560, output_text=50, output_thinking=200,
              output_image=1120)  # fmt: skip
ALWAYS = Period()
MOST = Money.parse("1")


class Books:
    """A journal, and a short way to fill it."""

    def __init__(self, path):
        self.journal, self.count = worker.journal(path, "inline"), 0

    def buy(self, *, channel="gemini", tier="standard", usage=USAGE, cost=None, model=MODEL,
            outcome="executed", drawn=True, certain=True, realm="real", queries=0):  # fmt: skip
        self.count += 1
        attempt = f"{self.count:032x}"
        facts = find_channel(channel, channels())
        if cost is None:
            cost = exact(usage, facts.priced(find_model(model)), surface=facts.surface, tier=tier,
                         queries=queries)  # fmt: skip
        sources = ({"query": "a"},) * queries
        picture = Drawn("0" * 64, 1, 1, "image/png", model, channel, None, usage, cost, None,
                        sources=sources)  # fmt: skip

        async def write():
            await self.journal.begin(
                Key(realm, "p", f"{self.count:064x}", "1"), attempt=attempt, channel=channel,
                model=model, asked={"size": "1K", "tier": tier}, lease_ns=1, tags={},
                holds=holds(MOST, project="p", tags={}, run=None, run_limit=None),
            )  # fmt: skip
            if outcome:
                await self.journal.settle(
                    attempt, outcome=outcome, cost_nanos=cost.nanos, certain=certain,
                    drawn=picture if drawn else None, note="",
                )  # fmt: skip

        asyncio.run(write())
        return cost

    def report(self, by="category", period=ALWAYS):
        return asyncio.run(
            self.journal.read(lambda connection: report(connection, by, period, channels()))
        )

    def parts(self):
        return {line.group: line.cost.usd for line in self.report().lines}


@pytest.fixture(params=["sqlite", "postgres"])
def books(request, tmp_path):
    path = tmp_path / "journal.db"
    if request.param == "postgres":
        path = request.getfixturevalue("postgres").database()
    database = worker.database(path)
    prepare(database, 0)
    database.close()
    books = Books(path)
    yield books
    books.journal.close()


def test_thinking_is_told_apart_from_words(books):
    """$2 and $12 and $120 for a million tokens: text and references, words, picture."""
    books.buy(queries=1)
    assert books.parts() == {
        "text in": "0.0002", "references": "0.00112", "picture": "0.1344", "thinking": "0.0024",
        "words": "0.0006", "grounding": "0.014",
    }  # fmt: skip


def test_parts_add_up_to_the_last_unit(books):
    spent = [
        books.buy(usage=Usage(n, n * 7, n * 3, n * 11, 1120 + n), tier=tier)
        for n in range(1, 40) for tier in ("standard", "flex")
    ]  # fmt: skip
    found = books.report()
    assert found.total("real") == Money.total(spent) == books.report("model").total("real")
    assert "not itemised" not in books.parts()
    assert asyncio.run(books.journal.read(verify)).sound


def test_flex_saved_half(books):
    paid = books.buy(tier="flex")
    full = exact(USAGE, find_model(MODEL), surface="gemini")
    saved = books.report("day").saved
    assert (saved.listed, saved.paid) == (full, paid)
    (why,) = saved.because
    assert (why.reason, why.pictures, why.saved) == ("tier flex", 1, full - paid)
    assert why.saved.nanos == pytest.approx(full.nanos / 2, abs=2)


def test_a_channel_at_a_flat_price_is_compared_with_the_picture_alone(books):
    paid = books.buy(channel="laozhang", usage=None, cost=Money.parse("0.05"))
    saved = books.report().saved
    (why,) = saved.because
    assert (why.reason, why.listed.usd, why.paid) == ("laozhang", "0.1344", paid)
    assert books.parts() == {"flat price": "0.05"}


def test_priority_costs_more_than_the_list(books):
    books.buy(channel="vertex", tier="priority")
    saved = books.report().saved
    assert saved.saved.nanos < 0
    assert saved.to_json()["because"][0]["saved_usd"].startswith("-")
    assert "over Google's realtime list price" in books.report().to_svg()


def test_list_price_itself_saves_nothing_and_needs_no_reason(books):
    paid = books.buy()
    saved = books.report().saved
    assert (saved.paid, saved.saved, saved.because) == (paid, Money(0), ())


def test_what_brought_no_picture_and_what_is_not_known_stands_apart(books):
    books.buy(outcome="executed", drawn=False, cost=Money.parse("0.02"))
    books.buy(cost=Money.parse("0.99"), certain=False)
    books.buy(outcome=None)
    lines = {line.group: line for line in books.report().lines}
    assert set(lines) == {"no picture", "not itemised", "held"}
    assert lines["no picture"].cost.usd == "0.02"
    assert lines["not itemised"].presumed.usd == "0.99"
    assert (lines["held"].held, lines["held"].cost) == (MOST, Money(0))
    assert books.report().saved.without.usd == "0.02"


def test_simulated_money_saves_nothing(books):
    books.buy(realm="simulated", tier="flex")
    assert books.report().saved.listed == Money(0)
    assert "simulated money by category" in books.report().to_svg()


def test_a_period_holds_its_first_and_its_last_day(books):
    books.buy()
    (row,) = books.report("day").lines
    day = date.fromisoformat(row.group)
    for since, until, count in [
        (day, day, 1), (None, day, 1), (day, None, 1), (None, None, 1),
        (None, date.fromordinal(day.toordinal() - 1), 0),
        (date.fromordinal(day.toordinal() + 1), None, 0),
    ]:  # fmt: skip
        for by in ("day", "category"):
            found = books.report(by, Period.of(since and since.isoformat(), until))
            assert bool(found.lines) == bool(count)
            assert bool(found.saved.paid) == bool(count)
    assert DAY_NS == 86_400 * 10**9


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [("yesterday", None, "since"), (None, "2026-02-30", "until"),
     ("2026-02-02", "2026-02-01", "until")],
)  # fmt: skip
def test_a_day_that_is_none_is_named(since, until, field):
    with pytest.raises(InvalidRequest, match=f"^{field}: "):
        Period.of(since, until)


def test_csv_is_exact_and_no_formula(books):
    books.buy()
    head, line = books.report("model").to_csv().splitlines()
    assert head == "realm,group,pictures,attempts,cost_usd,presumed_usd,held_usd,hits,spared_usd"
    assert line == f"real,{MODEL},1,1,0.13872,0,0,0,0"
