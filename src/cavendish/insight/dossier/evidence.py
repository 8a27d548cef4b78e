"""What the ledger shows: volume, peaks, outcomes, the limits of today, and the care taken."""

from __future__ import annotations

from collections.abc import Iterator

from cavendish.core.money import Money
from cavendish.insight.dossier import plots
from cavendish.insight.dossier.blocks import (
    Blank,
    Block,
    Column,
    Heading,
    Items,
    Line,
    Link,
    Paragraph,
    Strong,
    Table,
)
from cavendish.insight.dossier.dossier import Dossier
from cavendish.insight.dossier.history import OUTCOMES, Day
from cavendish.insight.dossier.phrases import cents, dollars, together, written
from cavendish.insight.dossier.standing import Standing


def past(found: Dossier) -> Iterator[Block]:
    """The history, with its plots."""
    history = found.history
    yield Heading("History")
    if not history.requests:
        yield Paragraph(
            [("The ledger has no real request for this model on this channel. Nothing is shown in "
             "its place.")]
        )  # fmt: skip
        return
    yield Paragraph(
        [("Every figure is from our own ledger, written before each request leaves and settled "
         f"after its answer. Requests are those for {found.facts.model.id} that left this machine, "
         "repeats and refusals included; days are Pacific, as the quota counts them.")]
    )  # fmt: skip
    yield plots.daily(history, found.projection, found.ask.need.rpd)
    yield _months_compared(found)
    yield plots.peaks(history, found.ask.current_rpm, found.rpm.asked)
    yield plots.week(history)
    yield Heading("What requests ended with", 2)
    yield plots.outcomes(history)
    yield Table(
        [Column("Outcome", wide=True), Column("Requests", "right"), Column("Share", "right")],
        [
            [[plots.SAID[one][0].capitalize()], [f"{history.outcomes[one]:,}"],
             [f"{history.share(one):.2%}"]]
            for one in OUTCOMES if history.outcomes.get(one)
        ],
    )  # fmt: skip
    if history.latency_s is not None:
        middle, slow = history.latency_s
        yield Paragraph(
            [(f"A picture took {middle} s at the median, and 95 of 100 took {slow} s at most. The "
             f"busiest hour had {history.busiest_hour:,} requests.")], "note",
        )  # fmt: skip


def _months_compared(found: Dossier) -> Table:
    days = found.history.whole_days
    spans = [(f"Last {n} whole days", days[-n:]) for n in (7, 30) if len(days) >= n]
    if len(days) >= 60:
        spans.append(("The 30 before", days[-60:-30]))
    spans.append(("All days shown", found.history.shown))
    return Table(
        [Column("Days", wide=True), Column("Requests", "right"), Column("A day", "right"),
         Column("Busiest day", "right"), Column("Busiest minute", "right"),
         Column("Pictures", "right"), Column("429", "right"), Column("Spent", "right")],
        [_span(name, part) for name, part in spans if part],
        caption="Spent is of all models, as limits on money are the project's.",
    )  # fmt: skip


def _span(name: str, days: tuple[Day, ...]) -> list[Line]:
    requests = sum(day.requests for day in days)
    nanos = sum(day.spent.nanos for day in days)
    return [
        [name], [f"{requests:,}"], [f"{requests / len(days):,.0f}"],
        [f"{max(day.requests for day in days):,}"], [f"{max(day.peak for day in days):,}"],
        [f"{sum(day.pictures for day in days):,}"], [f"{sum(day.limited for day in days):,}"],
        [cents(Money(nanos))],
    ]  # fmt: skip


def limits(found: Dossier) -> Iterator[Block]:
    """The limits of today and how near use comes to them."""
    yield Heading("Limits today")
    desk, history = found.facts.desk, found.history
    if found.tiers is None:
        yield Paragraph([f"{desk.title}: {desk.per}."])
        return
    yield Paragraph(
        [(f"Limits on requests are by {desk.per}. The service no longer publishes them; a "
         "project's own stand at "), Link(desk.limits_page),
         ". Limits on money are published, by tier:"]
    )  # fmt: skip
    rows = [_tier(one) for one in found.tiers]
    current = frozenset(at for at, one in enumerate(found.tiers) if one.tier.name == found.ask.tier)
    yield Table(
        [Column("Tier"), Column("In 10 minutes", "right"), Column("Most used", "right"),
         Column("A month", "right"), Column("Takes", wide=True),
         Column("Carries the request", wide=True)],
        rows,
        caption=_used(found),
        strong=current,
    )  # fmt: skip
    yield Paragraph(_reach(found))
    if history.requests:
        yield plots.spend(history, _caps(found))


