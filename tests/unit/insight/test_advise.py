"""Advice: computed from the pixel and price tables, for every model, use and sheet of paper."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import find_channel, models
from cavendish.catalog.resolution import resolve
from cavendish.catalog.uses import find_use, uses
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.insight.advise import Advice, advise

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
LITE, OLD = "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image"
TODAY = date(2026, 11, 24)


def ask(use, *, model=None, surface="gemini", **more) -> Advice:
    only = None if model is None else resolve(model, find_channel("gemini"), TODAY)
    channel = replace(find_channel("gemini"), surface=surface)
    return advise(find_use(use), channel=channel, today=TODAY, only=only, **more)


def said(found):
    return found.best.model.id, found.best.fit.size, found.best.fit.aspect_ratio


@pytest.mark.parametrize(
    ("use", "best", "pixels", "usd", "saving"),
    [
        ("thumbnail", (LITE, "1K", "1:1"), "512x512", "0.0342", "0.2088"),
        ("web", (FLASH, "2K", "16:9"), "1920x1080", "0.05265", "0.19035"),
        ("print-a4", (FLASH, "4K", "3:4"), "2480x3508", "0.07785", "0.16515"),
        ("large", (FLASH, "4K", "2:3"), "2339x3311", "0.07785", "0.16515"),
        ("training", (LITE, "1K", "1:1"), "1024x1024", "0.0342", "0.2088"),
    ],
)
def test_the_cheapest_that_suffices_against_the_dearest(use, best, pixels, usd, saving):
    found = ask(use)
    assert (said(found), str(found.best.fit.wanted)) == (best, pixels)
    assert (found.best.cost, found.saving) == (Money.parse(usd), Money.parse(saving))
    assert (found.instead_of.model.id, found.instead_of.fit.size) == (PRO, "4K")
    assert found.best.enough
    assert found.instead_of.enough


def test_a4_needs_3508_pixels_and_so_4k():
    found = ask("print-a4", model=PRO)
    assert said(found) == (PRO, "4K", "3:4")
    assert found.best.fit.wanted.height == 3508 == math.ceil(297 / 25.4 * 300)
    assert found.paper.to_json() == {
        "width_mm": 210, "height_mm": 297, "wanted_dpi": 300, "dpi": 410, "sharp_from_mm": 213,
        "wide_mm": 287.3,
    }  # fmt: skip
    assert found.saving == Money(0)
    assert found.reason == (
        "210 × 297 mm at 300 DPI takes 2,480 × 3,508 px; 4K has 3,584 × 4,800 px"
    )


def test_a_2k_square_is_about_seven_inches_at_300_dpi():
    inches = 2048 / 300
    assert inches == pytest.approx(7, abs=0.2)
    just = ask("print-a4", model=PRO, aspect_ratio="1:1", print_width_mm=inches * 25.4)
    assert (said(just), just.paper.dpi) == ((PRO, "2K", "1:1"), 300)
    more = ask("print-a4", model=PRO, aspect_ratio="1:1", print_width_mm=inches * 25.4 + 1)
    assert said(more) == (PRO, "4K", "1:1")


def test_where_nothing_suffices_the_most_pixels_and_what_they_are_good_for():
    found = ask("large", print_width_mm=2000, dpi=150)
    assert said(found) == (FLASH, "4K", "2:3")
    assert (found.best.enough, found.saving) == (False, Money(0))
    assert found.paper.dpi == 43
    assert found.paper.sharp_from_mm == pytest.approx(2031, abs=1)
    assert f"the most that {FLASH} draws, 3.48 times too few on a side" in found.reason


def test_for_the_same_money_the_larger_one():
    assert said(ask("thumbnail", model=PRO)) == (PRO, "2K", "1:1")


def test_a_page_is_turned_for_a_wide_picture():
    wide = ask("print-a4", aspect_ratio="16:9")
    assert (wide.paper.width_mm, wide.paper.height_mm) == (297, 167.1)
    high = ask("print-a4", aspect_ratio="9:16")
    assert (high.paper.width_mm, high.paper.height_mm) == (167.1, 297)
    square = ask("print-a4", aspect_ratio="1:1")
    assert (square.paper.width_mm, square.paper.height_mm) == (210, 210)


def test_pixels_may_be_said_instead():
    found = ask("web", exact="2048x1152")
    assert (str(found.best.fit.wanted), said(found)) == ("2048x1152", (FLASH, "2K", "16:9"))
    assert found.reason.startswith("You ask for 2,048 × 1,152 px; 2K has 2,752 × 1,536 px")


def test_many_pictures():
    found = ask("training", n=50_000)
    assert found.cost == Money.parse("1710")
    assert found.saving == Money.parse("10440")
    assert found.to_json()["total_usd"] == "1710"


def test_a_retired_model_is_told():
    found = ask("web", model="gemini-3-pro-image-preview")
    assert found.best.model.id == PRO
    assert "was shut down" in found.to_json()["warnings"][0]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"n": 0}, "n: 0 is out of range"),
        ({"n": -1}, "n: -1 is out of range"),
        ({"n": 1_000_001}, "n: 1000001 is out of range"),
        ({"n": True}, "n: True is out of range"),
        ({"n": 1.5}, "n: 1.5 is out of range"),
        ({"print_width_mm": 100}, "print_width_mm: web is not printed"),
        ({"dpi": 300}, "dpi: web is not printed"),
        ({"use": "print-a4", "print_width_mm": 0}, "print_width_mm: 0 is out of range"),
        ({"use": "print-a4", "print_width_mm": -210}, "print_width_mm: -210 is out of range"),
        ({"use": "print-a4", "print_width_mm": float("nan")}, "print_width_mm: nan is out"),
        ({"use": "large", "print_width_mm": float("inf")}, "print_width_mm: inf is out of range"),
        ({"use": "large", "print_width_mm": "wide"}, "print_width_mm: 'wide' is out of range"),
        ({"use": "large", "print_width_mm": 5001}, "print_width_mm: 5001 is out of range"),
        ({"use": "large", "dpi": 0}, "dpi: 0 is out of range"),
        ({"use": "large", "dpi": 10**9}, "dpi: 1000000000 is out of range"),
        ({"use": "large", "dpi": 299.5}, "dpi: 299.5 is out of range"),
        ({"aspect_ratio": "0:1"}, "aspect_ratio: '0:1' is no ratio"),
        ({"aspect_ratio": "16x9"}, "aspect_ratio: '16x9' is no ratio"),
        ({"aspect_ratio": "1:0"}, "aspect_ratio: '1:0' is no ratio"),
        ({"aspect_ratio": "1:1000"}, "aspect_ratio: '1:1000' is no ratio"),
        ({"aspect_ratio": "7:5"}, "aspect_ratio: no model asked for draws '7:5'"),
        ({"aspect_ratio": "8:1", "model": PRO}, "aspect_ratio: no model asked for draws '8:1'"),
        ({"exact": "0x0"}, "exact: 0x0 is out of range"),
        ({"exact": "2K"}, "exact: '2K' is not a size"),
        ({"exact": "100x100", "aspect_ratio": "1:1"}, "aspect_ratio: says the pixels"),
        ({"exact": "100x100", "use": "print-a4"}, "use: says the pixels"),
    ],
)
def test_what_makes_no_sense_is_refused(more, problem):
    with pytest.raises(InvalidRequest) as caught:
        ask(**{"use": "web", **more})
    assert caught.value.message.startswith(problem)
    assert caught.value.next_step


@given(
    use=st.sampled_from(list(uses())),
    model=st.sampled_from([None, *models()]),
    surface=st.sampled_from(["gemini", "vertex"]),
    ratio=st.none() | st.sampled_from(models()[FLASH].aspect_ratios),
    width=st.none() | st.floats(10, 5000),
    dpi=st.none() | st.integers(30, 1200),
)
def test_no_cheaper_choice_suffices_and_the_print_is_what_it_says(
    use, model, surface, ratio, width, dpi
):
    if find_use(use).paper_mm is None:
        width = dpi = None
    if model is not None and ratio not in (None, *models()[model].aspect_ratios):
        return
    found = ask(
        use, model=model, surface=surface, aspect_ratio=ratio, print_width_mm=width, dpi=dpi
    )
    best, wanted = found.best, found.best.fit.wanted
    drawn = models()[best.model.id].pixels[best.fit.size][best.fit.aspect_ratio]
    assert drawn == best.fit.pixels
    assert best.enough == (drawn[0] >= wanted.width and drawn[1] >= wanted.height)
    assert found.saving >= Money(0)
    assert best.cost > Money(0)
    for other in models().values() if model is None else [models()[model]]:
        if other.lifecycle.ended(surface, TODAY) and model is None:
            assert best.model is not other
            continue
        for size, cells in other.pixels.items():
            cell = cells.get(best.fit.aspect_ratio)
            if cell and cell[0] >= wanted.width and cell[1] >= wanted.height:
                assert best.enough, (other.id, size)
    if found.paper is not None:
        scale = min(drawn[0] / wanted.width, drawn[1] / wanted.height)
        assert found.paper.dpi == pytest.approx(found.paper.wanted_dpi * scale, abs=1)
        assert found.paper.dpi <= found.paper.wanted_dpi * scale + 1e-6
