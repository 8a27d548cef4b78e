"""The generateContent dialect, the service's half: its JSON as our answer.

Field names follow https://ai.google.dev/api/generate-content, checked 2026-11-22. Answers are read
with camelCase and snake_case names, since relays send both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cavendish.core.number import is_whole
from cavendish.core.result import Answer, Spooled
from cavendish.wire.gemini.chunks import merged, unwrapped
from cavendish.wire.gemini.errors import error_inside, error_of_stranger
from cavendish.wire.gemini.fault import clean
from cavendish.wire.gemini.grounding import sources
from cavendish.wire.gemini.usage import usage
from cavendish.wire.remainder import malformed

__all__ = ["decode"]

_WORD_CHARS: Final = 80
_TRAFFIC: Final[Mapping[str, str]] = {
    "on_demand": "standard",
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
}
"""Vertex AI says what kind of traffic an answer was. Source:
https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse,
checked 2026-11-24."""
_NAMES: Final = frozenset(
    {
        *("candidates", "error", "createTime", "create_time"),
        *("promptFeedback", "prompt_feedback", "usageMetadata", "usage_metadata"),
        *("modelVersion", "model_version", "responseId", "response_id"),
    }
)
"""Each of them says that a document is an answer of this dialect."""


def decode(remainder_json: object, pictures: Sequence[tuple[int, str]]) -> Answer:
    """An answer from its small JSON and (size in bytes, sha256) of each spooled picture.

    A list is the chunks of a stream, which are one answer. Everything may be absent, null or
    empty, and what is unknown is ignored: an answer without candidates is an answer without
    pictures. Pictures keep the order of the answer; `mime` is what the service declares,
    lower-cased, or "" where it declares none. `finish` is the first reason any candidate gives,
    `message` the first words that explain an ending.

    Raises ProtocolError when the JSON is not an object, is of another dialect, or names a picture
    that is not spooled, and the classified ChannelError when it is an error in place of an answer.
    """
    if isinstance(remainder_json, list):
        remainder_json = [unwrapped(chunk) for chunk in remainder_json]
    remainder_json = unwrapped(remainder_json)
    wrong = error_inside(remainder_json)
    if wrong is not None:
        raise wrong
    if isinstance(remainder_json, list):
        remainder_json = merged(remainder_json)
    if not isinstance(remainder_json, Mapping):
        raise malformed(f"it is {type(remainder_json).__name__} and not an object", None)
    if remainder_json and not pictures and _NAMES.isdisjoint(remainder_json):
        raise error_of_stranger(remainder_json)
    candidates = _objects(remainder_json.get("candidates"))
    parts = [part for candidate in candidates for part in _parts(candidate)]
    feedback = _object(_named(remainder_json, "promptFeedback", "prompt_feedback"))
    said = [(bool(part.get("thought")), text) for part in parts if (text := _text(part))]
    counted = _object(_named(remainder_json, "usageMetadata", "usage_metadata"))
    return Answer(
        pictures=_all(tuple(_spooled(parts, pictures)), pictures),
        text="".join(text for thought, text in said if not thought),
        thoughts="".join(text for thought, text in said if thought),
        usage=usage(counted),
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
        sources=sources(candidates),
        tier=_tier(counted),
    )


def _tier(counted: Mapping[str, Any]) -> str | None:
    """The class of service that was given: by its name, or by Vertex AI's kind of traffic."""
    traffic = _word(counted, "trafficType", "traffic_type")
    given = None if traffic == "traffic_type_unspecified" else traffic
    return _word(counted, "serviceTier", "service_tier") or _TRAFFIC.get(given or "", given)


def _spooled(
    parts: Sequence[Mapping[str, Any]], pictures: Sequence[tuple[int, str]]
) -> Iterator[Spooled]:
    for part in parts:
        inline = _object(_named(part, "inlineData", "inline_data"))
        index = inline.get("data")
        if index is None:
            continue
        if not is_whole(index) or not 0 <= index < len(pictures):
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


def _all(named: tuple[Spooled, ...], pictures: Sequence[tuple[int, str]]) -> tuple[Spooled, ...]:
    """The named ones, after those that came where no picture belongs: they are paid for too."""
    known = {picture.index for picture in named}
    unnamed = (
        Spooled(index=index, mime="", thought=False, size_bytes=size_bytes, sha256=sha256)
        for index, (size_bytes, sha256) in enumerate(pictures)
        if index not in known
    )
    return (*unnamed, *named)


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(_object(candidate.get("content")).get("parts"))


def _text(part: Mapping[str, Any]) -> str | None:
    """Its words, or the address of a picture that is kept elsewhere."""
    file = _object(_named(part, "fileData", "file_data"))
    text = part.get("text", _named(file, "fileUri", "file_uri"))
    return text if isinstance(text, str) else None


def _message(feedback: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]]) -> str:
    words = [_named(feedback, "blockReasonMessage", "block_reason_message")]
    words += [_named(c, "finishMessage", "finish_message") for c in candidates]
    return clean(next((word for word in words if isinstance(word, str) and word), ""))


def _word(holder: Mapping[str, Any], *names: str) -> str | None:
    """An enum: the service's word lower-cased, or the number it had before it had a word."""
    value = _named(holder, *names)
    if is_whole(value):
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
