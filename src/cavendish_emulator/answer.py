"""The body of a successful answer: Google's pretty-printed JSON, sent in slices."""

from __future__ import annotations

import functools
import hashlib
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pybase64

from cavendish_emulator.request import Request
from cavendish_emulator.usage import Usage

SIGNATURE_BYTES = 825_000  # 1.1 MB of base64, as recorded answers carry
_DATA = "@data@"
_SIGNATURE = "@signature@"
_SLICE = 1 << 18

BLOCK_MESSAGES = {
    "IMAGE_SAFETY": "Unable to show the generated image. The image was filtered out because it "
    "violated Google's [Generative AI Prohibited Use policy]"
    "(https://policies.google.com/terms/generative-ai/use-policy). You will not be charged for "
    "blocked images. Try rephrasing the prompt. If you think this was an error, "
    "[send feedback](https://support.google.com/gemini).",
    "IMAGE_PROHIBITED_CONTENT": "Unable to show the generated image. The image was filtered out "
    "because it violated Google's Responsible AI practices. Try rephrasing the prompt. If you "
    "think this was an error, send feedback. Support code: 11030041.",
    "IMAGE_OTHER": "Unable to show the generated image. The model could not generate the image "
    "based on the prompt provided. You will not be charged for this request. Try rephrasing the "
    "prompt.",
}


@functools.cache
def signature() -> bytes:
    """The thought signature: one constant block of valid base64."""
    block = hashlib.shake_256(b"cavendish emulator thought signature").digest(SIGNATURE_BYTES)
    return pybase64.b64encode(block)


def new_response_id() -> str:
    """A fresh id of the shape the service uses."""
    return secrets.token_urlsafe(16)


def spoken_text(request: Request) -> str:
    """What is said beside the picture when text was asked for."""
    if not request.wants_text:
        return ""
    return (
        f"Here is an offline draft at {request.width} by {request.height} pixels. It was drawn "
        "by the Cavendish emulator, not by a model."
    )


def _envelope(request: Request, usage: Usage, response_id: str) -> dict[str, Any]:
    return {
        "usageMetadata": usage.metadata(),
        "modelVersion": request.model.id,
        "responseId": response_id,
    }


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def picture_body(
    request: Request, usage: Usage, response_id: str, spoken: str, picture: bytes
) -> list[bytes]:
    """The pieces of an answer with a picture; joined they are the body."""
    parts: list[dict[str, Any]] = []
    if request.wants_thoughts:
        parts.append({"text": "Laying out the draft from the prompt alone.", "thought": True})
    if spoken:
        parts.append({"text": spoken})
    inline = {"mimeType": request.model.output_mime, "data": _DATA}
    parts.append({"inlineData": inline, "thoughtSignature": _SIGNATURE})
    candidate = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": "STOP",
        "index": 0,
    }
    body = {"candidates": [candidate], **_envelope(request, usage, response_id)}
    head, rest = _text(body).split(_DATA, 1)
    middle, tail = rest.split(_SIGNATURE, 1)
    return [head.encode(), pybase64.b64encode(picture), middle.encode(), signature(), tail.encode()]


def blocked_body(
    request: Request, usage: Usage, response_id: str, reason: str, finish_reason: str | None
) -> list[bytes]:
    """An answer without a picture: the prompt was refused, or the picture was filtered out."""
    envelope = _envelope(request, usage, response_id)
    if finish_reason is None:
        return [_text({"promptFeedback": {"blockReason": reason}, **envelope}).encode()]
    candidate = {
        "content": {"role": "model"},
        "finishReason": finish_reason,
        "index": 0,
        "finishMessage": BLOCK_MESSAGES.get(finish_reason, BLOCK_MESSAGES["IMAGE_OTHER"]),
    }
    return [_text({"candidates": [candidate], **envelope}).encode()]


def slices(pieces: list[bytes], limit: int | None = None) -> Iterator[memoryview]:
    """The body in writes of moderate size; with `limit`, only its first bytes."""
    left = sum(map(len, pieces)) if limit is None else limit
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), _SLICE):
            if left <= 0:
                return
            part = view[start : start + min(_SLICE, left)]
            left -= len(part)
            yield part
