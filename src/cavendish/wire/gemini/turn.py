"""An answer as a turn that can be sent back: its parts byte for byte, its pictures by digest.

A thought signature must come back unchanged on the part it came on, and nobody knows what else a
service will one day look for, so the parts are cut out of the answer's own bytes and never written
anew. Source: https://ai.google.dev/gemini-api/docs/thought-signatures, checked 2026-11-25.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pybase64

from cavendish.core.number import is_whole
from cavendish.core.request import ModelTurn
from cavendish.wire.gemini.chunks import ENVELOPES
from cavendish.wire.remainder import malformed, parse_strict

__all__ = ["Content", "Held", "held", "kept", "written"]

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_DIGEST: Final = re.compile(rb'(:[ \t\n\r]*")([0-9a-f]{64})(?=")')
"""Outside of a string only: inside one every quotation mark has a backslash before it."""
_HEX: Final = re.compile(r"[0-9a-f]{64}")
_INLINE: Final = ("inlineData", "inline_data")
_SIGNATURE: Final = ("thoughtSignature", "thought_signature")


@dataclass(frozen=True, slots=True)
class Content:
    """A turn of the model, ready to be kept, and which of the answer's pictures it names."""

    json: bytes
    pictures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What a kept turn holds: digest and declared type of each picture, its words, and whether
    every picture has its thought signature."""

    pictures: tuple[tuple[str, str], ...]
    text: str
    signed: bool


@dataclass(frozen=True, slots=True)
class _Raw:
    """One JSON value where it stands."""

    text: str
    start: int
    end: int

    @classmethod
    def at(cls, text: str, place: int) -> _Raw:
        start = _after_space(text, place)
        return cls(text, start, _DECODER.raw_decode(text, start)[1])

    def __str__(self) -> str:
        return self.text[self.start : self.end]

    def value(self) -> Any:
        return _DECODER.raw_decode(self.text, self.start)[0]

    def members(self) -> Iterator[tuple[str, _Raw]]:
        """Of an object; anything else has none."""
        for place in self._places("{"):
            key, place = _DECODER.raw_decode(self.text, place)
            yield key, _Raw.at(self.text, _after_space(self.text, place) + 1)

    def items(self) -> list[_Raw]:
        """Of an array; anything else has none."""
        return [_Raw.at(self.text, place) for place in self._places("[")]

    def get(self, *names: str) -> _Raw | None:
        """The member with one of these names that is not null."""
        found = dict(self.members())
        return next((found[n] for n in names if n in found and str(found[n]) != "null"), None)

    def _places(self, opening: str) -> Iterator[int]:
        """Where each member or item begins."""
        if not self.text.startswith(opening, self.start):
            return
        place = _after_space(self.text, self.start + 1)
        while place < self.end - 1:
            yield place
            if opening == "{":
                place = _after_space(self.text, _DECODER.raw_decode(self.text, place)[1]) + 1
            place = _after_space(self.text, _Raw.at(self.text, place).end)
            place = _after_space(self.text, place + 1)  # past the comma


def kept(rest: bytes, digests: Sequence[str], final: int) -> Content | None:
    """The turn of the candidate that holds picture `final`, or None where none holds it.

    `rest` is a whole answer in which each picture is its index, as it was decoded before;
    `digests` are the pictures'. Parts keep their order; of a stream they are joined. Thoughts
    without a signature, and pictures that did not come, are left out: they need not come back.
    """
    whole = _Raw.at(rest.decode("utf-8"), 0)
    turns: dict[int, list[_Raw]] = {}
    for chunk in whole.items() or [whole]:
        for number, candidate in enumerate(_candidates(chunk)):
            turns.setdefault(_place(candidate, number), []).extend(_parts(candidate))
    for parts in turns.values():
        pictures = tuple(i for part in parts if (i := _index(part)) is not None)
        if final in pictures:
            said = ",".join(_with_digest(part, digests) for part in parts)
            return Content(f'{{"role":"model","parts":[{said}]}}'.encode(), pictures)
    return None


def held(content: bytes) -> Held:
    """What a kept turn holds. Raises ProtocolError where it is none."""
    said = parse_strict(content)
    parts = said.get("parts") if isinstance(said, Mapping) else None
    if not isinstance(parts, list) or not parts or said.get("role") != "model":
        raise malformed("a turn of the model without parts", None)
    pictures, words, signed = [], [], True
    for part in parts:
        if not isinstance(part, Mapping):
            raise malformed("a part of a turn that is no object", None)
        if isinstance(text := part.get("text"), str):
            words.append(text)
        for inline in (part[name] for name in _INLINE if name in part):
            digest = inline.get("data") if isinstance(inline, Mapping) else None
            if not isinstance(digest, str) or not _HEX.fullmatch(digest):
                raise malformed("a picture in a turn without its digest", None)
            mime = inline.get("mimeType", inline.get("mime_type", ""))
            pictures.append((digest, mime if isinstance(mime, str) else ""))
            signed = signed and any(part.get(name) for name in _SIGNATURE)
    return Held(tuple(pictures), "".join(words), signed)


def written(turn: ModelTurn) -> Iterator[bytes]:
    """The turn as it is sent: the bytes that were kept, base64 in the place of each digest."""
    pictures = {picture.sha256.encode(): picture.data for picture in turn.pictures}
    place = 0
    for found in _DIGEST.finditer(turn.content):
        data = pictures.get(found[2])
        if data is not None:
            yield turn.content[place : found.start(2)]
            yield pybase64.b64encode(data)
            place = found.end(2)
    yield turn.content[place:]


def _candidates(chunk: _Raw) -> list[_Raw]:
    for holder in (chunk, *(inner for name in ENVELOPES if (inner := chunk.get(name)))):
        if (found := holder.get("candidates")) is not None:
            return found.items()
    return []


def _place(candidate: _Raw, number: int) -> int:
    """Which candidate it is: the chunks of a stream go on with the same one."""
    index = candidate.get("index")
    said = None if index is None else index.value()
    return said if is_whole(said) else number


def _parts(candidate: _Raw) -> list[_Raw]:
    content = candidate.get("content")
    parts = content and content.get("parts")
    return [part for part in parts.items() if _is_needed(part)] if parts else []


def _is_needed(part: _Raw) -> bool:
    if part.get(*_INLINE) is not None and _index(part) is None:
        return False
    thought = part.get("thought")
    return thought is None or not thought.value() or part.get(*_SIGNATURE) is not None


def _data(part: _Raw) -> _Raw | None:
    inline = part.get(*_INLINE)
    return inline and inline.get("data")


def _index(part: _Raw) -> int | None:
    data = _data(part)
    return None if data is None else int(data.value())


def _with_digest(part: _Raw, digests: Sequence[str]) -> str:
    data = _data(part)
    if data is None:
        return str(part)
    before, after = part.text[part.start : data.start], part.text[data.end : part.end]
    return f'{before}"{digests[int(data.value())]}"{after}'


def _after_space(text: str, place: int) -> int:
    return _SPACE.match(text, place).end()  # type: ignore[union-attr]
