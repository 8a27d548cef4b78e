"""The cover and what a reviewer reads first: who asks, for what, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cavendish.insight.dossier.blocks import (
    Blank,
    Block,
    Callout,
    Column,
    Facts,
    Heading,
    Inline,
    Items,
    Line,
    Paragraph,
    Said,
    Strong,
    Table,
    Tiles,
)
from cavendish.insight.dossier.checks import Check
from cavendish.insight.dossier.dossier import Dossier
from cavendish.insight.dossier.phrases import cents, dollars, many, the, together, written

VERDICTS: Final = {
    "fits": "fits", "tight": "tight", "too low": "too low", "high": "high",
    "not checked": "not asked",
}  # fmt: skip


def said(value: str | None, what: str, how: str) -> Line:
    """The user's word, or a blank."""
    return [Said(value)] if value is not None else [Blank(what, how)]


def cover(found: Dossier) -> Facts:
    """Who asks whom, for what."""
    ask = found.ask
    rows: list[tuple[str, Line]] = [
        ("Applicant", said(ask.company, "company or person", "--company")),
        ("Contact", said(ask.contact, "name and e-mail", "--contact")),
        ("Google Cloud project", said(ask.project_number, "project number", "--project-number")),
        ("Model", [f"{found.facts.model.name}, {found.facts.model.id}"]),
    ]
    if found.tiers is not None:
        tier = Blank("the project's usage tier: 1, 2 or 3", "--tier", "1, 2 or 3")
        rows.append(("Usage tier", [tier if ask.tier is None else f"tier {ask.tier}"]))
    until = Blank("the day the limits are needed", "--needed-by", "day")
    rows += [
        ("Needed by", [until if ask.needed_by is None else written(ask.needed_by)]),
        ("Addressed to", [found.facts.desk.addressee]),
        ("Figures", [_figures(found)]),
    ]
    if ask.named is not None:
        rows.append(("Project of the ledger", [Said(ask.named)]))
    return Facts(rows)


def _figures(found: Dossier) -> str:
    days = found.history.shown
    if not found.history.requests:
        return "none: our own ledger has no request for this model yet"
    return f"{written(days[0].day)} to {written(days[-1].day)}, from our own ledger"


def summary(found: Dossier) -> Iterator[Block]:
    """The request in one paragraph, its limits in one table, the ledger in six figures."""
    yield Heading("The request")
    yield Paragraph(_sentence(found), "lead")
    yield Table(
        [Column("Limit", wide=True), Column("Today", "right"), Column("Busiest so far", "right"),
         Column("Projected", "right"), Column("Asked", "right"), Column("Headroom", "right"),
         Column("Check")],
        [*(_row(found, one) for one in found.checks), *_ten(found)],
        caption="Projected: expected in the busiest minute, on the busiest day, in a month, in the "
        "dearest ten minutes (low to high). Headroom: asked over expected. A figure in brackets is "
        "not asked but proposed.",
    )  # fmt: skip
    history = found.history
    if history.requests:
        yield Tiles(
            [
                (f"{history.requests:,}", "requests", f"in {many(len(history.shown), 'day')}"),
                (
                    f"{history.pictures:,}",
                    "pictures",
                    f"{history.share('delivered'):.1%} of requests",
                ),
                (cents(history.spent), "spent", "on all models"),
                (f"{history.peak:,}", "requests", "in the busiest minute"),
                (f"{history.share('rate limited'):.1%}", "answered 429", "rate limited"),
                (f"{history.share('safety'):.1%}", "refused", "by the safety filters"),
            ]
        )
    if found.projection is None:
        why = "has no request yet" if not history.requests else "is too short"
        yield Callout(
            "No projection yet",
            [(f"The ledger {why}: a projection takes 14 whole days with at least 50 requests. "
             "Until then limits are asked for on the use case alone, and the checks stay open.")],
        )  # fmt: skip


def _sentence(found: Dossier) -> list[Inline]:
    asked = _asked(found)
    if asked is None:
        return [
            Blank("the limits asked for", "--rpm, --rpd, --images-per-month"),
            f" for {_where(found)}. {seen(found)}",
        ]
    return ["We ask for ", Strong(asked), f" for {_where(found)}. {seen(found)}"]


def short(found: Dossier) -> str:
    """The request in a few lines of plain text, as a form takes it."""
    ask, asked = found.ask, _asked(found)
    lines = [f"We ask for {asked} for {_where(found)}." if asked else "", seen(found).strip()]
    if ask.use_case is not None:
        lines.append(f"Use case: {ask.use_case}")
    if ask.justification is not None:
        lines.append(f"Why more is needed: {ask.justification}")
    return "\n\n".join(filter(None, lines))


def _asked(found: Dossier) -> str | None:
    limits = [f"{one.asked:,} {one.name}" for one in found.checks[:2] if one.asked is not None]
    month = found.month.asked
    if limits:
        return together(limits) + (f", to draw {month:,} pictures a month," if month else "")
    return f"limits that carry {month:,} pictures a month" if month else None


def _where(found: Dossier) -> str:
    by = f" by {written(found.ask.needed_by)}" if found.ask.needed_by else ""
    return f"{found.facts.model.id} on {the(found.facts.desk.title)}{by}"


