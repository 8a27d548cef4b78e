"""What the same request costs otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from cavendish.catalog.loader import find_channel, models
from cavendish.catalog.pricing import estimate
from cavendish.core.request import ImageRequest, Reference
from cavendish.insight.alternatives import alternatives

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
LITE, OLD, NB2 = "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image", "gemini-3.1-flash-image"
TODAY = date(2026, 11, 24)
GEMINI = find_channel("gemini")
CHANNELS = {"gemini": GEMINI, "vertex": replace(GEMINI, name="vertex", surface="vertex")}


def found(today=TODAY, prices="today", channel="gemini", **more):
    said = {"model": PRO, "prompt": "a fox", "size": "2K", "aspect_ratio": "1:1", **more}
    others = alternatives(ImageRequest(**said), CHANNELS[channel], today, prices)
    return {(one.model, one.size, one.tier): one.cost for one in others}


def test_other_sizes_other_tiers_and_other_living_models():
    assert set(found()) == {
        (PRO, "1K", "standard"), (PRO, "4K", "standard"), (PRO, "2K", "batch"),
        (PRO, "2K", "flex"), (FLASH, "2K", "standard"),
    }  # fmt: skip
    before = set(found(date(2026, 9, 1)))
    assert before - set(found()) == {(NB2, "2K", "standard")}
    assert (NB2, "2K", "standard") in found(channel="vertex")
    assert set(found(size="1K")) >= {(LITE, "1K", "standard"), (FLASH, "1K", "standard")}


def test_each_costs_what_it_would_if_it_were_asked_for():
    for (model, size, tier), cost in found().items():
        level = models()[model].thinking_levels[:1]
        asked = ImageRequest(model, "a fox", size, "1:1", thinking=level[0] if level else None,
                             tier=tier)  # fmt: skip
        assert cost == estimate(asked, models()[model], surface="gemini")


def test_only_models_that_take_the_request():
    many = tuple(Reference("image/png", bytes([n])) for n in range(14))
    early = date(2026, 9, 1)
    assert (OLD, "1K", "standard") in found(early, size="1K")
    assert (OLD, "1K", "standard") not in found(early, size="1K", references=many)
    assert (FLASH, "2K", "standard") not in found(seed=7)
    assert (FLASH, "2K", "standard") not in found(temperature=0.5)
    assert (LITE, "1K", "standard") not in found(size="1K", search=("web",))
    assert {model for model, *_ in found(model=FLASH, aspect_ratio="8:1")} == {FLASH}


def test_batch_is_half():
    cost = estimate(ImageRequest(PRO, "a fox", "2K", "1:1"), models()[PRO], surface="gemini")
    half = found()[PRO, "2K", "batch"]
    for name in ("low", "expected", "high"):
        assert abs(2 * getattr(half, name).nanos - getattr(cost, name).nanos) <= 1


def test_a_list_without_a_price_has_no_line():
    assert {model for model, *_ in found(prices="guide")} == {PRO}
