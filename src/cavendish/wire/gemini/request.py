"""The generateContent dialect, our half: a request as the Gemini API's JSON.

Field names and the order of parts follow https://ai.google.dev/api/generate-content, safety
settings https://ai.google.dev/gemini-api/docs/safety-settings, checked 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import pybase64

from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest, ModelTurn, UserTurn
from cavendish.wire.gemini.turn import written
from cavendish.wire.json_writing import as_json
from cavendish.wire.message import Message, pending

__all__ = ["CATEGORIES", "PATH", "THRESHOLDS", "encode", "message"]

PATH: Final = "/v1beta/models/{model}:generateContent"

CATEGORIES: Final[Mapping[str, str]] = {
    "harassment": "HARM_CATEGORY_HARASSMENT",
    "hate-speech": "HARM_CATEGORY_HATE_SPEECH",
    "sexually-explicit": "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "dangerous-content": "HARM_CATEGORY_DANGEROUS_CONTENT",
    "civic-integrity": "HARM_CATEGORY_CIVIC_INTEGRITY",
}
"""What can be let through or held back, in our words and in the service's."""

THRESHOLDS: Final[Mapping[str, str]] = {
    "low-and-above": "BLOCK_LOW_AND_ABOVE",
    "medium-and-above": "BLOCK_MEDIUM_AND_ABOVE",
    "only-high": "BLOCK_ONLY_HIGH",
    "none": "BLOCK_NONE",
    "off": "OFF",
}
"""From where on it is blocked, strictest first. The filters on pictures stay on."""

_SEARCHES: Final[Mapping[str, str]] = {"web": "webSearch", "image": "imageSearch"}


_TIER_HEADERS: Final[Mapping[str, str]] = {
    "X-Vertex-AI-LLM-Request-Type": "shared",
    "X-Vertex-AI-LLM-Shared-Request-Type": "",
}
"""How Vertex AI is asked for a class of service. Source:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/priority-paygo, checked 2026-11-24."""


def tier_headers(tier: str) -> dict[str, str]:
    """The headers that ask for a class of service other than the standard one."""
    if tier == "standard":
        return {}
    return {name: said or tier for name, said in _TIER_HEADERS.items()}


def message(request: ImageRequest, model: Model, facts: ChannelFacts, model_id: str) -> Message:
    """One call: the model is named in the path, and the tier in the body or in headers."""
    return Message(
        facts.path.format(model=quote(model_id, safe="")),
        encode(request, model, tier_in_headers=facts.tier_in_headers),
        headers=tier_headers(request.tier) if facts.tier_in_headers else {},
        keep_signatures=bool(request.kept_for),
        ahead=tuple({r.sha256: r for r in request.shown if r.ahead}.values()),
    )


def encode(request: ImageRequest, model: Model, *, tier_in_headers: bool = False) -> bytes:
    """The body of one call: earlier turns, then the prompt and the references in order.

    Deterministic and lossless; our own JSON is ASCII, the service's goes back byte for byte. The
    base64 of pictures is joined in, never passed through a JSON writer. Raises InvalidRequest for
    a temperature that JSON cannot say.
    """
    pieces = [b'{"contents":[']
    for turn in request.history:
        pieces += written(turn) if isinstance(turn, ModelTurn) else _asked(turn)
        pieces += [b","]
    pieces += _asked(UserTurn(request.prompt, request.references))
    pieces += [b'],"generationConfig":', as_json(_config(request, model))]
    for name, value in _beside(request, tier_in_headers).items():
        pieces += [b",", as_json(name), b":", as_json(value)]
    return b"".join([*pieces, b"}"])


def _asked(turn: UserTurn) -> list[bytes]:
    """A turn of the user: words, then pictures."""
    pieces = [b'{"role":"user","parts":[{"text":', as_json(turn.prompt), b"}"]
    for reference in turn.references:
        if reference.ahead:
            pieces += [b',{"fileData":{"mimeType":', as_json(reference.mime), b","]
            pieces += [pending(reference.sha256), b"}}"]
            continue
        pieces += [b',{"inlineData":{"mimeType":', as_json(reference.mime), b',"data":"']
        pieces += [pybase64.b64encode(reference.data), b'"}}']
    return [*pieces, b"]}"]


def _config(request: ImageRequest, model: Model) -> dict[str, object]:
    image = {"aspectRatio": request.aspect_ratio}
    if model.takes_size:
        image["imageSize"] = request.size
    config: dict[str, object] = {
        "responseModalities": ["TEXT", "IMAGE"] if request.text else ["IMAGE"],
        "imageConfig": image,
    }
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.seed is not None:
        config["seed"] = request.seed
    thinking: dict[str, object] = {}
    if request.thinking:
        thinking["thinkingLevel"] = request.thinking.upper()
    if request.thoughts:
        thinking["includeThoughts"] = True
    if thinking:
        config["thinkingConfig"] = thinking
    return config


def _beside(request: ImageRequest, tier_in_headers: bool) -> dict[str, Any]:
    """What stands beside the configuration, where something other than the default is asked."""
    said: dict[str, Any] = {}
    if request.safety:
        said["safetySettings"] = [
            {"category": CATEGORIES[category], "threshold": THRESHOLDS[threshold]}
            for category, threshold in request.safety
        ]
    if request.search:
        kinds: dict[str, Any] = {"searchTypes": {_SEARCHES[kind]: {} for kind in request.search}}
        said["tools"] = [{"googleSearch": kinds if "image" in request.search else {}}]
    if request.tier != "standard" and not tier_in_headers:
        said["serviceTier"] = request.tier
    return said
