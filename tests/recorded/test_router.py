"""OpenRouter as it was recorded, and the emulator's OpenRouter: the same names, the same kinds."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
import yaml

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

FOLDER = "crmne-ruby_llm/spec/fixtures/vcr_cassettes"
LITE = "openrouter_google_gemini-3_1-flash-lite-image"
PICTURES = (
    f"image_basic_functionality_{LITE}_can_paint_images",
    f"image_edit_functionality_with_openrouter_reference_images_{LITE}_edits_images_passed_via_with",
)
NO_KEY = "chat_error_handling_with_openrouter_claude-haiku-4-5_raises_appropriate_auth_error"


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=MODEL_FACTS) as running:
        yield running


def exchange(config, name):
    path = config.getoption("--recordings") / FOLDER / f"{name}.yml"
    (met,) = yaml.safe_load(path.read_text("utf-8"))["http_interactions"]
    return met["request"], met["response"]


def ask(emulator, recorded, **headers):
    path = recorded["uri"].removeprefix("https://openrouter.ai")
    body = recorded["body"]["string"].encode()
    sent = urllib.request.Request(emulator.url + path, body, headers)
    try:
        with urllib.request.urlopen(sent, timeout=30) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def kinds(value):
    """The names in a body, in their order, and the kinds of their values."""
    if isinstance(value, dict):
        return [(key, kinds(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [kinds(item) for item in value]
    return "number" if type(value) in {int, float} else type(value).__name__


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_the_recorded_shape(emulator, pytestconfig, name):
    asked, recorded = exchange(pytestconfig, name)
    status, headers, answer = ask(emulator, asked, Authorization="Bearer k")
    then = json.loads(recorded["body"]["string"])
    assert status == recorded["status"]["code"]
    assert kinds(answer) == kinds(then)
    used, was = answer["usage"], then["usage"]
    assert used["completion_tokens_details"] == was["completion_tokens_details"]
    assert abs(used["prompt_tokens"] - was["prompt_tokens"]) <= 3
    for header in ("Content-Type", "X-Provider-Name", "Access-Control-Expose-Headers"):
        assert headers[header][:6] == recorded["headers"][header][0][:6]
    assert headers["X-Generation-Id"].startswith("gen-img-")


def test_no_key_has_the_recorded_answer(emulator, pytestconfig):
    asked, recorded = exchange(pytestconfig, NO_KEY)
    status, headers, answer = ask(emulator, asked)
    assert status == recorded["status"]["code"]
    assert answer == json.loads(recorded["body"]["string"])
    assert headers["Content-Type"] == recorded["headers"]["Content-Type"][0]
