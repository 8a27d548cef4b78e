"""What is booked where the service's count is missing, impossible or too small (T39)."""

from __future__ import annotations

from functools import partial

import pytest

from cavendish.catalog.loader import find_model
from cavendish.catalog.pricing import exact
from cavendish.core.model import PriceSheet
from cavendish.core.money import Money
from cavendish.core.result import Answer, Spooled, Usage
from cavendish.send import bill
from cavendish.send.contract import Asked
from simulation.oracle import png
from unit.send.test_judge import COST, GOOD, RESERVED, USAGE, judged, picture

COUNTS = [None, {}, {"promptTokenCount": -1}, {"candidatesTokenCount": "lots"},
          {**USAGE, "totalTokenCount": -5}, {**USAGE, "candidatesTokenCount": 1e9},
          {**USAGE, "thoughtsTokenCount": 10**9}, {**USAGE, "thoughtsTokenCount": 10**12},
          {"candidatesTokensDetails": "none"}]  # fmt: skip


@pytest.mark.parametrize("usage", COUNTS)
def test_a_count_that_is_none_books_what_was_held_and_says_so(usage):
    """T39."""
    found = judged([picture(0)], pictures=[GOOD], usage=usage)
    assert (found.cost, found.certain) == (RESERVED, False)
    assert any("booked" in words for words in found.drawn.warnings)


def test_strings_of_digits_are_counts():
    """T39: int64 comes as a string in proto3 JSON."""
    said = {**USAGE, "promptTokenCount": "10", "totalTokenCount": "1230"}
    assert judged([picture(0)], pictures=[GOOD], usage=said).cost == COST


def image_tokens(count):
    return {**USAGE, "candidatesTokenCount": count, "totalTokenCount": 110 + count,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": count}]}  # fmt: skip


def test_fewer_tokens_than_pictures_are_settled_at_the_floor_within_what_was_held():
    """T39."""
    found = judged([picture(0)], pictures=[GOOD], usage=image_tokens(5))
    assert (found.cost, found.certain) == (COST, False)
    assert "counted 5 image tokens, and 1120 is the least" in found.drawn.warnings[0]
    two = [png(1024, 1024, "a"), GOOD]
    found = judged([picture(0), picture(1)], pictures=two, usage=image_tokens(1120))
    assert (found.cost, found.certain) == (RESERVED, False)
    assert "counted 1120 image tokens, and 2240 is the least" in found.drawn.warnings[1]


@pytest.mark.parametrize("finish", ["STOP", "MAX_TOKENS", None])
def test_a_picture_that_was_counted_and_did_not_come_is_booked_unless_it_was_refused(finish):
    words = [{"text": "![fox](https://files.example/fox.png)"}]
    found = judged(words, usage=USAGE, finish=finish)
    assert (found.cost, found.certain) == (COST, True)
    row = "max-tokens" if finish == "MAX_TOKENS" else "picture-elsewhere"
    assert found.error.details["row"] == row
    assert "files.example" in found.error.message
    assert judged(words, usage=USAGE, finish="IMAGE_SAFETY").cost < COST


def test_the_same_picture_twice_is_one_picture():
    found = judged([picture(0), picture(1)], pictures=[GOOD, GOOD], usage=USAGE)
    assert (found.cost, found.certain, found.others) == (COST, True, ())
    assert found.drawn.warnings == ()


def test_an_impossible_count_for_no_picture_books_what_a_block_can_cost():
    """T20, T39."""
    found = judged(finish="NO_IMAGE", usage={"promptTokenCount": 10**8, "totalTokenCount": 10**8})
    assert not found.certain
    assert found.cost <= RESERVED
    assert "not possible" in found.error.details["remarks"][0]


@pytest.mark.parametrize(
    ("charged", "remarked"), [("0.1344", False), ("0.137", False), ("0.2", True), ("0", True)]
)
def test_what_the_provider_charged_wins_and_a_difference_is_remarked(charged, remarked):
    model = find_model("gemini-3-pro-image")
    sheet = model.sheets["gemini"]
    picture = Spooled(0, "image/png", False, 1, "a")
    answer = Answer(
        (picture,), "", "", Usage(output_image=1120), "stop", None, "", (), None, None,
        cost=Money.parse(charged),
    )  # fmt: skip
    asked = Asked("gemini-3-pro-image", "1K", "1:1")
    price = partial(exact, model=model, surface="gemini")
    found = bill.booked(answer, asked, model, sheet, price, Money.parse("0.3"))
    assert (found.cost, found.certain) == (Money.parse(charged), True)
    assert bool(found.remarks) == remarked
    flat = PriceSheet.flat(Money.parse("0.09"))
    held = Money.parse("0.09")
    assert bill.booked(answer, asked, model, flat, price, held).cost == Money.parse(charged)


@pytest.mark.parametrize("flat", [False, True])
def test_a_charge_in_a_unit_of_the_relays_own_is_not_booked_as_usd(flat):
    """One that counts 500,000 points to the dollar would use up the day's budget at once."""
    model, held = find_model("gemini-3-pro-image"), Money.parse("0.3")
    sheet = PriceSheet.flat(Money.parse("0.09")) if flat else model.sheets["gemini"]
    answer = Answer(
        (Spooled(0, "image/png", False, 1, "a"),), "", "", Usage(output_image=1120), "stop", None,
        "", (), None, None, cost=Money.parse("67200"),
    )  # fmt: skip
    price = partial(exact, model=model, surface="gemini")
    found = bill.booked(answer, Asked(model.id, "1K", "1:1"), model, sheet, price, held)
    assert found.cost == Money.parse("0.09" if flat else "0.1344")
    assert not found.certain
    assert "does not count in USD" in found.remarks[0]
