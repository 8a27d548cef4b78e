"""Which tier a workload needs: by money today, by requests in the guide's list."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from cavendish.catalog.loader import find_model
from cavendish.catalog.pricing import CostRange
from cavendish.catalog.tiers import batch_limits, tier_lists
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.insight.quota import Need, Tiers, ladder
from cavendish.insight.use import Use

DIME = CostRange(*[Money.parse("0.10")] * 3)


def climbed(name="today", used=None, **need):
    return ladder(tier_lists()[name], Need(**need), DIME, used)


def needed(name="today", **need):
    tier = climbed(name, **need).needed
    return None if tier is None else tier.name


@pytest.mark.parametrize(
    ("need", "tier"),
    [
        ({"rpm": 10}, "1"),  # 100 pictures, $10 in ten minutes
        ({"rpm": 11}, "2"),
        ({"rpm": 50}, "2"),
        ({"rpm": 51}, "3"),
        ({"rpm": 201}, None),
        ({"images_per_month": 2_500}, "1"),  # $250
        ({"images_per_month": 2_501}, "2"),
        ({"images_per_month": 20_001}, "3"),
        ({"images_per_month": 200_001}, None),
        ({"rpd": 83}, "1"),  # 2,490 in 30 days
        ({"rpd": 84}, "2"),
        ({"rpm": 30, "rpd": 100, "images_per_month": 1_000}, "1"),  # no day has more than 100
        ({"rpm": 30, "rpd": 101, "images_per_month": 1_000}, "2"),
    ],
)
def test_today_money_decides(need, tier):
    assert needed(**need) == tier


@pytest.mark.parametrize(
    ("need", "tier"),
    [
        ({"rpm": 60}, "free"),
        ({"rpm": 61}, "1"),
        ({"rpd": 10_001}, "2"),
        ({"images_per_month": 50_000}, "1"),  # 1,667 a day
        ({"rpm": 2_001}, "3"),
        ({"rpd": 100_001}, None),
    ],
)
def test_in_the_guide_requests_decide(need, tier):
    assert needed("guide", **need) == tier


def test_the_step_is_that_of_the_tier_and_where_none_is_enough_says_what_is_short():
    assert "pay $100" in climbed(rpm=40).step
    assert "pay $250" in climbed("guide", rpm=1_000).step
    assert "too little money in 10 minutes" in climbed(rpm=500).step
    assert "if its cap is the least" in climbed(images_per_month=300_000).step
    assert climbed().step is None
    assert climbed().needed is None


def test_what_is_not_published_is_not_passed_off_as_checked():
    assert climbed(rpm=1).unpublished(Need(rpm=1)) == ("requests a minute",)
    assert climbed(rpd=1).unpublished(Need(rpd=1)) == ("requests a day",)
    assert climbed("guide", rpm=1, rpd=1).unpublished(Need(rpm=1, rpd=1)) == ()
    assert climbed(images_per_month=1).unpublished(Need(images_per_month=1)) == ()


def test_free_projects_draw_nothing_today():
    free = climbed(rpm=1).standings[0]
    assert free.short == ("pictures: it draws none",)


def test_pictures_in_ten_minutes_by_price():
    assert [one.pictures_10_min for one in climbed().standings] == [None, 100, 500, 2000]


def test_our_use_is_the_largest_share_of_any_limit_now_or_at_the_busiest():
    used = Use(usd_10_min=Money.parse("2"), busiest_10_min=Money.parse("5"),
               usd_month=Money.parse("200"), busiest_minute=90, busiest_day=90)  # fmt: skip
    today = [one.used for one in climbed(used=used).standings]
    assert today == [None, Fraction(8, 10), Fraction(1, 10), Fraction(1, 40)]
    guide = [one.used for one in climbed("guide", used=used).standings]
    assert guide == [Fraction(3, 2), Fraction(18, 100), Fraction(45, 1000), Fraction(9, 400)]


@pytest.mark.parametrize(
    ("field", "need"),
    [
        ("rpm", {"rpm": 0}),
        ("rpd", {"rpd": -1}),
        ("images_per_month", {"images_per_month": 10**10}),
        ("rpm", {"rpm": 1.5}),
        ("rpd", {"rpm": 5, "rpd": 4}),
        ("rpm", {"rpm": 1, "rpd": 1_441}),
        ("rpm", {"rpm": 1, "images_per_month": 300_000}),
        ("rpd", {"rpd": 100, "images_per_month": 3_101}),
    ],
)
def test_what_cannot_be_wanted_names_the_field(field, need):
    with pytest.raises(InvalidRequest, match=f"{field}: "):
        Need(**need)


def test_the_document_is_plain_data():
    need = Need(rpm=10, images_per_month=3000)
    ladders = tuple(ladder(one, need, DIME, Use()) for one in tier_lists().values())
    found = Tiers(
        need, find_model("gemini-3-pro-image"), "2K", DIME, Use(), ladders, batch_limits()["gemini"]
    )
    document = found.to_json()
    assert json.loads(json.dumps(document)) == document
    assert document["need"]["usd_10_min"] == "10"
    assert document["need"]["usd_month"] == "300"
    assert [one["needed"] for one in document["lists"]] == ["2", "free"]
    assert document["lists"][0]["unpublished"] == ["requests a minute"]
