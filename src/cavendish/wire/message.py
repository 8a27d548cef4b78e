"""A request as it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """The path under the channel's address, the body, and the headers that the dialect adds.

    `keep_signatures` says that the answer is to become a turn, with the signatures of its thinking,
    `openai` that pictures stand in it where OpenAI's dialects have them.
    """

    path: str
    body: bytes = field(repr=False)
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    keep_signatures: bool = False
    openai: bool = False
