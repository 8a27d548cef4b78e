"""Token counts, and what they cost: exact fractions, rounded up once to a whole nano-USD."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cavendish_emulator.catalog import Model
from cavendish_emulator.google.counting import count_text
from cavendish_emulator.google.request import Request


@dataclass(frozen=True)
class Usage:
    """The tokens of one execution."""

    prompt_text: int
    prompt_image: int
    candidates: int
    picture: int
    thoughts: int
    tier: str = "standard"
    queries: int = 0

    def cost(self, model: Model) -> int:
        """Whole nano-USD of this execution, by the prices of its tier."""
        prices = model.prices[self.tier]
        exact: Fraction = (
            self.prompt_text * prices.input_text
            + self.prompt_image * prices.input_image
            + (self.candidates - self.picture + self.thoughts) * prices.output_text
            + self.picture * prices.output_image
            + self.queries * model.query_price
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
        usage["serviceTier"] = self.tier
        return usage


def count_usage(request: Request, spoken: str = "", *, pictures: int = 1) -> Usage:
    """The tokens this request costs; `spoken` is the text answered beside the pictures."""
    model, thinking = request.model, request.model.thinking
    mark = hashlib.sha256(request.prompt.encode("utf-8", "replace")).digest()
    span = thinking.expected * 3 // 2 - thinking.low
    thoughts = thinking.low + int.from_bytes(mark[:4]) % (span + 1)
    # Real answers hold a few text tokens that no detail names; they come out of the thinking.
    unnamed = (thoughts - thinking.low) * (mark[4] % 32) // 128 if pictures else 0
    picture = model.picture_tokens[request.size] * pictures
    return Usage(
        prompt_text=count_text(request.text),
        prompt_image=model.reference_tokens * len(request.references),
        candidates=picture + unnamed + count_text(spoken),
        picture=picture,
        thoughts=thoughts - unnamed,
        tier=request.tier,
        queries=len(queries_of(request)),
    )


def queries_of(request: Request) -> list[tuple[str, str]]:
    """The searches made for a request: (kind, query), one query of every kind asked for."""
    words = " ".join(request.prompt.split()[:8])
    return [(kind, words) for kind in request.searches]
