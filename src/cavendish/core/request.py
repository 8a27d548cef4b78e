"""What is asked for: one picture from one model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from typing import Literal

Role = Literal["object", "character", "style"]
"""What a reference is there for."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that goes along with the prompt: its bytes as they will be sent.

    `role` and `weight` (0 to 1) are said in the prompt's words where they are given; the service
    has no field for them.
    """

    mime: str
    data: bytes = field(repr=False)
    name: str = ""
    role: Role | None = None
    weight: float | None = None

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One picture, fully said: nothing about it is left to the service's defaults.

    `model` is a catalogue id, `size` and `aspect_ratio` are cells of its pixel table. `text` asks
    for words beside the picture, `thoughts` for the trace of its thinking. `thinking` is one of
    the model's levels, or None where the model has none. `search` are kinds of grounding ("web",
    "image"), `safety` pairs of category and threshold, `tier` is the service's class of service.
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
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


_LATER = frozenset({"thoughts", "search", "safety", "tier"})
