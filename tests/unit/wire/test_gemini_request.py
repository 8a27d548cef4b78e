"""generateContent: the request as JSON."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.core.errors import InvalidRequest
from cavendish.core.request import ImageRequest, Reference
from cavendish.wire.gemini import request as gemini_request

PRO, OLD = models()["gemini-3-pro-image"], models()["gemini-2.5-flash-image"]


def encode(request, model=PRO):
    return gemini_request.encode(request, model)


def request(**said):
    plain = {"model": "m", "prompt": "a cat", "size": "2K", "aspect_ratio": "16:9"}
    return ImageRequest(**{**plain, **said})


def test_the_smallest_request():
    assert json.loads(encode(request())) == {
        "contents": [{"role": "user", "parts": [{"text": "a cat"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        },
    }


def test_the_largest_request():
    references = (Reference("image/png", b"\x00\xff" * 99), Reference("image/jpeg", b"j"))
    body = encode(
        request(references=references, text=True, temperature=0.5, seed=7, thinking="high")
    )
    said = json.loads(body)
    assert said["contents"][0]["parts"] == [
        {"text": "a cat"},
        *(
            {"inlineData": {"mimeType": r.mime, "data": base64.b64encode(r.data).decode()}}
            for r in references
        ),
    ]
    assert said["generationConfig"] == {
        "responseModalities": ["TEXT", "IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "temperature": 0.5,
        "seed": 7,
        "thinkingConfig": {"thinkingLevel": "HIGH"},
    }


@given(st.text(), st.binary(max_size=50))
def test_requests_are_lossless_and_deterministic(prompt, data):
    asked = request(prompt=prompt, references=(Reference("image/png", data),))
    body = encode(asked)
    assert body == encode(asked)
    assert body.isascii()
    parts = json.loads(body)["contents"][0]["parts"]
    assert parts[0]["text"] == prompt
    assert base64.b64decode(parts[1]["inlineData"]["data"], validate=True) == data


def test_zero_is_said_and_what_json_cannot_say_is_refused():
    config = json.loads(encode(request(temperature=0.0, seed=0)))["generationConfig"]
    assert (config["temperature"], config["seed"]) == (0.0, 0)
    with pytest.raises(InvalidRequest):
        encode(request(temperature=float("nan")))


def test_a_model_with_one_size_is_not_told_it():
    config = json.loads(encode(request(size="1K"), OLD))["generationConfig"]
    assert config["imageConfig"] == {"aspectRatio": "16:9"}


def test_what_stands_beside_the_configuration():
    said = json.loads(
        encode(
            request(
                thoughts=True,
                search=("web",),
                safety=(("harassment", "only-high"), ("hate-speech", "off")),
                tier="flex",
            )
        )
    )
    assert said["generationConfig"]["thinkingConfig"] == {"includeThoughts": True}
    assert said["tools"] == [{"googleSearch": {}}]
    assert said["serviceTier"] == "flex"
    assert said["safetySettings"] == [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_ONLY_HIGH"},
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
    ]
    both = json.loads(encode(request(search=("web", "image"))))
    assert both["tools"] == [
        {"googleSearch": {"searchTypes": {"webSearch": {}, "imageSearch": {}}}}
    ]


@pytest.mark.parametrize("tier", ["standard", "flex", "priority"])
def test_a_tier_goes_into_the_body_or_into_headers(tier):
    beside = json.loads(gemini_request.encode(request(tier=tier), PRO, tier_in_headers=True))
    assert "serviceTier" not in beside
    assert json.loads(encode(request(tier=tier))).get("serviceTier", "standard") == tier
    shared = "X-Vertex-AI-LLM-Shared-Request-Type"
    headers = gemini_request.tier_headers(tier)
    assert headers.get(shared) == (None if tier == "standard" else tier)
    assert set(headers) <= {"X-Vertex-AI-LLM-Request-Type", shared}
