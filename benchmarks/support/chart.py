"""A report as a picture: horizontal bars, set by Typst in the font of the drafts.

One scale for all panels of a chart, so that lengths can be compared across them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from PIL import Image

FONTS = Path(__file__).parents[2] / "src" / "cavendish_emulator" / "fonts"
TEMPLATE = Path(__file__).with_name("chart.typ")
PPI = 144
COLOURS = 96
"""So few that the file is small, and enough for smooth letters."""


def times(ratio: float) -> str:
    """A ratio as it stands beside a bar."""
    digits = 0 if ratio >= 9.95 else 1 if ratio >= 0.95 else 2
    return f"{ratio:.{digits}f}×"


@dataclass(frozen=True)
class Bar:
    """One contender: `said` is its figure in words, `beside` what it is to be compared with.

    `core` is the part of `value` that stands for itself; the rest is drawn paler.
    """

    name: str
    value: float
    said: str
    beside: str = ""
    core: float | None = None

    @property
    def tone(self) -> str:
        """Ours, the floor's, or a peer's."""
        if "cavendish" in self.name.lower():
            return "ours"
        return "floor" if self.name.startswith(("floor", "python -c")) else "peer"


@dataclass(frozen=True)
class Panel:
    """Bars that belong together; `target` is a mark on the scale, and what it means."""

    heading: str
    bars: Sequence[Bar]
    target: float | None = None
    target_said: str = ""


@dataclass
class Chart:
    """What a benchmark found, as a person should see it: `reading` is the one line to take home."""

    title: str
    reading: str
    panels: list[Panel] = field(default_factory=list)

    def draw(self, place: Path, footer: str) -> None:
        """Writes the PNG. Raises: ModuleNotFoundError without the extra `render`."""
        import typst

        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
        )
        panels = [
            {**asdict(panel), "bars": [asdict(bar) | {"tone": bar.tone} for bar in panel.bars]}
            for panel in self.panels
        ]
        said = {"title": self.title, "reading": self.reading, "panels": panels, "footer": footer}
        compiler = typst.Compiler(font_paths=fonts)
        picture = compiler.compile(
            TEMPLATE.read_bytes(), format="png", ppi=PPI, sys_inputs={"chart": json.dumps(said)}
        )
        flat = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS)
        flat.save(place, optimize=True)
