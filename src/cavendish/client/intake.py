"""From a caller's arguments to an `ImageRequest`; refused here when the model does not take it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, DEFAULT_MODEL, find_model
from cavendish.client.image import Image
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.request import ImageRequest, Reference
from cavendish.imaging.inspect import NotAPicture, inspect

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

ReferenceLike: TypeAlias = "str | Path | bytes | Image | PilImage"

BYTES_PER_TOKEN = 4
REFERENCE_BYTES = 7_000_000
"""The largest inline picture that all direct channels take.
Source: https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini/3-pro-image,
checked 2026-11-22."""
LARGEST_SEED = 2**31 - 1
TIMEOUT_S = 180.0
TIMEOUT_4K_S = 300.0


@dataclass(frozen=True, slots=True)
class Intake:
    """A request that its model takes, with what the caller should be told about it."""

    request: ImageRequest
    model: Model
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def timeout_s(self) -> float:
        """One attempt's default timeout."""
        return TIMEOUT_4K_S if self.request.size == "4K" else TIMEOUT_S

    def to_json(self) -> dict[str, Any]:
        """The parts of the request in order, images as digests: what a dry run shows."""
        request = self.request
        parts: list[dict[str, Any]] = [{"text": request.prompt}]
        parts += [
            {"mime": r.mime, "bytes": len(r.data), "sha256": r.sha256} for r in request.references
        ]
        return {
            "model": request.model,
            "parts": parts,
            "size": request.size,
            "aspect_ratio": request.aspect_ratio,
            "text": request.text,
            "temperature": request.temperature,
            "seed": request.seed,
            "thinking": request.thinking,
        }


def take_in(
    prompt: str,
    *,
    model: str | None,
    size: str | None,
    aspect_ratio: str | None,
    references: Sequence[ReferenceLike],
    text: bool,
    temperature: float | None,
    seed: int | None,
    thinking: str | None,
) -> Intake:
    """Checks every argument against the model's facts and fills in the defaults.

    Raises: InvalidRequest naming the field, UnknownModel.
    """
    facts = find_model(DEFAULT_MODEL if model is None else model)
    notes = []
    if size is None:
        size = facts.default_size
        if size != facts.sizes[0]:
            notes.append(f"size {size}: it costs what {facts.sizes[0]} costs on {facts.name}")
    if aspect_ratio is None:
        aspect_ratio = DEFAULT_ASPECT_RATIO
    _one_of("size", size, facts.sizes, facts)
    _one_of("aspect_ratio", aspect_ratio, facts.aspect_ratios, facts)
    level, warnings = _thinking(thinking, facts)
    request = ImageRequest(
        model=facts.id,
        prompt=_prompt(prompt, facts),
        size=size,
        aspect_ratio=aspect_ratio,
        references=_references(references, facts),
        text=text,
        temperature=_temperature(temperature, facts),
        seed=_seed(seed, facts),
        thinking=level,
    )
    return Intake(request, facts, warnings, tuple(notes))


def _one_of(field: str, value: str, accepts: Sequence[str], model: Model) -> None:
    if value not in accepts:
        raise InvalidRequest(field, f"{model.id} does not draw {value!r}", accepts=accepts)


def _prompt(prompt: str, model: Model) -> str:
    if not isinstance(prompt, str):
        raise InvalidRequest("prompt", f"must be text, not {type(prompt).__name__}")
    if not prompt.strip():
        raise InvalidRequest("prompt", "is empty", accepts="some words saying what to draw")
    try:
        size_bytes = len(prompt.encode())
    except UnicodeEncodeError:
        raise InvalidRequest("prompt", "is not valid Unicode", accepts="UTF-8 text") from None
    if size_bytes > model.input_tokens * BYTES_PER_TOKEN:
        raise InvalidRequest(
            "prompt",
            f"is about {size_bytes // BYTES_PER_TOKEN:,} tokens; "
            f"{model.id} takes {model.input_tokens:,}",
            accepts="a shorter prompt",
        )
    return prompt


def _temperature(temperature: float | None, model: Model) -> float | None:
    if temperature is None:
        return None
    if model.temperature is None:
        raise InvalidRequest("temperature", f"{model.id} does not take one", accepts="no value")
    low, high = model.temperature
    number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not number or not low <= temperature <= high:
        raise InvalidRequest(
            "temperature", f"{temperature!r} is out of range", accepts=f"{low}..{high}"
        )
    return float(temperature)


def _seed(seed: int | None, model: Model) -> int | None:
    if seed is None:
        return None
    if not model.seed:
        raise InvalidRequest("seed", f"{model.id} does not take one", accepts="no value")
    whole = isinstance(seed, int) and not isinstance(seed, bool)
    if not whole or not 0 <= seed <= LARGEST_SEED:
        raise InvalidRequest("seed", f"{seed!r} is out of range", accepts=f"0..{LARGEST_SEED}")
    return seed


def _thinking(level: str | None, model: Model) -> tuple[str | None, tuple[str, ...]]:
    """The cheapest level unless another is asked for."""
    if not model.thinking_levels:
        if level is None:
            return None, ()
        return None, (f"{model.name} always thinks and bills it; thinking={level} has no effect",)
    if level is None:
        return model.thinking_levels[0], ()
    _one_of("thinking", level, model.thinking_levels, model)
    return level, ()


def _references(given: Sequence[ReferenceLike], model: Model) -> tuple[Reference, ...]:
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
