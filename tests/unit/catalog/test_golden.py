"""What the documentation says about every model, typed by hand and compared cell by cell.

Read on 2026-11-22: https://ai.google.dev/gemini-api/docs/image-generation (pixels, references),
https://ai.google.dev/gemini-api/docs/pricing and https://cloud.google.com/vertex-ai/generative-ai/pricing
(tokens, prices), https://ai.google.dev/gemini-api/docs/deprecations (dates).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import per_picture

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE = "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"
OLD = "gemini-2.5-flash-image"

#          name, alias, mime, status, released, ends on the Gemini API, on Vertex AI, successor
WHO = {
    PRO: ("Nano Banana Pro", "nano-banana-pro", "image/jpeg", "ga",
          date(2026, 5, 28), None, date(2027, 5, 28), None),
    FLASH: ("Nano Banana 2.1", "nano-banana-2.1", "image/jpeg", "ga",
            date(2026, 10, 6), None, None, None),
    NB2: ("Nano Banana 2", "nano-banana-2", "image/jpeg", "legacy",
          date(2026, 5, 28), date(2026, 10, 29), date(2027, 5, 28), FLASH),
    LITE: ("Nano Banana 2 Lite", "nano-banana-2-lite", "image/jpeg", "ga",
           date(2026, 6, 30), None, None, None),
    OLD: ("Nano Banana", "nano-banana", "image/png", "legacy",
          date(2025, 10, 2), date(2026, 10, 2), date(2026, 10, 2), FLASH),
}  # fmt: skip

#          tokens in, out; references in all, objects, characters
LIMITS = {
    PRO: (65536, 32768, 14, 6, 5),
    FLASH: (131072, 32768, 14, 10, 4),
    NB2: (65536, 32768, 14, 10, 4),
    LITE: (65536, 4096, 14, 14, 14),
    OLD: (32768, 32768, 3, 3, 3),
}

#          temperature and seed, imageSize; levels, the service's own, always; searches
TAKES = {
    PRO: (True, True, (), None, True, ("web",)),
    FLASH: (False, True, ("minimal", "medium", "high"), "medium", False, ("web", "image")),
    NB2: (True, True, ("minimal", "high"), "minimal", False, ("web", "image")),
    LITE: (True, True, ("minimal", "high"), "minimal", False, ()),
    OLD: (True, False, (), None, False, ()),
}

# 1K of the whole 3.x family; 2K and 4K are twice and four times that
FAMILY = """
    1:1  1024x1024   2:3 848x1264     3:2 1264x848   3:4 896x1200   4:3 1200x896
    4:5  928x1152    5:4 1152x928     9:16 768x1376  16:9 1376x768  21:9 1584x672
    1:4  512x2048    4:1 2048x512     1:8 384x3072   8:1 3072x384
"""
FIRST = """
    1:1  1024x1024   2:3 832x1248     3:2 1248x832   3:4 864x1184   4:3 1184x864
    4:5  896x1152    5:4 1152x896     9:16 768x1344  16:9 1344x768  21:9 1536x672
"""
FAMILY_2K = """
    1:1  2048x2048   2:3 1696x2528    3:2 2528x1696  3:4 1792x2400  4:3 2400x1792
    4:5  1856x2304   5:4 2304x1856    9:16 1536x2752 16:9 2752x1536 21:9 3168x1344
    1:4  1024x4096   4:1 4096x1024    1:8 768x6144   8:1 6144x768
"""
FAMILY_4K = """
    1:1  4096x4096   2:3 3392x5056    3:2 5056x3392  3:4 3584x4800  4:3 4800x3584
    4:5  3712x4608   5:4 4608x3712    9:16 3072x5504 16:9 5504x3072 21:9 6336x2688
    1:4  2048x8192   4:1 8192x2048    1:8 1536x12288 8:1 12288x1536
"""
SMALL = """
    1:1  512x512     2:3 424x632      3:2 632x424    3:4 448x600    4:3 600x448
    4:5  464x576     5:4 576x464      9:16 384x688   16:9 688x384   21:9 792x168
    1:4  256x1024    4:1 1024x256     1:8 192x1536   8:1 1536x192
