"""Exact pixels: which cell is asked for, and what is cut away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.core.errors import InvalidRequest
from cavendish.imaging.fit import ExactSize, Fit

PRO = models()["gemini-3-pro-image"].pixels


@pytest.mark.parametrize(
    ("said", "size", "ratio"),
    [
        ("2048x1152", "2K", "16:9"),  # the guide's 16:9 at 2K
        ("1024x1024", "1K", "1:1"),
        ("1026x1024", "1K", "1:1"),  # enlarged by less than anybody sees
        ("1040x1040", "2K", "1:1"),
        ("1080x1920", "2K", "9:16"),
        ((3840, 2160), "4K", "16:9"),
        ("3508x2480", "4K", "3:2"),  # A4 at 300 DPI
        ("100 × 100", "1K", "1:1"),
        ("6000x6000", "4K", "1:1"),
        ("1500x500", "1K", "21:9"),
    ],
)
def test_the_nearest_picture(said, size, ratio):
    fit = Fit.nearest(ExactSize.parse(said), PRO)
    assert (fit.size, fit.aspect_ratio) == (size, ratio)


@pytest.mark.parametrize(
    "said",
    ["", "1024", "x", "0x5", "15x900", "1024x", "axb", "-5x100", "20000x100", (1,), (1.5, 2),
     (1, 2, 3), (True, 100), "1e3x900", "１０２４x1024"],
)  # fmt: skip
def test_what_is_no_size(said):
    with pytest.raises(InvalidRequest, match="exact"):
        ExactSize.parse(said)


def test_what_no_picture_can_be_made_into():
    with pytest.raises(InvalidRequest, match="times the largest") as caught:
        Fit.nearest(ExactSize(16384, 600), models()["gemini-2.5-flash-image"].pixels)
    assert "1536x672" in caught.value.next_step


@given(
    st.sampled_from([model.pixels for model in models().values()]),
    st.integers(256, 4096),
    st.integers(256, 4096),
)
def test_no_other_cell_is_better(table, width, height):
    wanted = ExactSize(width, height)
    try:
        best = Fit.nearest(wanted, table)
    except InvalidRequest:
        return
    assert 0 <= best.cut < 1
    for size, row in table.items():
        for ratio, pixels in row.items():
            other = Fit(wanted, size, ratio, pixels)
            if best.scale > 1.005:
                assert other.scale > 0.995, "one that need not be enlarged was passed over"
            elif other.scale <= 1:
                assert best.cut <= other.cut + 0.011
