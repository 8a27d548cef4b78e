"""OpenAI's images: generations and edits, as JSON or as a form, and their answers.

Form: https://platform.openai.com/docs/api-reference/images, checked 2026-11-25. A mask is taken and
not used, as LiteLLM does for these models.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import pybase64
from aiohttp import BodyPartReader, MultipartReader, web

from cavendish_emulator.calls import SMALL_BODY, too_large
from cavendish_emulator.catalog import Model
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.google.request import Request
from cavendish_emulator.relays.dialects import OwnError
from cavendish_emulator.relays.order import (
    Native,
    Order,
    count_of,
    image_config,
    image_part,
    read_json,
    text_of,
)
from cavendish_emulator.relays.outcome import Outcome, Tokens

Resolve = Callable[[Any], Model]
_REFUSED = (
    "Your request was rejected by the safety system. If you believe this is an error, contact us "
    "at help.openai.com."
)
_PICTURES = ("image", "image[]", "images", "images[]")


async def read_order(request: web.Request, resolve: Resolve, *, edits: bool) -> Order:
    """An order for pictures; `resolve` finds the model by its name. Raises: GoogleError."""
    form = request.content_type == "multipart/form-data"
    fields = await _read_form(request) if form else await read_json(request)
    model = resolve(fields.get("model"))
    parts = [{"text": text_of(fields, "prompt")}, *_pictures(fields)]
    if edits and len(parts) == 1:
        text = "Missing required parameter: 'image'."
        raise OwnError(400, text, name="missing_required_parameter", param="image")
    tier = fields.get("image_size") or fields.get("resolution")
    config = image_config(model, fields.get("size"), fields.get("aspect_ratio"), tier)
    generation: Native = {"responseModalities": ["IMAGE"], "imageConfig": config}
    body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": generation}
    return Order(model, str(fields.get("model")), fields, count_of(fields.get("n")), body)


async def _read_form(request: web.Request) -> dict[str, Any]:
    """The fields of a form; pictures as data URLs in the list `image`."""
    try:
        return await _read_parts(await request.multipart())
    except ValueError:  # what aiohttp says of a form that is none
        raise OwnError(400, "We could not parse the form of your request.") from None


async def _read_parts(reader: MultipartReader) -> dict[str, Any]:
    fields: dict[str, Any] = {"image": []}
    left = SMALL_BODY
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise OwnError(400, "A form within a form is not read.")
        data = bytes(await part.read(decode=True))
        left -= len(data)
        if left < 0:
            raise too_large(SMALL_BODY)
        name = part.name or ""
        if part.filename is None and name not in _PICTURES:
            fields[name.removesuffix("[]")] = data.decode("utf-8", "replace")
        elif name in _PICTURES:
            kind = part.headers.get("Content-Type", "image/png")
            fields["image"].append(f"data:{kind};base64,{pybase64.b64encode(data).decode()}")
    return fields


def _pictures(fields: dict[str, Any]) -> list[Native]:
    found = [fields[name] for name in _PICTURES if fields.get(name)]
    flat = [one for item in found for one in (item if isinstance(item, list) else [item])]
    return [image_part(one, "image") for one in flat]


def write_images(
    asked: Request, outcomes: list[Outcome], created: int, *, event: str | None = None
) -> Answer:
    """The answer for `outcomes` of one order; with `event` as that event's data.

    Raises: OwnError where the safety system left nothing.
    """
    pictures = [picture for outcome in outcomes for picture in outcome.pictures]
    if not pictures and any(outcome.filtered for outcome in outcomes):
        raise OwnError(400, _REFUSED, name="moderation_blocked")
    answer = Answer({}, compact=True)
    shown = [{"b64_json": answer.place(base64)} for _, base64 in pictures]
    body: dict[str, Any] = {"type": event, **(shown or [{}])[-1]} if event else {"data": shown}
    mime = pictures[0][0] if pictures else asked.model.output_mime
    answer.body = {
        ("created_at" if event else "created"): created,
        **body,
        "output_format": mime.removeprefix("image/").replace("jpg", "jpeg"),
        "size": f"{asked.width}x{asked.height}",
    }
    counted = [outcome.tokens for outcome in outcomes if outcome.tokens is not None]
    if counted:
        answer.body["usage"] = _usage(reduce(add, counted))
    return answer


def _usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {"text_tokens": tokens.text_in, "image_tokens": tokens.image_in},
        "output_tokens": tokens.completion,
        "output_tokens_details": {"text_tokens": tokens.text_out, "image_tokens": tokens.image_out},
        "total_tokens": tokens.prompt + tokens.completion,
    }
