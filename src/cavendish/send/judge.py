"""What an answer is: a picture, a picture that was not asked for, or none; and what it cost.

The same judgement serves the answer that just arrived and the one found after a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

from cavendish.catalog.loader import find_channel, find_model
from cavendish.catalog.pricing import exact
from cavendish.core.errors import (
    Blocked,
    CavendishError,
    ChannelError,
    NoImage,
    ProtocolError,
)
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Answer, Drawn, Outcome, RateLimit, Usage
from cavendish.imaging.inspect import NotAPicture, inspect
from cavendish.send.contract import Asked, check, violation
from cavendish.send.decide import outcome_of
from cavendish.wire import gemini
from cavendish.wire.remainder import parse_strict

BLOCKED_FINISHES = frozenset({
    "safety", "prohibited_content", "blocklist", "spii", "recitation",
    "image_safety", "image_prohibited_content", "image_recitation",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """`picture` is the index of the final picture in the spool. `drawn` with an `error` is a
    picture that was paid for and is not what was asked for: it closes its key as well, so that
    nobody pays for the same disappointment twice unknowingly."""

    outcome: Outcome
    cost: Money
    certain: bool = True
    picture: int | None = None
    drawn: Drawn | None = None
    error: CavendishError | None = None
    rate_limit: RateLimit | None = None


def judge(
    rest: bytes,
    pictures: Sequence[tuple[int, str]],
    *,
    asked: Asked,
    channel: str,
    reserved: Money,
    open_picture: Callable[[int], BinaryIO],
) -> Judgement:
    """Judges a whole answer. `pictures` are (size in bytes, sha256) by index in the spool."""
    try:
        model, surface = find_model(asked.model), find_channel(channel).surface
    except CavendishError as error:  # an older catalogue knew it; the money is not to be guessed
        return Judgement("unknown", ZERO, error=error)
    try:
        answer = gemini.decode(parse_strict(rest), pictures)
    except ChannelError as error:  # an error under status 200, or not in the dialect at all
        return Judgement(outcome_of(error), ZERO, error=error)
    cost, certain = _cost(
        answer, partial(exact, model=model, surface=surface, tier=asked.tier), reserved
    )
    final = answer.final
    if final is None:
        return Judgement("executed", cost, certain, error=no_image(answer, cost))
    try:
        with open_picture(final.index) as file:
            header = inspect(file)
    except NotAPicture as error:
        return Judgement("executed", cost, certain, error=_not_a_picture(str(error)))
    drawn = Drawn(
        sha256=final.sha256,
        width=header.width,
        height=header.height,
        mime=header.mime,
        model=asked.model,
        channel=channel,
        text=answer.text or None,
        usage=answer.usage,
        cost=cost,
        request_id=answer.response_id,
        warnings=_warnings(answer, certain),
        findings=check(asked, header, model),
    )
    return Judgement("executed", cost, certain, final.index, drawn, violation(drawn, cost))


def no_image(answer: Answer, cost: Money) -> NoImage:
    """The typed error for a good answer without a picture."""
    words = answer.message or answer.text
    details = {
        "ratings": list(answer.ratings),
        "text": words,
        "finish": answer.finish,
        "cost_usd": cost.usd,
    }
    said = f": {words[:300]}" if words else ""
    billed = bool(cost)
    if answer.block is not None or answer.finish in BLOCKED_FINISHES:
        stage = "prompt" if answer.block is not None else "output"
        reason = answer.block or answer.finish
        return Blocked(
            f"the {stage} was blocked ({reason}){said}",
            next_step="reword the prompt or change the reference images",
            billed=billed,
            vendor_code=reason,
            details={**details, "stage": stage},
        )
    return NoImage(
        f"the model answered without a picture ({answer.finish or 'no reason given'}){said}",
        next_step="say plainly what to draw, and ask again",
        billed=billed,
        vendor_code=answer.finish,
        details=details,
    )


def _cost(answer: Answer, price: Callable[[Usage], Money], reserved: Money) -> tuple[Money, bool]:
    """What the service counted. A picture without a count is booked at all that was held."""
    usage = answer.usage
    if answer.final is not None and (usage is None or usage.output_image == 0):
        return max(reserved, price(usage or Usage())), False
    if usage is None:
        return ZERO, False
    if answer.final is None:
        # Google says that blocked pictures are not charged; prompt and thinking are.
        usage = replace(usage, output_image=0)
    return price(usage), True


def _warnings(answer: Answer, certain: bool) -> tuple[str, ...]:
    finals = [picture for picture in answer.pictures if not picture.thought]
    found = []
    if len(finals) > 1:
        found.append(f"the service sent {len(finals)} pictures; the last one is the result")
    if not certain:
        found.append("the service sent no usage for the picture; the whole reservation is booked")
    return tuple(found)


def _not_a_picture(problem: str) -> ProtocolError:
    return ProtocolError(
        f"what came as a picture is none: {problem}",
        billed=True,
        next_step="ask again; report it if it happens again",
    )
