"""What every plot of a dossier is drawn with: one frame, one scale, one palette, as plain SVG
without scripts, fonts or outside parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 760, 58, 16
INK, FAINT, GRID = "#1b1f24", "#6a737d", "#e4e8ec"
MAIN, PALE, WARM, ALERT, ASKED = "#2f6f6a", "#a9cbc7", "#d9a441", "#b4533c", "#35507a"
"""Teal is what was, pale teal what did not become a picture, amber is unsure, brick is a limit,
blue is what is asked or expected."""
_OPENING: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
    'viewBox="0 0 {width} {height}" role="img">'
)
_STYLE: Final = (
    "text{font-family:Inter,'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;"
    f"font-size:12px;fill:{INK}}}.f{{fill:{FAINT}}}.b{{font-weight:600}}"
)


class Canvas:
    """A plot: a frame between `top` and `height` minus `foot`, x by position, y from 0."""

    def __init__(
        self, title: str, height: int, most: float, *, top: int = 34, foot: int = 30
    ) -> None:
        self.height, self.top, self.base = height, top, height - foot
        self.ceiling = ceiling(most)
        self._parts = [
            _OPENING.format(width=WIDTH, height=height),
            f"<title>{escape(title)}</title><style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        ]

    def y(self, value: float) -> float:
        """Where a value stands."""
        return self.base - (self.base - self.top) * min(value, self.ceiling) / self.ceiling

    def ticks(self, label: Callable[[float], str] = "{:,.0f}".format) -> None:
        """Lines across, with their values."""
        for value in steps(self.ceiling):
            y = self.y(value)
            self.line(LEFT, y, WIDTH - RIGHT, y, GRID)
            self.text(LEFT - 8, y + 4, label(value), "f", "end")

    def bar(self, x: float, value: float, width: float, fill: str, over: float = 0) -> None:
        """A bar of `value` that stands on `over`."""
        top, foot = self.y(over + value), self.y(over)
        if value > 0:
            self.rect(x, top, width, max(foot - top, 0.75), fill)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, r: float = 0
    ) -> None:
        """A rectangle; `r` rounds its corners."""
        round_ = f' rx="{r:g}"' if r else ""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" '
            f'fill="{fill}"{round_}/>'
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, ink: str, *, wide: float = 1,
        dashed: bool = False,
    ) -> None:  # fmt: skip
        """A straight line."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self._parts.append(
            f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{ink}" '
            f'stroke-width="{wide:g}"{dash}/>'
        )

    def path(
        self, points: Sequence[tuple[float, float]], ink: str, *, dashed: bool = False
    ) -> None:
        """A line through points."""
        if len(points) > 1:
            dash = ' stroke-dasharray="6 4"' if dashed else ""
            way = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
            self._parts.append(
                f'<polyline points="{way}" fill="none" stroke="{ink}" stroke-width="2" '
                f'stroke-linejoin="round" stroke-linecap="round"{dash}/>'
            )

    def area(self, points: Iterable[tuple[float, float]], fill: str, opacity: float) -> None:
        """A filled shape."""
        way = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
        self._parts.append(f'<polygon points="{way}" fill="{fill}" fill-opacity="{opacity:g}"/>')

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Words; kind f is faint, b bold."""
        plain = "".join(
            char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words
        )
        style = f' class="{kind}"' if kind else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text x="{_n(x)}" y="{_n(y)}"{style}{side}>{escape(plain)}</text>')

    def legend(self, entries: Sequence[tuple[str, str, str]], y: float = 14) -> None:
        """(shape, colour, words) in a row; the shapes are box, line and dash."""
        x = float(LEFT)
        for shape, ink, words in entries:
            if shape == "box":
                self.rect(x, y - 8, 10, 10, ink, 2)
                x += 16
            else:
                self.line(x, y - 3, x + 18, y - 3, ink, wide=2, dashed=shape == "dash")
                x += 24
            self.text(x, y + 1, words, "f")
            x += 6.4 * len(words) + 20

    def limit(self, value: float, words: str, ink: str) -> None:
        """A line across at a limit, with its name at the right above it."""
        y = self.y(value)
        self.line(LEFT, y, WIDTH - RIGHT, y, ink, wide=1.5, dashed=True)
        wide = 6.6 * len(words) + 10
        self.rect(WIDTH - RIGHT - wide, y - 17, wide, 15, "#fff", 2)
        self.text(WIDTH - RIGHT - 5, y - 5, words, "b", "end")

    def svg(self) -> str:
        """The whole picture."""
        return "\n".join([*self._parts, "</svg>\n"])


_PARTS: Final = {1: 5, 1.5: 3, 2: 4, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4}
"""Round tops of a scale, and into how many round steps each is cut."""


def ceiling(most: float) -> float:
    """The round number at or above `most` to which a scale goes, at least 1."""
    size = 10.0 ** math.floor(math.log10(max(most, 1)))
    return next((part * size for part in _PARTS if part * size >= max(most, 1)), 10 * size)


def steps(top: float) -> list[float]:
    """Round values from 0 to a `ceiling`."""
    size = 10.0 ** math.floor(math.log10(top))
    count = int(top) if top <= 5 else _PARTS.get(round(top / size, 1), 5)
    return [top * at / count for at in range(count + 1)]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
