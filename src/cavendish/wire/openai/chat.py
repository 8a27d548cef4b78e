"""The chat dialect, our half: a request as a chat completion that draws.

OpenRouter reads `image_config` and LiteLLM `imageConfig` at the top; new-api reads only what stands
in `extra_body.google.image_config`. A channel's facts name the place. Sources:
https://openrouter.ai/docs/guides/overview/multimodal/image-generation,
https://github.com/BerriAI/litellm/pull/18948 (since January 2026, for models that LiteLLM asks at
Google itself), checked 2026-11-25.
"""

from __future__ import annotations

from typing import Any, Final

from cavendish.core.model import ChannelFacts, Model
from cavendish.core.request import ImageRequest
from cavendish.wire.json_writing import as_json, data_urls, with_fields
from cavendish.wire.message import Message

__all__ = ["CARRIES", "PATH", "message"]

PATH: Final = "/v1/chat/completions"
CARRIES: Final = frozenset(
    {"model", "prompt", "size", "aspect_ratio", "references", "text"}
    | {"temperature", "seed", "thinking"}
)


def message(request: ImageRequest, model: Model, facts: ChannelFacts, model_id: str) -> Message:
    """One turn of a user: the prompt, then the references in order.

    Words are always allowed: those who pass on to Google know no other way to ask for pictures.
    Raises InvalidRequest for a temperature that JSON cannot say.
    """
    body = [b'{"model":', as_json(model_id)]
    body += [b',"messages":[{"role":"user","content":[{"type":"text","text":']
    body += [as_json(request.prompt), b"}"]
    for url in data_urls(request.references):
        body += [b',{"type":"image_url","image_url":{"url":', *url, b"}}"]
    body += [b"]}]", *with_fields(_fields(request, model, facts)), b"}"]
    return Message(facts.path, b"".join(body), openai=True)


def _fields(request: ImageRequest, model: Model, facts: ChannelFacts) -> dict[str, Any]:
    said: dict[str, Any] = {"modalities": ["image", "text"], **facts.extra}
    place = facts.places.get("image_config", "image_config")
    camel = any(letter.isupper() for letter in place.rpartition(".")[2])
    config = {"aspectRatio" if camel else "aspect_ratio": request.aspect_ratio}
    if model.takes_size:
        config["imageSize" if camel else "image_size"] = request.size
    _put(said, place, config)
    if request.temperature is not None:
        said["temperature"] = request.temperature
    if request.seed is not None:
        said["seed"] = request.seed
    if request.thinking is not None:
        _put(said, facts.places.get("thinking", "reasoning_effort"), request.thinking)
    return said


def _put(said: dict[str, Any], place: str, value: object) -> None:
    """Puts a value at a dotted place."""
    *outer, last = place.split(".")
    for name in outer:
        said[name] = dict(said.get(name) or {})
        said = said[name]
    said[last] = value
