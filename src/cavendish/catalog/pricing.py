"""What a picture costs: a range before it is bought, the exact amount after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from cavendish.catalog import presets
from cavendish.core.errors import UnknownPrice
from cavendish.core.model import Model, Prices, PriceSheet, TokenRange
from cavendish.core.money import ZERO, Money
from cavendish.core.request import ImageRequest
from cavendish.core.result import Usage

STANDARD = "standard"
WORDS = TokenRange(0, 100, 1_000)
"""Words beside the picture, billed as output text; 1,000 tokens is more than was ever seen."""


@dataclass(frozen=True, slots=True)
class CostRange:
    """What a request may cost. `high` is what a budget holds while it is under way.

    `parts` says of what it is made, by name; each is rounded up by itself.
    """

    low: Money
    expected: Money
    high: Money
    parts: Mapping[str, CostRange] = field(default_factory=dict)

    def times(self, n: int) -> CostRange:
        """The range for `n` such requests."""
        parts = {name: part.times(n) for name, part in self.parts.items()}
        low, expected, high = (Money(m.nanos * n) for m in (self.low, self.expected, self.high))
        return CostRange(low, expected, high, parts)

    def plus(self, other: CostRange) -> CostRange:
        """The range for both."""
        nothing = CostRange(ZERO, ZERO, ZERO)
        parts = {
            name: self.parts.get(name, nothing).plus(other.parts.get(name, nothing))
            for name in {**self.parts, **other.parts}
        }
        return CostRange(
            Money.total((self.low, other.low)),
            Money.total((self.expected, other.expected)),
            Money.total((self.high, other.high)),
            parts,
        )

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        said: dict[str, Any] = {
            "low": self.low.usd,
            "expected": self.expected.usd,
            "high": self.high.usd,
        }
        if self.parts:
            said["parts"] = {name: part.to_json() for name, part in self.parts.items()}
        return said


def estimate(
    request: ImageRequest,
    model: Model,
    *,
    surface: str,
    prices: str = presets.TODAY,
) -> CostRange:
    """The least, the likely and the most this one request can cost.

    A token is at least one byte of text and, in English, about four; one picture is counted at
    the tokens of its size; references, thinking and searches at the model's ranges. Earlier turns
    are words and pictures like others; whether the signature of an answer's thinking counts is not
    known, so that is at most what the thinking counted. A channel that
    sends more pictures than asked for bills more than `high`; the overrun is booked. Where calls
    have one flat price, it is all three.

    Raises: UnknownPrice if the catalogue has no price for (model, surface, tier, size).
    """
    sheet = presets.sheet(model, surface, prices)
    if sheet.per_call is not None:
        return _flat(request, surface, sheet.per_call)
    rate = _rates(sheet, model, request.tier)
    if request.size not in sheet.image_tokens:
        raise UnknownPrice(
            f"no price for {request.size} pictures of {model.id}",
            next_step=f"use {', '.join(sheet.image_tokens)}",
        )
    text_bytes, shown = request.text_bytes, len(request.shown)
    queries, kinds = model.grounding.queries, len(request.search)
    asked = TokenRange(queries.low, min(queries.expected * kinds, queries.high), queries.high)
    parts = {
        "text": _exactly(
            TokenRange(text_bytes // 8, -(-text_bytes // 4), text_bytes), rate.input_text
        ),
        "references": _exactly(sheet.reference_tokens, shown * rate.input_image),
        "picture": [sheet.image_tokens[request.size] * rate.output_image] * 3,
        "thinking": _exactly(model.thinking_tokens, rate.output_text),
        "words": _exactly(WORDS if request.text else TokenRange(0, 0, 0), rate.output_text),
        "signatures": _exactly(
            TokenRange(0, 0, model.thinking_tokens.high), request.answers * rate.input_text
        ),
        "grounding": _exactly(
            asked if kinds else TokenRange(0, 0, 0), model.grounding.usd_per_query
        ),
    }
    each = {name: _rounded(part) for name, part in parts.items() if part[2]}
    return _rounded(
        [sum(column, Fraction(0)) for column in zip(*parts.values(), strict=True)], each
    )


def input_tokens(request: ImageRequest, model: Model, *, surface: str) -> int:
    """The likely tokens of what is sent: a token is about four bytes of text, references are at
    the model's number. Where calls have one flat price nobody counts them: 0."""
    sheet = presets.sheet(model, surface)
    if sheet.per_call is not None:
        return 0
    return -(-request.text_bytes // 4) + len(request.shown) * sheet.reference_tokens.expected


def per_picture(
    model: Model, *, surface: str, tier: str = STANDARD, prices: str = presets.TODAY
) -> dict[str, Money]:
    """What the picture alone costs, by size; where calls have one flat price, that.

    Raises: UnknownPrice.
    """
    sheet = presets.sheet(model, surface, prices)
    if sheet.per_call is not None:
        return dict.fromkeys(model.sizes, sheet.per_call)
    rate = _rates(sheet, model, tier).output_image
    return {size: Money.rounded_up(n * rate) for size, n in sheet.image_tokens.items()}


def exact(
    usage: Usage, model: Model, *, surface: str, tier: str = STANDARD, queries: int = 0
) -> Money:
    """The bill for what the service counted, summed exactly and rounded up once; where calls
    have one flat price, that.

    `queries` are searches the model made; the month's free allowance is not known here, so they
    are booked at their price.

    Raises: UnknownPrice if the catalogue has no price for (model, surface, tier).
    """
    sheet = presets.sheet(model, surface)
    if sheet.per_call is not None:
        return sheet.per_call
    rate = _rates(sheet, model, tier)
    bill: Fraction = (
        usage.input_text * rate.input_text
        + usage.input_image * rate.input_image
        + (usage.output_text + usage.output_thinking) * rate.output_text
        + usage.output_image * rate.output_image
        + queries * model.grounding.usd_per_query
    )
    return Money.rounded_up(bill)


def _flat(request: ImageRequest, surface: str, per_call: Money) -> CostRange:
    if request.search:
        raise UnknownPrice(
            f"{surface} has a flat price for a call, and none is known for its searches",
            next_step="ask without --search, or use another channel",
        )
    each = CostRange(per_call, per_call, per_call)
    return CostRange(per_call, per_call, per_call, {"call": each})


def _exactly(tokens: TokenRange, usd_each: Fraction) -> list[Fraction]:
    return [tokens.low * usd_each, tokens.expected * usd_each, tokens.high * usd_each]


def _rounded(usd: Sequence[Fraction], parts: Mapping[str, CostRange] | None = None) -> CostRange:
    low, expected, high = map(Money.rounded_up, usd)
    return CostRange(low, expected, high, parts or {})


def _rates(sheet: PriceSheet, model: Model, tier: str) -> Prices:
    try:
        return sheet.tiers[tier]
    except KeyError:
        raise UnknownPrice(
            f"no {tier} price for {model.id}", next_step=f"use tier {' or '.join(sheet.tiers)}"
        ) from None
