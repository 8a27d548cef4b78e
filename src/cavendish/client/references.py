"""References: the pictures a caller hands in, as they will be sent."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from cavendish.client.image import Image
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.request import Reference
from cavendish.imaging.inspect import NotAPicture, inspect

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

ReferenceLike: TypeAlias = "str | Path | bytes | Image | PilImage"

REFERENCE_BYTES = 7_000_000
"""The largest inline picture that all direct channels take.
Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini/3-pro-image,
checked 2026-11-22."""


def references_of(given: Sequence[ReferenceLike], model: Model) -> tuple[Reference, ...]:
    """The references of a request. Raises: InvalidRequest naming the one that does not fit."""
    if isinstance(given, str | bytes | Path):
        given = [given]
    if len(given) > model.references:
        raise InvalidRequest(
            "references",
            f"{len(given)} given; {model.id} takes {model.references}",
            accepts=f"at most {model.references}",
        )
    return tuple(_reference(one, number) for number, one in enumerate(given, start=1))


def _reference(given: ReferenceLike, number: int) -> Reference:
    name, data = f"number {number}", b""
    if isinstance(given, str | Path):
        name = str(given)
        data = _file(Path(given))
    elif isinstance(given, bytes):
        data = given
    elif isinstance(given, Image):
        data = given.bytes
    elif callable(getattr(given, "save", None)):  # a PIL image; PIL itself need not be loaded
        buffer = io.BytesIO()
        given.save(buffer, "PNG")
        data = buffer.getvalue()
    else:
        raise InvalidRequest(
            "references",
            f"{name} is {type(given).__name__}",
            accepts="a file, bytes, a PIL image or an earlier picture",
        )
    if len(data) > REFERENCE_BYTES:
        raise InvalidRequest(
            "references",
            f"{name} is too large; a reference may have {REFERENCE_BYTES:,} bytes",
            accepts="a smaller picture",
        )
    try:
        header = inspect(io.BytesIO(data))
    except NotAPicture as error:
        raise InvalidRequest(
            "references", f"{name} is not a picture: {error}", accepts="PNG, JPEG or WebP"
        ) from error
    if not header.complete:
        raise InvalidRequest("references", f"{name} breaks off", accepts="a whole file")
    return Reference(header.mime, data, name)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(REFERENCE_BYTES + 1)  # a device or a pipe may have no end
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(
            "references", f"{path}: {problem}", accepts="a file that can be read"
        ) from error
