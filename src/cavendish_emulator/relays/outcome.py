"""What a native answer says, read tolerantly: faults may have bent its shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cavendish_emulator.google.answer import Answer

FILTERED = {
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
}


@dataclass(frozen=True)
class Tokens:
    """Counts of one execution; `text_out` is words and thoughts."""

    text_in: int
    image_in: int
    text_out: int
    image_out: int
    thoughts: int

    @property
    def prompt(self) -> int:
        """Everything that was read."""
        return self.text_in + self.image_in

    @property
    def completion(self) -> int:
        """Everything that was made."""
        return self.text_out + self.image_out

    def __add__(self, other: Tokens) -> Tokens:
        """Both together."""
        return Tokens(
            self.text_in + other.text_in,
            self.image_in + other.image_in,
            self.text_out + other.text_out,
            self.image_out + other.image_out,
            self.thoughts + other.thoughts,
        )


@dataclass(frozen=True)
class Outcome:
    """An answer: its pictures as (MIME type, base64), its words, and how it ended."""

    pictures: tuple[tuple[str, bytes], ...]
    words: str
    finish: str  # Google's word; for a prompt that was blocked the reason
    said: str | None
    blocked: bool
    model: str | None
    tokens: Tokens | None
    nano_usd: int

    @property
    def filtered(self) -> bool:
        """Whether there is no picture because somebody forbade it."""
        return not self.pictures and (self.blocked or self.finish in FILTERED)


def outcome_of(answer: Answer) -> Outcome:
    """Read one native answer."""
    body = _object(answer.body)
    candidate = _object(next(iter(_list(body.get("candidates"))), None))
    parts = [_object(part) for part in _list(_object(candidate.get("content")).get("parts"))]
    shown = [part for part in parts if not part.get("thought")]
    feedback = _object(body.get("promptFeedback"))
    reason = feedback.get("blockReason")
    usage = body.get("usageMetadata")
    return Outcome(
        pictures=tuple(_picture(answer, p["inlineData"]) for p in shown if "inlineData" in p),
        words="".join(part["text"] for part in shown if isinstance(part.get("text"), str)),
        finish=str(reason or candidate.get("finishReason") or "STOP"),
        said=feedback.get("blockReasonMessage") or candidate.get("finishMessage"),
        blocked=bool(reason),
        model=body.get("modelVersion"),
        tokens=_tokens(usage) if isinstance(usage, dict) and usage else None,
        nano_usd=answer.nano_usd,
    )


def _picture(answer: Answer, inline: Mapping[str, Any]) -> tuple[str, bytes]:
    data = str(inline.get("data", ""))
    found = answer.blob(data)
    return str(inline.get("mimeType", "image/png")), data.encode() if found is None else found


def _tokens(usage: dict[str, Any]) -> Tokens:
    pictures_in = _modality(usage.get("promptTokensDetails"))
    pictures_out = _modality(usage.get("candidatesTokensDetails"))
    thoughts = _int(usage.get("thoughtsTokenCount"))
    return Tokens(
        text_in=_int(usage.get("promptTokenCount")) - pictures_in,
        image_in=pictures_in,
        text_out=_int(usage.get("candidatesTokenCount")) - pictures_out + thoughts,
        image_out=pictures_out,
        thoughts=thoughts,
    )


def _modality(details: Any) -> int:
    found = [_object(entry) for entry in _list(details)]
    return sum(_int(e.get("tokenCount")) for e in found if e.get("modality") == "IMAGE")


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
