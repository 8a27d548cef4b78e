"""OpenRouter: its images, its usage with the cost, its names of models.

Forms: https://openrouter.ai/docs/api/api-reference/images/generate-an-image.md and recorded
traffic of August 2026, checked 2026-11-25.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cavendish_emulator.bill import usd
from cavendish_emulator.catalog import Model
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.relays.dialects import PROVIDER, OwnError
from cavendish_emulator.relays.images import Resolve
from cavendish_emulator.relays.order import (
    Native,
    Order,
    count_of,
    image_config,
    image_part,
    read_json,
    text_of,
)
from cavendish_emulator.relays.outcome import Outcome

VENDOR = "google/"
_MOST_REFERENCES = 16
_PANORAMIC = {"1:4", "4:1", "1:8", "8:1"}
_NO_PANORAMA = "gemini-nano-banana-2.1"  # on the chat route only, seen in October 2026


async def read_order(request: web.Request, resolve: Resolve) -> Order:
    """An order for one picture. Raises: GoogleError."""
    fields = await read_json(request)
    model = resolve(fields.get("model"))
    if count_of(fields.get("n")) != 1:
        raise OwnError(400, f"{fields['model']} does not support n > 1")
    references = fields.get("input_references") or []
    if not isinstance(references, list) or len(references) > _MOST_REFERENCES:
        raise OwnError(400, f"input_references: expected at most {_MOST_REFERENCES} items")
    size, ratio, tier = (fields.get(name) for name in ("size", "aspect_ratio", "resolution"))
    config = image_config(model, size, ratio, tier)
    if image_config(model, size).items() - config.items():
        raise OwnError(400, "size conflicts with resolution or aspect_ratio")
    generation: Native = {"responseModalities": ["IMAGE"], "imageConfig": config}
    parts = [{"text": text_of(fields, "prompt")}]
    parts += [image_part(one, "input_references") for one in references]
    body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": generation}
    return Order(model, fields["model"], fields, 1, body)


def check_ratio(body: Native, model: Model) -> None:
    """Refuse what this route does not take. Raises: OwnError."""
    ratio = body["generationConfig"].get("imageConfig", {}).get("aspectRatio")
    if model.id == _NO_PANORAMA and ratio in _PANORAMIC:
        raise OwnError(400, f"image_config.aspect_ratio: {ratio} is not supported")


def resolved(name: Any, models: Mapping[str, Model]) -> Model:
    """The model of a name with its vendor. Raises: OwnError."""
    model = models.get(str(name).removeprefix(VENDOR)) if str(name).startswith(VENDOR) else None
    if model is None:
        raise OwnError(400, f"{name} is not a valid model ID")
    return model


def write_images(outcome: Outcome, usage: dict[str, Any] | None) -> Answer:
    """The answer of the images route; without a picture its list is empty."""
    answer = Answer({}, compact=True)
    shown = [{"b64_json": answer.place(b), "media_type": mime} for mime, b in outcome.pictures]
    answer.body = {"created": 0, "data": shown}
    if usage is not None:
        answer.body["usage"] = usage
    return answer


def usage(outcome: Outcome, model: Model, *, chat: bool) -> dict[str, Any] | None:
    """Tokens, and what the bill booked for them, which JSON has as a number."""
    tokens = outcome.tokens
    if tokens is None:
        return None
    prices = model.prices["standard"]
    read = tokens.text_in * prices.input_text + tokens.image_in * prices.input_image
    prompt = min(int(read), outcome.nano_usd)
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.completion,
        "total_tokens": tokens.prompt + tokens.completion,
        "cost": _number(outcome.nano_usd),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": 0,
            "cache_write_tokens": 0,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": _number(outcome.nano_usd),
            "upstream_inference_prompt_cost": _number(prompt),
            "upstream_inference_completions_cost": _number(outcome.nano_usd - prompt),
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.thoughts if chat else 0,
            "image_tokens": tokens.image_out,
        },
    }


def _number(nano_usd: int) -> Any:
    """USD as the JSON number of exactly these digits, for amounts of fewer than 16."""
    return float(usd(nano_usd))


def generation_id(kind: str, created: int) -> str:
    """An id of the shape the router gives."""
    return f"{kind}-{created}-{secrets.token_hex(10)}"


def headers(generation: str) -> dict[str, str]:
    """What the router says about who answered."""
    return {"X-Generation-Id": generation, "X-Provider-Name": PROVIDER}


def models_body(models: Mapping[str, Model]) -> dict[str, Any]:
    """The models as the router lists them."""
    every = [_model(model) for model in models.values()]
    return {"data": every, "total_count": len(every), "links": {"next": None}}


def image_models_body(models: Mapping[str, Model]) -> dict[str, Any]:
    """The models as the images route lists them."""
    return {"data": [_image_model(model) for model in models.values()]}


def _image_model(model: Model) -> dict[str, Any]:
    name, table = f"{VENDOR}{model.id}", next(iter(model.pixels.values()))
    known = {"aspect_ratio": {"type": "enum", "values": list(table)}}
    if model.takes_sizes:
        known["resolution"] = {"type": "enum", "values": list(model.pixels)}
    whole = _model(model)
    return {
        **{key: whole[key] for key in ("id", "name", "description", "created")},
        "architecture": {
            "input_modalities": ["text", "image"],
            "output_modalities": ["image"],
        },
        "supported_parameters": known,
        "supports_streaming": False,
        "endpoints": f"/api/v1/images/models/{name}/endpoints",
    }


def _model(model: Model) -> dict[str, Any]:
    prices, path = model.prices["standard"], f"/api/v1/models/{VENDOR}{model.id}/endpoints"
    return {
        "id": f"{VENDOR}{model.id}",
        "canonical_slug": f"{VENDOR}{model.id}",
        "name": f"Google: {model.name}",
        "created": 0,
        "description": "Drawn by the Cavendish emulator, not by a model.",
        "context_length": model.input_limit,
        "architecture": {
            "modality": "text+image->text+image",
            "input_modalities": ["image", "text"],
            "output_modalities": ["image", "text"],
            "tokenizer": "Gemini",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": usd(int(prices.input_text)),
            "completion": usd(int(prices.output_text)),
            "image": usd(int(prices.input_image)),
            "image_output": usd(int(prices.output_image)),
        },
        "top_provider": {
            "context_length": model.input_limit,
            "max_completion_tokens": model.output_limit,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": ["max_tokens"],
        "supported_voices": None,
        "default_parameters": {},
        "links": {"details": path},
    }
