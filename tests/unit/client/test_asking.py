"""What can be asked for beside the words: each where the model takes it, refused elsewhere."""

from __future__ import annotations

import io
import json
import os
import subprocess

import pytest
from PIL import Image

from cavendish import Client
from cavendish.catalog.loader import MODEL_FACTS, models
from cavendish.core.errors import InvalidRequest
from cavendish.send.events import Notice
from cavendish_emulator import Emulator
from unit.client.upstream import CANARY, Reply, as_asked

OLD, NEW, PRO = "gemini-2.5-flash-image", "gemini-nano-banana-2.1", "gemini-3-pro-image"


@pytest.fixture
def heard():
    return []


@pytest.fixture
def client(upstream, heard):
    with Client(hooks=[heard.append]) as client:
        yield client


def test_grounding_safety_tier_and_thoughts_are_sent(client, upstream):
    client.generate(
        "a fox", search=True, safety={"harassment": "only-high"}, tier="flex", thoughts=True
    )
    ((_, _, body),) = upstream.requests
    assert body["tools"] == [{"googleSearch": {}}]
    assert body["serviceTier"] == "flex"
    assert body["safetySettings"] == [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"}
    ]
    assert body["generationConfig"]["thinkingConfig"] == {"includeThoughts": True}


def test_the_services_own_words_for_safety_are_understood(client):
    said = {"HARM_CATEGORY_HATE_SPEECH": "BLOCK_NONE"}
    asked = client.estimate("a fox", safety=said).intake.request
    assert asked.safety == (("hate-speech", "none"),)


@pytest.mark.parametrize(
    ("said", "problem", "step"),
    [
        ({"search": "image"}, "search: gemini-3-pro-image cannot search 'image'", "use web"),
        ({"search": True, "model": OLD}, "cannot search 'web'", "use no search"),
        ({"safety": {"spam": "off"}}, "safety: there is no category 'spam'", "harassment"),
        ({"safety": {"harassment": "x"}}, "safety: there is no threshold 'x'", "only-high"),
        ({"tier": "flex", "model": NEW}, "tier: gemini-nano-banana-2.1 has no tier", "standard"),
        ({"tier": "batch"}, "has no tier 'batch'", "standard, flex"),
        ({"thinking": "low"}, "thinking: there is no level 'low'", "minimal"),
        ({"thinking": "medium", "model": "nano-banana-2"}, "has no level 'medium'", "high"),
    ],
)
def test_what_the_model_does_not_take_is_refused_and_what_it_takes_is_named(
    client, upstream, said, problem, step
):
    with pytest.raises(InvalidRequest) as caught:
        client.generate("a fox", **said)
    assert problem in caught.value.message
    assert step in caught.value.next_step
    assert not upstream.requests


def test_flex_costs_half(client):
    whole, half = client.estimate("a fox").cost, client.estimate("a fox", tier="flex").cost
    assert half.expected.nanos == pytest.approx(whole.expected.nanos / 2, abs=1)


@pytest.mark.parametrize("model", [PRO, OLD])
def test_where_thinking_has_no_effect_it_is_said(client, model):
    found = client.estimate("a fox", model=model, thinking="high")
    assert any("thinking=high has no effect" in warning for warning in found.warnings)


def test_a_retired_id_is_its_successor_and_said_before_anything_is_bought(client, upstream, heard):
    """T187."""
    client.generate("a fox", model="gemini-3-pro-image-preview")
    assert "/models/gemini-3-pro-image:" in upstream.requests[0][0]
    notices = [event.text for event in heard if isinstance(event, Notice)]
    assert any("was shut down on 2026-06-25" in text for text in notices)
    kinds = [type(event).__name__ for event in heard]
    assert kinds.index("Notice") < kinds.index("AttemptStarted")


def test_a_model_past_its_end_is_asked_where_the_channel_still_lists_it(client, upstream):
    upstream.look = Reply(200, json.dumps({"name": f"models/{OLD}"}).encode())
    result = client.generate("a fox", model=OLD)
    assert f"/models/{OLD}:" in upstream.requests[0][0]
    assert any("announced end" in warning for warning in result.warnings)


def test_a_model_that_is_gone_gives_way_to_its_successor(client, upstream):
    """T187: the channel says that it is not there any more."""
    upstream.look = Reply(404, b'{"error": {"code": 404, "status": "NOT_FOUND"}}')
    result = client.generate("a fox", model=OLD)
    assert f"/models/{NEW}:" in upstream.requests[0][0]
    assert result.image.model == NEW
    assert any(f"no longer lists {OLD}" in warning for warning in result.warnings)


def test_who_cannot_be_asked_is_no_reason_for_another_model(client, upstream):
    upstream.look = Reply(503, b"")
    assert client.generate("a fox", model=OLD).image.model == OLD


def test_every_model_is_asked_for_its_own_size_and_ratio(client, upstream):
    for model in models().values():
        upstream.look = Reply(200, b"{}")
        image = client.generate("a fox", model=model.id, aspect_ratio="16:9").image
        size = model.default_size("gemini")
        assert (image.width, image.height) == model.pixels[size]["16:9"]
        config = upstream.requests[-1][2]["generationConfig"]["imageConfig"]
        assert ("imageSize" in config) == model.takes_size


def test_limits_that_headers_tell_are_in_the_result(client, upstream):
    limits = {"x-ratelimit-remaining-requests": "59", "x-ratelimit-reset": "1.5"}

    def script(number, path, body):
        reply = as_asked(number, path, body)
        reply.headers.update(limits)
        return reply

    upstream.script = script
    image = client.generate("a fox").image
    said = {"remaining_requests": 59, "remaining_tokens": None, "reset": 1.5}
    assert image.to_json()["rate_limit"] == said


def test_the_curl_command_runs_as_printed(folder, monkeypatch, tmp_path):
    (folder / "small.png").write_bytes(png_of("red"))
    with Emulator(catalog=MODEL_FACTS) as emulator:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", emulator.url)
        monkeypatch.setenv("GEMINI_API_KEY", CANARY)
        with Client() as client:
            shown = client.estimate(
                "a fox's den, $HOME `date` \\ 'x'\nsecond line",
                references=["small.png"], aspect_ratio="16:9",
            ).curl  # fmt: skip
        assert CANARY not in shown
        assert '-H "x-goog-api-key: $GEMINI_API_KEY"' in shown
        done = subprocess.run(
            ["sh", "-c", shown], capture_output=True, check=True,
            env={"PATH": os.environ["PATH"], "GEMINI_API_KEY": CANARY},
        )  # fmt: skip
    parts = json.loads(done.stdout)["candidates"][0]["content"]["parts"]
    assert any("inlineData" in part for part in parts)


def png_of(colour):
    file = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(file, "PNG")
    return file.getvalue()
