"""The answer as streamGenerateContent sends it: a chunk for every part, then the ending."""

from __future__ import annotations

from typing import Any

from cavendish_emulator.google.answer import Answer

_LATE = ("groundingMetadata", "safetyRatings", "citationMetadata", "finishMessage")
_WORDS = 6  # to a chunk of text


def chunks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Text in several chunks, every picture whole in one, then the reason it finished.

    A model that signs ends with a part of empty text that holds the text's signature; one that
    does not ends with its picture. The chats of the official SDKs forget a turn in which any chunk
    has no parts.
    """
    parts = _parts(body)
    if not parts:
        return [body]
    candidate = body["candidates"][0]
    rest = {k: v for k, v in body.items() if k != "candidates"}
    role = {"role": candidate["content"]["role"]} if "role" in candidate["content"] else {}
    head = {k: v for k, v in candidate.items() if k not in {"content", "finishReason", *_LATE}}
    usage = body.get("usageMetadata")
    found = []
    pieces = [piece for part in parts for piece in _pieces(part)]
    if any("thoughtSignature" in part for part in parts):
        pieces.append(_ending(parts))
    seen = 0
    for part in pieces:
        seen += len(part.get("text", "").split())
        counted = {**rest, **_so_far(usage, seen, part)}
        found.append({"candidates": [{"content": {"parts": [part], **role}, **head}], **counted})
    last = found[-1]["candidates"][0]
    found[-1] = {"candidates": [{**candidate, "content": last["content"]}], **rest}
    return found


def _ending(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The empty part behind the rest, with the signature of what was said, if that has one."""
    seals = [p["thoughtSignature"] for p in parts if "text" in p and "thoughtSignature" in p]
    return {"text": "", **({"thoughtSignature": seals[0]} if seals else {})}


def _parts(body: Any) -> list[dict[str, Any]]:
    """The parts, where the answer is of the shape that is cut up."""
    try:
        (candidate,) = body["candidates"]
        parts = candidate["content"]["parts"]
    except (KeyError, TypeError, ValueError):
        return []
    good = isinstance(parts, list) and all(isinstance(part, dict) for part in parts)
    return parts if good else []


def _pieces(part: dict[str, Any]) -> list[dict[str, Any]]:
    text = part.get("text")
    if not isinstance(text, str) or "inlineData" in part:
        return [part]
    words = text.split(" ")
    cut = [" ".join(words[i : i + _WORDS]) for i in range(0, len(words), _WORDS)]
    joined = [piece if i == 0 else f" {piece}" for i, piece in enumerate(cut)]
    kept = {k: v for k, v in part.items() if k != "thoughtSignature"}
    return [{**kept, "text": piece} for piece in joined]


def _so_far(usage: Any, words: int, part: dict[str, Any]) -> dict[str, Any]:
    """Usage grows with the stream: the prompt and the words until now, all of it with a picture.

    Vertex AI counts nothing before the end and names the kind of traffic.
    """
    if isinstance(usage, dict) and "trafficType" in usage:
        return {"usageMetadata": {"trafficType": usage["trafficType"]}}
    if not isinstance(usage, dict) or not isinstance(usage.get("promptTokenCount"), int):
        return {}
    if "text" not in part:
        return {}
    prompt = usage["promptTokenCount"]
    kept = {k: usage[k] for k in ("promptTokensDetails", "serviceTier") if k in usage}
    counts = {"promptTokenCount": prompt, "candidatesTokenCount": words}
    return {"usageMetadata": {**counts, "totalTokenCount": prompt + words, **kept}}


def event_stream(answer: Answer, error: dict[str, Any] | None = None) -> list[bytes]:
    """The pieces of a server-sent event stream; there is no [DONE]. `error` ends it early."""
    pieces: list[bytes] = []
    for body in _until(answer, error):
        pieces += [b"data: ", *answer.pieces(body, compact=True), b"\r\n\r\n"]
    return pieces


def array_stream(answer: Answer, error: dict[str, Any] | None = None) -> list[bytes]:
    """The pieces of the JSON array that is sent without `alt=sse`.

    Nothing follows its bracket: the clients of google-api-core refuse even a line's end there.
    """
    pieces: list[bytes] = []
    for i, body in enumerate(_until(answer, error)):
        pieces += [b",\r\n" if i else b"[", *answer.pieces(body)]
    return [*pieces, b"]"]


def _until(answer: Answer, error: dict[str, Any] | None) -> list[dict[str, Any]]:
    found = chunks(answer.body)
    return found if error is None else [found[0], error]
