"""The generateContent dialect of the Gemini API: our request as its JSON, its JSON as our answer.

Field names and the order of parts follow https://ai.google.dev/api/generate-content, checked
2026-11-22. Answers are read with camelCase and snake_case names, since relays send both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pybase64

from cavendish.core.errors import InvalidRequest
from cavendish.core.request import ImageRequest
from cavendish.core.result import Answer, Spooled
from cavendish.wire.gemini_errors import error_inside
from cavendish.wire.gemini_fault import clean
from cavendish.wire.gemini_usage import usage
from cavendish.wire.remainder import malformed

__all__ = ["decode", "encode"]

_WORD_CHARS: Final = 80


def encode(request: ImageRequest) -> bytes:
    """The body of one call: the prompt, then the references in order, as one user turn.

    Deterministic and lossless; the JSON is ASCII. The base64 of references is joined in, never
    passed through a JSON writer. Raises InvalidRequest for a temperature that JSON cannot say.
    """
    pieces = [b'{"contents":[{"role":"user","parts":[{"text":', _json(request.prompt), b"}"]
    for reference in request.references:
        pieces += [b',{"inlineData":{"mimeType":', _json(reference.mime), b',"data":"']
        pieces += [pybase64.b64encode(reference.data), b'"}}']
    pieces += [b']}],"generationConfig":', _json(_config(request)), b"}"]
    return b"".join(pieces)


def _config(request: ImageRequest) -> dict[str, object]:
    config: dict[str, object] = {
        "responseModalities": ["TEXT", "IMAGE"] if request.text else ["IMAGE"],
        "imageConfig": {"aspectRatio": request.aspect_ratio, "imageSize": request.size},
    }
    if request.temperature is not None:
        config["temperature"] = request.temperature
    if request.seed is not None:
        config["seed"] = request.seed
    if request.thinking:
        config["thinkingConfig"] = {"thinkingLevel": request.thinking.upper()}
    return config


def _json(value: object) -> bytes:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except ValueError:
        raise InvalidRequest("temperature", "not a finite number") from None


def decode(remainder_json: object, pictures: Sequence[tuple[int, str]]) -> Answer:
    """An answer from its small JSON and (size in bytes, sha256) of each spooled picture.

    Everything may be absent, null or empty, and what is unknown is ignored: an answer without
    candidates is an answer without pictures. Pictures keep the order of the answer; `mime` is what
    the service declares, lower-cased, or "" where it declares none. `finish` is the first reason
    any candidate gives, `message` the first words that explain an ending.

    Raises ProtocolError when the JSON is not an object or names a picture that is not spooled, and
    the classified ChannelError when it is an error in place of an answer.
    """
    wrong = error_inside(remainder_json)
    if wrong is not None:
        raise wrong
    if not isinstance(remainder_json, Mapping):
        raise malformed(f"it is {type(remainder_json).__name__} and not an object", None)
    candidates = _objects(remainder_json.get("candidates"))
    parts = [part for candidate in candidates for part in _parts(candidate)]
    feedback = _object(_named(remainder_json, "promptFeedback", "prompt_feedback"))
    said = [(bool(part.get("thought")), text) for part in parts if (text := _text(part))]
    return Answer(
        pictures=tuple(_spooled(parts, pictures)),
        text="".join(text for thought, text in said if not thought),
        thoughts="".join(text for thought, text in said if thought),
        usage=usage(_named(remainder_json, "usageMetadata", "usage_metadata")),
        finish=_first(_word(c, "finishReason", "finish_reason") for c in candidates),
        block=_word(feedback, "blockReason", "block_reason"),
        message=_message(feedback, candidates),
        ratings=tuple(
            rating
            for holder in (feedback, *candidates)
            for rating in _objects(_named(holder, "safetyRatings", "safety_ratings"))
        ),
        model_version=_short(_named(remainder_json, "modelVersion", "model_version")),
        response_id=_short(_named(remainder_json, "responseId", "response_id")),
    )


def _spooled(
    parts: Sequence[Mapping[str, Any]], pictures: Sequence[tuple[int, str]]
) -> Iterator[Spooled]:
    for part in parts:
        inline = _object(_named(part, "inlineData", "inline_data"))
        index = inline.get("data")
        if index is None:
            continue
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(pictures):
            raise malformed("it names a picture that did not come", None)
        size_bytes, sha256 = pictures[index]
        mime = _named(inline, "mimeType", "mime_type")
        yield Spooled(
            index=index,
            mime=mime.strip().lower()[:_WORD_CHARS] if isinstance(mime, str) else "",
            thought=bool(part.get("thought")),
            size_bytes=size_bytes,
            sha256=sha256,
        )


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(_object(candidate.get("content")).get("parts"))


def _text(part: Mapping[str, Any]) -> str | None:
    text = part.get("text")
    return text if isinstance(text, str) else None


def _message(feedback: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> str:
    words = [_named(feedback, "blockReasonMessage", "block_reason_message")]
    words += [_named(c, "finishMessage", "finish_message") for c in candidates]
    return clean(next((word for word in words if isinstance(word, str) and word), ""))


def _word(holder: Mapping[str, Any], *names: str) -> str | None:
    """An enum: the service's word lower-cased, or the number it had before it had a word."""
    value = _named(holder, *names)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.lower()[:_WORD_CHARS] if isinstance(value, str) and value else None


def _short(value: object) -> str | None:
    return value[: 2 * _WORD_CHARS] if isinstance(value, str) and value else None


def _first(words: Iterator[str | None]) -> str | None:
    return next((word for word in words if word is not None), None)


def _named(holder: Mapping[str, Any], *names: str) -> Any:
    return next((holder[name] for name in names if holder.get(name) is not None), None)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]
