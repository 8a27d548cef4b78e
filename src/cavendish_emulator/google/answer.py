"""The body of a successful answer: Google's pretty-printed JSON, sent in slices."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pybase64

from cavendish_emulator.google.grounding import grounding_metadata
from cavendish_emulator.google.request import Request
from cavendish_emulator.google.schema import snake
from cavendish_emulator.google.signature import TEXT, sign
from cavendish_emulator.usage import Usage

_TEXT_SIGNATURE_BYTES = 192  # a text's is short; a picture's is what the switch says
_MARK = f"@{secrets.token_hex(8)}:"
_MARKED = re.compile(re.escape(_MARK) + r"(\d+)@")
_SLICE = 1 << 18


@dataclass
class Answer:
    """A body, with megabytes of base64 kept out of it: strings in it stand for the `blobs`."""

    body: Any
    blobs: list[bytes] = field(default_factory=list)
    compact: bool = False
    escaped: bool = False  # "/" written as "\/", as some JSON writers do
    snaked: bool = False  # every name in snake_case, as some relays write
    before: bytes = b""
    nano_usd: int = 0  # what was booked for it

    def place(self, base64: bytes) -> str:
        """Keep a blob; returns the string that stands for it in the body."""
        self.blobs.append(base64)
        return f"{_MARK}{len(self.blobs) - 1}@"

    def blob(self, placed: str) -> bytes | None:
        """The blob that a string of the body stands for, if it stands for one."""
        met = _MARKED.fullmatch(placed)
        return self.blobs[int(met[1])] if met else None

    @property
    def parts(self) -> list[Any]:
        """The parts of the first candidate."""
        found: list[Any] = self.body["candidates"][0]["content"]["parts"]
        return found

    def pieces(self, body: Any = None, *, compact: bool | None = None) -> list[bytes]:
        """The pieces of the body, or of another `body` with the same blobs; joined they are it."""
        shown = self.body if body is None else body
        shown = _snaked(shown) if self.snaked else shown
        short = self.compact if compact is None else compact
        text = json.dumps(
            shown,
            indent=None if short else 2,
            separators=(",", ":") if short else None,
            ensure_ascii=False,
        )
        text += "" if short else "\n"
        pieces = [self.before] if self.before else []
        for i, piece in enumerate(_MARKED.split(text)):
            raw = self.blobs[int(piece)] if i % 2 else piece.encode("utf-8", "replace")
            pieces.append(raw.replace(b"/", b"\\/") if self.escaped else raw)
        return pieces


def _snaked(value: Any) -> Any:
    if isinstance(value, dict):
        return {snake(key): _snaked(item) for key, item in value.items()}
    return [_snaked(item) for item in value] if isinstance(value, list) else value


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


def picture_answer(
    request: Request,
    usage: Usage,
    response_id: str,
    spoken: str,
    pictures: Sequence[tuple[str, bytes]],
    signature_bytes: int,
) -> Answer:
    """An answer with pictures, each a MIME type and its bytes.

    A model that thinks signs its first text and every picture.
    """
    answer = Answer({})
    parts: list[dict[str, Any]] = []
    if request.wants_thoughts:
        parts.append({"text": "Laying out the draft from the prompt alone.", "thought": True})
    if spoken:
        parts.append({"text": spoken})
        if pictures and request.model.thinking.on:
            seal = answer.place(sign(TEXT, _TEXT_SIGNATURE_BYTES))
            parts[-1]["thoughtSignature"] = seal
    for mime, picture in pictures:
        inline = {"mimeType": mime, "data": answer.place(pybase64.b64encode(picture))}
        parts.append({"inlineData": inline})
        if request.model.thinking.on:
            parts[-1]["thoughtSignature"] = answer.place(sign(picture, signature_bytes))
    candidate: dict[str, Any] = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": "STOP",
        "index": 0,
    }
    if (grounding := grounding_metadata(request)) is not None:
        candidate["groundingMetadata"] = grounding
    answer.body = {"candidates": [candidate], **_envelope(request, usage, response_id)}
    return answer


def refused_answer(
    request: Request, usage: Usage, response_id: str, refused: dict[str, Any]
) -> Answer:
    """An answer without a picture; `refused` is its promptFeedback or its candidates."""
    return Answer({**refused, **_envelope(request, usage, response_id)})


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
