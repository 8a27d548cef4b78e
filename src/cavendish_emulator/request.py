"""What a generateContent body asks for, read and refused the way the service does."""

from __future__ import annotations

import hashlib
import io
import json
import math
from dataclasses import dataclass
from typing import Any

import pybase64

from cavendish_emulator import rules
from cavendish_emulator.catalog import Model
from cavendish_emulator.errors import GoogleError, bad_fields, invalid
from cavendish_emulator.schema import normalise, snake

_URL_SAFE = str.maketrans("-_", "+/")
_NO_RATIO = (1408, 768)  # what the service draws at 1K when no ratio is asked for
_MOST_PICTURES = 14  # in one prompt, whatever the model recommends
_NO_CONTENTS = "* GenerateContentRequest.contents: contents is not specified"


@dataclass(frozen=True)
class Reference:
    """One picture that came with the prompt."""

    mime: str
    data: bytes


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

    @property
    def digest(self) -> bytes:
        """A fingerprint of everything that shapes the picture."""
        mark = hashlib.sha256()
        for piece in (self.prompt, self.size, str(self.ratio), str(self.seed)):
            mark.update(piece.encode("utf-8", "replace") + b"\0")
        for reference in self.references:
            mark.update(hashlib.sha256(reference.data).digest())
        return mark.digest()


def read_request(raw: bytes, model: Model) -> Request:
    """Parse and check one body; raises `GoogleError` with the service's own words."""
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
    texts, prompt, references = read_contents(contents)
    if len(references) > max(model.references, _MOST_PICTURES):
        raise invalid(
            f"'{model.id}' accepts at most {model.references} images in one request; "
            f"{len(references)} were sent."
        )
    system = checked.get("systemInstruction", {}).get("parts", [])
    texts = [part["text"] for part in system if part.get("text")] + texts
    size, ratio, (width, height) = _pixels(config.get("imageConfig", {}), model, references)
    return Request(
        model=model,
        prompt=prompt,
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
    )


def count_contents(raw: bytes, model: Model) -> tuple[int, int]:
    """The tokens a countTokens body stands for, of text and of pictures; it has two forms."""
    checked = normalise(parse(raw), "CountTokens")
    asked = checked.get("generateContentRequest", checked)
    contents = asked.get("contents") or []
    if not contents:
        raise invalid("* CountTokensRequest.contents: contents is not specified")
    texts, _, references = read_contents(contents)
    system = asked.get("systemInstruction", {}).get("parts", [])
    texts += [part["text"] for part in system if part.get("text")]
    return count_text("\n".join(texts)), model.reference_tokens * len(references)


def count_text(text: str) -> int:
    """Tokens of a text: about four bytes each."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


def parse(raw: bytes) -> Any:
    """The JSON of a body, or the service's 400."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_fields([("", "Invalid JSON payload received. Unexpected token.")]) from None


def read_contents(
    contents: list[dict[str, Any]],
) -> tuple[list[str], str, list[Reference]]:
    """Every text, the text of the last turn of the user, and every picture."""
    texts: list[str] = []
    prompt = ""
    references: list[Reference] = []
    for c, content in enumerate(contents):
        if content.get("role", "user") not in {"user", "model"}:
            raise invalid("Please use a valid role: user, model.")
        parts = content.get("parts") or []
        if not parts:
            raise invalid(
                f"* GenerateContentRequest.contents[{c}].parts: contents.parts must not be empty."
            )
        spoken = []
        for p, part in enumerate(parts):
            found = _read_part(part, c, p)
            if isinstance(found, Reference):
                references.append(found)
            else:
                spoken.append(found)
        texts += spoken
        if content.get("role", "user") == "user":
            prompt = "\n".join(spoken) or prompt
    if not prompt.strip() and not references:
        raise invalid(_NO_CONTENTS)
    return texts, prompt, references


def _read_part(part: dict[str, Any], c: int, p: int) -> str | Reference:
    where = f"contents[{c}].parts[{p}]"
    if "thoughtSignature" in part:
        _decode(part["thoughtSignature"], f"{where}.thought_signature")
    if "inlineData" in part:
        blob = part["inlineData"]
        data = _decode(blob.get("data", ""), f"{where}.inline_data.data")
        mime = _image_type(data)
        if mime is None:
            raise invalid("Unable to process input image")
        return Reference(mime, data)
    if "fileData" in part:
        name = part["fileData"].get("fileUri", "").rsplit("/", 1)[-1]
        raise GoogleError(
            403, f"You do not have permission to access the File {name} or it may not exist."
        )
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
