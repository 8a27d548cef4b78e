"""The ways to pictures side by side: sums, what is seen and what is stated."""

from __future__ import annotations

import json
from datetime import date

import pytest

from cavendish.catalog.loader import channels, find_channel, find_model
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.insight.seen import Seen, seen
from cavendish.insight.ways import Workload, compare
from unit.insight.test_report import books

__all__ = ["books"]
PRO, FLASH, OLD = "gemini-3-pro-image", "gemini-nano-banana-2.1", "gemini-2.5-flash-image"
TODAY = date(2026, 11, 25)
NAMES = ["gemini", "vertex", "apiyi", "laozhang", "offline"]


def work(model=PRO, size="2K", aspect_ratio="1:1", images=1000, references=0):
    return Workload(find_model(model), size, aspect_ratio, images, references)


def compared(workload=None, found=None, names=NAMES, **more):
    facts = [find_channel(name) for name in names]
    return compare(workload or work(), facts, TODAY, found or {}, **more)


def way(comparison, name):
    return next(one for one in comparison.ways if one.facts.name == name)


def test_own_channels_first_then_third_parties_then_drafts():
    kinds = [one.kind for one in compared(names=NAMES[::-1]).ways]
    assert kinds == ["direct", "direct", "third party", "third party", "drafts"]


def test_the_sum_of_a_workload_is_that_of_its_pictures():
    found = compared(work(images=1000, references=2))
    price = way(found, "gemini").prices["standard"]
    assert price.picture == Money.parse("0.1344")
    # 100 tokens of text, 2 references of 560 tokens and 250 tokens of thinking
    each = Money.parse("0.1344") + Money.parse("0.0002") + Money.parse("0.00224")
    assert price.one.expected == each + Money.parse("0.003")
    assert price.all.expected.nanos == 1000 * price.one.expected.nanos
    batch = way(found, "gemini").prices["batch"]
    assert batch.all.expected.nanos * 2 == price.all.expected.nanos


def test_a_flat_price_is_flat_and_has_one_tier():
    prices = way(compared(work(references=14)), "laozhang").prices
    assert list(prices) == ["standard"]
    assert prices["standard"].all.expected == prices["standard"].all.high == Money.parse("90")


def test_the_cheapest_are_real_and_ties_are_named():
    found = compared(work(FLASH, "4K"))
    assert found.cheapest == {"standard": ("laozhang",), "batch": ("gemini",)}
    assert compared().cheapest["standard"] == ("apiyi", "laozhang")
    assert "offline" not in str(found.cheapest)


def test_a_third_party_with_a_sheet_of_prices_sells_no_batch_jobs_for_it():
    (only,) = compared(names=["openrouter"]).ways
    assert list(only.prices) == ["standard"]


def test_where_a_model_has_no_price_it_is_not_sold():
    found = way(compared(work(FLASH)), "apiyi")
    assert (found.prices, FLASH in found.models) == ({}, False)
    assert "not bought there" in found.why_not
    document = compared(work(FLASH)).to_json()["channels"][2]
    assert (document["sold"], document["has_newest"], document["prices"]) == (False, False, {})


def test_a_model_with_regions_names_them_and_their_price():
    found = compared(work(OLD, "1K")).to_json()
    places = found["channels"][1]["locations"]
    assert (places["global_only"], len(places["regions"])) == (False, 13)
    assert places["prices_in_regions"]["standard"]["usd_picture"] == "0.04257"
    assert found["channels"][1]["ends"] == "2026-10-02"
    assert compared().to_json()["channels"][1]["locations"] == {
        "global_only": True, "regions": [], "prices_in_regions": {},
    }  # fmt: skip
    assert compared().to_json()["channels"][0]["locations"] is None


def test_at_a_region_the_region_s_prices_hold():
    (only,) = compared(work(OLD, "1K"), names=["vertex@us-central1"]).ways
    assert only.prices["standard"].picture == Money.parse("0.04257")


def test_the_guide_s_prices():
    found = compared(prices="guide")
    assert way(found, "laozhang").prices["standard"].all.expected == Money.parse("50")
    assert found.to_json()["prices"] == "guide"
    with pytest.raises(InvalidRequest, match="prices: there is no list"):
        compared(prices="yesterday")


def test_what_is_not_stated_is_null_and_what_is_has_a_page_and_a_day():
    for one in compared().to_json()["channels"]:
        for fact in (*one["features"].values(), *one["compliance"].values()):
            if fact is not None:
                assert fact["source"].startswith("https://")
                assert date.fromisoformat(fact["checked"]) <= TODAY
    vertex = compared().to_json()["channels"][1]["compliance"]
    assert vertex["vpc_sc"]["says"] is True
    assert vertex["hipaa"] is None


def test_the_document_is_plain_data():
    assert json.loads(json.dumps(compared().to_json())) == compared().to_json()


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("size", {"size": "8K"}),
        ("aspect_ratio", {"aspect_ratio": "2:1"}),
        ("images", {"images": 0}),
        ("images", {"images": 10**10}),
        ("images", {"images": 2.5}),
        ("references", {"references": 15}),
        ("references", {"references": -1}),
    ],
)
def test_a_workload_that_cannot_be_names_the_field(field, changed):
    with pytest.raises(InvalidRequest, match=f"{field}: "):
        work(**changed)


def test_what_was_seen_is_of_the_model_the_channel_and_the_realm(books):
    for outcome in ("executed", "executed", "rejected", "unknown"):
        books.buy(outcome, model=PRO)
    books.buy("executed", model=PRO, channel="vertex@us-east1", drawn=False)
    books.buy("executed", model=PRO, realm="simulated")
    books.buy("executed", model=FLASH, channel="laozhang")
    books.buy(None, model=PRO)
    found = books.read(lambda connection: seen(connection, PRO))
    assert set(found) == {("real", "gemini"), ("real", "vertex"), ("simulated", "gemini")}
    gemini = found["real", "gemini"]
    assert (gemini.attempts, gemini.executed, gemini.drawn, gemini.median_s) == (3, 2, 2, 0)
    assert (found["real", "vertex"].success, found["real", "vertex"].drawn_share) == (1, 0)
    assert gemini.latest == date(2026, 3, 31)
    comparison = compared(found=found)
    assert way(comparison, "gemini").seen == gemini
    assert way(comparison, "offline").seen is None
    assert way(comparison, "laozhang").to_json(work(), FLASH)["seen"] is None


def test_shares_of_what_was_seen():
    one = Seen(attempts=3, executed=2, drawn=1, median_s=4.5, latest=TODAY)
    assert one.to_json() == {
        "attempts": 3, "executed_share": 0.6667, "drawn_share": 0.3333, "median_s": 4.5,
        "latest": "2026-11-25",
    }  # fmt: skip


def test_every_channel_of_the_catalogue_can_be_compared():
    for model in (PRO, FLASH):
        assert len(compare(work(model), channels().values(), TODAY, {}).ways) == len(channels())
