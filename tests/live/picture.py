"""One picture held against the catalogue: pixels, type, tokens, and the bill worked out anew."""

from __future__ import annotations

from fractions import Fraction

from cavendish import Estimate, Image, Money, Usage
from cavendish.catalog.pricing import WORDS
from cavendish.core.model import Model
from live.findings import Finding

SURFACE = "gemini"


def compare(finding: Finding, image: Image, estimate: Estimate) -> None:
    """Notes what a bought picture is and what it cost, beside what the facts say."""
    request, model = estimate.intake.request, estimate.intake.model
    file = facts(model)
    width, height = model.pixels[request.size][request.aspect_ratio]
    finding.same(
        f"pixels at {request.size} {request.aspect_ratio}",
        f"{width}x{height}",
        f"{image.width}x{image.height}",
        f'{file}: [pixels."{request.size}"] "{request.aspect_ratio}"',
    )
    finding.same("type", model.output_mime, image.original_mime, f"{file}: output_mime")
    if image.usage is None:
        finding.same("usage", "counted", "missing", "wire/gemini/usage.py: no count, no price")
        return
    _tokens(finding, image.usage, estimate)
    finding.same(
        "cost of those tokens", bill(image.usage, model).usd, image.cost.usd, "catalog/pricing.py"
    )
    cost = estimate.cost
    finding.between(
        "cost as estimated, nano-USD", cost.low.nanos, image.cost.nanos, cost.high.nanos,
        f"{file}: the ranges of tokens, or [prices.{SURFACE}]",
    )  # fmt: skip


def _tokens(finding: Finding, usage: Usage, estimate: Estimate) -> None:
    request, model = estimate.intake.request, estimate.intake.model
    file, sheet, thinking = facts(model), model.sheets[SURFACE], model.thinking_tokens
    text_bytes, shown = len(request.prompt.encode()), len(request.references)
    each, words = sheet.reference_tokens, WORDS.high if request.text else 0
    finding.same(
        f"tokens of a {request.size} picture",
        sheet.image_tokens[request.size],
        usage.output_image,
        f'{file}: [output_image] tokens."{request.size}"',
    )
    finding.between(
        "tokens of the prompt", text_bytes // 8, usage.input_text, text_bytes,
        "catalog/pricing.py: estimate, text",
    )  # fmt: skip
    finding.between(
        "tokens of the references", shown * each.low, usage.input_image, shown * each.high,
        f"{file}: [input_image] tokens",
    )  # fmt: skip
    finding.between(
        "tokens of thinking and words",
        thinking.low,
        usage.output_thinking + usage.output_text,
        thinking.high + words,
        f"{file}: [thinking] tokens",
    )


def bill(usage: Usage, model: Model) -> Money:
    """The exact price of what was counted, worked out here and not by the house."""
    rate = model.sheets[SURFACE].tiers["standard"]
    usd = sum(
        (
            usage.input_text * rate.input_text,
            usage.input_image * rate.input_image,
            (usage.output_text + usage.output_thinking) * rate.output_text,
            usage.output_image * rate.output_image,
        ),
        Fraction(0),
    )
    return Money.rounded_up(usd)


def facts(model: Model) -> str:
    """The file that holds a model's facts."""
    return f"catalog/models/{model.id}.toml"
