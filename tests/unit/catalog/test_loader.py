"""Finding models and channels by name; what is not there is named, with the nearest that is."""

from __future__ import annotations

import pytest

from cavendish.catalog import loader
from cavendish.catalog.loader import channels, find_channel, find_model
from cavendish.core.errors import UnknownChannel, UnknownModel

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE = "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image"
OLD = "gemini-2.5-flash-image"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        *((model, model) for model in (PRO, FLASH, NB2, LITE, OLD)),
        ("nano-banana-pro", PRO),
        ("nano-banana-2.1", FLASH),
        ("nano-banana-2", NB2),
        ("nano-banana-2-lite", LITE),
        ("nano-banana", OLD),
    ],
)
def test_ids_and_aliases(name, found):
    assert find_model(name).id == found


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("gemini-3-pro-imagee", PRO),
        ("gemini-3-pro", PRO),
        ("nano-banana-3", "nano-banana-2"),
        ("gemini-3.1-flash", NB2),
        ("gemini-2.5-flash-img", OLD),
        ("Nano-Banana-Pro", "nano-banana-pro"),
    ],
)
def test_a_near_miss_is_answered_with_what_was_meant(name, near):
    with pytest.raises(UnknownModel) as caught:
        find_model(name)
    assert f"model: {name!r} is not in the catalogue" in caught.value.message
    assert f"did you mean {near}" in caught.value.next_step
    assert f"known models: {PRO}, {OLD}, {NB2}, {LITE}, {FLASH} (" in caught.value.next_step


@pytest.mark.parametrize("name", ["", "x", "dall-e", "../models", "\ud800", "\0", "🦊"])
def test_anything_else_is_answered_with_the_models_there_are(name):
    with pytest.raises(UnknownModel) as caught:
        find_model(name)
    assert PRO in caught.value.next_step
    assert (caught.value.exit_code, caught.value.category) == (2, "invalid")


def test_channels_by_name():
    assert find_channel("gemini").name == "gemini"
    for name in ("vertx", "Gemini", "", "gemini ", "gemini@us-central1"):
        with pytest.raises(UnknownChannel, match="there is no channel") as caught:
            find_channel(name)
        assert caught.value.next_step == f"use {' or '.join(channels())}"


def test_a_channel_at_a_location():
    vertex = find_channel("vertex")
    assert find_channel("vertex@global") is vertex
    for location, host in {
        "us-central1": "us-central1-aiplatform.googleapis.com",
        "europe-west4": "europe-west4-aiplatform.googleapis.com",
        "eu": "aiplatform.eu.rep.googleapis.com",
    }.items():
        found = find_channel(f"vertex@{location}")
        assert found.base_url == f"https://{host}"
        assert (found.name, found.location) == (f"vertex@{location}", location)
        assert (vertex.surface, found.surface) == ("vertex", "vertex-regional")


@pytest.mark.parametrize("location", ["", "us/x", "evil.com/", "us-central1.evil", "US", "a" * 99])
def test_a_location_never_names_another_host(location):
    with pytest.raises(UnknownChannel, match="cannot be a location"):
        find_channel(f"vertex@{location}")


def test_a_file_without_a_date_is_a_loud_mistake():
    with pytest.raises(TypeError, match="must be a date"):
        loader._checked({"source": {"url": "https://example.org", "checked": "yesterday"}})


def test_a_file_without_a_section_is_a_loud_mistake():
    facts = loader.read_facts(loader.MODEL_FACTS / f"{PRO}.toml")
    del facts["pixels"]
    with pytest.raises(KeyError, match="pixels"):
        loader._model(facts)


def test_facts_are_read_once():
    assert loader.models() is loader.models()
    assert loader.channels() is loader.channels()
