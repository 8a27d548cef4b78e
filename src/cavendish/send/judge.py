"""What an answer is: a picture, a picture that was not asked for, or none; and what it cost.

The same judgement serves the answer that just arrived and the one found after a crash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, BinaryIO, Final

from cavendish.catalog import presets
from cavendish.catalog.error_rows import answer_row, error_rows
from cavendish.catalog.loader import find_channel, find_model
from cavendish.catalog.pricing import exact, per_picture
from cavendish.core.errors import Blocked, CavendishError, NoImage, ProtocolError
from cavendish.core.examination import Examination
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Answer, Drawn, Outcome, RateLimit
from cavendish.send import bill, contract
from cavendish.send.contract import Asked
from cavendish.send.decide import outcome_of
from cavendish.wire.dialect import dialect
from cavendish.wire.remainder import parse_strict

_LINK: Final = re.compile(r"https?://|gs://|data:image/")
_RELEASE: Final = re.compile(r"-(preview|exp|[0-9]{3}|[0-9]{2}-[0-9]{2,4})$")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`picture` is the index of the final picture in the spool, `others` those that came beside
    it. `drawn` with an `error` is a picture that was paid for and is not what was asked for: it
    closes its key as well, so that nobody pays for the same disappointment twice unknowingly."""

    outcome: Outcome
    cost: Money
    certain: bool = True
    picture: int | None = None
    others: tuple[int, ...] = ()
    drawn: Drawn | None = None
    error: CavendishError | None = None
    rate_limit: RateLimit | None = None


def judge(
    rest: bytes,
    pictures: Sequence[tuple[int, str]],
    *,
    asked: Asked,
    channel: str,
    known: Mapping[str, ChannelFacts],
    reserved: Money,
    open_picture: Callable[[int], BinaryIO | None],
    examine: Callable[[int], Examination | None],
    charged: Money | None = None,
) -> Judgement:
    """Judges a whole answer. `pictures` are (size in bytes, sha256) by index in the spool;
    `open_picture` gives one of them, or None where it is gone for good; `examine` decodes it.
    `known` are the channels whose prices are known, and `charged` is what the provider said beside
    the answer, which what stands in it precedes."""
    try:
        model = find_model(asked.model)
    except CavendishError as error:  # an older catalogue knew it
        return Judgement("unknown", ZERO, error=error)
    try:
        answer = dialect(asked.dialect).decode(parse_strict(rest), pictures)
    except CavendishError as error:  # an error under status 200, or not in the dialect at all
        return Judgement(outcome_of(error), ZERO, error=error)
    if answer.cost is None:
        answer = replace(answer, cost=charged)
    booked, prices = _booked(answer, asked, channel, known, reserved)
    executed = partial(Judgement, "executed", booked.cost, booked.certain)
    final = answer.final
    if final is None:
        return executed(error=no_image(answer, booked))
    file = open_picture(final.index)
    if file is None:
        return executed(error=_gone(booked.cost))
    with file:
        found = contract.verdict(
            asked,
            model,
            file,
            declared=final.mime,
            sha256=final.sha256,
            examine=partial(examine, final.index),
            prices=prices,
        )
    others = {p.sha256: p.index for p in answer.finals if p.sha256 != final.sha256}
    drawn = Drawn(
        sha256=final.sha256,
        width=found.width,
        height=found.height,
        mime=found.mime,
        model=asked.model,
        channel=channel,
        text=answer.text or None,
        usage=answer.usage,
        cost=booked.cost,
        request_id=answer.response_id,
        warnings=(
            *_remarks(answer, asked, booked.cost, _its_id(asked, channel, known)),
            *found.notes,
            *booked.remarks,
        ),
        findings=found.findings,
        thoughts=answer.thoughts or None,
        sources=answer.sources,
        others=tuple(others),
        model_version=answer.model_version,
        charged=answer.cost is not None,
    )
    return executed(
        picture=final.index,
        others=tuple(others.values()),
        drawn=drawn,
        error=contract.violation(drawn, booked.cost),
    )


