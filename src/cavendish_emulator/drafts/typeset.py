"""Infographics: a Pillow ground under text and cards set by Typst."""

from __future__ import annotations

import functools
import importlib.util
import io
import json
import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from cavendish_emulator.drafts import mark as marks
from cavendish_emulator.drafts.glyphs import FONTS, code_points, uncovered
from cavendish_emulator.drafts.ground import sheet_ground
from cavendish_emulator.drafts.layout import Box, Page, arrange
from cavendish_emulator.drafts.palette import Palette, choose_palette
from cavendish_emulator.drafts.reading import Metric, Sheet, share_of

_BRIEF = 12  # a value this short is a numeral, set large
_LONG_WORD = 18  # longer words may break
_compiling = threading.Lock()


def available() -> bool:
    """Whether Typst is installed."""
    return importlib.util.find_spec("typst") is not None


def draw_sheet(sheet: Sheet, width: int, height: int) -> Image.Image:
    """The finished infographic, exactly width by height."""
    missing = uncovered(sheet.title + "".join(m.label + m.value for m in sheet.metrics))
    lost = missing - _drawable_elsewhere(missing)
    sheet = _without(sheet, lost)
    mark = marks.measure(width, height, _remark(sheet, missing, lost))
    page = arrange(width, height, len(sheet.metrics), mark.height)
    palette = choose_palette(sheet.style, sheet.colours)
    image = sheet_ground(page, palette, sheet.title.encode("utf-8", "replace"))
    text = _typeset(_inputs(sheet, page, palette, bool(missing)), bool(missing))
    if text.size != (width, height):
        raise RuntimeError(f"typeset {text.size}, wanted {(width, height)}")
    image.paste(text, (0, 0), text)
    pill_ink = palette.ground[0] if palette.ink == "#ffffffff" else palette.ground[1]
    marks.stamp(image, mark, palette.ink, "#{:02x}{:02x}{:02x}".format(*pill_ink), palette.muted)
    return image


def _drawable_elsewhere(missing: set[str]) -> set[str]:
    """Which of these characters some installed font can draw."""
    found: set[str] = set()
    for path in _system_fonts() if missing else ():
        if found == missing:
            break
        found |= {c for c in missing - found if ord(c) in code_points(path)}
    return found


@functools.cache
def _system_fonts() -> tuple[Path, ...]:
    import typst

    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return tuple(sorted({Path(font.path) for font in fonts.fonts() if font.path}))


def _without(sheet: Sheet, lost: set[str]) -> Sheet:
    """The sheet with an ellipsis for every run of characters nothing here can draw."""
    if not lost:
        return sheet
    run = re.compile("[" + "".join(map(re.escape, sorted(lost))) + "]+")
    metrics = tuple(Metric(run.sub("…", m.label), run.sub("…", m.value)) for m in sheet.metrics)
    return replace(sheet, title=run.sub("…", sheet.title), metrics=metrics)


def _remark(sheet: Sheet, missing: set[str], lost: set[str]) -> str:
    remarks = []
    if lost:
        remarks.append("characters no installed font has are shown as …")
    elif missing:
        remarks.append("some characters are not in the bundled font")
    if sheet.left_out:
        remarks.append(f"{sheet.left_out} more metrics do not fit")
    return " · ".join(remarks)


def _typeset(inputs: dict[str, Any], system_fonts: bool) -> Image.Image:
    with _compiling:  # one compiler, reused: its caches are what makes the next page cheap
        png = _compiler(system_fonts).compile(
            _template(), format="png", ppi=72, sys_inputs={"sheet": json.dumps(inputs)}
        )
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


@functools.cache
def _template() -> bytes:
    return Path(__file__).with_name("infographic.typ").read_bytes()


@functools.cache
def _compiler(system_fonts: bool) -> Any:
    import typst

    fonts = typst.Fonts(
        include_system_fonts=system_fonts, include_embedded_fonts=False, font_paths=[FONTS]
    )
    return typst.Compiler(font_paths=fonts)


def _inputs(sheet: Sheet, page: Page, palette: Palette, fallback: bool) -> dict[str, Any]:
    rule = page.title_size * 0.42
    shares = [share_of(metric.value) for metric in sheet.metrics]
    with_bars = {box.y for box, share in zip(page.cards, shares, strict=True) if share}
    cards = [
        _card(metric, box, share, box.y in with_bars, index, palette)
        for index, (metric, box, share) in enumerate(
            zip(sheet.metrics, page.cards, shares, strict=True)
        )
    ]
    title = {
        **_words(sheet.title),
        "x": page.title.x, "y": page.title.y, "w": page.title.w, "h": page.title.h,
        "size": page.title_size, "rule": rule,
        "anchor": _anchor(page),
    }  # fmt: skip
    return {
        "width": page.width, "height": page.height, "fonts": ["Inter"], "fallback": fallback,
        "ink": palette.ink, "muted": palette.muted, "track": palette.track,
        "accents": palette.accents, "stroke": palette.stroke,
        "line": max(1.0, min(page.width, page.height) / 900), "radius": page.radius,
        "title": title, "cards": cards,
    }  # fmt: skip


def _anchor(page: Page) -> float:
    """Where in its box the title stands, from 0 at the top to 1."""
    if not page.cards:
        return 0.5
    return 0.0 if page.beside or page.width * 2 < page.height else 0.35


def _card(
    metric: Metric, box: Box, share: tuple[float, int] | None, bars: bool, index: int,
    palette: Palette,
) -> dict[str, Any]:  # fmt: skip
    pad = round(min(box.w * 0.1, box.h * 0.13))
    inner_w, inner_h = box.w - 2 * pad, box.h - 2 * pad
    bar = max(3, round(min(inner_h * 0.045, inner_w * 0.03)))
    foot = bar + round(inner_h * 0.13) if bars else 0
    label_h = (inner_h - foot) * 0.42
    value_h = (inner_h - foot) * 0.46
    brief = len(metric.value) <= _BRIEF
    numerals, accents = palette.numerals, palette.accents
    return {
        "label": _words(metric.label),
        "value": _whole(metric.value) if brief else _words(metric.value), "brief": brief,
        "x": box.x, "y": box.y, "w": box.w, "h": box.h, "pad": pad,
        "iw": inner_w, "lh": label_h, "vh": value_h,
        "vtop": min(value_h / 0.74, inner_w * 0.42), "ltop": min(inner_h * 0.2, inner_w * 0.105),
        "bar": bar, "foot": foot,
        "share": share[0] if share else None, "parts": share[1] if share else 1,
        "fill": palette.card[index % len(palette.card)],
        "ink": numerals[index % len(numerals)], "accent": accents[index % len(accents)],
    }  # fmt: skip


def _whole(text: str) -> dict[str, Any]:
    """A short value: it stays on one line."""
    kept = text.replace(" ", "\u00a0")
    return {"text": kept, "words": [kept]}


def _words(text: str) -> dict[str, Any]:
    """The text with break chances in very long words, and its unbreakable pieces."""
    broken = re.sub(rf"(\S{{{_LONG_WORD}}})(?=\S)", "\\1\u200b", text)
    return {"text": broken, "words": [w for w in re.split(r"[\s\u200b]+", broken) if w]}
