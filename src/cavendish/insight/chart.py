"""A report as one picture: a bar for each group, as SVG without scripts, fonts or outside parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from cavendish.core.money import Money

if TYPE_CHECKING:
    from cavendish.insight.report import Line, Report

MOST_BARS = 60
WIDTH_PX, MARGIN_PX, ROW_PX, BAR_PX = 880, 32, 30, 16
BARS_FROM_PX, BARS_PX = 250, 480
HEAD_PX = 104
NAME_CHARS = 30
INK, FAINT, SPENT, UNSURE = "#1b1f24", "#6a737d", "#2f6f6a", "#d9a441"
_OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" role="img">'
)
_STYLE = (
    "text{font-family:Inter,'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;"
    f"font-size:13px;fill:{INK}}}.f{{fill:{FAINT}}}.t{{font-size:22px;font-weight:600}}"
    ".n{text-anchor:end}"
)


def svg(report: Report) -> str:
    """The chart. Real money if there is any, else the simulated, and it says which. Of many groups
    the last days, or the dearest, are shown."""
    realm = "real" if any(line.realm == "real" for line in report.lines) else "simulated"
    lines = [line for line in report.lines if line.realm == realm]
    shown = _shown(report.by, lines)
    height = HEAD_PX + ROW_PX * max(1, len(shown)) + 56
    parts = [
        _OPENING.format(width=WIDTH_PX, height=height),
        f"<title>{escape(f'Cost by {report.by}')}</title><style>{_STYLE}</style>",
        f'<rect width="{WIDTH_PX}" height="{height}" fill="#fff"/>',
        *_head(report, realm),
        *_bars(shown),
        *_foot(len(lines) - len(shown), height),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _shown(by: str, lines: Sequence[Line]) -> Sequence[Line]:
    if by == "day":
        return lines[-MOST_BARS:]
    if by == "category":
        return lines[:MOST_BARS]
    return sorted(lines, key=lambda line: (-line.cost.nanos, line.group))[:MOST_BARS]


def _head(report: Report, realm: str) -> Iterator[str]:
    total = report.total(realm)
    kind = "" if realm == "real" else " of simulated money"
    # With tags an attempt counts once for each of them, so their sum says nothing.
    title = f"Cost by {report.by}" if report.by == "tag" else f"{total}{kind} by {report.by}"
    yield _text(MARGIN_PX, 46, title, "t")
    saved = report.saved
    words = "no list price to compare with" if realm == "real" else "nothing was really spent"
    if realm == "real" and saved.listed:
        way = "under" if saved.saved.nanos >= 0 else "over"
        off = Money(abs(saved.saved.nanos))
        words = f"{off} {way} Google's realtime list price of {saved.listed}"
    yield _text(MARGIN_PX, 70, words, "f")


def _bars(lines: Sequence[Line]) -> Iterator[str]:
    if not lines:
        yield _text(MARGIN_PX, HEAD_PX + 18, "Nothing was bought.", "f")
        return
    most = max(line.cost.nanos + line.held.nanos for line in lines) or 1
    for number, line in enumerate(lines):
        top = HEAD_PX + number * ROW_PX
        name = line.group if len(line.group) <= NAME_CHARS else f"{line.group[: NAME_CHARS - 1]}…"
        sure = (line.cost.nanos - line.presumed.nanos) * BARS_PX // most
        unsure = (line.presumed.nanos + line.held.nanos) * BARS_PX // most
        yield _text(BARS_FROM_PX - 14, top + 13, name, "n")
        if sure or not unsure:
            yield _bar(BARS_FROM_PX, top, max(sure, 1), SPENT)
        if unsure:
            yield _bar(BARS_FROM_PX + sure, top, unsure, UNSURE)
        amounts = [str(line.cost)] if line.cost or not line.held else []
        said = " + ".join((*amounts, *([f"{line.held} held"] if line.held else ())))
        yield _text(BARS_FROM_PX + sure + unsure + 10, top + 13, said, "f")


def _foot(left_off: int, height: int) -> Iterator[str]:
    y = height - 22
    yield _bar(MARGIN_PX, y - 10, 10, SPENT, 10)
    yield _text(MARGIN_PX + 16, y, "spent", "f")
    yield _bar(MARGIN_PX + 74, y - 10, 10, UNSURE, 10)
    yield _text(MARGIN_PX + 90, y, "held, or presumed spent: nobody knows yet", "f")
    if left_off > 0:
        yield _text(WIDTH_PX - MARGIN_PX, y, f"and {left_off} more, not shown", "f n")


def _bar(x: int, y: int, width: int, fill: str, height: int = BAR_PX) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" fill="{fill}"/>'


def _text(x: int, y: int, words: str, kind: str) -> str:
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(plain)}</text>'
