"""What OpenAI's two dialects share: how an answer is begun, its pictures, its words, its ending.

Relays answer in either shape and in mixtures of both, so one reader takes what is there.
Shapes: https://platform.openai.com/docs/api-reference/chat/object and .../images/object,
https://openrouter.ai/docs/guides/overview/multimodal/image-generation, checked 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cavendish.core.number import is_whole
from cavendish.core.result import Answer, Spooled
from cavendish.wire.data_url import without_heads
from cavendish.wire.gemini.errors import error_inside, error_of_stranger
from cavendish.wire.gemini.fault import clean
from cavendish.wire.openai.usage import cost, usage
from cavendish.wire.remainder import malformed
from cavendish.wire.task import task_in

__all__ = ["decode"]

_WORD_CHARS: Final = 80
_NAMES: Final = frozenset({"choices", "data", "usage", "created", "object", "b64_json"})
"""Each of them says that a document is an answer of these dialects."""

_FINISHES: Final[Mapping[str, str]] = {"length": "max_tokens"}
_TIERS: Final[Mapping[str, str]] = {"default": "standard", "auto": "standard"}
_REASONING: Final = ("reasoning", "reasoning_content")


def decode(document: object, pictures: Sequence[tuple[int, str]]) -> Answer:
    """An answer from its small JSON and (size in bytes, sha256) of each spooled picture.

    A list is the chunks of a stream, which are one answer. Pictures are in the order of arrival,
    wherever they stood; `mime` is what stands beside or before them, or "". `finish` is the
    service's own reason where the provider passes it on (`native_finish_reason`). A link in place
    of a picture becomes words: it is not fetched.

    Raises ProtocolError when the JSON is not an object, and the classified ChannelError when it is
    an error in place of an answer.
    """
    chunks = [_checked(one) for one in (document if isinstance(document, list) else [document])]
    if not chunks:
        raise malformed("it holds no answer", None)
    for chunk in chunks:
        for holder in (chunk, *_objects(chunk.get("choices"))):
            wrong = error_inside({"error": holder.get("error")})
            if wrong is not None and not pictures:
                raise wrong
    known = any(chunk.get(name) is not None for chunk in chunks for name in _NAMES)
    if not pictures and (not known or task_in(chunks[0]) is not None):
        raise error_of_stranger(chunks[0])
    choices = [choice for chunk in chunks for choice in _objects(chunk.get("choices"))]
    finish = _last(_finish(choice) for choice in choices)
    if len(chunks) > 1 and choices and finish is None and not pictures:
        raise malformed("the stream stops before its last part", None)
    said = [_object(choice.get("message") or choice.get("delta")) for choice in choices]
    counted = _last(chunk.get("usage") for chunk in chunks)
    text, _ = without_heads("".join(_words(said)) + "".join(_links(chunks, said)))
    return Answer(
        pictures=_spooled(chunks, pictures),
        text=text.strip(),
        thoughts="".join(
            next((one[n] for n in _REASONING if isinstance(one.get(n), str)), "") for one in said
        ),
        usage=usage(counted, pictures=bool(pictures)),
        finish=finish,
        block=None,
        message=clean(_last(one.get("refusal") for one in said)),
        ratings=(),
        model_version=_short(_last(chunk.get("model") for chunk in chunks)),
        response_id=_short(_last(chunk.get("id") for chunk in chunks)),
        tier=_tier(_last(chunk.get("service_tier") for chunk in chunks)),
        cost=cost(counted),
    )


def _checked(chunk: object) -> Mapping[str, Any]:
    if not isinstance(chunk, Mapping):
        raise malformed(f"it is {type(chunk).__name__} and not an object", None)
    return chunk


def _spooled(
    chunks: Sequence[Mapping[str, Any]], pictures: Sequence[tuple[int, str]]
) -> tuple[Spooled, ...]:
    """Every picture in order; types only where there is one for each of them."""
    mimes = list(_mimes(chunks))
    if len(mimes) != len(pictures):
        mimes = [""] * len(pictures)
    return tuple(
        Spooled(index=index, mime=mime[:_WORD_CHARS], thought=False, size_bytes=size, sha256=sha256)
        for index, ((size, sha256), mime) in enumerate(zip(pictures, mimes, strict=True))
    )


def _mimes(value: object) -> Iterator[str]:
    """The declared type of every picture, in the order of the document."""
    if isinstance(value, str):
        yield from without_heads(value)[1]
    elif isinstance(value, list):
        for item in value:
            yield from _mimes(item)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name == "b64_json" and is_whole(item):
                mime = value.get("media_type")
                yield mime.strip().lower() if isinstance(mime, str) else ""
            else:
                yield from _mimes(item)


def _words(said: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for message in said:
        content = message.get("content")
        if isinstance(content, str):
            yield content
        for part in _objects(content):
            if isinstance(part.get("text"), str):
                yield part["text"]


def _links(chunks: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Addresses of pictures that are kept elsewhere."""
    held = [one for chunk in chunks for one in _objects(chunk.get("data"))]
    for message in said:
        held += [*_objects(message.get("images")), *_objects(message.get("content"))]
    for one in held:
        inner = one.get("image_url")
        url = inner if isinstance(inner, str) else _object(inner).get("url") or one.get("url")
        if isinstance(url, str) and not url.startswith("data:"):
            yield f" {url}"


def _finish(choice: Mapping[str, Any]) -> str | None:
    said = choice.get("native_finish_reason") or choice.get("finish_reason")
    if not isinstance(said, str) or not said:
        return None
    word = said.lower()[:_WORD_CHARS]
    return _FINISHES.get(word, word)


def _tier(said: object) -> str | None:
    word = said.lower()[:_WORD_CHARS] if isinstance(said, str) and said else None
    return _TIERS.get(word, word) if word else None


def _last(values: Iterator[Any]) -> Any:
    return next(reversed([value for value in values if value is not None]), None)


def _short(value: object) -> str | None:
    return value[: 2 * _WORD_CHARS] if isinstance(value, str) and value else None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Mapping[str, Any]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, Mapping)]
