"""Prices: golden values from the price page, ranges that hold, bills that are exact."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import CostRange, estimate, exact
from cavendish.core.errors import UnknownPrice
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest, Reference
from cavendish.core.result import Usage

PRO, FLASH = models()["gemini-3-pro-image"], models()["gemini-nano-banana-2.1"]
MODELS = st.sampled_from([PRO, FLASH])

# https://ai.google.dev/gemini-api/docs/pricing, checked 2026-11-22
PICTURES = [
    (PRO, "1K", 1120, "0.1344"),
    (PRO, "2K", 1120, "0.1344"),
    (PRO, "4K", 2000, "0.24"),
    (FLASH, "1K", 1120, "0.0336"),
    (FLASH, "2K", 1680, "0.0504"),
    (FLASH, "4K", 2520, "0.0756"),
]
PER_MILLION = {  # text in, picture in, text and thinking out, picture out
    PRO.id: (Fraction(2), Fraction(2), Fraction(12), Fraction(120)),
    FLASH.id: (Fraction(3, 2), Fraction(3, 2), Fraction(15, 2), Fraction(30)),
}


def request(model=PRO, prompt="a red fox", size="1K", ratio="1:1", references=0, **more):
    pictures = tuple(Reference("image/png", bytes([n])) for n in range(references))
    return ImageRequest(model.id, prompt, size, ratio, pictures, **more)


def by_hand(model, usage):
    """The bill in nano-USD, from the table above."""
    text, picture, words, drawn = PER_MILLION[model.id]
    return math.ceil(
        1000
        * (
            usage.input_text * text
            + usage.input_image * picture
            + (usage.output_text + usage.output_thinking) * words
            + usage.output_image * drawn
        )
    )


@pytest.mark.parametrize(("model", "size", "tokens", "usd"), PICTURES)
def test_what_one_picture_costs(model, size, tokens, usd):
    assert model.image_tokens[size] == tokens
    assert exact(Usage(output_image=tokens), model) == Money.parse(usd)
    assert estimate(request(model, "", size), model).low == Money.parse(usd)


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        # Recorded: 5 words in, 1216 out of which 1120 are the picture, 179 thoughts.
        (PRO, Usage(5, 0, 96, 179, 1120), "0.13771"),
        (PRO, Usage(50, 1069, 0, 240, 0), "0.005118"),
        (PRO, Usage(9, 0, 0, 291, 2000), "0.24351"),
        (FLASH, Usage(54, 15680, 0, 0, 1120), "0.057201"),
        (FLASH, Usage(5, 0, 0, 0, 1680), "0.0504075"),
        (FLASH, Usage(7, 0, 12, 300, 2520), "0.0779505"),
        (PRO, Usage(), "0"),
    ],
)
def test_the_bill_for_what_was_counted(model, usage, usd):
    assert exact(usage, model) == Money.parse(usd)


COUNTS = st.integers(0, 10**6)


@given(MODELS, st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS))
def test_every_bill_is_exact(model, usage):
    assert exact(usage, model).nanos == by_hand(model, usage)


REQUESTS = MODELS.flatmap(
    lambda model: st.builds(
        request,
        st.just(model),
        st.text(min_size=1, max_size=200),
        st.sampled_from(model.sizes),
        st.sampled_from(model.aspect_ratios),
        st.integers(0, 14),
        text=st.booleans(),
        thinking=st.sampled_from([*model.thinking_levels, None]),
    ).map(lambda asked: (model, asked))
)


@given(REQUESTS)
def test_low_expected_and_high_are_in_order(given_):
    model, asked = given_
    cost = estimate(asked, model)
    assert Money(0) < cost.low <= cost.expected <= cost.high


@given(REQUESTS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_no_bill_that_keeps_to_the_facts_is_above_what_is_held(given_, few, more, words):
    model, asked = given_
    reference, thinking = model.reference_tokens, model.thinking_tokens
    spread = reference.high - reference.low
    usage = Usage(
        input_text=int(few * len(asked.prompt.encode())),
        input_image=len(asked.references) * int(reference.low + few * spread),
        output_text=words if asked.text else 0,
        output_thinking=int(more * thinking.high),
        output_image=model.image_tokens[asked.size],
    )  # fmt: skip
    assert exact(usage, model) <= estimate(asked, model).high


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_every_cell_has_a_price_and_the_ratio_does_not_matter(model):
    for size, cells in model.pixels.items():
        ranges = {estimate(request(model, size=size, ratio=ratio), model) for ratio in cells}
        assert len(ranges) == 1


def test_the_default_dry_run():
    cost = estimate(request(size="2K"), PRO)
    assert cost.to_json() == {"low": "0.134402", "expected": "0.137406", "high": "0.158418"}


def test_words_references_and_thinking_make_it_dearer():
    plain = estimate(request(), PRO)
    for dearer in (request(text=True), request(references=1), request(prompt="a red fox" * 9)):
        assert estimate(dearer, PRO).high > plain.high
        assert estimate(dearer, PRO).expected > plain.expected


def test_many_pictures_cost_many_times():
    one = CostRange(Money(1), Money(2), Money(3))
    assert one.times(100) == CostRange(Money(100), Money(200), Money(300))


def test_what_has_no_price_is_refused():
    with pytest.raises(UnknownPrice, match="no batch price for gemini-3-pro-image") as caught:
        estimate(request(), PRO, tier="batch")
    assert (caught.value.exit_code, caught.value.billed) == (3, False)
    with pytest.raises(UnknownPrice, match="no flex price"):
        exact(Usage(output_image=1120), PRO, tier="flex")
    fewer = dataclasses.replace(PRO, image_tokens={"1K": 1120, "2K": 1120})
    with pytest.raises(UnknownPrice, match="no price for 4K") as caught:
        estimate(request(size="4K"), fewer)
    assert caught.value.next_step == "use 1K, 2K"
