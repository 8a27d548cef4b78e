"""Why an answer ends without a picture: the service's word, what it means, what to do.

Source: https://ai.google.dev/api/generate-content (FinishReason, BlockReason) and the same enums of
https://cloud.google.com/vertex-ai, checked 2026-11-22. New words will come: they are passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_REWORD: Final = "reword the prompt, or change the reference images; the same again is refused"
_SAY: Final = "say plainly what to draw, and ask again"
_AGAIN: Final = "ask again; if it happens again, simplify the prompt"


@dataclass(frozen=True, slots=True)
class Ending:
    """What a word means. `blocked` says that a filter refused."""

    blocked: bool
    means: str
    next_step: str


_NEUTRAL: Final = "name no living artist, work or brand, and describe the style in your own words"
_PRIVATE: Final = "leave out names, addresses and numbers of people"

_FINISHES: Final[Mapping[str, Ending]] = MappingProxyType({
    "stop": Ending(False, "it ended without drawing", _SAY),
    "finish_reason_unspecified": Ending(False, "it gave no reason", _AGAIN),
    "no_image": Ending(False, "it drew nothing", _SAY),
    "max_tokens": Ending(
        False, "it ran out of output tokens", "shorten the prompt, or ask for a smaller size"),
    "other": Ending(False, "it stopped for a reason it does not name", _AGAIN),
    "image_other": Ending(False, "it could not draw this", _SAY),
    "language": Ending(False, "it does not take this language", "write the prompt in English"),
    "malformed_response": Ending(False, "its own output was malformed", _AGAIN),
    "malformed_function_call": Ending(False, "it tried to call a function, badly", _SAY),
    "unexpected_tool_call": Ending(False, "it tried to call a tool it was not given", _SAY),
    "too_many_tool_calls": Ending(False, "it called tools without end", "ask without --search"),
    "missing_thought_signature": Ending(
        False, "an earlier answer was sent back without its thought signature",
        "send the earlier turn whole, or start a new conversation"),
    "safety": Ending(True, "a safety filter refused the output", _REWORD),
    "recitation": Ending(True, "the output was too near to existing work", _NEUTRAL),
    "blocklist": Ending(True, "it has forbidden words", _REWORD),
    "prohibited_content": Ending(True, "it has prohibited content", _REWORD),
    "spii": Ending(True, "it has personal data", _PRIVATE),
    "image_safety": Ending(True, "a safety filter refused the picture", _REWORD),
    "image_prohibited_content": Ending(True, "the picture had prohibited content", _REWORD),
    "image_recitation": Ending(True, "the picture was too near to existing work", _NEUTRAL),
})  # fmt: skip

_BLOCKS: Final[Mapping[str, Ending]] = MappingProxyType({
    "safety": Ending(True, "a safety filter refused it", _REWORD),
    "image_safety": Ending(True, "a safety filter refused its pictures", _REWORD),
    "blocklist": Ending(True, "it has forbidden words", _REWORD),
    "prohibited_content": Ending(True, "it asks for prohibited content", _REWORD),
    "model_armor": Ending(
        True, "the project's Model Armor refused it",
        "reword the prompt, or have the project's Model Armor template changed"),
    "jailbreak": Ending(True, "it looks like an attempt to get around the rules", _REWORD),
    "other": Ending(True, "it was refused for a reason that is not named", _REWORD),
})  # fmt: skip


def finished(word: str | None) -> Ending:
    """What a finish reason means for an answer without a picture."""
    if word is None:
        return Ending(False, "no reason given", _SAY)
    return _FINISHES.get(word, Ending(False, f"for a reason that is new: {word}", _AGAIN))


def blocked(word: str) -> Ending:
    """What a block reason means for the prompt."""
    return _BLOCKS.get(word, Ending(True, f"for a reason that is new: {word}", _REWORD))
