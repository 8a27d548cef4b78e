"""What a generateContent body asks for, read and refused the way the service does."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pybase64

from cavendish_emulator.catalog import Model
from cavendish_emulator.google import rules, signature
from cavendish_emulator.google.errors import GoogleError, bad_fields, invalid
from cavendish_emulator.google.schema import normalise, snake

_URL_SAFE = str.maketrans("-_", "+/")
_NO_RATIO = (1408, 768)  # what the service draws at 1K when no ratio is asked for
_MOST_PICTURES = 14  # in one prompt, whatever the model recommends
Opened = Callable[[str], bytes]
"""Gives the bytes that a fileUri stands for. Raises: GoogleError."""
_NO_CONTENTS = "* GenerateContentRequest.contents: contents is not specified"


@dataclass(frozen=True)
class Reference:
    """One picture that came with the prompt; `drawn` in an earlier turn, by the model."""

    mime: str
    data: bytes
    drawn: bool = False


@dataclass(frozen=True)
class Request:
    """One request the model will execute."""

    model: Model
    prompt: str
    text: str  # every text of the request, which is what is counted and billed
    references: tuple[Reference, ...]
    size: str
    ratio: str | None
    width: int
    height: int
    seed: int | None
    wants_text: bool
    wants_thoughts: bool
    tier: str = "standard"
    searches: tuple[str, ...] = ()  # "web", "image"
    most_tokens: int | None = None
    turns: tuple[str, ...] = ()  # what was asked in earlier turns
    base: Reference | None = None  # the last picture of the model's

    @property
    def digest(self) -> bytes:
        """A fingerprint of everything that shapes the picture."""
        mark = hashlib.sha256()
        for piece in (self.prompt, self.size, str(self.ratio), str(self.seed)):
            mark.update(piece.encode("utf-8", "replace") + b"\0")
        for reference in self.references:
            mark.update(hashlib.sha256(reference.data).digest())
        return mark.digest()


def no_file(uri: str) -> bytes:
    """Where nothing was uploaded, every file is unknown. Raises: GoogleError."""
    name = uri.rsplit("/", 1)[-1]
    raise GoogleError(
        403, f"You do not have permission to access the File {name} or it may not exist."
    )


@dataclass
class Contents:
    """What the turns hold: every text, the user's words turn by turn, and every picture."""

    texts: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    base: Reference | None = None

    @property
    def prompt(self) -> str:
        """The text of the last turn of the user that has one."""
        return self.asked[-1] if self.asked else ""


def read_request(
    raw: bytes, model: Model, opened: Opened = no_file, *, signed: bool = False
) -> Request:
    """Parse and check one body; raises `GoogleError` with the service's own words.

    `opened` reads uploaded files; `signed` holds the model's turns to their signatures.
    """
    checked = normalise(parse(raw))
    contents = checked.get("contents") or []
    if not contents:
        raise invalid(_NO_CONTENTS)
    config = checked.get("generationConfig", {})
    thinking = config.get("thinkingConfig", {})
    rules.check_sampling(config, model)
    rules.check_thinking(thinking, model)
    rules.check_safety(checked.get("safetySettings", []))
    rules.check_cache(checked.get("cachedContent"))
    tier = rules.read_tier(checked.get("serviceTier"), model)
    searches = rules.read_searches(checked.get("tools", []), model)
    text_wanted = rules.wants_text(config, model)
    held = read_contents(contents, opened, signed=signed and model.thinking.on)
    references = held.references
    if len(references) > max(model.references, _MOST_PICTURES):
        raise invalid(
            f"'{model.id}' accepts at most {model.references} images in one request; "
            f"{len(references)} were sent."
        )
    system = checked.get("systemInstruction", {}).get("parts", [])
    texts = [part["text"] for part in system if part.get("text")] + held.texts
    size, ratio, (width, height) = _pixels(config.get("imageConfig", {}), model, references)
    return Request(
        model=model,
        prompt=held.prompt,
        text="\n".join(texts),
        references=tuple(references),
        size=size,
        ratio=ratio,
        width=width,
        height=height,
        seed=config.get("seed"),
        wants_text=text_wanted,
        wants_thoughts=bool(thinking.get("includeThoughts")),
        tier=tier,
        searches=searches,
        most_tokens=config.get("maxOutputTokens"),
        turns=tuple(held.asked[:-1]),
        base=held.base,
    )


