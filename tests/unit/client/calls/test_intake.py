"""Arguments against the model's facts: what is not taken is named, with what is."""

from __future__ import annotations

import hashlib
from datetime import date
from fractions import Fraction

import pytest

from cavendish.catalog.loader import find_channel, find_model
from cavendish.catalog.resolution import resolve
from cavendish.client.calls.intake import take_in
from cavendish.client.examiner import HeaderOnly
from cavendish.client.references.gathering import gather
from cavendish.core.errors import InvalidRequest, UnknownModel, UnknownPrice
from unit.client.upstream import pixels

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
PNG = pixels(8, 8, kind="PNG")
TODAY = date(2026, 11, 24)


def take(prompt="a red fox", model=PRO, channel="gemini", **said):
    facts = find_channel(channel)
    return take_in(prompt, resolve(model, facts, TODAY), facts.surface, **said)


def refused(**said):
    with pytest.raises(InvalidRequest) as caught:
        take(**said)
    error = caught.value
    assert error.message.startswith(f"{error.field}: ")
    assert (error.exit_code, error.billed, error.retryable) == (2, False, False)
    return error


def test_defaults_are_said_and_explained():
    found = take()
    asked = found.request
    assert (asked.model, asked.size, asked.aspect_ratio) == (PRO, "2K", "1:1")
    assert (asked.text, asked.temperature, asked.seed, asked.thinking) == (False, None, None, None)
    assert found.notes == ("size 2K: it costs what 1K costs on Nano Banana Pro",)
    assert found.warnings == ()
    flash = take(model="nano-banana-2.1")
    assert (flash.request.model, flash.request.size) == (FLASH, "1K")
    assert flash.request.thinking == "minimal"
    assert flash.notes == ()


def test_what_is_said_is_not_explained():
    assert take(size="2K").notes == ()


def test_one_attempt_may_take_longer_at_4k():
    assert (take(size="2K").timeout_s, take(size="4K").timeout_s) == (180, 300)


def test_a_channel_without_prices_sells_nothing():
    resolved = resolve(PRO, find_channel("gemini"), TODAY)
    with pytest.raises(UnknownPrice, match="no price is known for gemini-3-pro-image") as no:
        take_in("a red fox", resolved, "elsewhere")
    assert (no.value.exit_code, no.value.billed) == (3, False)


def test_the_prompt_is_kept_as_it_is():
    assert take("  a fox\n\0 ").request.prompt == "  a fox\n\0 "


@pytest.mark.parametrize(
    ("said", "problem", "step"),
    [
        ({"size": "3K"}, f"size: {PRO} does not draw '3K'", "use 1K, 2K, 4K"),
        ({"size": "2k"}, f"size: {PRO} does not draw '2k'", "use 1K, 2K, 4K"),
        ({"size": "512"}, f"size: {PRO} does not draw '512'", "use 1K, 2K, 4K"),
        ({"size": ""}, f"size: {PRO} does not draw ''", "use 1K, 2K, 4K"),
        ({"size": 2}, f"size: {PRO} does not draw 2", "use 1K, 2K, 4K"),
        ({"aspect_ratio": "16x9"}, f"aspect_ratio: {PRO} does not draw '16x9'", "use 1:1, 2:3"),
        ({"aspect_ratio": "1:8"}, f"aspect_ratio: {PRO} does not draw '1:8'", "21:9"),
        ({"aspect_ratio": ""}, f"aspect_ratio: {PRO} does not draw ''", "16:9"),
        ({"aspect_ratio": "auto"}, f"aspect_ratio: {PRO} does not draw 'auto'", "16:9"),
        ({"aspect_ratio": "9:21", "model": FLASH}, f"aspect_ratio: {FLASH} does not", "8:1"),
    ],
)
def test_sizes_and_ratios(said, problem, step):
    error = refused(**said)
    assert error.message.startswith(problem)
    assert step in error.next_step


@pytest.mark.parametrize("model", ["gemini-3-pro", "", "imagen-4"])
def test_models(model):
    with pytest.raises(UnknownModel, match=r"model: .* is not in the catalogue") as caught:
        take(model=model)
    assert PRO in caught.value.next_step


