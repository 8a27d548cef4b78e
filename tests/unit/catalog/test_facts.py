"""The fact files are complete, dated and hold together; what they say is in test_golden.py."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, DEFAULT_MODEL, FACTS, channels, models

PRO = "gemini-3-pro-image"
# What an error means is our own reading; its sources are held to account in test_house.py.
FILES = sorted(path for path in FACTS.rglob("*.toml") if path.name != "errors.toml")
NAMES = {"id", "name", "title", "aliases", "output_mime"}
MODEL_SECTIONS = {
    "lifecycle", "limits", "references", "parameters", "thinking", "grounding", "input_image",
    "output_image", "prices", "pixels",
}  # fmt: skip
# The pixel table of the documentation, checked 2026-11-22, has this cell, which is no 21:9.
SIC = ("512", "21:9")


def sources(table):
    """Every source in a table, however deep."""
    for key, value in table.items():
        if key == "source":
            yield value
        elif isinstance(value, dict):
            yield from sources(value)
        elif isinstance(value, list):
            for one in value:
                yield from sources(one) if isinstance(one, dict) else ()


def uncovered(table, name="", plain=frozenset(NAMES)):
    """Names of the facts in a table that no source stands beside or above."""
    if "source" in table:
        return
    for key, value in table.items():
        if isinstance(value, dict):
            yield from uncovered(value, f"{name}{key}.", frozenset())
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for number, one in enumerate(value):
                yield from uncovered(one, f"{name}{key}[{number}].", frozenset())
        elif key not in plain:
            yield f"{name}{key}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_fact_says_where_and_when(path):
    facts = tomllib.loads(path.read_text("utf-8"))
    assert list(uncovered(facts)) == []
    found = list(sources(facts))
    assert found
    for source in found:
        assert set(source) == {"url", "checked"}
        assert source["url"].startswith("https://")
        assert type(source["checked"]) is date
        assert date(2026, 1, 1) < source["checked"] <= date(2026, 12, 31)


def test_a_fact_without_a_source_would_be_found():
    facts = {"name": "x", "limits": {"bytes": 1}, "a": [{"source": {}}, {"id": "y", "b": 2}]}
    assert list(uncovered(facts)) == ["limits.bytes", "a[1].id", "a[1].b"]


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_a_model_is_complete(model):
    path = FACTS / "models" / f"{model.id}.toml"
    assert set(tomllib.loads(path.read_text("utf-8"))) == {
        "id", "name", "aliases", "output_mime", *MODEL_SECTIONS,
    }  # fmt: skip
    assert model.id == model.id.lower().strip()
    assert model.name
    assert model.lifecycle.status in {"ga", "legacy"}
    assert model.lifecycle.released <= model.checked
    assert all(end > model.lifecycle.released for end in model.lifecycle.ends.values())
    regional = {"vertex-regional"} if model.id == "gemini-2.5-flash-image" else set()
    assert set(model.lifecycle.ends) <= set(model.sheets) == {"gemini", "vertex"} | regional
    assert model.output_mime in {"image/png", "image/jpeg"}
    assert min(model.references_by_role.values()) > 0
    assert max(model.references_by_role.values()) <= model.references <= 14
    assert set(model.references_by_role) == {"object", "character", "style"}
    assert model.reference_px >= 1024
    assert model.input_tokens >= 32768
    assert all(url.startswith("https://") for url in model.sources)
    grounding = model.grounding
    assert bool(grounding.searches) == (grounding.usd_per_query > 0)
    for tokens in (model.thinking_tokens, grounding.queries):
        assert 0 <= tokens.low <= tokens.expected <= tokens.high


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_every_surface_prices_every_size_and_its_tiers_are_in_order(model):
    for sheet in model.sheets.values():
        assert sheet.image_tokens.keys() == model.pixels.keys()
        assert all(0 < tokens <= model.output_tokens for tokens in sheet.image_tokens.values())
        counted = list(sheet.image_tokens.values())
        assert counted == sorted(counted), "a larger picture is never counted less"
        reference = sheet.reference_tokens
        assert 0 < reference.low <= reference.expected <= reference.high
        assert (
            {"standard", "batch"} <= set(sheet.tiers) <= {"standard", "batch", "flex", "priority"}
        )
        for price in sheet.tiers.values():
            assert 0 < price.input_text <= price.output_text < price.output_image < 1
            assert 0 < price.input_image <= price.output_image
        for name in ("input_text", "input_image", "output_text", "output_image"):
            usd = {tier: getattr(price, name) for tier, price in sheet.tiers.items()}
            assert usd["batch"] * 2 == usd["standard"]
            assert usd["batch"] <= usd.get("flex", usd["standard"]) <= usd["standard"]
            assert usd["standard"] < usd.get("priority", 1)


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_pixels_have_the_ratio_and_double_with_the_size(model):
    times = {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}
    for ratio in model.aspect_ratios:
        across, down = map(int, ratio.split(":"))
        width, height = model.pixels["1K"][ratio]
        assert width / height == pytest.approx(across / down, rel=0.04)
        for size in model.sizes:
            if (size, ratio) != SIC:
                assert model.pixels[size][ratio] == (width * times[size], height * times[size])


def test_the_default_comes_first_and_draws_2k_for_the_price_of_1k():
    assert next(iter(models())) == DEFAULT_MODEL == PRO
    for model in models().values():
        for surface in model.sheets:
            assert model.default_size(surface) == ("2K" if model.id == PRO else "1K")
        assert DEFAULT_ASPECT_RATIO in model.aspect_ratios


def test_names_are_unique():
    names = [name for model in models().values() for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))


def test_channels():
    gemini, offline = channels()["gemini"], channels()["offline"]
    assert gemini.base_url == "https://generativelanguage.googleapis.com"
    assert gemini.base_url_env == "GOOGLE_GEMINI_BASE_URL"
    assert gemini.key_env == ("GOOGLE_API_KEY", "GEMINI_API_KEY")
    assert gemini.auth_header == "x-goog-api-key"
    assert (gemini.realm, gemini.direct_google) == ("real", True)
    assert (offline.realm, offline.direct_google) == ("simulated", False)
    assert (offline.base_url, offline.auth_header, offline.key_env) == (None, None, ())
    vertex = channels()["vertex"]
    assert (vertex.realm, vertex.direct_google, vertex.surface) == ("real", True, "vertex")
    assert vertex.base_url == "https://aiplatform.googleapis.com"
    assert vertex.path.format(project="p", location="global", model="m") == (
        "/v1/projects/p/locations/global/publishers/google/models/m:generateContent"
    )
    assert vertex.locations.keyed_path == ("/v1/publishers/google/models/{model}:generateContent")
    for channel in channels().values():
        if channel is not vertex and channel.dialect == "gemini":
            assert channel.path.format(model="m").startswith("/v1beta/models/m:")
        assert channel.request_bytes <= 20_000_000
