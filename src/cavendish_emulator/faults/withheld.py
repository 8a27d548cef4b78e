"""Faults that answer 200 without a picture: blocked prompts and filtered pictures.

The reasons are the enums of the v1beta API, https://ai.google.dev/api/generate-content, and what
Vertex AI adds, checked 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cavendish_emulator.faults.entry import Args, Entry

FINISH_REASONS = (
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_OTHER",
    "NO_IMAGE",
    "IMAGE_RECITATION",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
)
BLOCK_REASONS = (
    "BLOCK_REASON_UNSPECIFIED",
    "SAFETY",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
    "MODEL_ARMOR",
    "JAILBREAK",
)
MESSAGES = {
    "IMAGE_SAFETY": "Unable to show the generated image. The image was filtered out because it "
    "violated Google's [Generative AI Prohibited Use policy]"
    "(https://policies.google.com/terms/generative-ai/use-policy). You will not be charged for "
    "blocked images. Try rephrasing the prompt. If you think this was an error, "
    "[send feedback](https://support.google.com/gemini).",
    "IMAGE_PROHIBITED_CONTENT": "Unable to show the generated image. The image was filtered out "
    "because it violated Google's Responsible AI practices. Try rephrasing the prompt. If you "
    "think this was an error, send feedback. Support code: 11030041.",
    "IMAGE_OTHER": "Unable to show the generated image. The model could not generate the image "
    "based on the prompt provided. You will not be charged for this request. Try rephrasing the "
    "prompt.",
}
_UNKNOWN_FINISH, _UNKNOWN_BLOCK = "IMAGE_OF_TOMORROW", "TOMORROW"
_CONTENTS: dict[str, dict[str, Any]] = {
    "role": {"content": {"role": "model"}},
    "absent": {},
    "empty": {"content": {}},
    "null": {"content": None},
    "null_parts": {"content": {"parts": None}},
    "empty_parts": {"content": {"parts": [], "role": "model"}},
}
_SAID = {"message": ("string", None), "ratings": ("boolean", False)}


@dataclass(frozen=True)
class Withheld(Entry):
    """A fault without a picture; the model runs, and what it read and thought is billed."""

    build: Callable[[Args], dict[str, Any]] = lambda _args: {}


def ratings(category: str) -> list[dict[str, Any]]:
    """Safety ratings of which one blocked."""
    return [
        {"category": category, "probability": "HIGH", "blocked": True},
        {"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"},
    ]


def finished(reason: str, args: Args | None = None) -> dict[str, Any]:
    """A candidate that ended for this reason, without a picture."""
    given = args or {}
    content = _CONTENTS.get(given.get("content", "role"), {})
    candidate: dict[str, Any] = {**content, "finishReason": reason, "index": 0}
    message = given.get("message")
    said = MESSAGES.get(reason) if message is None else message
    if said:
        candidate["finishMessage"] = said
    if given.get("ratings"):
        candidate["safetyRatings"] = ratings("HARM_CATEGORY_SEXUALLY_EXPLICIT")
    return {"candidates": [candidate]}


def blocked(reason: str, args: Args | None = None) -> dict[str, Any]:
    """A prompt that was refused; there are no candidates."""
    given = args or {}
    feedback: dict[str, Any] = {"blockReason": reason}
    if given.get("message"):
        feedback["blockReasonMessage"] = given["message"]
    if given.get("ratings"):
        feedback["safetyRatings"] = ratings("HARM_CATEGORY_DANGEROUS_CONTENT")
    return {"promptFeedback": feedback}


def _either(args: Args) -> dict[str, Any]:
    finish = args["finish_reason"]
    return blocked(args["reason"], args) if finish is None else finished(finish, args)


def _finish(reason: str) -> Withheld:
    content = {"content": ("string", "role")}
    return Withheld(
        f"A candidate with finishReason {reason} and no picture; content is one of "
        f"{', '.join(_CONTENTS)}.",
        {**_SAID, **content},
        lambda args: finished(reason, args),
    )


def _block(reason: str) -> Withheld:
    return Withheld(
        f"No candidates, promptFeedback.blockReason {reason}.",
        dict(_SAID),
        lambda args: blocked(reason, args),
    )


WITHHELD: dict[str, Withheld] = {
    "blocked": Withheld(
        "200 without a picture: a blockReason, or with finish_reason a candidate without parts.",
        {"reason": ("string", "SAFETY"), "finish_reason": ("string", None), **_SAID},
        _either,
    ),
    "finish": Withheld(
        "A candidate with any finishReason, and no picture.",
        {"reason": ("string", "NO_IMAGE"), "content": ("string", "role"), **_SAID},
        lambda args: finished(args["reason"], args),
    ),
    **{f"blocked_{r.lower()}": _block(r) for r in BLOCK_REASONS},
    "blocked_unknown": _block(_UNKNOWN_BLOCK),
    **{f"finish_{r.lower()}": _finish(r) for r in FINISH_REASONS},
    "finish_unknown": _finish(_UNKNOWN_FINISH),
}