@pytest.mark.parametrize(
    ("prompt", "problem"),
    [
        ("", "is empty"),
        (" \n\t\u2003", "is empty"),
        ("\ud800", "is not valid Unicode"),
        ("a fox \udcff", "is not valid Unicode"),
        (b"bytes", "must be text, not bytes"),
        (None, "must be text, not NoneType"),
        (7, "must be text, not int"),
        ("x" * (65536 * 4 + 1), "is about 65,536 tokens; gemini-3-pro-image takes 65,536"),
        ("🦊" * 70_000, "is about 70,000 tokens"),
    ],
)
def test_prompts(prompt, problem):
    error = refused(prompt=prompt)
    assert problem in error.message
    assert error.field == "prompt"
    assert len(error.message) < 200


def test_the_longest_prompt_of_each_model():
    assert take("x" * 65536 * 4).request
    assert take("x" * 131072 * 4, model=FLASH).request


@pytest.mark.parametrize(("given", "taken"), [(0, 0.0), (2, 2.0), (0.7, 0.7), (1.0, 1.0)])
def test_a_temperature_is_taken_where_the_model_takes_one(given, taken):
    found = take(temperature=given).request.temperature
    assert (found, type(found)) == (taken, float)
    assert "does not take one" in refused(temperature=given, model=FLASH).message


@pytest.mark.parametrize(
    "temperature", [-0.1, 2.1, float("nan"), float("inf"), "hot", "1", True, Fraction(1, 2), []]
)
def test_a_temperature_out_of_bounds(temperature):
    error = refused(temperature=temperature)
    assert (error.field, error.next_step) == ("temperature", "use 0..2")


def test_a_seed_is_taken_where_the_model_takes_one():
    assert take(seed=0).request.seed == 0
    assert take(seed=2**31 - 1).request.seed == 2**31 - 1
    assert "does not take one" in refused(seed=0, model=FLASH).message


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5, 1.0, True, "7", None])
def test_a_seed_out_of_bounds(seed):
    if seed is None:
        return
    error = refused(seed=seed)
    assert (error.field, error.next_step) == ("seed", "use 0..2147483647")


@pytest.mark.parametrize("level", ["minimal", "medium", "high"])
def test_thinking_is_taken_where_the_model_has_levels(level):
    assert take(thinking=level, model=FLASH).request.thinking == level
    pro = take(thinking=level)
    assert pro.request.thinking is None
    assert pro.warnings == (
        f"Nano Banana Pro always thinks and bills it; thinking={level} has no effect",
    )


@pytest.mark.parametrize("model", ["nano-banana-2", "nano-banana-2-lite"])
def test_a_level_of_another_model_is_not_taken(model):
    error = refused(thinking="medium", model=model)
    assert "has no level 'medium'" in error.message
    assert (error.field, error.next_step) == ("thinking", "use minimal, high")


@pytest.mark.parametrize("level", ["low", "none", "HIGH", ""])
def test_a_level_that_is_none(level):
    error = refused(thinking=level, model=FLASH)
    assert (error.field, error.next_step) == ("thinking", "use minimal, medium, high")


def test_the_dry_run_shows_the_parts_in_order():
    model = find_model(PRO)
    ready = HeaderOnly().made_ready
    (shown,) = gather([PNG], (), model=model, room_bytes=10_000, split=False, ready=ready).requests
    found = take("a fox", size="1K", seed=7).showing(shown).to_json()
    assert found == {
        "model": PRO,
        "history": [],
        "parts": [
            {"text": "a fox"},
            {
                "mime": "image/png",
                "bytes": len(PNG),
                "sha256": hashlib.sha256(PNG).hexdigest(),
            },
        ],
        "size": "1K",
        "aspect_ratio": "1:1",
        "pixels": "1024x1024",
        "exact": None,
        "text": False,
        "temperature": None,
        "seed": 7,
        "thinking": None,
        "thoughts": False,
        "search": [],
        "safety": {},
        "tier": "standard",
    }
