"""What ends a dossier: data, tables, provenance; and a sheet for the sender alone."""

from __future__ import annotations

from collections.abc import Iterator

from cavendish.core.money import Money
from cavendish.insight.dossier.blocks import (
    Blank,
    Block,
    Break,
    Column,
    Facts,
    Heading,
    Items,
    Line,
    Link,
    Paragraph,
    Said,
    Table,
)
from cavendish.insight.dossier.dossier import Dossier
from cavendish.insight.dossier.opening import short
from cavendish.insight.dossier.phrases import cents, price, sentence, written

LATEST_MONTHS = 36
"""Rows of the table by month; more are summed up."""


def data(found: Dossier) -> Iterator[Block]:
    """Data and compliance."""
    yield Heading("Data and compliance")
    note, history = found.ask.data_note, found.history
    if note is None:
        what = "who sees the pictures, how prompts are moderated, where data is kept"
        yield Paragraph([Blank(what, "--data-note")])
    else:
        yield Paragraph([Said(note)], "said")
    lines: list[Line] = [
        [("This dossier holds counts, amounts and times only: no prompts, pictures, file names, "
         "keys or data of users.")],
    ]  # fmt: skip
    if history.requests:
        refused = history.outcomes.get("safety", 0)
        lines.append(
            [(f"Safety: {refused:,} of {history.requests:,} requests "
             f"({history.share('safety'):.2%}) were refused by the service's filters.")]
        )  # fmt: skip
    yield Items(lines)


def tables(found: Dossier) -> Iterator[Block]:
    """Every month and model, and where the figures come from."""
    history = found.history
    yield Heading("Appendix A: months and models")
    if history.months:
        shown = history.months[-LATEST_MONTHS:]
        yield Table(
            [Column("Month"), Column("Model", wide=True), Column("Requests", "right"),
             Column("Pictures", "right"), Column("Spent", "right"), Column("A picture", "right")],
            [
                [[one.month], [one.model], [f"{one.requests:,}"], [f"{one.pictures:,}"],
                 [cents(one.spent)],
                 ["-" if not one.pictures else _each(one.spent.nanos, one.pictures)]]
                for one in shown
            ],
            caption=f"All of {cents(history.total)} since "
            f"{written(history.first) if history.first else '-'}; months are Pacific."
            + (f" {len(history.months) - len(shown)} older rows are left out."
               if len(history.months) > len(shown) else ""),
        )  # fmt: skip
    else:
        yield Paragraph(["There is no month with a request yet."])
    yield Heading("Appendix B: where the figures come from")
    rows: list[tuple[str, Line]] = [
        ("Ledger", [_head(found)]),
        ("Scope", [_scope(found)]),
        ("Request", ["An attempt that left this machine, whatever became of it."]),
        ("Picture", ["An answer with the picture asked for, checked for its size and kind."]),
        ("Money", ["Booked cost; of a request whose outcome is unknown, the most it can cost."]),
        ("Prices", [f"List prices checked {written(found.facts.model.checked)}."]),
        ("Written by", [f"Cavendish {found.facts.version}, {written(found.today)}."]),
    ]
    yield Facts(rows)


def _each(nanos: int, pictures: int) -> str:
    return price(Money(-(-nanos // pictures)))


def _head(found: Dossier) -> str:
    head = found.history.head
    if head is None:
        return "Append-only and chained by hashes; nothing is booked yet."
    return f"Append-only and chained by hashes: row {head[0]:,} ends in {head[1][:16]}."


def _scope(found: Dossier) -> str:
    history, facts = found.history, found.facts
    words = f"Real requests on {facts.channel}"
    others = {name: count for name, count in history.models.items() if name != facts.model.id}
    if others:
        words += f"; {sum(others.values()):,} for other models count in money only"
    if history.elsewhere:
        words += f"; {history.elsewhere:,} by other channels are not counted"
    return words + "."


def sheet(found: Dossier) -> Iterator[Block]:
    """For the sender: where it goes, how long it takes, what is still to do."""
    desk = found.facts.desk
    yield Break()
    yield Heading("For the sender: take this sheet off before sending")
    rows: list[tuple[str, Line]] = [
        ("Where to submit", [f"{desk.form_title}: ", Link(desk.form)]),
        ("Open to", [sentence(desk.open_to)]),
        ("Review", [sentence(desk.review)]),
    ]
    if desk.upgrade is not None:
        rows.append(("Without asking", [sentence(desk.upgrade)]))
    rows += [
        ("Limits of today", [Link(desk.limits_page)]),
        ("Source", [Link(desk.url), f", checked {written(desk.checked)}."]),
    ]
    yield Facts(rows)
    yield Heading("In short, to paste into the form", 2)
    yield Paragraph([Said(short(found))], "said")
    yield Heading("Before it goes out", 2)
    yield Items(list(_todo(found)), check=True)


def _by_month(found: Dossier) -> dict[str, Money]:
    sums: dict[str, Money] = {}
    for one in found.history.months:
        sums[one.month] = sums.get(one.month, Money(0)) + one.spent
    return sums


def _todo(found: Dossier) -> Iterator[Line]:
    desk = found.facts.desk
    for what, how in found.blanks:
        yield [f"Fill in, or write it again with {how}: {what}."]
    for one in found.checks:
        if one.asked is not None and one.verdict in {"too low", "high", "tight"}:
            yield [f"{one.name.capitalize()}, {one.asked:,} asked: {one.words}."]
    yield ["Compare the limits of today with ", Link(desk.limits_page), "."]
    if found.tiers is not None:
        needed = found.needed
        if needed is not None and needed.name != found.ask.tier:
            yield [(f"In money, tier {needed.name} carries what is asked: {needed.step}. It may be "
                   "the sooner way.")]  # fmt: skip
    tier = found.tier
    if tier is not None and tier.per_month is not None:
        dearest = max(_by_month(found).values(), default=Money(0))
        if dearest > tier.per_month:
            yield [
                (
                    f"The ledger has a month of {cents(dearest)}, above what tier {tier.name} may "
                    "spend: check the tier."
                )
            ]
    yield ["Check the ledger: cavendish cost verify."]
    yield [("Reserve the money: a budget below the volume asked for refuses it (cavendish budget "
           "list).")]  # fmt: skip
