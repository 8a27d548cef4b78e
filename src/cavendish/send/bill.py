"""What an answer cost: what the service counted, or the most it can be where the count is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cavendish.core.model import Model, PriceSheet
from cavendish.core.money import Money
from cavendish.core.result import Answer, Usage
from cavendish.send.contract import Asked

AGREES_PERCENT = 3
"""A provider's charge that differs by no more from ours needs no remark."""

IMPOSSIBLE = 4
"""A count of so many times the model's own window is no count."""

BELIEVED = 100
"""A charge of more times what the call can cost is no amount of USD: relays have units of their
own, and believing them would use up a day's budget at once."""

_ENDED = {None, "stop", "max_tokens", "finish_reason_unspecified"}
"""Endings that refuse nothing: a picture that was counted went elsewhere, and is charged."""


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked for an answer, whether the service itself said so, and what to remark."""

    cost: Money
    certain: bool = True
    remarks: tuple[str, ...] = ()


def booked(
    answer: Answer,
    asked: Asked,
    model: Model,
    sheet: PriceSheet,
    price: Callable[[Usage], Money],
    reserved: Money,
) -> Booked:
    """The service's count where it can be one. Where it cannot, never less than what was held,
    or, for a block, than what prompt and thinking can cost; nor less than the pictures that came.
    A flat price is booked as it is, with or without a picture. What the provider itself says it
    charged comes before all of it, where it can be an amount of USD.
    """
    if answer.cost is not None and answer.cost.nanos <= BELIEVED * reserved.nanos:
        return _charged(answer.cost, answer, sheet, price)
    if answer.cost is not None:
        rest = booked(replace(answer, cost=None), asked, model, sheet, price, reserved)
        said = (
            f"the provider says that it charged {answer.cost}, which no such call costs: perhaps "
            f"it does not count in USD; {rest.cost} is booked"
        )
        return Booked(rest.cost, False, (said, *rest.remarks))
    if sheet.per_call is not None:
        return Booked(sheet.per_call)
    usage, pictures = answer.usage, len({p.sha256 for p in answer.finals})
    most = reserved
    if not pictures:
        most = min(price(_dearest_block(answer, asked, model, sheet)), reserved)
    if usage is not None and _is_impossible(usage, model):
        said = "the service's count of tokens is not possible"
        return Booked(most, False, (_presumed(said),))
    if not pictures:
        if usage is None:
            return Booked(most, False, (_presumed("the service sent no usage"),))
        if answer.block is None and answer.finish in _ENDED:
            return Booked(price(usage))
        # Google says that blocked pictures are not charged; prompt and thinking are.
        return Booked(price(replace(usage, output_image=0)))
    if usage is None or usage.output_image == 0:
        said = "the service sent no usage for the picture; the whole reservation is booked"
        return Booked(max(reserved, price(usage or Usage())), False, (said,))
    counted = price(usage)
    least = pictures * min(sheet.image_tokens.values())
    if usage.output_image >= least:
        return Booked(counted)
    floor = min(price(replace(usage, output_image=least)), reserved)
    said = (
        f"the service counted {usage.output_image} image tokens, and {least} is the least for "
        f"what came ({pictures})"
    )
    if floor <= counted:
        return Booked(counted, True, (f"{said}; booked as counted",))
    return Booked(floor, False, (f"{said}; {floor} is booked where {counted} was counted",))


def _charged(
    cost: Money, answer: Answer, sheet: PriceSheet, price: Callable[[Usage], Money]
) -> Booked:
    """What the provider says it charged, with a remark where we would have come to another."""
    ours = sheet.per_call
    if ours is None and answer.usage is not None and answer.usage.output_image:
        ours = price(answer.usage)
    if ours is None or abs(cost.nanos - ours.nanos) * 100 <= AGREES_PERCENT * ours.nanos:
        return Booked(cost)
    said = f"the provider charged {cost}, and by the prices known here it would be {ours}"
    return Booked(cost, True, (said,))


def _dearest_block(answer: Answer, asked: Asked, model: Model, sheet: PriceSheet) -> Usage:
    """What an answer without a picture can have counted: the prompt and, past it, thinking."""
    return Usage(
        input_text=asked.prompt_bytes,
        input_image=(len(asked.references) + asked.earlier) * sheet.reference_tokens.high,
        output_thinking=0 if answer.block is not None else model.thinking_tokens.high,
    )


def _is_impossible(usage: Usage, model: Model) -> bool:
    out = usage.output_text + usage.output_thinking + usage.output_image
    return (
        out > IMPOSSIBLE * model.output_tokens
        or usage.input_text + usage.input_image > IMPOSSIBLE * model.input_tokens
    )


def _presumed(said: str) -> str:
    return f"{said}; the most it can cost is booked"
