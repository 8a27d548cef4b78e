"""Each limit asked for on a scale of its own: what was seen, what is projected, what is asked."""

from __future__ import annotations

from collections.abc import Sequence

from cavendish.insight.dossier.blocks import Figure
from cavendish.insight.dossier.canvas import ASKED, GRID, LEFT, MAIN, RIGHT, WARM, WIDTH, Canvas
from cavendish.insight.dossier.checks import Check
from cavendish.insight.dossier.phrases import together

ROW, HEAD = 66, 30


def scales(found: Sequence[Check]) -> Figure | None:
    """A row for each limit that is asked or proposed and projected; None where there is none."""
    shown = [one for one in found if one.projected is not None and one.wanted is not None]
    if not shown:
        return None
    plot = Canvas("What is asked beside the projection", HEAD + ROW * len(shown), 1)
    plot.legend(
        [("box", MAIN, "busiest so far"), ("box", "#cdd6e3", "projected, low to high"),
         ("line", ASKED, "expected"), ("box", WARM, "asked, or proposed")]
    )  # fmt: skip
    for at, one in enumerate(shown):
        _row(plot, one, HEAD + ROW * at)
    said = together([_words(one) for one in shown]) + "."
    return Figure("limits", plot.svg(), f"Scales of limits. {said}", f"Asked and projected: {said}")


def _row(plot: Canvas, one: Check, top: float) -> None:
    assert one.projected is not None
    assert one.wanted is not None
    most = max(one.wanted, one.projected.high, one.seen) * 1.02
    right = WIDTH - RIGHT - 60

    def x(value: float) -> float:
        return LEFT + (right - LEFT) * value / most

    track = top + 26
    plot.text(LEFT, top + 14, one.name.capitalize(), "b")
    plot.rect(LEFT, track, right - LEFT, 12, GRID, 3)
    low, high = x(one.projected.low), x(one.projected.high)
    plot.rect(low, track, max(2, high - low), 12, "#cdd6e3", 2)
    expected = x(one.projected.expected)
    plot.line(expected, track - 3, expected, track + 15, ASKED, wide=2)
    plot.rect(x(one.seen) - 5, track + 1, 10, 10, MAIN, 5)
    wanted = x(one.wanted)
    plot.area([(wanted, track - 4), (wanted + 9, track + 6), (wanted, track + 16),
               (wanted - 9, track + 6)], WARM, 1)  # fmt: skip
    plot.text(wanted + 14, track + 11, f"{one.wanted:,}", "b")
    near = abs(expected - x(one.seen)) < 8 * len(f"{one.seen:,}") + 14
    plot.text(expected, track + 29, f"{one.projected.expected:,}", "f", "middle")
    if not near:
        plot.text(x(one.seen), track + 29, f"{one.seen:,}", "f", "middle")


def _words(one: Check) -> str:
    assert one.projected is not None
    word = "asked" if one.asked is not None else "proposed"
    return f"{one.wanted:,} {one.name} {word} for {one.projected.expected:,} expected"
