"""What an upstream accepted and refused, window by window: one small chart for each run.

SVG without scripts, fonts or outside parts; as PNG where the place is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

FONTS = Path(__file__).parents[2] / "src" / "cavendish_emulator" / "fonts"
PPI = 144
OURS = "Cavendish"
INK, FAINT, GRID = "#1b1f24", "#6a737d", "#d5d9de"
ACCEPTED, REFUSED, PEER = "#2f6f6a", "#d9a441", "#9aa7b2"
WIDTH_PX, MARGIN_PX, NAMES_PX, GAP_PX = 1120, 32, 190, 18
HEAD_PX, ROW_PX, UP_PX, DOWN_PX = 118, 96, 44, 26
STYLE = (
    "text{font-family:Inter,'Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;"
    f"font-size:12px;fill:{INK}}}.f{{fill:{FAINT};font-size:11px}}.t{{font-size:22px;"
    "font-weight:600}.n{font-weight:600}.e{text-anchor:end}"
)


@dataclass(frozen=True)
class Panel:
    """One run: who, against what, and the upstream's counts."""

    name: str
    about: str
    counts: dict[str, Any]
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        """The series."""
        return {"contender": self.name, "about": self.about, "counts": self.counts}


@dataclass
class WindowChart:
    """All runs: a row for each contender, a column for each way of counting."""

    title: str
    limit: int
    panels: list[Panel] = field(default_factory=list)

    def draw(self, place: Path, footer: str) -> None:
        """Writes the SVG, or a PNG. Raises: ModuleNotFoundError for a PNG without `render`."""
        svg = "\n".join(self._svg(footer))
        place.write_bytes(svg.encode() if place.suffix == ".svg" else _png(svg))

    def _svg(self, footer: str) -> Iterator[str]:
        columns = list(dict.fromkeys(panel.about for panel in self.panels))
        names = list(dict.fromkeys(panel.name for panel in self.panels))
        wide = (WIDTH_PX - 2 * MARGIN_PX - NAMES_PX) / max(1, len(columns)) - GAP_PX
        height = HEAD_PX + ROW_PX * len(names) + 44
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" '
            f'viewBox="0 0 {WIDTH_PX} {height}" role="img"><title>{escape(self.title)}</title>'
            f'<style>{STYLE}</style><rect width="{WIDTH_PX}" height="{height}" fill="#fff"/>'
        )
        yield _text(MARGIN_PX, 46, "Accepted and refused, window by window", "t")
        yield _text(MARGIN_PX, 68, f"{self.title}.", "f")
        for number, about in enumerate(columns):
            yield _text(self._left(number, wide), HEAD_PX - 18, about, "n")
        for row, name in enumerate(names):
            top = HEAD_PX + ROW_PX * row
            yield _text(MARGIN_PX, top + UP_PX, name, "n" if name.startswith(OURS) else "")
            for panel in self.panels:
                if panel.name == name:
                    left = self._left(columns.index(panel.about), wide)
                    yield from self._panel(panel, left, top, wide)
        yield from self._foot(height, footer)

    def _left(self, column: int, wide: float) -> float:
        return MARGIN_PX + NAMES_PX + column * (wide + GAP_PX)

    def _panel(self, panel: Panel, left: float, top: float, wide: float) -> Iterator[str]:
        accepted = panel.counts["accepted_by_window"]
        refused = panel.counts["refused_by_window"]
        ground = top + UP_PX
        most = max(1, len(accepted), len(refused), self._windows())
        step = wide / most
        tone = ACCEPTED if panel.name.startswith(OURS) else PEER
        full = UP_PX / 1.25
        yield _line(left, ground - full, left + wide, GRID, dashed=True)
        for number, count in enumerate(accepted):
            yield _bar(
                left + number * step, ground, step, min(1.25, count / self.limit) * full, tone
            )
        for number, count in enumerate(refused):
            tall = min(1.0, count / self.limit) * DOWN_PX
            yield _bar(left + number * step, ground + 1 + tall, step, tall, REFUSED)
        yield _line(left, ground + 0.5, left + wide, INK)
        asked = sum(accepted) + sum(refused)
        share = 100 * sum(refused) / asked if asked else 0.0
        said = f"{panel.said}{share:.1f} % answered 429"
        yield _text(left, ground + DOWN_PX + 14, said, "f")

    def _windows(self) -> int:
        ours = [len(p.counts["accepted_by_window"]) for p in self.panels if p.name.startswith(OURS)]
        return max(ours, default=0)

    def _foot(self, height: float, footer: str) -> Iterator[str]:
        y, at = height - 18, float(MARGIN_PX)
        for tone, said in ((ACCEPTED, "accepted"), (PEER, "accepted, peers"), (REFUSED, "refused")):
            yield f'<rect x="{at}" y="{y - 9}" width="10" height="10" rx="2" fill="{tone}"/>'
            yield _text(at + 15, y, said, "f")
            at += 30 + 6.4 * len(said)
        yield _text(at, y, "dashed: the limit", "f")
        yield _text(WIDTH_PX - MARGIN_PX, y, footer, "f e")
        yield "</svg>"


def _bar(x: float, foot: float, wide: float, tall: float, tone: str) -> str:
    if tall < 0.05:
        return ""
    inner = max(0.5, wide - min(1.0, wide / 4))
    return (
        f'<rect x="{x:.2f}" y="{foot - tall:.2f}" width="{inner:.2f}" height="{tall:.2f}" '
        f'fill="{tone}"/>'
    )


def _line(x: float, y: float, to: float, tone: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="3 3"' if dashed else ""
    return f'<path d="M{x:.1f} {y:.1f}H{to:.1f}" stroke="{tone}" stroke-width="0.8"{dash}/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(words)}</text>'


def _png(svg: str) -> bytes:
    import typst

    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    source = (
        f"#set page(width: {WIDTH_PX}pt, height: auto, margin: 0pt)\n"
        '#image(bytes(json(bytes(sys.inputs.svg))), format: "svg", width: 100%)'
    )
    compiler = typst.Compiler(font_paths=fonts)
    return compiler.compile(
        source.encode(), format="png", ppi=PPI, sys_inputs={"svg": json.dumps(svg)}
    )