"""
TEN = 10
PIXELS = {
    PRO: {"1K": (FAMILY, TEN), "2K": (FAMILY_2K, TEN), "4K": (FAMILY_4K, TEN)},
    FLASH: {"1K": (FAMILY, 14), "2K": (FAMILY_2K, 14), "4K": (FAMILY_4K, 14)},
    NB2: {"512": (SMALL, 14), "1K": (FAMILY, 14), "2K": (FAMILY_2K, 14), "4K": (FAMILY_4K, 14)},
    LITE: {"1K": (FAMILY, 14)},
    OLD: {"1K": (FIRST, TEN)},
}

# Tokens of a picture and USD for it, by tier; the page's prices are these, rounded
PICTURE = {
    (PRO, "gemini"): {
        "1K": (1120, {"standard": "0.1344", "batch": "0.0672", "flex": "0.0672"}),
        "2K": (1120, {"standard": "0.1344", "batch": "0.0672", "flex": "0.0672"}),
        "4K": (2000, {"standard": "0.24", "batch": "0.12", "flex": "0.12"}),
    },
    (PRO, "vertex"): {
        "1K": (1120, {"standard": "0.1344", "batch": "0.0672", "flex": "0.0672",
                      "priority": "0.24192"}),
        "2K": (1120, {"standard": "0.1344", "batch": "0.0672", "flex": "0.0672",
                      "priority": "0.24192"}),
        "4K": (2000, {"standard": "0.24", "batch": "0.12", "flex": "0.12", "priority": "0.432"}),
    },
    (FLASH, "gemini"): {
        "1K": (1120, {"standard": "0.0336", "batch": "0.0168"}),
        "2K": (1680, {"standard": "0.0504", "batch": "0.0252"}),
        "4K": (2520, {"standard": "0.0756", "batch": "0.0378"}),
    },
    (FLASH, "vertex"): {
        "1K": (1120, {"standard": "0.0336", "batch": "0.0168"}),
        "2K": (1680, {"standard": "0.0504", "batch": "0.0252"}),
        "4K": (3780, {"standard": "0.1134", "batch": "0.0567"}),
    },
    (NB2, "gemini"): {
        "512": (747, {"standard": "0.04482", "batch": "0.02241"}),
        "1K": (1120, {"standard": "0.0672", "batch": "0.0336"}),
        "2K": (1680, {"standard": "0.1008", "batch": "0.0504"}),
        "4K": (2520, {"standard": "0.1512", "batch": "0.0756"}),
    },
    (NB2, "vertex"): {
        "512": (747, {"standard": "0.04482", "batch": "0.02241", "flex": "0.02241"}),
        "1K": (1120, {"standard": "0.0672", "batch": "0.0336", "flex": "0.0336"}),
        "2K": (1680, {"standard": "0.1008", "batch": "0.0504", "flex": "0.0504"}),
        "4K": (2520, {"standard": "0.1512", "batch": "0.0756", "flex": "0.0756"}),
    },
    (LITE, "gemini"): {"1K": (1120, {"standard": "0.0336", "batch": "0.0168"})},
    (LITE, "vertex"): {"1K": (1120, {"standard": "0.0336", "batch": "0.0168", "flex": "0.0168"})},
    (OLD, "gemini"): {"1K": (1290, {"standard": "0.0387", "batch": "0.01935"})},
    (OLD, "vertex"): {"1K": (1290, {"standard": "0.0387", "batch": "0.01935"})},
    (OLD, "vertex-regional"): {"1K": (1290, {"standard": "0.04257", "batch": "0.021285"})},
}  # fmt: skip

# USD per million tokens, standard: text in, picture in, text and thinking out, picture out
PER_MILLION = {
    PRO: ("2", "2", "12", "120"),
    FLASH: ("1.5", "1.5", "7.5", "30"),
    NB2: ("0.5", "0.5", "3", "60"),
    LITE: ("0.25", "0.25", "1.5", "30"),
    OLD: ("0.3", "0.3", "2.5", "30"),
}

every_model = pytest.mark.parametrize("name", WHO)


def test_the_models_are_these():
    assert list(models()) == [PRO, OLD, NB2, LITE, FLASH]


@every_model
def test_who_it_is_and_how_long_it_lives(name):
    model, lifecycle = models()[name], models()[name].lifecycle
    title, alias, mime, status, released, gemini, vertex, successor = WHO[name]
    assert (model.name, model.aliases, model.output_mime) == (title, (alias,), mime)
    assert (lifecycle.status, lifecycle.released) == (status, released)
    assert (lifecycle.ends.get("gemini"), lifecycle.ends.get("vertex")) == (gemini, vertex)
    assert lifecycle.successor == successor


@every_model
def test_its_limits(name):
    model = models()[name]
    tokens_in, tokens_out, total, objects, characters = LIMITS[name]
    assert (model.input_tokens, model.output_tokens) == (tokens_in, tokens_out)
    roles = model.references_by_role
    assert (model.references, roles["object"], roles["character"]) == (total, objects, characters)
    assert roles["style"] == {PRO: 3}.get(name, objects)


@every_model
def test_what_it_takes(name):
    model = models()[name]
    tuned, sized, levels, default, always, searches = TAKES[name]
    assert (model.temperature, model.seed) == ((0, 2) if tuned else None, tuned)
    assert model.takes_size == sized
    assert (model.thinking_levels, model.thinking_default) == (levels, default)
    assert model.thinking_always == always
    assert model.grounding.searches == searches
    assert model.grounding.usd_per_query == (Fraction(14, 1000) if searches else 0)


@every_model
def test_every_cell_of_its_pixel_table(name):
    model = models()[name]
    assert set(model.pixels) == set(PIXELS[name])
    for size, (table, count) in PIXELS[name].items():
        words = table.split()[: 2 * count]
        cells = dict(zip(words[::2], words[1::2], strict=True))
        found = {ratio: f"{w}x{h}" for ratio, (w, h) in model.pixels[size].items()}
        assert found == cells


@pytest.mark.parametrize(("name", "surface"), PICTURE)
def test_what_a_picture_counts_and_costs(name, surface):
    model = models()[name]
    assert model.sheets[surface].image_tokens == {
        size: tokens for size, (tokens, _) in PICTURE[name, surface].items()
    }
    for tier in model.sheets[surface].tiers:
        found = per_picture(model, surface=surface, tier=tier)
        for size, (_, usd) in PICTURE[name, surface].items():
            assert found[size].usd == usd[tier]
    for size in model.sizes:
        assert set(PICTURE[name, surface][size][1]) == set(model.sheets[surface].tiers)


@every_model
def test_what_a_million_tokens_cost(name):
    for surface, sheet in models()[name].sheets.items():
        tenth_more = Fraction(11, 10) if surface == "vertex-regional" else 1
        for tier, factor in {
            "standard": Fraction(1), "batch": Fraction(1, 2), "flex": Fraction(1, 2),
            "priority": Fraction(9, 5),
        }.items():  # fmt: skip
            if tier in sheet.tiers:
                price = sheet.tiers[tier]
                kinds = (price.input_text, price.input_image, price.output_text, price.output_image)
                expected = tuple(Fraction(usd) * factor * tenth_more for usd in PER_MILLION[name])
                assert tuple(kind * 1_000_000 for kind in kinds) == expected
