"""What is expected, whether what is asked fits it, what it costs, and the way that is bought."""

from __future__ import annotations

from collections.abc import Iterator

from cavendish.insight.dossier.blocks import (
    Block,
    Callout,
    Column,
    Facts,
    Heading,
    Items,
    Line,
    Link,
    Paragraph,
    Strong,
    Table,
)
from cavendish.insight.dossier.checks import Check
from cavendish.insight.dossier.dossier import Dossier
from cavendish.insight.dossier.phrases import cents, dollars, sentence, written
from cavendish.insight.dossier.projection import Range
from cavendish.insight.dossier.scales import scales


def projected(found: Dossier) -> Iterator[Block]:
    """The projection, and how it came about."""
    yield Heading("Projection")
    projection = found.projection
    if projection is None:
        yield Paragraph(["The ledger does not hold 14 whole days with 50 requests yet."])
        return
    yield Table(
        [
            Column(f"On {written(projection.until)}", wide=True),
            Column("Low", "right"),
            Column("Expected", "right"),
            Column("High", "right"),
        ],
        [
            _range("Requests on a mean day", projection.day),
            _range("Requests on the busiest day", projection.busiest_day),
            _range("Requests in the busiest minute", projection.minute),
            _range("Pictures in 30 days", projection.month),
            _money("List price of these pictures", found, projection.month),
        ],
    )
    yield Paragraph([f"Method. {projection.method}"], "note")


def _range(name: str, value: Range) -> list[Line]:
    return [[name], *([f"{one:,}"] for one in (value.low, value.expected, value.high))]


def _money(name: str, found: Dossier, value: Range) -> list[Line]:
    figures = (value.low, value.expected, value.high)
    return [[name], *([dollars(found.cost(one))] for one in figures)]


def checked(found: Dossier) -> Iterator[Block]:
    """Each limit asked for, held against the projection."""
    yield Heading("What is asked, checked")
    shown = [one for one in found.checks if one.asked is not None]
    if not shown:
        yield Paragraph(["No limit is asked for yet; the projection suggests:"])
        shown = [one for one in found.checks if one.proposed is not None]
    if not shown:
        yield Paragraph(["Nothing can be suggested before the ledger can be projected."])
        return
    if (figure := scales(shown)) is not None:
        yield figure
    good = [one for one in shown if one.verdict == "fits"]
    if good:
        yield Items([[Strong(f"{_title(one)}. "), sentence(one.words)] for one in good])
    for one in shown:
        if one not in good:
            yield Callout(_title(one), [sentence(one.words)])
    ten, projected = found.ten_minutes, found.ten
    if ten is not None and projected is not None:
        words = (
            f"Ten minutes at the full {found.rpm.wanted:,} requests a minute would cost "
            f"{cents(ten)} at the list price; by the ledger's own bursts the dearest ten minutes "
            f"are projected to cost {cents(projected.expected)} ({cents(projected.low)} to "
            f"{cents(projected.high)})."
        )
        yield Paragraph([words], "note")


def _title(one: Check) -> str:
    word = "Asked" if one.asked is not None else "Proposed"
    return f"{word}: {one.wanted:,} {one.name}"


def price(found: Dossier) -> Iterator[Block]:
    """What the volume asked for costs."""
    yield Heading("Cost at the volume asked for")
    facts, month = found.facts, found.month
    rows: list[tuple[str, Line]] = [
        (
            "A picture, list price",
            [(f"{facts.each.expected} ({facts.size}, thinking as expected; {facts.each.low} to "
             f"{facts.each.high})")],
        )
    ]  # fmt: skip
    if found.each_seen is not None:
        rows.append(
            ("A picture, by the ledger", [f"{found.each_seen}, with all that brought none"])
        )
    if facts.batch is not None:
        rows.append(("A picture, in a batch job", [f"{facts.batch}, where it can wait a day"]))
    if month.wanted is not None:
        word = "asked for" if month.asked is not None else "proposed"
        rows.append((f"{month.wanted:,} pictures a month", [
            (f"{dollars(found.cost(month.wanted))} a month, "
            f"{dollars(found.cost(12 * month.wanted))} a year ({word})")
        ]))  # fmt: skip
    yield Facts(rows)


def enterprise(found: Dossier) -> Iterator[Block]:
    """Reserved throughput, for when an increase is not given or does not suffice."""
    facts, sold = found.facts, found.facts.enterprise
    yield Heading("Enterprise variant")
    yield Paragraph(
        [(f"Should the increase not be possible, or not be enough: {sold.title}. "
         f"{sentence(sold.term)}")]
    )  # fmt: skip
    weight, per = found.weighted_tokens, sold.throughput.get(facts.model.id)
    lines: list[Line] = []
    if weight is None or per is None:
        lines.append([f"{facts.model.id} is not on its list of models."])
    else:
        lines.append(
            [(f"A picture of {facts.size} weighs {weight:,} tokens there ({facts.image_tokens:,} "
             f"of picture at {per.output_image} each, the rest thinking); a unit carries "
             f"{per.per_s:,} a second. Prompt and references come on top.")]
        )  # fmt: skip
        if found.units is not None:
            lines.append([(f"{found.rpm.wanted:,} requests a minute take at least "
                          f"{found.units:,} units; the price is {sold.price}.")])  # fmt: skip
    lines += [
        [sentence(sold.review)],
        [sentence(f"{sold.beyond}; {sold.batch}")],
        ["Contact: ", Link(sold.contact), ". Order: ", Link(sold.order), "."],
    ]
    yield Items(lines)
    yield Paragraph(
        ["Sources: ", Link(sold.url), f", checked {written(sold.checked)}; ",
         Link(sold.throughput_url), f", checked {written(sold.throughput_checked)}."], "note",
    )  # fmt: skip
