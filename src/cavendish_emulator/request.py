"""What a generateContent body asks for, read and refused the way the service does."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pybase64

from cavendish_emulator.catalog import Model
from cavendish_emulator.errors import GoogleError, bad_fields, invalid
from cavendish_emulator.schema import normalise, snake

_URL_SAFE = str.maketrans("-_", "+/")
_SAMPLING = ("temperature", "seed", "topP", "topK", "logprobs", "responseLogprobs")
_NO_RATIO = (1408, 768)  # what the service draws at 1K when no ratio is asked for


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
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise bad_fields([("", "Invalid JSON payload received. Unexpected token.")]) from None
    checked = normalise(body)
    contents = checked.get("contents") or []
    if not contents:
        raise invalid("* GenerateContentRequest.contents: contents is not specified")
    config = checked.get("generationConfig", {})
    _check_sampling(config, model)
    _check_thinking(config.get("thinkingConfig", {}), model)
    _check_tier(checked.get("serviceTier"))
    text_wanted = _modalities(config, model)
    texts, prompt, references = _read_contents(contents, model)
    system = checked.get("systemInstruction", {}).get("parts", [])
    texts = [part["text"] for part in system if part.get("text")] + texts
    size, ratio, (width, height) = _pixels(config.get("imageConfig", {}), model)
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
        wants_thoughts=bool(config.get("thinkingConfig", {}).get("includeThoughts")),
    )


def _check_sampling(config: dict[str, Any], model: Model) -> None:
    for name in _SAMPLING:
        if name not in config:
            continue
        rule = model.parameters.get(name, model.parameters.get("temperature", True))
        if rule is False:
            raise invalid(f"{name} is not supported by '{model.id}'.")
        if name == "temperature" and isinstance(rule, list):
            low, high = rule
            if not low <= config[name] <= high:
                raise invalid(
                    "* GenerateContentRequest.generation_config.temperature: temperature must "
                    f"be in the range [{low:.1f}, {high:.1f}]."
                )
    if config.get("candidateCount", 1) != 1:
        raise invalid("Multiple candidates is not enabled for this model")


def _check_thinking(thinking: dict[str, Any], model: Model) -> None:
    if "thinkingBudget" in thinking:
        raise invalid("Thinking budget is not supported for this model.")
    level = thinking.get("thinkingLevel", "THINKING_LEVEL_UNSPECIFIED").lower()
    if level != "thinking_level_unspecified" and model.levels and level not in model.levels:
        raise invalid(f"Thinking level {level.upper()} is not supported for this model.")


def _check_tier(tier: str | None) -> None:
    if tier and tier.lower() not in {"standard", "unspecified", "service_tier_unspecified"}:
        raise invalid(f"Service tier {tier} is not supported by the emulator.")


def _modalities(config: dict[str, Any], model: Model) -> bool:
    """Whether text is wanted beside the picture."""
    asked = set(config.get("responseModalities") or ("TEXT", "IMAGE")) - {"MODALITY_UNSPECIFIED"}
    if "IMAGE" not in asked or "AUDIO" in asked:
        raise invalid(
            f"The requested combination of response modalities ({', '.join(sorted(asked))}) is "
            f"not supported by the model. models/{model.id} accepts the following combination "
            "of response modalities:\n* IMAGE\n* IMAGE, TEXT\n"
        )
    return "TEXT" in asked


def _read_contents(
    contents: list[dict[str, Any]], model: Model
) -> tuple[list[str], str, list[Reference]]:
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
    if len(references) > model.references:
        raise invalid(
            f"'{model.id}' accepts at most {model.references} images in one request; "
            f"{len(references)} were sent."
        )
    if not prompt.strip():
        raise invalid("* GenerateContentRequest.contents: contents is not specified")
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


def _pixels(config: dict[str, Any], model: Model) -> tuple[str, str | None, tuple[int, int]]:
    size = config.get("imageSize") or "1K"
    if size not in model.pixels:
        raise invalid(
            f"imageSize {size} is not supported by '{model.id}'. "
            f"Supported: {', '.join(model.pixels)}."
        )
    ratio = config.get("aspectRatio") or "auto"
    table = model.pixels[size]
    if ratio == "auto":
        return size, None, _default_pixels(size)
    if ratio not in table:
        raise invalid(
            f"aspectRatio {ratio} is not supported by '{model.id}'. "
            f"Supported: {', '.join(table)}, auto."
        )
    return size, ratio, table[ratio]


def _default_pixels(size: str) -> tuple[int, int]:
    scale = int(size.removesuffix("K")) if size.endswith("K") else 1
    return _NO_RATIO[0] * scale, _NO_RATIO[1] * scale
