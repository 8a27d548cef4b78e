"""Facts about a model, and what follows from them."""

from __future__ import annotations

import dataclasses

import pytest

from cavendish.catalog.loader import models


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_sizes_and_ratios_follow_from_the_pixel_table(model):
    assert model.sizes == ("1K", "2K", "4K")
    for cells in model.pixels.values():
        assert tuple(cells) == model.aspect_ratios


@pytest.mark.parametrize(("two_k", "expected"), [(1120, "2K"), (1121, "1K"), (1680, "1K")])
def test_the_default_size_is_2k_where_it_costs_no_more(two_k, expected):
    pro = models()["gemini-3-pro-image"]
    tokens = {"1K": 1120, "2K": two_k, "4K": 2000}
    assert dataclasses.replace(pro, image_tokens=tokens).default_size == expected


def test_facts_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        models()["gemini-3-pro-image"].references = 15
