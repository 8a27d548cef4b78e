"""The chunks of streamGenerateContent as one answer.

As recorded, checked 2026-11-22: text comes in pieces, a picture whole in one chunk, the ending in
the last; token counts are cumulative, on every chunk or only on the last. Source:
https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cavendish.wire.gemini.errors import error_inside
from cavendish.wire.remainder import malformed

__all__ = ["merged", "unwrapped"]

ENVELOPES = ("response", "data", "result")

_NAMES = (
    ("usageMetadata", "usage_metadata"),
    ("promptFeedback", "prompt_feedback"),
    ("modelVersion", "model_version"),
    ("responseId", "response_id"),
)
_ENDINGS = ("finishReason", "finish_reason")


def unwrapped(document: object) -> object:
    """The answer that a gateway put into an envelope of its own, or the document as it is."""
    if isinstance(document, Mapping) and "candidates" not in document:
        for name in ENVELOPES:
            inner = document.get(name)
            if isinstance(inner, Mapping) and "candidates" in inner:
                return inner
    return document


def merged(chunks: Sequence[Any]) -> Mapping[str, Any]:
    """One answer: every candidate in order of arrival, of all else what was said last.

    Without an ending the counts are not the last ones: they are left out, and what is not known is
    then priced as such. Raises the classified ChannelError of an error among the chunks (`billed`
    None once anything came before it), and ProtocolError where a chunk is no object, or where a
    stream stops with neither an ending nor a picture.
    """
    if not chunks:
        raise malformed("it holds no answer", None)
    said: dict[str, Any] = {}
    candidates: list[Any] = []
    for chunk in chunks:
        wrong = error_inside(chunk)
        if wrong is not None:
            wrong.billed = None if candidates else wrong.billed
            raise wrong
        if not isinstance(chunk, Mapping):
            raise malformed(f"a part of it is {type(chunk).__name__} and not an object", None)
        found = chunk.get("candidates")
        candidates += found if isinstance(found, list) else []
        for names in _NAMES:
            value = next((chunk[n] for n in names if chunk.get(n)), None)
            if value is not None:
                said[names[0]] = value
    endings = [at for at, found in enumerate(candidates) if _ends(found)]
    if not endings and "promptFeedback" not in said:
        if not any(map(_holds_picture, candidates)):
            raise malformed("the stream stops before its last part", None)
        said.pop("usageMetadata", None)
    for at in endings[:-1]:  # the ending that counts is the last
        candidates[at] = {k: v for k, v in candidates[at].items() if k not in _ENDINGS}
    return {**said, "candidates": candidates}


def _ends(candidate: Any) -> bool:
    return isinstance(candidate, Mapping) and any(candidate.get(name) for name in _ENDINGS)


def _holds_picture(candidate: Any) -> bool:
    """Whether a finished picture is in it."""
    content = candidate.get("content") if isinstance(candidate, Mapping) else None
    parts = content.get("parts") if isinstance(content, Mapping) else None
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping) and not part.get("thought"):
            inline = part.get("inlineData") or part.get("inline_data")
            if isinstance(inline, Mapping) and inline.get("data") is not None:
                return True
    return False
