"""Token counts, and what they cost: exact fractions, rounded up once to a whole nano-USD."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cavendish_emulator.catalog import Prices
from cavendish_emulator.request import Request


@dataclass(frozen=True)
class Usage:
    """The tokens of one execution."""

    prompt_text: int
    prompt_image: int
    candidates: int
    picture: int
    thoughts: int

    def cost(self, prices: Prices) -> int:
        """Whole nano-USD of this execution."""
        exact: Fraction = (
            self.prompt_text * prices.input_text
            + self.prompt_image * prices.input_image
            + (self.candidates - self.picture + self.thoughts) * prices.output_text
            + self.picture * prices.output_image
        )
        return math.ceil(exact)

    def metadata(self) -> dict[str, Any]:
        """`usageMetadata` as the service writes it."""
        prompt = self.prompt_text + self.prompt_image
        details = [{"modality": "TEXT", "tokenCount": self.prompt_text}]
        if self.prompt_image:
            details.append({"modality": "IMAGE", "tokenCount": self.prompt_image})
        usage: dict[str, Any] = {"promptTokenCount": prompt}
        if self.candidates:
            usage["candidatesTokenCount"] = self.candidates
        usage["totalTokenCount"] = prompt + self.candidates + self.thoughts
        usage["promptTokensDetails"] = details
        if self.picture:
            usage["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": self.picture}]
        if self.thoughts:
            usage["thoughtsTokenCount"] = self.thoughts
        usage["serviceTier"] = "standard"
        return usage


def count_text(text: str) -> int:
    """Tokens of a text: about four bytes each."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


def count_usage(request: Request, spoken: str = "", *, blocked: bool = False) -> Usage:
    """The tokens this request costs; `spoken` is the text answered beside the picture."""
    model = request.model
    mark = hashlib.sha256(request.prompt.encode("utf-8", "replace")).digest()
    span = model.thoughts_expected * 3 // 2 - model.thoughts_low
    thinking = model.thoughts_low + int.from_bytes(mark[:4]) % (span + 1)
    # Real answers hold a few text tokens that no detail names; they come out of the thinking.
    unnamed = 0 if blocked else (thinking - model.thoughts_low) * (mark[4] % 32) // 128
    picture = 0 if blocked else model.picture_tokens[request.size]
    return Usage(
        prompt_text=count_text(request.text),
        prompt_image=model.reference_tokens * len(request.references),
        candidates=picture + unnamed + (0 if blocked else count_text(spoken)),
        picture=picture,
        thoughts=thinking - unnamed,
    )
