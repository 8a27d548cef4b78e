"""A request as it goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from cavendish.core.request import Reference

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Message:
    """The path under the channel's address, the body, and the headers that the dialect adds.

    `keep_signatures` says that the answer is to become a turn, with the signatures of its thinking,
    `openai` that pictures stand in it where OpenAI's dialects have them. `ahead` are the
    pictures to be uploaded before it; their places in the body are then `filed`.
    """

    path: str
    body: bytes = field(repr=False)
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    keep_signatures: bool = False
    openai: bool = False
    ahead: tuple[Reference, ...] = ()

    def filed(self, uris: Mapping[str, str]) -> Self:
        """The message with the address of every uploaded picture, by its sha256."""
        body = self.body
        for sha256, uri in uris.items():
            body = body.replace(pending(sha256), pending(sha256, uri))
        return replace(self, body=body, ahead=())


def pending(sha256: str, uri: str = "") -> bytes:
    """A file's member in a body; without an address, what stands there until one is known.

    No words of a user look like it: in them every quotation mark has a backslash before it.
    """
    return b'"fileUri":' + json.dumps(uri or f"upload:{sha256}").encode("ascii")
