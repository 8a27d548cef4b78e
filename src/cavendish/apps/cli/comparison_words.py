"""What people read of channels side by side: what differs is in rows, the channels are columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table
from rich.text import Text

from cavendish.apps.cli.words import line, out, plain, table
from cavendish.catalog.stated import COMPLIANCE, FEATURES
from cavendish.core.model import Fact
from cavendish.insight.seen import Seen
from cavendish.insight.ways import Comparison, Way

WIDTH = 100
"""Columns of text in which a table has to fit."""

_NAMES = 21
_CELLS = (11, 15)
_UNSTATED = Text("not stated", style="dim")
_NONE = Text("-", style="dim")


@dataclass(slots=True)
class _Sources:
    """The pages that were cited, in the order of their numbers, with the notes beside them."""

    cited: list[tuple[str, Fact]] = field(default_factory=list)

    def cell(self, name: str, fact: Fact | None) -> Text:
        """What is stated, with the number of its page."""
        if fact is None:
            return _UNSTATED
        if (name, fact) not in self.cited:
            self.cited.append((name, fact))
        number = (f" {self.cited.index((name, fact)) + 1}", "dim")
        if isinstance(fact.says, str):
            return Text.assemble(plain(fact.says), number)
        said = ("yes", "green") if fact.says else ("no", "yellow")
        return Text.assemble(said, number)


def comparison(found: Comparison) -> None:
    """The workload, a table for every few channels, and below it notes, pages and vices."""
    _head(found)
    width, sources = min(WIDTH, out.width), _Sources()
    most = max(1, (width - _NAMES) // (_CELLS[0] + 2))
    tables = -(-len(found.ways) // most)
    many = -(-len(found.ways) // tables)
    for start in range(0, len(found.ways), many):
        out.print()
        out.print(_side_by_side(found, found.ways[start : start + many], sources, width))
    _foot(found, sources)


def _head(found: Comparison) -> None:
    work = found.workload
    width, height = work.model.pixels[work.size][work.aspect_ratio]
    pictures = "picture" if work.images == 1 else "pictures"
    said = f"{work.images:,} {pictures} of {width} × {height} px ({work.size}, {work.aspect_ratio})"
    shown = f", {work.references} references each" if work.references else ""
    line(Text.assemble((said, "bold"), f" from {work.model.id}{shown}"))
    if found.prices != "today":
        line(Text(f"at the prices of the {found.prices}", style="dim"))


Rows = list[tuple[str, list[Text]]]


def _side_by_side(found: Comparison, ways: Sequence[Way], sources: _Sources, width: int) -> Table:
    least, most = _CELLS
    cell = max(least, min(most, (width - _NAMES) // len(ways) - 2))
    shown = table("", *(way.facts.name for way in ways))
    for column in shown.columns[1:]:
        column.no_wrap, column.width = False, cell
    for title, rows in _sections(found, ways, sources):
        told = [(name, cells) for name, cells in rows if any(cell != _NONE for cell in cells)]
        if told:
            shown.add_row(Text(title, style="bold"))
        for name, cells in told:
            shown.add_row(Text(f"  {name}", style="dim"), *cells)
    return shown


def _sections(
    found: Comparison, ways: Sequence[Way], sources: _Sources
) -> Iterable[tuple[str, Rows]]:
    models: Rows = [
        ("on sale", [_words(len(way.models)) for way in ways]),
        ("the newest", [_yes(found.newest in way.models) for way in ways]),
        ("where", [_places(way) for way in ways]),
        ("searches", [_words(", ".join(way.searches) or "not here") for way in ways]),
    ]
    limits: Rows = [
        ("a request", [_words(_megabytes(way.facts.request_bytes)) for way in ways]),
        ("a reference", [_words(_megabytes(way.facts.inline_bytes)) for way in ways]),
    ]
    direct: Rows = [
        ("direct Google", [_yes(way.facts.direct_google) for way in ways]),
        (
            "used when",
            [_words("it has a key" if way.facts.direct_google else "named") for way in ways],
        ),
    ]
    yield "price", _prices(found, ways)
    yield "models", models
    yield "seen in our calls", _seen([way.seen for way in ways])
    yield "limits", limits
    yield "features", _stated(FEATURES, [way.facts.features for way in ways], sources)
    stated = _stated(COMPLIANCE, [way.facts.compliance for way in ways], sources)
    yield "compliance", direct + stated


def _prices(found: Comparison, ways: Sequence[Way]) -> Rows:
    tiers = dict.fromkeys(tier for way in found.ways for tier in way.prices)
    rows: Rows = [("kind", [_words(way.kind) for way in ways])]
    rows.append(
        ("as of", [_words(way.checked.isoformat() if way.checked else None) for way in ways])
    )
    for tier in tiers:
        of = [way.prices.get(tier) for way in ways]
        rows.append((f"{tier}, picture", [_words(str(one.picture) if one else None) for one in of]))
        rows.append((f"{tier}, in all", [_in_all(found, way, tier) for way in ways]))
    elsewhere = [way.in_regions.get("standard") for way in ways]
    rows.append(
        ("regions, in all", [_words(str(one.all.expected) if one else None) for one in elsewhere])
    )
    return rows


def _seen(found: Sequence[Seen | None]) -> Rows:
    return [
        ("attempts", [_words(f"{one.attempts:,}" if one else None) for one in found]),
        ("answered", [_words(f"{one.success:.0%}" if one else None) for one in found]),
        ("as asked", [_words(f"{one.drawn_share:.0%}" if one else None) for one in found]),
        (
            "median",
            [_words(f"{one.median_s} s" if one and one.executed else None) for one in found],
        ),
    ]


def _stated(
    names: Mapping[str, str], facts: Sequence[Mapping[str, Fact]], sources: _Sources
) -> Rows:
    return [
        (words, [sources.cell(words, one.get(name)) for one in facts])
        for name, words in names.items()
    ]


def _words(said: str | int | None) -> Text:
    return _NONE if said is None else Text(str(said))


def _yes(so: bool) -> Text:
    return Text("yes", style="green") if so else Text("no", style="yellow")


def _in_all(found: Comparison, way: Way, tier: str) -> Text:
    """What the workload will likely cost, to the cent above a dollar; the least is marked."""
    if tier not in way.prices:
        return _NONE
    cost = way.prices[tier].all.expected
    cents = -(-cost.nanos // 10**7)
    said = f"${cents // 100:,}.{cents % 100:02d}" if cents >= 100 else str(cost)
    if way.facts.name not in found.cheapest.get(tier, ()):
        return Text(said)
    return Text.assemble((said, "bold green"), (" ✓", "green"))


def _places(way: Way) -> Text:
    if way.regions is None:
        return _NONE
    return Text(f"global, {len(way.regions)} regions" if way.regions else "global only")


def _megabytes(size: int | None) -> str | None:
    return None if size is None else f"{size // 1_000_000} MB"


def _foot(found: Comparison, sources: _Sources) -> None:
    out.print()
    for said in (
        "usd; in all: likely, with a prompt of 100 tokens, thinking and references; ✓ the least",
        "seen: settled attempts of this journal for this model; - nothing seen or nothing there",
        "third parties and drafts are used only where --channel or a setting names them",
    ):
        line(Text(said, style="dim"))
    for way in found.ways:
        if way.why_not is not None:
            line(Text.assemble((f"{way.facts.name} ", "bold"), plain(way.why_not)))
        if way.ends is not None:
            ends = f"announces the end of {found.workload.model.id}, not before {way.ends}"
            line(Text.assemble((f"{way.facts.name} ", "bold"), ends))
    out.print()
    for number, (words, fact) in enumerate(sources.cited, 1):
        note = f": {fact.note}" if fact.note else ""
        line(Text.assemble((f"{number:>2} ", "dim"), f"{words}{note}"))
        line(Text(f"   {fact.url}, {fact.checked}", style="dim"))
    vices = [(way.facts.name, vice) for way in found.ways for vice in way.facts.vices]
    if vices:
        out.print()
    for name, vice in vices:
        line(Text.assemble((f"{name} ", "bold"), plain(vice)))
