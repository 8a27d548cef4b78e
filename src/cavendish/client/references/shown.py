"""References made ready: what is sent for each, what was done to it, and how good it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from cavendish.client.references.ref import Ref
from cavendish.client.references.source import source
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.request import Reference, Role
from cavendish.imaging.header import NotAPicture
from cavendish.imaging.opening import BREAKS_OFF, NeedsReader
from cavendish.imaging.upload import TooLarge, Unseen, Upload

REFERENCE_BYTES = 7_000_000
"""The largest inline picture that all direct channels take.
Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini/3-pro-image,
checked 2026-11-22."""

Ready: TypeAlias = Callable[[bytes, int, int], Upload]
"""Makes bytes ready, for a longer side and a length: `imaging.upload.made_ready`, here or in a
process of its own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One reference as it is sent. `given_bytes` is the size of what was handed in."""

    reference: Reference
    given_bytes: int
    upload: Upload

    @property
    def role(self) -> Role | None:
        """What it is there for, if that was said."""
        return self.reference.role

    @property
    def name(self) -> str:
        """Its file, or its number."""
        return self.reference.name

    @property
    def note(self) -> str:
        """What was done to it, in a line; empty when it is sent as it is."""
        done = ", ".join(self.upload.notes)
        return f"{self.name}: {done}" if done else ""

    def within(self, most_bytes: int, ready: Ready) -> Shown:
        """The same, encoded again to be no longer than that. Raises: InvalidRequest."""
        before = self.upload
        if len(before.data) <= most_bytes:
            return self
        longest_px = max(before.sent_width, before.sent_height)
        again = _ready(ready, before.data, self.name, longest_px, most_bytes)
        notes = (*before.notes, *again.notes)
        upload = replace(again, width=before.width, height=before.height, notes=notes)
        return _shown(upload, self.reference, self.given_bytes)

    def to_json(self) -> dict[str, Any]:
        """What a dry run shows of it."""
        upload, said = self.upload, self.reference
        return {
            "name": said.name,
            "role": said.role,
            "weight": said.weight,
            "width": upload.width,
            "height": upload.height,
            "bytes": self.given_bytes,
            "sent_mime": upload.mime,
            "sent_width": upload.sent_width,
            "sent_height": upload.sent_height,
            "sent_bytes": len(upload.data),
            "sha256": said.sha256,
            "notes": list(upload.notes),
            "quality": upload.quality.to_json(),
        }


def shown(ref: Ref, number: int, model: Model, ready: Ready) -> Shown:
    """The reference with this number, ready for that model. Raises: InvalidRequest."""
    name, data = source(ref, number)
    upload = _ready(ready, data, name, model.reference_px, REFERENCE_BYTES)
    said = Reference(upload.mime, upload.data, name, ref.role, ref.weight)
    return Shown(said, len(data), upload)


def _shown(upload: Upload, said: Reference, given_bytes: int) -> Shown:
    return Shown(replace(said, mime=upload.mime, data=upload.data), given_bytes, upload)


def _ready(ready: Ready, data: bytes, name: str, longest_px: int, most_bytes: int) -> Upload:
    try:
        return ready(data, longest_px, most_bytes)
    except NotAPicture as error:
        raise _refusal(name, error) from error


def _refusal(name: str, error: NotAPicture) -> InvalidRequest:
    problem = str(error)
    if isinstance(error, TooLarge):
        problem, accepts = f"is too large: {problem}", "fewer or smaller pictures"
    elif isinstance(error, NeedsReader):
        problem = f"is {problem}, whose reader is not installed"
        accepts = "a JPEG of it, or install the reader: pip install 'cavendish[heic]'"
    elif isinstance(error, Unseen):
        problem, accepts = f"cannot be looked at: {problem}", "a smaller picture, or try again"
    elif problem == BREAKS_OFF:
        accepts = "a whole file"
    else:
        problem = f"is not a picture: {problem}"
        accepts = "a PNG, JPEG or WebP; HEIC, AVIF, TIFF, GIF and BMP are converted"
    return InvalidRequest("references", f"{name} {problem}", accepts=accepts)