def _booked(
    answer: Answer,
    asked: Asked,
    channel: str,
    known: Mapping[str, ChannelFacts],
    reserved: Money,
) -> tuple[bill.Booked, Mapping[str, Money]]:
    """What is booked, and what a picture costs by size. Where the channel, a user's own file, or
    the price is no longer there, the whole reservation is booked: the picture is kept all the same.
    """
    try:
        facts = find_channel(channel, known)
        model, surface = facts.priced(find_model(asked.model)), facts.surface
        sheet = presets.sheet(model, surface)
        prices = per_picture(model, surface=surface, tier=asked.tier)
    except CavendishError as error:
        said = f"{error.message}; the whole reservation is booked"
        return bill.Booked(reserved, False, (said,)), {}
    queries = sum("query" in source for source in answer.sources)
    tier = answer.tier if answer.tier and answer.tier in sheet.tiers else asked.tier
    price = partial(exact, model=model, surface=surface, tier=tier, queries=queries)
    return bill.booked(answer, asked, model, sheet, price, reserved), prices


def no_image(answer: Answer, booked: bill.Booked) -> NoImage:
    """The typed error for a good answer without a picture."""
    words = answer.message or answer.text
    said = f": {words[:300]}" if words else ""
    reason = answer.block or answer.finish
    details: dict[str, Any] = {
        "ratings": list(answer.ratings),
        "text": words,
        "finish": answer.finish,
        "cost_usd": booked.cost.usd,
        "charged": answer.cost is not None,
    }
    if booked.remarks:
        details["remarks"] = list(booked.remarks)
    row = answer_row(reason or "", block=answer.block is not None)
    if row is None:
        row = error_rows()["no-image" if answer.block is None else "blocked-other"]
    if row.name == "no-image" and _LINK.search(words):
        row = error_rows()["picture-elsewhere"]
    details["row"] = row.name
    kind, stage = NoImage, f"{reason or 'no reason given'}"
    if issubclass(row.kind, Blocked):
        kind = Blocked
        details["stage"] = "output" if answer.block is None else "prompt"
        stage = f"the {details['stage']}: {reason}"
    elif answer.pictures:
        stage += ", and a picture among its thoughts only"
    return kind(
        f"{row.title} ({stage}){said}",
        next_step=row.next_step,
        billed=bool(booked.cost),
        vendor_code=reason,
        docs_url=row.docs_url,
        details=details,
    )


def _its_id(asked: Asked, channel: str, known: Mapping[str, ChannelFacts]) -> str:
    """What the channel calls the model, as far as the channel is still known."""
    try:
        return find_channel(channel, known).ids.get(asked.model, asked.model)
    except CavendishError:
        return asked.model


def _remarks(answer: Answer, asked: Asked, cost: Money, its_id: str) -> Iterator[str]:
    if (count := len({picture.sha256 for picture in answer.finals})) > 1:
        yield (
            f"expected 1 picture, got {count}: the last one is the result, the others are kept "
            f"beside it; {cost} is booked for all of them"
        )
    if answer.finish not in {None, "stop", "finish_reason_unspecified"}:
        yield f"the service ended the answer with {answer.finish}, and a picture came"
    if answer.tier not in {None, asked.tier, "service_tier_unspecified", "unspecified"}:
        yield f"tier {asked.tier} was asked, and {answer.tier} was given"
    version = answer.model_version
    if version is not None and not is_model(version, asked.model, its_id):
        yield f"{asked.model} was asked, and {version} answered"


def is_model(version: str, asked: str, its_id: str = "") -> bool:
    """Whether a version's name is of the model asked: resource paths, releases and previews are,
    and so is what the channel itself calls it (`its_id`)."""
    if its_id and (version == its_id or is_model(version, its_id.rpartition("/")[2])):
        return True
    name = version.rpartition("/")[2].partition("@")[0]
    while name != asked and (shorter := _RELEASE.sub("", name)) != name:
        name = shorter
    return name in {asked, _RELEASE.sub("", asked)}


def _gone(cost: Money) -> ProtocolError:
    return ProtocolError(
        "the picture that came is gone from the spool",
        billed=bool(cost),
        next_step="ask again; report it if it happens again",
    )
