"""A month of pictures: the guide's sums to the cent, and every line against sums by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from random import Random

import pytest

from cavendish.catalog.loader import find_channel, find_model, models
from cavendish.catalog.pricing import estimate
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest, Reference
from cavendish.insight.month import Demand
from cavendish.insight.plan import plan

PRO, FLASH = find_model("gemini-3-pro-image"), find_model("gemini-nano-banana-2.1")
GEMINI = find_channel("gemini")


def planned(realtime=0, batch=0, size="2K", model=PRO, channel=GEMINI, prices="guide", rates=None,
            **more):  # fmt: skip
    demand = Demand(model, size, realtime, batch, **more)
    return plan(demand, channel, prices=prices, rates=rates)


def lines(column):
    return {line.name: Money.rounded_up(line.usd[1]).usd for line in column.lines}


def test_the_guide_s_first_example_is_1675_dollars():
    """Its inputs are not handed down; the sum is. At $0.134 and half of it, $1,675 is 25,000
    halves: 10,000 pictures at once ($1,340) and 5,000 by batch ($335)."""
    found = planned(10_000, 5_000)
    assert found.month == Money.parse("1675")
    assert lines(found.columns[0]) == {"pictures, at once": "1340", "pictures, batch": "335"}
    assert found.year == Money.parse("20100")


def test_the_guide_s_second_example_is_1000_dollars():
    """$1,000 is no sum of $0.134, $0.067, $0.24 or $0.12 in whole pictures alone (0.067 n and
    0.12 n are not 1,000); at the guide's $0.05 of a third party it is 20,000 pictures."""
    found = planned(20_000, rates={"laozhang": Money.parse("0.05")})
    assert [one.name for one in found.columns] == ["guide", "gemini", "laozhang"]
    assert found.columns[2].month.expected == Money.parse("1000")
    mixed = planned(15_000, 5_000, rates={"laozhang": Money.parse("0.05")})
    assert mixed.columns[2].month.expected == Money.parse("1000"), "it sells no batch jobs"


def test_fifty_thousand_at_4k_are_144_000_a_year():
    """The guide says $120,000; its own price makes it more."""
    assert planned(50_000, size="4K").year == Money.parse("144000")


@pytest.mark.parametrize(("realtime", "batch"), [(1, 0), (0, 1), (10_000, 5_000)])
def test_fourteen_references_add_under_twelve_hundredths(realtime, batch):
    plain = planned(realtime, batch).month
    shown = planned(realtime, batch, references=14).month
    assert Fraction(11, 100) < Fraction(shown.nanos, plain.nanos) - 1 < Fraction(12, 100)


def test_five_hundred_words_are_seven_hundred_tokens_and_cost_14_hundredths_of_a_cent():
    found = planned(1, input_tokens=700)
    assert lines(found.columns[0])["prompt tokens, at once"] == "0.0014"
    assert found.month == Money.parse("0.1354")


def test_today_counts_tokens_and_thinking_and_stands_beside():
    guide, today = planned(10_000, 5_000, input_tokens=700, references=2).columns
    assert (guide.kind, today.kind, today.name) == ("dated", "direct", "gemini")
    assert lines(today) == {
        "pictures, at once": "1344",
        "pictures, batch": "336",
        "prompt tokens, at once": "14",
        "prompt tokens, batch": "3.5",
        "references, at once": "22.4",
        "references, batch": "5.6",
        "thinking, at once": "30",
        "thinking, batch": "7.5",
    }
    assert not any("thinking" in name for name in lines(guide))
    assert today.month.low < today.month.expected < today.month.high
    assert guide.month.low == guide.month.expected == guide.month.high


def test_at_today_s_prices_only_they_are_shown():
    found = planned(10, prices="today")
    assert [one.name for one in found.columns] == ["gemini"]
    assert found.month == Money.parse("1.374")


def test_a_month_is_that_many_estimates():
    """Random months of every model and size; estimate counts a token for 4 bytes of prompt."""
    random = Random(5)
    for model in models().values():
        for size in model.sizes:
            tokens, references = random.randrange(1, 300), random.randrange(model.references + 1)
            realtime, batch = random.randrange(1, 10**6), random.randrange(1, 10**6)
            found = planned(realtime, batch, size, model, prices="today", input_tokens=tokens,
                            references=references)  # fmt: skip
            request = ImageRequest(
                model.id, "x" * 4 * tokens, size, "1:1", thinking=model.least_thinking,
                references=(Reference("image/png", b""),) * references,
            )  # fmt: skip
            total = 0
            for tier, many in (("standard", realtime), ("batch", batch)):
                asked = ImageRequest(**{
                    **{name: getattr(request, name) for name in request.__dataclass_fields__},
                    "tier": tier,
                })  # fmt: skip
                total += many * estimate(asked, model, surface="gemini").expected.nanos
            assert abs(found.month.nanos - total) <= realtime + batch, (model.id, size)
            half = found.columns[0]
            assert half.batch_saves.nanos == pytest.approx(
                batch * estimate(request, model, surface="gemini").expected.nanos // 2, rel=1e-6
            )