def _used(found: Dossier) -> str:
    seen, source = found.history.busiest_10_min, found.facts.tiers
    words = "Most used: nothing was spent yet"
    if seen:
        words = f"Most used: the dearest ten minutes so far came to {cents(seen)}"
    if found.ten is not None:
        words += f", and are projected to come to {cents(found.ten.expected)} at the most likely"
    from_ = f" Source: {source.url}, checked {written(source.checked)}." if source else ""
    return f"{words}.{from_}"


def _reach(found: Dossier) -> Line:
    history = found.history
    paid = f"Paid on this channel so far, by the ledger: {cents(history.total)}"
    since = f" since {written(history.paid_since)}" if history.paid_since else ""
    if found.ask.tier is None:
        tier = Blank("the project's usage tier: 1, 2 or 3", "--tier", "1, 2 or 3")
        return [f"{paid}{since}. Tier of the project: ", tier, "."]
    return [f"{paid}{since}. The project is in ", Strong(f"tier {found.ask.tier}"), "."]


def _caps(found: Dossier) -> list[tuple[str, Money]]:
    tier = found.tier
    return [
        (f"cap of tier {one.tier.name}", one.tier.per_month)
        for one in found.tiers or ()
        if one.tier.per_month is not None and tier in {None, one.tier}
    ]


def _tier(one: Standing) -> list[Line]:
    tier = one.tier
    ten = "-" if tier.per_10_min is None else dollars(tier.per_10_min)
    used = "-" if not one.used else f"{float(one.used):.0%}"
    month = "-"
    if tier.per_month is not None:
        month = dollars(tier.per_month) + ("+" if tier.month_may_be_more else "")
    carries = "-"
    if one.short is not None:
        carries = f"no: too little {together(one.short)}" if one.short else "yes, in money"
    return [[f"Tier {tier.name}"], [ten], [used], [month], [tier.step], [carries]]


def care(found: Dossier) -> Iterator[Block]:
    """What is done to be no burden, with figures where the ledger has them."""
    yield Heading("How the quota is used")
    taken, history = found.history.care, found.history
    lines: list[Line] = [
        ["Requests are paced ", Strong("before"), " they are sent: every process shares one "
         "ledger, which knows the limits, and what has no room waits here."
         + (f" {taken.held_back:,} were held back so." if taken.held_back else "")],
    ]  # fmt: skip
    if taken.wait_median_s is not None:
        lines.append(
            [("After a 429 the next try waits as the answer advises, with jitter: "
             f"{taken.wait_median_s:,} s at the median, {taken.wait_least_s:,} s at the least.")]
        )  # fmt: skip
    if history.requests:
        lines.append(
            [(f"Repeats: {taken.retries:,} of {history.requests:,} requests "
             f"({taken.retries / history.requests:.1%}) asked again for what was asked before.")]
        )  # fmt: skip
    if taken.hits:
        lines.append(
            [(f"Answers are kept: {taken.hits:,} requests were answered from our own store and "
             f"never sent, which saved {cents(taken.hits_saved)}.")]
        )  # fmt: skip
    else:
        lines.append(["Answers are kept: the same request is not sent twice."])
    if taken.deferred:
        share = taken.deferred / max(1, history.pictures)
        lines.append(
            [f"What can wait is left to batch or flex: {taken.deferred:,} pictures ({share:.1%})."]
        )
    lines.append(_budgets(found))
    lines.append(["What the safety filters refuse is not asked again by itself."])
    yield Items(lines)


def _budgets(found: Dossier) -> Line:
    taken = found.history.care
    caps = []
    if taken.day_budget is not None:
        caps.append(f"{dollars(taken.day_budget)} a day")
    if taken.month_budget is not None:
        caps.append(f"{dollars(taken.month_budget)} a month")
    if taken.other_budgets:
        caps.append(f"{taken.other_budgets} of projects, keys or tags")
    if not caps:
        return ["No budget is set at present."]
    return [
        "Spending is bounded by budgets, held before each request leaves: " + together(caps) + "."
    ]
