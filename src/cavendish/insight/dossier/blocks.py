"""A document as nouns: what Markdown and PDF are both made of. Text is data, never markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry the sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The user's own words, of which nothing is known."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """An address, shown as itself or as `text`."""

    url: str
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A gap to fill by hand: what belongs there, how the command fills it, and what stands in a
    narrow place."""

    what: str
    how: str
    short: str = ""


Inline = str | Strong | Said | Link | Blank
Line = Sequence[Inline]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 opens a section, which may have a number."""

    text: str
    level: int = 1
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. A `lead` opens the document, a `note` explains, `said` is the user's own, and
    what `opens` stays with what follows."""

    line: Line
    kind: Literal["plain", "lead", "note", "said", "opens"] = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what stands for them."""

    rows: Sequence[tuple[str, Line]]


@dataclass(frozen=True, slots=True)
class Tiles:
    """Key figures: value, what it is, and a remark."""

    tiles: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column's title, how it is aligned, and its share of the width where it is not narrow."""

    title: str
    align: Literal["left", "right"] = "left"
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `strong` are the numbers of rows that are set off."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Line]]
    caption: str = ""
    strong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot as SVG; `caption` says in words what it shows, `name` is its file's stem."""

    name: str
    svg: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `check` are boxes to tick."""

    lines: Sequence[Line]
    check: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """A remark that must not be missed."""

    title: str
    line: Line
    tone: Literal["good", "mind"] = "mind"


@dataclass(frozen=True, slots=True)
class Break:
    """What follows begins on a page of its own."""


Block = Heading | Paragraph | Facts | Tiles | Table | Figure | Items | Callout | Break


@dataclass(frozen=True, slots=True)
class Document:
    """A cover and what follows. `facts` stand on the cover, `day` is the date it bears."""

    title: str
    subtitle: str
    kicker: str
    day: str
    facts: Facts
    author: str
    blocks: tuple[Block, ...]
    keywords: tuple[str, ...] = field(default=())

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Its plots, in order."""
        return tuple(block for block in self.blocks if isinstance(block, Figure))

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """Every gap that is left to fill, each once."""
        found = dict.fromkeys(
            inline
            for line in (*(line for _, line in self.facts.rows), *_lines(self.blocks))
            for inline in line
            if isinstance(inline, Blank)
        )
        return tuple(found)


def _lines(blocks: Sequence[Block]) -> Iterator[Line]:
    for block in blocks:
        match block:
            case Paragraph(line=line) | Callout(line=line):
                yield line
            case Facts(rows):
                yield from (line for _, line in rows)
            case Table(rows=rows):
                yield from (cell for row in rows for cell in row)
            case Items(lines):
                yield from lines
            case _:
                pass
