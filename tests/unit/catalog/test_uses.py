"""What pictures are for: five uses, each with pixels or paper, and how far the eye sees dots."""

from __future__ import annotations

import math

import pytest

from cavendish.catalog.uses import MM_PER_INCH, find_use, sharp_from_mm, uses
from cavendish.core.errors import InvalidRequest


def test_there_are_five_and_each_is_for_a_screen_or_for_paper():
    assert list(uses()) == ["thumbnail", "web", "print-a4", "large", "training"]
    for use in uses().values():
        assert (use.longest_px is None) != (use.paper_mm is None)
        assert (use.dpi is None) == (use.paper_mm is None)
        assert (use.ratio is None) == (use.longest_px is None)
        assert use.title[0].isupper()
        assert use.source.startswith("https://")


def test_paper_is_that_of_the_standard():
    """An A page is 1 : √2, and A0 is a square metre."""
    for name, halvings in (("print-a4", 4), ("large", 1)):
        short, long = uses()[name].paper_mm
        assert long / short == pytest.approx(math.sqrt(2), rel=0.005)
        assert short * long == pytest.approx(1_000_000 / 2**halvings, rel=0.005)


def test_an_unknown_use_is_refused_with_those_there_are():
    with pytest.raises(InvalidRequest, match="use: there is no use 'A4'") as caught:
        find_use("A4")
    assert caught.value.next_step == "use thumbnail, web, print-a4, large, training"


@pytest.mark.parametrize(
    ("dpi", "mm"), [(300, 291), (150, 582), (100, 873), (72, 1213), (30, 2911)]
)
def test_the_eye_tells_a_sixtieth_of_a_degree(dpi, mm):
    assert sharp_from_mm(dpi) == mm
    assert math.degrees(math.atan(MM_PER_INCH / dpi / mm)) * 60 == pytest.approx(1, rel=0.01)