def test_a_sum_is_rounded_once():
    """Three thirds of a nano-dollar are one, not three."""
    (column,) = planned(1, 1, prices="today").columns
    exact = sum((line.usd[1] for line in column.lines), Fraction(0))
    assert column.month.expected == Money.rounded_up(exact)
    assert column.year.expected == Money.rounded_up(12 * exact)


def test_what_batch_saves():
    guide, today = planned(10_000, 5_000).columns
    assert guide.batch_saves == Money.parse("335")
    assert today.batch_saves == Money.parse("343.5")
    assert not planned(10, rates={"x": Money.parse("1")}).columns[2].batch_saves


def test_who_sells_no_batch_jobs_is_named_and_everything_is_bought_at_once():
    found = planned(1, 1, prices="today", channel=find_channel("openrouter"))
    assert found.columns[0].realtime_only
    assert found.month == Money.parse("0.2748")
    assert any("no batch jobs for this from openrouter" in note for note in found.notes)


def test_a_flat_channel_is_flat():
    found = planned(1, 1, prices="today", channel=find_channel("laozhang"), references=14)
    assert (found.columns[0].flat, found.columns[0].kind) == (True, "third party")
    assert found.month == Money.parse("0.18")


def test_elsewhere_other_prices_hold():
    """Vertex AI counts 3,780 tokens for a 4K picture of this model, the Gemini API 2,520."""
    at = {
        name: planned(1, size="4K", model=FLASH, prices="today", channel=find_channel(name))
        for name in ("gemini", "vertex")
    }
    pictures = [lines(found.columns[0])["pictures, at once"] for found in at.values()]
    assert pictures == ["0.0756", "0.1134"]


@pytest.mark.parametrize(
    ("deadline_s", "words"),
    [
        (6 * 3600, "batch within 6 h is likely and not certain"),
        (36 * 3600, "batch within 36 h is likely and not certain"),
        (72 * 3600, "after 48 h ends without results, so what is missing is asked for again"),
        (None, "after 48 h ends without results, so what is missing is asked for again"),
    ],
)
def test_a_deadline_makes_a_batch_likely_and_never_certain(deadline_s, words):
    notes = " ".join(planned(0, 100, deadline_s=deadline_s).notes)
    assert words in notes
    assert ("all at once costs $13.74 at gemini's prices" in notes) == ("within" in words)


def test_a_job_on_vertex_may_wait_longer():
    at = find_channel("vertex")
    notes = " ".join(planned(0, 1, prices="today", channel=at, deadline_s=72 * 3600).notes)
    assert "batch within 72 h is likely and not certain: a job may wait 72 h" in notes
    assert "within" not in " ".join(planned(0, 1, channel=at, deadline_s=96 * 3600).notes)


def test_without_batch_a_deadline_is_no_matter():
    assert not any("batch" in note for note in planned(5, deadline_s=60).notes)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("realtime", {"realtime": 0}),
        ("realtime", {"realtime": -1}),
        ("batch", {"batch": 10**10}),
        ("realtime", {"realtime": True}),
        ("size", {"size": "8K"}),
        ("references", {"references": 15}),
        ("input_tokens", {"input_tokens": 100_000}),
        ("deadline", {"deadline_s": 0}),
    ],
)
def test_what_cannot_be_names_the_field(field, changed):
    with pytest.raises(InvalidRequest, match=f"{field}: "):
        planned(**{"realtime": 1, **changed})


def test_lists_nobody_knows_and_models_a_list_does_not_know():
    with pytest.raises(InvalidRequest, match="prices: there is no list 'yesterday'"):
        planned(1, prices="yesterday")
    with pytest.raises(UnknownPrice, match="guide has no price for gemini-nano-banana"):
        planned(1, size="1K", model=FLASH)


def test_the_document_is_plain_data_with_page_and_day():
    document = planned(3, 2, references=1).to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["usd_month"] == document["columns"][0]["usd_month"]["expected"]
    for column in document["columns"]:
        assert column["checked"] == "2026-11-22"
        assert all(url.startswith("https://") for url in column["sources"])
