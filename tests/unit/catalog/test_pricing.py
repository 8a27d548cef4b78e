"""Prices: golden values from the price page, ranges that hold, bills that are exact."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import CostRange, estimate, exact, per_picture
from cavendish.core.errors import InvalidRequest, UnknownPrice
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest, Reference
from cavendish.core.result import Usage

PRO, FLASH = models()["gemini-3-pro-image"], models()["gemini-nano-banana-2.1"]
NB2, LITE = models()["gemini-3.1-flash-image"], models()["gemini-3.1-flash-lite-image"]
OLD = models()["gemini-2.5-flash-image"]
MODELS = st.sampled_from([*models().values()])
SURFACES = st.sampled_from(["gemini", "vertex"])

# https://ai.google.dev/gemini-api/docs/pricing, checked 2026-11-22
PICTURES = [
    (PRO, "1K", 1120, "0.1344"),
    (PRO, "2K", 1120, "0.1344"),
    (PRO, "4K", 2000, "0.24"),
    (FLASH, "1K", 1120, "0.0336"),
    (FLASH, "2K", 1680, "0.0504"),
    (FLASH, "4K", 2520, "0.0756"),
    (NB2, "512", 747, "0.04482"),
    (NB2, "1K", 1120, "0.0672"),
    (NB2, "2K", 1680, "0.1008"),
    (NB2, "4K", 2520, "0.1512"),
    (LITE, "1K", 1120, "0.0336"),
    (OLD, "1K", 1290, "0.0387"),
]
PER_MILLION = {  # text in, picture in, text and thinking out, picture out
    PRO.id: (Fraction(2), Fraction(2), Fraction(12), Fraction(120)),
    FLASH.id: (Fraction(3, 2), Fraction(3, 2), Fraction(15, 2), Fraction(30)),
    NB2.id: (Fraction(1, 2), Fraction(1, 2), Fraction(3), Fraction(60)),
    LITE.id: (Fraction(1, 4), Fraction(1, 4), Fraction(3, 2), Fraction(30)),
    OLD.id: (Fraction(3, 10), Fraction(3, 10), Fraction(5, 2), Fraction(30)),
}


def request(model=PRO, prompt="a red fox", size="1K", ratio="1:1", references=0, **more):
    pictures = tuple(Reference("image/png", bytes([n])) for n in range(references))
    return ImageRequest(model.id, prompt, size, ratio, pictures, **more)


def known(asked, model, **more):
    """The estimate on the Gemini API."""
    return estimate(asked, model, surface="gemini", **more)


def bill(usage, model, **more):
    """The exact bill on the Gemini API."""
    return exact(usage, model, surface="gemini", **more)


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
    assert model.sheets["gemini"].image_tokens[size] == tokens
    assert bill(Usage(output_image=tokens), model) == Money.parse(usd)
    assert known(request(model, "", size), model).low == Money.parse(usd)
    assert per_picture(model, surface="gemini")[size] == Money.parse(usd)


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
    assert bill(usage, model) == Money.parse(usd)


COUNTS = st.integers(0, 10**6)


@given(MODELS, SURFACES, st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS))
def test_every_bill_is_exact(model, surface, usage):
    assert exact(usage, model, surface=surface).nanos == by_hand(model, usage)


REQUESTS = MODELS.flatmap(
    lambda model: st.builds(
        request,
        st.just(model),
        st.text(min_size=1, max_size=200),
        st.sampled_from(model.sizes),
        st.sampled_from(model.aspect_ratios),
        st.integers(0, model.references),
        text=st.booleans(),
        thinking=st.sampled_from([*model.thinking_levels, None]),
        search=st.just(()) if not model.grounding.searches else st.sampled_from([(), ("web",)]),
        tier=st.sampled_from([*model.sheets["gemini"].tiers]),
    ).map(lambda asked: (model, asked))
)


@given(REQUESTS)
def test_low_expected_and_high_are_in_order(given_):
    model, asked = given_
    cost = known(asked, model)
    for one in (cost, *cost.parts.values()):
        assert Money(0) <= one.low <= one.expected <= one.high
    assert Money(0) < cost.low
    for name in ("low", "expected", "high"):
        total = sum(getattr(part, name).nanos for part in cost.parts.values())
        assert 0 <= total - getattr(cost, name).nanos < len(cost.parts), "each is rounded up"


@given(REQUESTS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_no_bill_that_keeps_to_the_facts_is_above_what_is_held(given_, few, more, words):
    model, asked = given_
    sheet = model.sheets["gemini"]
    reference, thinking = sheet.reference_tokens, model.thinking_tokens
    spread = reference.high - reference.low
    usage = Usage(
        input_text=int(few * len(asked.prompt.encode())),
        input_image=len(asked.references) * int(reference.low + few * spread),
        output_text=words if asked.text else 0,
        output_thinking=int(more * thinking.high),
        output_image=sheet.image_tokens[asked.size],
    )  # fmt: skip
    queries = int(more * model.grounding.queries.high) if asked.search else 0
    assert bill(usage, model, tier=asked.tier, queries=queries) <= known(asked, model).high


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_every_cell_has_a_price_and_the_ratio_does_not_matter(model):
    for surface, sheet in model.sheets.items():
        for tier in sheet.tiers:
            for size, cells in model.pixels.items():
                first, *others = (
                    estimate(
                        request(model, size=size, ratio=ratio, tier=tier), model, surface=surface
                    )
                    for ratio in cells
                )
                assert first.low > Money(0)
                assert all(other == first for other in others)


def test_the_default_dry_run():
    cost = known(request(size="2K"), PRO)
    assert cost.to_json() == {
        "low": "0.134402",
        "expected": "0.137406",
        "high": "0.158418",
        "parts": {
            "text": {"low": "0.000002", "expected": "0.000006", "high": "0.000018"},
            "picture": {"low": "0.1344", "expected": "0.1344", "high": "0.1344"},
            "thinking": {"low": "0", "expected": "0.003", "high": "0.024"},
        },
    }


def test_words_references_and_thinking_make_it_dearer():
    plain = known(request(), PRO)
    for part, dearer in {
        "words": request(text=True),
        "references": request(references=1),
        "text": request(prompt="a red fox" * 9),
        "grounding": request(search=("web",)),
    }.items():
        cost = known(dearer, PRO)
        assert cost.high > plain.high
        assert cost.expected > plain.expected
        assert {name for name in cost.parts if cost.parts[name] != plain.parts.get(name)} == {part}


def test_fourteen_references_add_under_an_eighth_to_a_2k_picture():
    plain = known(request(size="2K"), PRO)
    shown = known(request(size="2K", references=14), PRO)
    added = shown.parts["references"].expected
    assert added == Money.parse("0.01568")
    assert added == shown.expected - plain.expected
    assert Fraction(added.nanos, plain.expected.nanos) < Fraction(12, 100)
    assert Fraction(added.nanos, plain.parts["picture"].expected.nanos) < Fraction(12, 100)


def test_five_hundred_words_cost_what_the_guide_says():
    """English has about 5.6 bytes a word, its space included: 700 tokens, $0.0014."""
    words = " ".join(["paint", "under", "a", "river", "mountain"] * 100)
    assert len(words.split()) == 500
    cost = known(request(prompt=words), PRO, prices="guide").parts["text"].expected
    assert cost.nanos == pytest.approx(Money.parse("0.0014").nanos, rel=0.1)
    assert known(request(prompt="x" * 2800), PRO).parts["text"].expected == Money.parse("0.0014")


def test_the_guide_has_the_prices_of_its_time():
    cost = known(request(size="4K", references=2), PRO, prices="guide")
    assert cost.parts["picture"].expected == Money.parse("0.24")
    assert cost.parts["references"] == CostRange(*[Money.parse("0.00224")] * 3)
    assert per_picture(PRO, surface="gemini", tier="batch", prices="guide")["1K"].usd == "0.0672"
    with pytest.raises(UnknownPrice, match="guide has no price for gemini-nano"):
        known(request(FLASH), FLASH, prices="guide")
    with pytest.raises(InvalidRequest, match="prices: there is no list 'yesterday'"):
        known(request(), PRO, prices="yesterday")


def test_a_hundred_thousand_invoices_are_exact():
    """T81: random bills over every model, surface and tier against sums written out by hand.

    `benchmarks/run.py invoices` plays ten million.
    """
    random = Random(20261124)
    rows = [
        (model, surface, tier)
        for model in models().values()
        for surface, sheet in model.sheets.items()
        for tier in sheet.tiers
    ]
    factor = {"standard": 1, "batch": Fraction(1, 2), "flex": Fraction(1, 2),
              "priority": Fraction(9, 5)}  # fmt: skip
    micro = Fraction(1, 1_000_000)
    by_row = {
        (model.id, surface, tier): [
            usd * micro * factor[tier] * (Fraction(11, 10) if "regional" in surface else 1)
            for usd in PER_MILLION[model.id]
        ]
        for model, surface, tier in rows
    }
    for _ in range(100_000):
        model, surface, tier = random.choice(rows)
        counts = [random.randrange(10 ** random.randrange(1, 8)) for _ in range(5)]
        queries = random.randrange(6) if model.grounding.searches else 0
        text, picture, words, drawn = by_row[model.id, surface, tier]
        each = (text, picture, words, words, drawn)
        usd = sum(n * price for n, price in zip(counts, each, strict=True))
        usd += queries * Fraction(14, 1000)
        bill_ = exact(Usage(*counts), model, surface=surface, tier=tier, queries=queries)
        assert bill_.nanos == -(-usd.numerator * 10**9 // usd.denominator)


def test_a_hundred_thousand_pictures_of_a_price_cost_exactly_as_many_times_that():
    """T86."""
    assert Money.total([Money.parse("0.039")] * 100_000) == Money.parse("3900")
    assert sum([0.039] * 100_000) != 3900  # what floats make of it


def test_many_pictures_cost_many_times():
    one = CostRange(Money(1), Money(2), Money(3))
    assert one.times(100) == CostRange(Money(100), Money(200), Money(300))
    made = CostRange(Money(1), Money(2), Money(3), {"text": one}).times(2)
    assert made.parts == {"text": one.times(2)}


def test_what_has_no_price_is_refused():
    with pytest.raises(UnknownPrice, match="no priority price for gemini-3-pro-image") as caught:
        known(request(tier="priority"), PRO)
    assert (caught.value.exit_code, caught.value.billed) == (3, False)
    assert caught.value.next_step == "use tier standard or batch or flex"
    assert estimate(request(tier="priority"), PRO, surface="vertex").low == Money.parse("0.2419236")
    with pytest.raises(UnknownPrice, match="no flex price"):
        bill(Usage(output_image=1120), LITE, tier="flex")
    with pytest.raises(UnknownPrice, match="no flex price"):
        per_picture(LITE, surface="gemini", tier="flex")
    sheet = PRO.sheets["gemini"]
    fewer = dataclasses.replace(sheet, image_tokens={"1K": 1120, "2K": 1120})
    with pytest.raises(UnknownPrice, match="no price for 4K") as caught:
        known(request(size="4K"), dataclasses.replace(PRO, sheets={"gemini": fewer}))
    assert caught.value.next_step == "use 1K, 2K"
    for call in (known, lambda *said: exact(Usage(1), said[1], surface="gemini")):
        with pytest.raises(
            UnknownPrice, match="no price is known for gemini-3-pro-image on gemini"
        ):
            call(request(), dataclasses.replace(PRO, sheets={"vertex": sheet}))
