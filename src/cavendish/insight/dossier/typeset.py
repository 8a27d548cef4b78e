"""The document as PDF, set by Typst. Everything reaches the template as data, nothing as code."""

from __future__ import annotations

import functools
import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cavendish.core.errors import UsageError
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

PAPERS: Final = {"a4": "a4", "letter": "us-letter"}
LONGEST_WORD: Final = 26
"""Longer words may break."""
GIVEN_UP: Final = "\N{WHITE SQUARE}"
STANDARD: Final = "ua-1"
"""PDF/UA-1: tagged, with titles, languages and other texts for pictures; Typst checks it."""
_LOST: Final = re.compile(r'text `"(.+?)"` could not be displayed')
_TRIES: Final = 40
_LATIN_ENDS: Final = 0x024F
_compiling = threading.Lock()


def pdf(document: Document, *, paper: str, fonts: Path) -> tuple[bytes, tuple[str, ...]]:
    """The PDF, and what had to be left out of it. The same document is the same bytes.

    `fonts` is the folder of the bundled fonts; other writing is set in fonts of this machine, and
    what none of them has is shown as a square. Raises: UsageError where Typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise UsageError(
            "a PDF needs Typst, which is not installed",
            next_step='run: pip install "cavendish[render]", or write FILE.md',
        ) from None
    told = _document(document)
    with _compiling:
        for system in (False, True):
            made = _compiled(typst, told, document.day, paper, _compiler(fonts, system))
            if isinstance(made, bytes):
                return made, ()
        lost: set[str] = set()
        for _ in range(_TRIES):
            assert isinstance(made, set)
            lost |= _kin(made, json.dumps(told, ensure_ascii=False))
            tame = _without(told, lost)
            made = _compiled(typst, tame, document.day, paper, _compiler(fonts, True))
            if isinstance(made, bytes):
                return made, (f"characters that no font here has are shown as {GIVEN_UP}",)
    raise UsageError(
        "the text cannot be set with the fonts of this machine",
        next_step="write FILE.md, or install fonts for its writing",
    )


def _kin(lost: set[str], text: str) -> set[str]:
    """These characters and all of the text that are of the same writing: fonts have all or none."""
    blocks = {_writing(char) for char in lost}
    return {char for char in text if ord(char) > _LATIN_ENDS and _writing(char) in blocks} | lost


def _writing(char: str) -> int:
    code = ord(char)
    if 0x2E80 <= code < 0xFB00 or 0x20000 <= code < 0x40000:
        return -1  # Chinese, Japanese, Korean
    return -2 if code >= 0x1F000 else code >> 8


def _without(told: dict[str, Any], lost: set[str]) -> dict[str, Any]:
    text = json.dumps(told, ensure_ascii=False)
    run = "[" + "".join(map(re.escape, sorted(lost))) + "]"
    left: dict[str, Any] = json.loads(re.sub(run, GIVEN_UP, text))
    return left


def _compiled(
    typst: Any, told: dict[str, Any], day: str, paper: str, compiler: Any
) -> bytes | set[str]:
    """The PDF, or the characters that could not be shown."""
    inputs = {"document": json.dumps(told), "paper": PAPERS[paper]}
    noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    try:
        return bytes(
            compiler.compile(
                _template(), format="pdf", sys_inputs=inputs, timestamp=noon,
                pdf_standards=[STANDARD],
            )
        )  # fmt: skip
    except typst.TypstError as error:
        found = _LOST.search(error.message)
        if found is None:
            raise
        return set(json.loads(f'"{found[1]}"')) if "\\" not in found[1] else set()


@functools.cache
def _template() -> bytes:
    return Path(__file__).with_name("dossier.typ").read_bytes()


@functools.cache
def _compiler(fonts: Path, system: bool) -> Any:
    import typst

    found = typst.Fonts(
        include_system_fonts=system, include_embedded_fonts=False, font_paths=[fonts]
    )
    return typst.Compiler(font_paths=found)


def _document(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "kicker": document.kicker,
        "day": [int(part) for part in document.day.split("-")],
        "author": document.author,
        "keywords": list(document.keywords),
        "facts": _block(document.facts)["rows"],
        "blocks": [_block(block) for block in document.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text, level, number):
            return {"kind": "heading", "text": text, "level": level, "number": number}
        case Paragraph(line, kind):
            return {"kind": "paragraph", "line": _line(line), "style": kind}
        case Facts(rows):
            return {"kind": "facts", "rows": [[name, _line(line)] for name, line in rows]}
        case Tiles(tiles):
            return {"kind": "tiles", "tiles": [list(tile) for tile in tiles]}
        case Table(columns, rows, caption, strong):
            return {
                "kind": "table",
                "columns": [
                    {"title": one.title, "align": one.align, "wide": one.wide} for one in columns
                ],
                "rows": [[_line(cell) for cell in row] for row in rows],
                "caption": _breakable(caption),
                "strong": sorted(strong),
            }
        case Figure(_, svg, alt, caption):
            return {"kind": "figure", "svg": svg, "alt": alt, "caption": caption}
        case Items(lines, check):
            return {"kind": "items", "lines": [_line(line) for line in lines], "check": check}
        case Callout(title, line, tone):
            return {"kind": "callout", "title": title, "line": _line(line), "tone": tone}
        case Break():
            return {"kind": "break"}


def _line(line: Line) -> list[dict[str, str]]:
    return [_inline(part) for part in line]


def _inline(part: Inline) -> dict[str, str]:
    match part:
        case Strong(text):
            return {"is": "strong", "text": text}
        case Said(text):
            return {"is": "said", "text": _breakable(text)}
        case Link(url, text):
            return {"is": "link", "url": url, "text": _breakable(text or url)}
        case Blank(what, _, short):
            return {"is": "blank", "text": short or what}
        case _:
            return {"is": "text", "text": _breakable(part)}


def _breakable(text: str) -> str:
    """Text whose very long words, and whose addresses, may break."""
    words = re.split(r"(\s+)", text)
    return "".join(
        word
        if len(word) <= LONGEST_WORD
        else re.sub(r"(?<=[/?&=._-])(?=\w)", "\u200b", word)
        if "/" in word
        else re.sub(rf"(\S{{{LONGEST_WORD // 2}}})(?=\S)", "\\1\u200b", word)
        for word in words
    )
