"""Facts about a model, and what follows from them."""

from __future__ import annotations

import dataclasses

import pytest

from cavendish.catalog.loader import models

SIZES = {
    "gemini-2.5-flash-image": ("1K",),
    "gemini-3.1-flash-lite-image": ("1K",),
    "gemini-3.1-flash-image": ("512", "1K", "2K", "4K"),
}


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_sizes_and_ratios_follow_from_the_pixel_table(model):
    assert model.sizes == SIZES.get(model.id, ("1K", "2K", "4K"))
    for cells in model.pixels.values():
        assert tuple(cells) == model.aspect_ratios


@pytest.mark.parametrize(("two_k", "expected"), [(1120, "2K"), (1121, "1K"), (1680, "1K")])
def test_the_default_size_is_2k_where_it_costs_no_more(two_k, expected):
    pro = models()["gemini-3-pro-image"]
    sheet = dataclasses.replace(
        pro.sheets["vertex"], image_tokens={"1K": 1120, "2K": two_k, "4K": 2000}
    )
    changed = dataclasses.replace(pro, sheets={**pro.sheets, "vertex": sheet})
    assert changed.default_size("vertex") == expected
    assert changed.default_size("gemini") == "2K"


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_the_default_size_is_one_the_model_draws(model):
    for surface in model.sheets:
        assert model.default_size(surface) in model.sizes


def test_a_model_thinks_where_it_always_does_or_has_levels():
    found = {model.id: model.thinks for model in models().values()}
    assert found.pop("gemini-2.5-flash-image") is False
    assert all(found.values())


def test_facts_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        models()["gemini-3-pro-image"].references = 15
