"""What people read about money: estimates, advice and reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.model_words import SURFACES
from cavendish.apps.cli.words import facts, money, out, plain, table
from cavendish.catalog.uses import MM_PER_INCH
from cavendish.client.references.phrases import sentences
from cavendish.core.money import Money

if TYPE_CHECKING:
    from cavendish.catalog.pricing import CostRange
    from cavendish.client.result import Estimate
    from cavendish.client.room import Room
    from cavendish.core.request import ImageRequest
    from cavendish.insight.advise import Advice, Print
    from cavendish.insight.report import Report
    from cavendish.insight.savings import Savings

_PARTS = {"text": "text in", "words": "words out", "call": "the call, flat"}
_NANOS_PER_MICRO = 1_000
_BATCH = "batch is answered within a day; generate buys no batch jobs yet"


def dry_run(found: Estimate, room: Room) -> None:
    """What would be sent, the range of its cost, in short, and whether budgets have room for it."""
    cost = found.cost
    _request(found)
    facts(
        [
            ("cost", f"{money(cost.expected, found.realm)} expected"),
            ("range", f"{cost.low} to {cost.high}, which a budget holds meanwhile"),
        ]
    )
    for said in room.warnings:
        out.print(Text.assemble(("! ", "bold yellow"), plain(said)), soft_wrap=True)


def estimate(found: Estimate) -> None:
    """What would be sent, what each part of it costs, and what it would cost otherwise."""
    _request(found)
    prices = "" if found.prices == "today" else f", as in the {found.prices}"
    surface = SURFACES.get(found.surface, found.surface)
    flat = "call" in found.one.parts
    how = "flat per call" if flat else f"{found.intake.request.tier} tier"
    facts(
        [
            ("prices", f"{surface}, {how}{prices}"),
            ("cost", f"{money(found.cost.expected, found.realm)} expected"),
        ]
    )
    out.print()
    shown = table("usd", "low", "expected", "high", numbers=True)
    for name, part in found.one.parts.items():
        shown.add_row(_PARTS.get(name, name), *_cells(part))
    shown.add_row(Text("one picture", style="bold"), *_cells(found.one))
    if found.call.pictures > 1:
        shown.add_row(Text(f"{found.call.pictures} pictures", style="bold"), *_cells(found.cost))
    out.print(shown)
    if not found.alternatives:
        return
    out.print()
    others = table("one picture otherwise", "size", "tier", "expected", "difference")
    for other in found.alternatives:
        difference = other.cost.expected - found.one.expected
        sign = "-" if difference.nanos < 0 else "+"
        apart = f"{sign}{Money(abs(difference.nanos))}" if difference else "the same"
        name = other.model if other.model != found.intake.request.model else "the same model"
        others.add_row(name, other.size, other.tier, str(other.cost.expected), apart)
    out.print(others)
    if any(other.tier == "batch" for other in found.alternatives):
        out.print(Text(_BATCH, style="dim"))


def _request(found: Estimate) -> None:
    request, uploads = found.intake.request, found.uploads
    width, height = found.intake.model.pixels[request.size][request.aspect_ratio]
    out.print(Text("nothing was sent", style="bold"))
    facts(
        [
            ("model", request.model),
            ("channel", found.channel),
            *(("then", f"{name}, {cost.expected} a picture") for name, cost in found.others),
            ("picture", f"{width} × {height} px ({request.size}, {request.aspect_ratio})"),
            ("pictures", str(found.call.pictures)),
            ("references", " + ".join(str(len(one.shown)) for one in found.call.intakes)),
            *([("turns", _history(request))] if request.history else ()),
            *((("uploads", f"{uploads} of them ahead of the request"),) if uploads else ()),
            ("prompt", request.prompt.strip().splitlines()[0][:80]),
            *(("adds", said) for said in sentences(request.references)),
        ]
    )


def _history(request: ImageRequest) -> str:
    shown = sum(len(turn.pictures) for turn in request.history)
    return f"{request.answers} before this one, with {shown} pictures"


def _cells(cost: CostRange) -> list[str]:
    """To the millionth of a dollar, rounded up, so that a column can be read down."""
    micros = (-(-m.nanos // _NANOS_PER_MICRO) for m in (cost.low, cost.expected, cost.high))
    return [f"{micro // 1_000_000:,}.{micro % 1_000_000:06d}" for micro in micros]


def advice(found: Advice) -> None:
    """What to ask for, why, and what it saves."""
    best, other = found.best, found.instead_of
    width, height = best.fit.pixels
    said = f"{best.fit.size} {best.fit.aspect_ratio}"
    mark = ("✓ ", "bold green") if best.enough else ("! ", "bold yellow")
    out.print(Text.assemble(mark, (said, "bold"), f" from {best.model.id}"))
    count = f" a picture, {found.cost} for {found.n:,}" if found.n > 1 else ""
    cut = best.fit.cut
    saving = f"{found.saving} against {other.fit.size} from {other.model.id}, which is enough too"
    facts(
        [
            ("picture", f"{width} × {height} px" + (f", {cut:.1%} cut away" if cut else "")),
            ("cost", f"{best.cost}{count}"),
            *([("saves", saving)] if found.saving else ()),
            ("because", found.reason),
            *(_paper(found.paper) if found.paper else ()),
            ("source", found.use.source),
            *(("warning", warning) for warning in found.warnings),
        ]
    )


def _paper(paper: Print) -> Iterable[tuple[str, str]]:
    inches = paper.wide_mm / MM_PER_INCH
    yield "paper", f"{paper.width_mm:g} × {paper.height_mm:g} mm at {paper.dpi} DPI"
    yield "sharp", f"from {paper.sharp_from_mm / 10:.0f} cm away"
    yield "widest", f"{paper.wide_mm:g} mm ({inches:.1f} inches) at {paper.wanted_dpi} DPI"


def report(found: Report) -> None:
    """What was spent, group by group."""
    if not found.lines:
        out.print("nothing was bought yet")
        return
    at_times = ("presumed", "held", "hits", "spared")  # a column of nothing is left out
    columns = [name for name in at_times if any(getattr(line, name) for line in found.lines)]
    shown = table(found.by, "realm", "pictures", "attempts", "cost", *columns)
    for line in found.lines:
        numbers = (line.pictures, line.attempts, line.cost)
        more = (getattr(line, name) for name in columns)
        shown.add_row(line.group, line.realm, *map(str, (*numbers, *more)))
    out.print(shown)
    if found.by != "tag":  # an attempt counts once for each of its tags
        out.print(f"real {found.total('real')} · simulated {found.total('simulated')}")
    _savings(found.saved)


def _savings(saved: Savings) -> None:
    """Against what the same pictures cost at Google's realtime list price, and why."""
    if saved.listed:
        way = "under" if saved.saved.nanos >= 0 else "over"
        off = Money(abs(saved.saved.nanos))
        out.print(
            Text.assemble(
                (f"{off} {way} list price", "bold"),
                f": {saved.paid} for pictures that Google lists at {saved.listed} in realtime",
            ),
            soft_wrap=True,
        )
    if saved.because:
        shown = table("because of", "pictures", "list price", "paid", "saved", numbers=True)
        for one in saved.because:
            shown.add_row(
                one.reason, f"{one.pictures:,}", *map(str, (one.listed, one.paid, one.saved))
            )
        out.print(shown)
    if saved.uncompared:
        out.print(f"{saved.uncompared} was paid for pictures that no list price is known for")
    if saved.without:
        out.print(f"{saved.without} was paid, or is presumed to be, and brought no picture")
    if saved.hits:
        times = "once" if saved.hits == 1 else f"{saved.hits:,} times"
        out.print(
            Text.assemble(
                (f"{saved.spared} not paid again", "bold"), f": found {times}, for nothing"
            ),
            soft_wrap=True,
        )
    if saved.listed:
        out.print(saved.note, style="dim", soft_wrap=True)