def seen(found: Dossier) -> str:
    """The ledger and its projection in two sentences."""
    history, projection = found.history, found.projection
    if not history.requests:
        return "The ledger has no request for this model yet."
    days = len(history.shown)
    words = (
        f"In {many(days, 'day')} we sent {many(history.requests, 'request')}, which brought "
        f"{many(history.pictures, 'picture')}; the busiest minute had "
        f"{many(history.peak, 'request')}, and "
        f"{history.share('rate limited'):.1%} of all requests were answered 429."
    )
    if projection is None:
        return words
    minute, month = projection.minute, projection.month
    return (
        f"{words} For {written(projection.until)} the ledger projects {minute.expected:,} requests "
        f"in the busiest minute ({minute.low:,} to {minute.high:,}) and {month.expected:,} "
        "pictures a month."
    )


def _ten(found: Dossier) -> Iterator[list[Line]]:
    """The row of the dearest ten minutes: a limit on money holds beside those on requests."""
    ten, tier = found.ten, found.tier
    if found.tiers is None or ten is None:
        return
    limit = None if tier is None else tier.per_10_min
    now: Line = [Blank("the project's usage tier: 1, 2 or 3", "--tier", "tier")]
    check = "open"
    if limit is not None:
        now = [dollars(limit)]
        check = "above today's" if ten.high > limit else "within today's"
    projected = f"{dollars(ten.expected)} ({dollars(ten.low)} to {dollars(ten.high)})"
    yield [["Money in 10 minutes"], now, [cents(ten.seen)], [projected], ["-"], ["-"], [check]]


def _row(found: Dossier, one: Check) -> list[Line]:
    now: Line = ["-"]
    if one.now is not None:
        now = [f"{one.now:,}"]
    elif one.unit in {"RPM", "RPD"} and found.tiers is not None:
        what = f"{one.name} allowed today, see {found.facts.desk.limits_page}"
        now = [Blank(what, f"--current-{one.unit.lower()}", "limit")]
    asked = f"{one.asked:,}" if one.asked is not None else "-"
    if one.asked is None and one.proposed is not None:
        asked = f"[{one.proposed:,}]"
    projected = "-"
    if one.projected is not None:
        low, high = one.projected.low, one.projected.high
        projected = f"{one.projected.expected:,} ({low:,} to {high:,})"
    headroom = "-" if one.headroom is None else f"{one.headroom:,.{int(one.headroom < 10)}f}x"
    verdict = VERDICTS[one.verdict]
    if one.projected is None:
        verdict = "open"
    return [
        [one.name.capitalize()], now, [f"{one.seen:,}"], [projected],
        [Strong(asked) if asked != "-" else asked],
        [headroom], [verdict],
    ]  # fmt: skip


def reasons(found: Dossier) -> Iterator[Block]:
    """What the pictures are for, in the user's words, and why more is needed."""
    ask = found.ask
    yield Heading("Use case")
    if ask.use_case is None:
        what = "what is made, for whom, and how often; two to five sentences"
        yield Paragraph([Blank(what, "--use-case")])
    else:
        yield Paragraph([Said(ask.use_case)], "said")
    yield Heading("Why more is needed")
    if ask.justification is None:
        what = "what changes: a launch, a new market, more customers, and when"
        yield Paragraph([Blank(what, "--justification")])
    else:
        yield Paragraph([Said(ask.justification)], "said")
    lines = list(_shown(found))
    if lines:
        yield Paragraph(["What the ledger shows of it:"], "opens")
        yield Items(lines)


def _shown(found: Dossier) -> Iterator[Line]:
    history, ask = found.history, found.ask
    days = history.whole_days[-30:]
    limited = sum(day.limited for day in days)
    if limited:
        on = sum(bool(day.limited) for day in days)
        of = f"{on} of the last {many(len(days), 'day')}"
        yield [f"{many(limited, 'request')} on {of} came back with 429, rate limited."]
    if ask.current_rpm is not None and days:
        near = sum(5 * day.peak >= 4 * ask.current_rpm for day in days)
        yield [
            (
                f"On {near} of the last {len(days)} days the busiest minute used 80% or more of "
                f"the {ask.current_rpm:,} requests a minute of today."
            )
        ]
    if ask.current_rpd is not None and days:
        near = sum(5 * day.requests >= 4 * ask.current_rpd for day in days)
        yield [
            (
                f"On {near} of the last {len(days)} days requests came to 80% or more of the "
                f"{ask.current_rpd:,} a day of today."
            )
        ]
    if found.projection is not None and found.projection.grown is not None:
        grown = found.projection.grown
        way = "more" if grown >= 0 else "fewer"
        yield [f"The last 30 whole days had {abs(grown):.0%} {way} requests than the 30 before."]
    tier, ten = found.tier, found.ten
    if tier is not None and tier.per_10_min is not None and ten is not None:
        limit = dollars(tier.per_10_min)
        if ten.high > tier.per_10_min:
            yield [
                (
                    f"The dearest ten minutes are projected to cost {cents(ten.expected)} "
                    f"({cents(ten.high)} at the high end): the {limit} that tier {tier.name} may "
                    "spend in ten minutes have to be raised as well."
                )
            ]
        else:
            yield [
                (
                    "The limit on money is not the hindrance: the dearest ten minutes are "
                    f"projected to cost {cents(ten.expected)}, {cents(ten.high)} at the high end, "
                    f"of the {limit} that tier {tier.name} may spend."
                )
            ]
