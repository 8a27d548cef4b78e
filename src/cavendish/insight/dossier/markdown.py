"""The document as Markdown, as GitHub and mail programs show it. Plots are files beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from cavendish.insight.dossier.blocks import (
    Blank,
    Block,
    Break,
    Callout,
    Document,
    Facts,
    Figure,
    Heading,
    Inline,
    Items,
    Line,
    Link,
    Paragraph,
    Said,
    Strong,
    Table,
    Tiles,
)

_MARKUP: Final = re.compile(r"([\\`*_\[\]|~])")
_OPENS: Final = re.compile(r"^(\s*)(?:([#+=:-])|(\d{1,9})([.)]))")
GAP: Final = "\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_"


def markdown(document: Document, assets: str) -> str:
    """The text; plots are referred to in the folder `assets` beside the file."""
    parts = [
        f"# {escaped(document.title)}",
        f"**{escaped(document.subtitle)}**",
        escaped(document.kicker),
        *_block(document.facts, assets),
    ]
    for block in document.blocks:
        parts += _block(block, assets)
    return "\n\n".join(parts) + "\n"


def escaped(text: str) -> str:
    """Our own words: nothing in them is markup by accident."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKUP.sub(r"\\\1", plain)


def tamed(text: str) -> str:
    """Somebody else's line: it is no markup, HTML, formula, list or heading either."""
    plain = escaped(text).replace("$", "\\$")
    return _OPENS.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", plain)


def _block(block: Block, assets: str) -> Iterator[str]:
    match block:
        case Heading(text, level, number):
            yield f"{'#' * (level + 1)} {'' if number is None else f'{number}. '}{escaped(text)}"
        case Paragraph(line, "note"):
            yield f"<sub>{_line(line)}</sub>"
        case Paragraph(line, "said"):
            yield _said(line)
        case Paragraph(line):
            yield _line(line)
        case Facts(rows):
            yield _grid(
                ("", ""), "ll", [(f"**{escaped(name)}**", _line(line)) for name, line in rows]
            )
        case Tiles(tiles):
            cells = [
                (f"**{escaped(value)}**", escaped(f"{what} {remark}".strip()))
                for value, what, remark in tiles
            ]
            yield _grid(("", ""), "rl", cells)
        case Table():
            yield from _table(block)
        case Figure(name, _, alt, caption):
            yield f"![{escaped(alt)}]({quote(assets)}/{name}.svg)"
            yield f"*{escaped(caption)}*"
        case Items(lines, check):
            box = "- [ ] " if check else "- "
            yield "\n".join(box + _line(line) for line in lines)
        case Callout(title, line):
            yield f"> **{escaped(title)}**  \n> {_line(line)}"
        case Break():
            yield "---"


def _table(table: Table) -> Iterator[str]:
    head = [escaped(column.title) for column in table.columns]
    aligned = "".join("r" if column.align == "right" else "l" for column in table.columns)
    rows = []
    for number, row in enumerate(table.rows):
        cells = [_line(cell) for cell in row]
        if number in table.strong:
            cells[0] = f"**{cells[0]}**"
        rows.append(cells)
    yield _grid(head, aligned, rows)
    if table.caption:
        yield f"<sub>{escaped(table.caption)}</sub>"


def _grid(head: Sequence[str], aligned: str, rows: Sequence[Sequence[str]]) -> str:
    rule = ["---:" if side == "r" else "---" for side in aligned]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _said(line: Line) -> str:
    """The user's own words: their lines stay lines, and are quoted."""
    words = "\n".join(part.text for part in line if isinstance(part, Said))
    return "\n".join(f"> {tamed(one)}  " if one else ">" for one in words.split("\n"))


def _line(line: Line) -> str:
    return "".join(_inline(part) for part in line).replace("\n", " ")


def _inline(part: Inline) -> str:
    match part:
        case Strong(text):
            return f"**{escaped(text)}**"
        case Said(text):
            return tamed(text)
        case Link(url, None):
            return f"<{url}>"
        case Link(url, text):
            return f"[{escaped(text or url)}]({url})"
        case Blank(what, _, short):
            return f"{GAP[:10]} *({escaped(short)})*" if short else f"{GAP} *({escaped(what)})*"
        case _:
            return escaped(part)
