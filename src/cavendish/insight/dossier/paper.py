"""The dossier put in order: what stands on the cover and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cavendish.insight.dossier.blocks import Blank, Block, Document, Heading
from cavendish.insight.dossier.closing import data, sheet, tables
from cavendish.insight.dossier.dossier import Dossier
from cavendish.insight.dossier.evidence import care, limits, past
from cavendish.insight.dossier.opening import cover, reasons, summary
from cavendish.insight.dossier.outlook import checked, enterprise, price, projected
from cavendish.insight.dossier.phrases import the, written


def document(found: Dossier) -> Document:
    """The whole of it, as nouns."""
    facts = found.facts
    return Document(
        title=f"{_more(found)} for {facts.model.name}",
        subtitle=f"{_purpose(found)} {facts.model.id} on {the(facts.desk.title)}",
        kicker=f"Request for a quota increase, {written(found.today)}",
        day=found.today.isoformat(),
        facts=cover(found),
        author=found.ask.company or "",
        blocks=(*_numbered(_request(found)), *tables(found), *sheet(found)),
        keywords=("quota increase", facts.model.id, facts.desk.title),
    )


def _more(found: Dossier) -> str:
    return "Higher limits" if found.facts.tiers else "More capacity"


def _purpose(found: Dossier) -> str:
    return "A request to raise the limits of" if found.facts.tiers else "A request for capacity for"


def _request(found: Dossier) -> Iterator[Block]:
    for part in (
        summary, reasons, past, limits, projected, checked, care, price, data, enterprise,
    ):  # fmt: skip
        yield from part(found)


def _numbered(blocks: Iterable[Block]) -> Iterator[Block]:
    number = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            number += 1
            yield replace(block, number=number)
        else:
            yield block


def with_blanks(found: Dossier) -> Dossier:
    """The dossier, with what is left to fill by hand."""
    gaps: tuple[Blank, ...] = document(found).blanks
    return replace(found, blanks=tuple((one.what, one.how) for one in gaps))
