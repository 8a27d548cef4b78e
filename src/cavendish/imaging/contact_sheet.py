"""A contact sheet: pictures in a grid under headings, each with a caption, on one page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

PAPER, INK, QUIET, RULE = "#f7f6f3", "#1c1b22", "#77747f", "#dedbd4"
MOUNT, BAD, BAD_PAPER = "#e9e6df", "#b3261e", "#f6e7e4"
CELL_PX, SMALL_CELL_PX = 360, 240
"""A cell's width; the smaller one from `MANY` columns on."""

MANY: Final = 5
MARGIN, GAP, WORDS_PX, LEAST_PX = 48, 24, 230, 900
_KEPT: Final = frozenset("·…“”‘’")
_SPELT: Final = {
    "×": "x", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "–": "-",
    "—": "-", "„": "“", "\u2010": "-", "\u2011": "-", "ı": "i", "đ": "d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture with its caption. Without `path` the `said` stand in its place; `bad` lines are
    what is wrong with it."""

    path: Path | None
    caption: str = ""
    bad: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number, its words, and a cell for each column."""

    number: str
    words: str
    cells: tuple[Cell, ...]


def contact_sheet(
    title: str,
    beside: str,
    columns: Sequence[tuple[str, str]],
    lines: Sequence[Line],
    foot: str,
    *,
    shape: tuple[int, int],
) -> Image:
    """Draws the page. `columns` are names with a line of facts each, `shape` is that of a cell:
    the width and height of what was asked for, within reason. Blocks: it decodes every
    picture; one that cannot be opened is said to be so in its place."""
    from PIL import Image, ImageDraw

    side = CELL_PX if len(columns) < MANY else SMALL_CELL_PX
    tall = max(side // 3, min(side * shape[1] // shape[0], side * 5 // 4))
    top, caption = MARGIN + 116, 58
    height = top + len(lines) * (tall + caption + GAP) + MARGIN + 4
    width = max(LEAST_PX, 2 * MARGIN + WORDS_PX + len(columns) * (side + GAP) - GAP)
    page = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    _head(draw, title, beside, columns, side, width)
    y = top
    for line in lines:
        draw.text((MARGIN, y), line.number, font=_font(30), fill=QUIET)
        _paragraph(draw, (MARGIN, y + 42), line.words, 17, WORDS_PX - 28, INK, max(3, tall // 24))
        for column, cell in enumerate(line.cells):
            _cell(page, draw, (MARGIN + WORDS_PX + column * (side + GAP), y), cell, side, tall)
        y += tall + caption + GAP
    draw.line((MARGIN, height - MARGIN - 6, width - MARGIN, height - MARGIN - 6), fill=RULE)
    draw.text((MARGIN, height - MARGIN + 6), plain(foot), font=_font(14), fill=QUIET)
    return page


def plain(text: str) -> str:
    """The words with the letters that the built-in font has: accents go, and of what it cannot
    write, such as other scripts, an ellipsis stays."""
    kept = [c if c in _KEPT else unicodedata.normalize("NFKD", _SPELT.get(c, c)) for c in text]
    folded = "".join(_drawn(c) for c in "".join(kept))
    return re.sub("…[… ]*…", "…", " ".join(folded.split()))


def _drawn(letter: str) -> str:
    if (letter.isascii() and letter.isprintable()) or letter in _KEPT:
        return letter
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter)[0] in "MC" else "…"


def _head(
    draw: ImageDraw, title: str, beside: str, columns: Sequence[tuple[str, str]], side: int,
    width: int,
) -> None:  # fmt: skip
    draw.text((MARGIN, MARGIN - 14), plain(title), font=_font(30), fill=INK)
    draw.text((width - MARGIN, MARGIN), plain(beside), font=_font(15), fill=QUIET, anchor="ra")
    for number, (name, facts) in enumerate(columns):
        x = MARGIN + WORDS_PX + number * (side + GAP)
        draw.line((x, MARGIN + 40, x + side, MARGIN + 40), fill=INK, width=2)
        draw.text((x, MARGIN + 50), _cut(plain(name), 22, side), font=_font(22), fill=INK)
        draw.text((x, MARGIN + 80), _cut(plain(facts), 14, side), font=_font(14), fill=QUIET)


def _cell(
    page: Image, draw: ImageDraw, at: tuple[int, int], cell: Cell, side: int, tall: int
) -> None:
    x, y = at
    shown = None if cell.path is None else _shrunk(cell.path, side, tall)
    if shown is not None:
        left, upper = x + (side - shown.width) // 2, y + (tall - shown.height) // 2
        draw.rectangle((x, y, x + side - 1, y + tall - 1), fill=MOUNT)
        page.paste(shown, (left, upper))
        if cell.bad:
            edge = (left, upper, left + shown.width - 1, upper + shown.height - 1)
            draw.rectangle(edge, outline=BAD, width=4)
    else:
        draw.rectangle((x, y, x + side - 1, y + tall - 1), fill=BAD_PAPER)
        said = cell.said or "the picture cannot be opened"
        _paragraph(draw, (x + 18, y + 18), said, 17, side - 36, BAD, max(2, (tall - 36) // 24))
    draw.text((x, y + tall + 8), _cut(plain(cell.caption), 15, side), font=_font(15), fill=INK)
    if cell.bad:
        draw.text((x, y + tall + 30), _cut(plain(cell.bad), 14, side), font=_font(14), fill=BAD)


def _shrunk(path: Path, side: int, tall: int) -> Image | None:
    from PIL import Image

    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (side * 2, tall * 2))
            picture = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, MemoryError):  # decoders raise them all
        return None
    picture.thumbnail((side, tall), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return picture


def _paragraph(
    draw: ImageDraw, at: tuple[int, int], text: str, size: int, width: int, ink: str, most: int
) -> None:
    """Words in lines of this width; what is too much ends in dots."""
    said = plain(text).strip("… ") and plain(text)
    lines = list(_wrapped(said or "(not in Latin letters: see evaluation.csv)", size, width))
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]} …", size, width)]
    for number, line in enumerate(lines):
        draw.text((at[0], at[1] + number * round(size * 1.35)), line, font=_font(size), fill=ink)


def _wrapped(text: str, size: int, width: int) -> Iterator[str]:
    font, line = _font(size), ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            yield _cut(line, size, width)
            line = word
        else:
            line = longer
    if line:
        yield _cut(line, size, width)


def _cut(text: str, size: int, width: int) -> str:
    font = _font(size)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _font(size: int) -> FreeTypeFont | ImageFont:
    """Pillow's own face, which is there wherever Pillow is."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
