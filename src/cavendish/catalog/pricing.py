"""What a picture costs: a range before it is bought, the exact amount after."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from cavendish.core.errors import UnknownPrice
from cavendish.core.model import Model, Prices
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest
from cavendish.core.result import Usage

STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class CostRange:
    """What a request may cost. `high` is what a budget holds while it is under way."""

    low: Money
    expected: Money
    high: Money

    def times(self, n: int) -> CostRange:
        """The range for `n` such requests."""
        return CostRange(*(Money(m.nanos * n) for m in (self.low, self.expected, self.high)))

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {"low": self.low.usd, "expected": self.expected.usd, "high": self.high.usd}


def estimate(request: ImageRequest, model: Model, *, tier: str = STANDARD) -> CostRange:
    """The least, the likely and the most this one request can cost.

    A token is at least one byte of text and, in English, about four; one picture is counted at
    the tokens of its size, references and thinking at the model's ranges. A channel that sends
    more pictures than asked for bills more than `high`; the overrun is booked.

    Raises: UnknownPrice if the catalogue has no price for (model, tier, size).
    """
    prices = _prices(model, tier)
    if request.size not in model.image_tokens:
        raise UnknownPrice(
            f"no price for {request.size} pictures of {model.id}",
            next_step=f"use {', '.join(model.image_tokens)}",
        )
    picture = model.image_tokens[request.size] * prices.output_image
    text_bytes = len(request.prompt.encode())
    thinking, reference = model.thinking_tokens, model.reference_tokens

    def cost(text_tokens: int, reference_tokens: int, thinking_tokens: int) -> Money:
        return Money.rounded_up(
            picture
            + text_tokens * prices.input_text
            + len(request.references) * reference_tokens * prices.input_image
            + thinking_tokens * prices.output_text
        )

    # Words beside the picture are billed as output text; 1,000 tokens is more than was ever seen.
    words = 1_000 if request.text else 0
    return CostRange(
        low=cost(text_bytes // 8, reference.low, thinking.low),
        expected=cost(-(-text_bytes // 4), reference.expected, thinking.expected + words // 10),
        high=cost(text_bytes, reference.high, thinking.high + words),
    )


def per_picture(model: Model, *, tier: str = STANDARD) -> dict[str, Money]:
    """What the picture alone costs, by size. Raises: UnknownPrice."""
    rate = _prices(model, tier).output_image
    return {size: Money.rounded_up(n * rate) for size, n in model.image_tokens.items()}


def exact(usage: Usage, model: Model, *, tier: str = STANDARD) -> Money:
    """The bill for what the service counted, summed exactly and rounded up once.

    Raises: UnknownPrice if the catalogue has no price for (model, tier).
    """
    prices = _prices(model, tier)
    bill: Fraction = (
        usage.input_text * prices.input_text
        + usage.input_image * prices.input_image
        + (usage.output_text + usage.output_thinking) * prices.output_text
        + usage.output_image * prices.output_image
    )
    return Money.rounded_up(bill)


def _prices(model: Model, tier: str) -> Prices:
    try:
        return model.prices[tier]
    except KeyError:
        raise UnknownPrice(
            f"no {tier} price for {model.id}", next_step="use a model and tier that have a price"
        ) from None
