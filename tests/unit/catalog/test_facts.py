"""The fact files are complete, and say what the sources say. Cells here are written by hand."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, DEFAULT_MODEL, FACTS, channels, models

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
FILES = sorted(FACTS.rglob("*.toml"))
SOURCED = {
    "models": {
        "lifecycle", "limits", "parameters", "thinking", "input_image", "output_image", "pixels",
        "prices.standard",
    },
    "channels": {"", "limits"},
}  # fmt: skip

# https://ai.google.dev/gemini-api/docs/image-generation, checked 2026-11-22
PIXELS = [
    (PRO, "1K", "1:1", 1024, 1024),
    (PRO, "1K", "2:3", 848, 1264),
    (PRO, "1K", "21:9", 1584, 672),
    (PRO, "2K", "1:1", 2048, 2048),
    (PRO, "2K", "9:16", 1536, 2752),
    (PRO, "2K", "16:9", 2752, 1536),
    (PRO, "2K", "4:5", 1856, 2304),
    (PRO, "4K", "1:1", 4096, 4096),
    (PRO, "4K", "3:2", 5056, 3392),
    (PRO, "4K", "21:9", 6336, 2688),
    (FLASH, "1K", "4:3", 1200, 896),
    (FLASH, "1K", "5:4", 1152, 928),
    (FLASH, "1K", "1:4", 512, 2048),
    (FLASH, "1K", "8:1", 3072, 384),
    (FLASH, "2K", "3:4", 1792, 2400),
    (FLASH, "2K", "4:1", 4096, 1024),
    (FLASH, "4K", "9:16", 3072, 5504),
    (FLASH, "4K", "1:8", 1536, 12288),
    (FLASH, "4K", "8:1", 12288, 1536),
]
TEN = {"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}


def sections(table, name=""):
    """Every table of a fact file that holds facts of its own: (name, table)."""
    own = {k for k, v in table.items() if k != "source" and not isinstance(v, dict)}
    if own or "source" in table:
        yield name, table
    for key, value in table.items():
        if isinstance(value, dict) and key != "source" and not is_plain(name, key):
            yield from sections(value, f"{name}.{key}".lstrip("."))


def is_plain(section, key):
    """Tables inside a section, which its source covers."""
    return key == "tokens" or section == "pixels"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_section_says_where_and_when(path):
    found = dict(sections(tomllib.loads(path.read_text("utf-8"))))
    assert SOURCED[path.parent.name] <= set(found)
    for name, table in found.items():
        if path.parent.name == "models" and not name:
            continue  # names, not facts
        source = table["source"]
        assert set(source) == {"url", "checked"}, name
        assert source["url"].startswith("https://"), name
        assert type(source["checked"]) is date, name
        assert date(2026, 1, 1) < source["checked"] <= date(2026, 12, 31), name


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_a_model_is_complete(model):
    assert model.id == model.id.lower().strip()
    assert model.name
    assert model.status == "ga"
    assert model.released <= model.checked
    assert model.output_mime in {"image/png", "image/jpeg"}
    assert model.references == 14
    assert model.image_tokens.keys() == model.pixels.keys() == {"1K", "2K", "4K"}
    assert min(model.input_tokens, model.output_tokens) >= 32768
    assert "standard" in model.prices
    assert all(url.startswith("https://") for url in model.sources)
    for tokens in (model.thinking_tokens, model.reference_tokens):
        assert 0 <= tokens.low <= tokens.expected <= tokens.high
    for price in model.prices.values():
        assert 0 < price.input_text <= price.output_text < price.output_image < 1


@pytest.mark.parametrize("model", models().values(), ids=lambda m: m.id)
def test_pixels_have_the_ratio_and_double_with_the_size(model):
    for ratio in model.aspect_ratios:
        across, down = map(int, ratio.split(":"))
        width, height = model.pixels["1K"][ratio]
        assert width / height == pytest.approx(across / down, rel=0.04)
        assert model.pixels["2K"][ratio] == (2 * width, 2 * height)
        assert model.pixels["4K"][ratio] == (4 * width, 4 * height)


@pytest.mark.parametrize(("model", "size", "ratio", "width", "height"), PIXELS)
def test_pixels_are_those_of_the_documentation(model, size, ratio, width, height):
    assert models()[model].pixels[size][ratio] == (width, height)


def test_ratios():
    assert set(models()[PRO].aspect_ratios) == TEN
    assert set(models()[FLASH].aspect_ratios) == TEN | {"1:4", "4:1", "1:8", "8:1"}
    assert all(DEFAULT_ASPECT_RATIO in model.aspect_ratios for model in models().values())


def test_what_the_models_take():
    pro, flash = models()[PRO], models()[FLASH]
    assert (pro.temperature, pro.seed, pro.thinking_levels) == ((0.0, 2.0), True, ())
    assert (flash.temperature, flash.seed) == (None, False)
    assert flash.thinking_levels == ("minimal", "medium", "high")
    assert (pro.input_tokens, flash.input_tokens) == (65536, 131072)
    assert (pro.released, flash.released) == (date(2026, 5, 28), date(2026, 10, 6))


def test_the_default_comes_first_and_draws_2k_for_the_price_of_1k():
    assert next(iter(models())) == DEFAULT_MODEL == PRO
    assert models()[PRO].default_size == "2K"
    assert models()[FLASH].default_size == "1K"


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
    for channel in channels().values():
        assert channel.path.format(model="m").startswith("/v1beta/models/m:")
        assert channel.request_bytes <= 20_000_000
