"""What is asked for: one picture from one model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

Role = Literal["object", "character", "style"]
"""What a reference is there for."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that goes along with the prompt: its bytes as they will be sent.

    `role` and `weight` (0 to 1) are said in the prompt's words where they are given; the service
    has no field for them. `ahead` says that it goes as a file of its own before the request.
    """

    mime: str
    data: bytes = field(repr=False)
    name: str = ""
    role: Role | None = None
    weight: float | None = None
    ahead: bool = False

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class UserTurn:
    """What was asked in an earlier turn of a conversation, as it was sent."""

    prompt: str
    references: tuple[Reference, ...] = ()

    @property
    def text_bytes(self) -> int:
        """How long its words are, in UTF-8."""
        return len(self.prompt.encode())

    @property
    def pictures(self) -> tuple[Reference, ...]:
        """What goes along with its words."""
        return self.references

    @property
    def said(self) -> object:
        """What tells it from every other turn, ready for JSON."""
        return ["user", self.prompt, [[r.mime, r.sha256] for r in self.references]]

    def to_json(self) -> dict[str, object]:
        """The turn as a dry run shows it: pictures as digests."""
        return {"role": "user", "text": self.prompt, "pictures": _shown(self.references)}


@dataclass(frozen=True, slots=True)
class ModelTurn:
    """What was answered in an earlier turn: the service's own content, byte for byte.

    In `content` every picture is its digest in place of its base64; `pictures` are their bytes.
    Whoever kept it for one channel must not send it to another: it holds thought signatures.
    """

    content: bytes = field(repr=False)
    pictures: tuple[Reference, ...] = ()
    text_bytes: int = 0

    @property
    def said(self) -> object:
        """What tells it from every other turn, ready for JSON."""
        return ["model", hashlib.sha256(self.content).hexdigest()]

    def to_json(self) -> dict[str, object]:
        """The turn as a dry run shows it: its length, with signatures, and pictures as digests."""
        shown = _shown(self.pictures)
        return {"role": "model", "content_bytes": len(self.content), "pictures": shown}


def _shown(pictures: Iterable[Reference]) -> list[dict[str, object]]:
    return [{"mime": r.mime, "bytes": len(r.data), "sha256": r.sha256} for r in pictures]


Turn: TypeAlias = UserTurn | ModelTurn


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One picture, fully said: nothing about it is left to the service's defaults.

    `model` is a catalogue id, `size` and `aspect_ratio` are cells of its pixel table. `text` asks
    for words beside the picture, `thoughts` for the trace of its thinking. `thinking` is one of
    the model's levels, or None where the model has none. `search` are kinds of grounding ("web",
    "image"), `safety` pairs of category and threshold, `tier` is the service's class of service.
    `history` are the turns before this one, in order. `kept_for` names the channel whose answer
    is to be kept as a turn, so that a conversation can go on from it; elsewhere it is empty.
    """

    model: str
    prompt: str
    size: str
    aspect_ratio: str
    references: tuple[Reference, ...] = ()
    text: bool = False
    temperature: float | None = None
    seed: int | None = None
    thinking: str | None = None
    thoughts: bool = False
    search: tuple[str, ...] = ()
    safety: tuple[tuple[str, str], ...] = ()
    tier: str = "standard"
    history: tuple[Turn, ...] = ()
    kept_for: str = ""

    @property
    def text_bytes(self) -> int:
        """How long all words that are sent are, in UTF-8, those of earlier turns included."""
        return len(self.prompt.encode()) + sum(turn.text_bytes for turn in self.history)

    @property
    def shown(self) -> tuple[Reference, ...]:
        """Every picture that is sent, in order: those of earlier turns, then the references."""
        earlier = (picture for turn in self.history for picture in turn.pictures)
        return (*earlier, *self.references)

    @property
    def answers(self) -> int:
        """How many earlier answers are sent back, each with the signature of its thinking."""
        return sum(isinstance(turn, ModelTurn) for turn in self.history)

    @property
    def digest(self) -> str:
        """SHA-256 over every field; any change of any field changes it.

        Fields that came later are left out at their defaults, so that what was bought before them
        is still found.
        """
        said: dict[str, object] = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in _LATER or getattr(self, f.name) != f.default
        }
        said["references"] = [[r.mime, r.sha256] for r in self.references]
        if self.history:
            said["history"] = [turn.said for turn in self.history]
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


_LATER = frozenset({"thoughts", "search", "safety", "tier", "history", "kept_for"})