def parse(raw: bytes) -> Any:
    """The JSON of a body, or the service's 400."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_fields([("", "Invalid JSON payload received. Unexpected token.")]) from None


def read_contents(
    contents: list[dict[str, Any]], opened: Opened = no_file, *, signed: bool = False
) -> Contents:
    """What the turns hold. Raises: GoogleError."""
    held = Contents()
    for c, content in enumerate(contents):
        role = content.get("role", "user")
        if role not in {"user", "model"}:
            raise invalid("Please use a valid role: user, model.")
        parts = content.get("parts") or []
        if not parts:
            raise invalid(
                f"* GenerateContentRequest.contents[{c}].parts: contents.parts must not be empty."
            )
        spoken = []
        for p, part in enumerate(parts):
            found = _read_part(part, c, p, opened)
            if role == "model" and signed and not part.get("thought"):
                _check_signature(part, found, c, p)
            if isinstance(found, Reference):
                found = replace(found, drawn=role == "model")
                held.references.append(found)
                held.base = found if role == "model" else held.base
            else:
                spoken.append(found)
        held.texts += spoken
        if role == "user" and any(spoken):
            held.asked.append("\n".join(spoken))
    if not held.prompt.strip() and not held.references:
        raise invalid(_NO_CONTENTS)
    return held


def _check_signature(part: dict[str, Any], found: str | Reference, c: int, p: int) -> None:
    given = part.get("thoughtSignature")
    signed = found.data if isinstance(found, Reference) else signature.TEXT
    signature.check(signed, _decode(given, "thought_signature") if given else None, c, p)


def _read_part(part: dict[str, Any], c: int, p: int, opened: Opened) -> str | Reference:
    where = f"contents[{c}].parts[{p}]"
    if "thoughtSignature" in part:
        _decode(part["thoughtSignature"], f"{where}.thought_signature")
    if "inlineData" in part or "fileData" in part:
        if "inlineData" in part:
            data = _decode(part["inlineData"].get("data", ""), f"{where}.inline_data.data")
        else:
            data = opened(part["fileData"].get("fileUri", ""))
        mime = _image_type(data)
        if mime is None:
            raise invalid("Unable to process input image")
        return Reference(mime, data)
    if "text" in part:
        return str(part["text"])
    for other in part:
        if other not in {"thought", "thoughtSignature", "videoMetadata", "mediaResolution"}:
            raise invalid(f"Unable to process {snake(other)} in {where}")
    raise invalid(
        f"* GenerateContentRequest.{where}.data: required oneof field 'data' must have one "
        "initialized field"
    )


def _decode(text: str, path: str) -> bytes:
    try:
        return pybase64.b64decode(text.translate(_URL_SAFE), validate=True)
    except ValueError:
        shown = text if len(text) <= 40 else text[:40] + "..."
        text = f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for \"{shown}\""
        raise bad_fields([(path, text)]) from None


def _image_type(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"heif", b"mif1", b"hevc"}:
        return "image/heic"
    return None


def _pixels(
    config: dict[str, Any], model: Model, references: list[Reference]
) -> tuple[str, str | None, tuple[int, int]]:
    if config.get("imageSize") and not model.takes_sizes:
        raise invalid(f"imageSize is not supported by '{model.id}'.")
    size = config.get("imageSize") or "1K"
    if size not in model.pixels:
        raise invalid(
            f"imageSize {size} is not supported by '{model.id}'. "
            f"Supported: {', '.join(model.pixels)}."
        )
    ratio = config.get("aspectRatio") or "auto"
    table = model.pixels[size]
    if ratio == "auto":
        return size, None, _unasked(size, model, references)
    if ratio not in table:
        raise invalid(
            f"aspectRatio {ratio} is not supported by '{model.id}'. "
            f"Supported: {', '.join(table)}, auto."
        )
    return size, ratio, table[ratio]


def _unasked(size: str, model: Model, references: list[Reference]) -> tuple[int, int]:
    """The pixels when no ratio is asked for: as the first picture, else in no table at all."""
    table = model.pixels[size]
    shape = _shape(references[0].data) if references else None
    if shape is not None:
        near = shape[0] / shape[1]
        return min(table.values(), key=lambda wh: abs(math.log(wh[0] / wh[1] / near)))
    if not model.takes_sizes:
        return table["1:1"]
    width, height = _NO_RATIO
    if size == "512":
        return width // 2, height // 2
    scale = int(size.removesuffix("K"))
    return width * scale, height * scale


def _shape(data: bytes) -> tuple[int, int] | None:
    """Width and height by the header; none where there is no reading it."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
