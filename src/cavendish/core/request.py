"""What is asked for: one picture from one model."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that goes along with the prompt: its bytes as they will be sent."""

    mime: str
    data: bytes = field(repr=False)
    name: str = ""

    @property
    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One picture, fully said: nothing about it is left to the service's defaults.

    `model` is a catalogue id, `size` and `aspect_ratio` are cells of its pixel table. `text` asks
    for words beside the picture. `thinking` is one of the model's levels, or None where the model
    has none.
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

    @property
    def digest(self) -> str:
        """SHA-256 over every field; any change of any field changes it."""
        said: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self)}
        said["references"] = [[r.mime, r.sha256] for r in self.references]
        canonical = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
