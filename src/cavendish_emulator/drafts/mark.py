"""The draft mark: the honest foot of every picture."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from cavendish_emulator.drafts.glyphs import FONTS
from cavendish_emulator.drafts.layout import Box, margin_of

HEADLINE = "OFFLINE DRAFT"
NOTE = "Drawn by the Cavendish emulator, not by a model"


@functools.lru_cache(maxsize=64)
def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    """One weight of the bundled Inter."""
    return ImageFont.truetype(FONTS / f"Inter-{weight}.otf", max(4, size))


@dataclass(frozen=True)
class Mark:
    """The mark measured for one page."""

    pill: Box
    size: int
    note_size: int
    notes: tuple[tuple[int, int, str], ...]
    height: int


def measure(width: int, height: int, extra: str = "") -> Mark:
    """Where the mark goes on a page of this shape; `extra` is one more honest remark."""
    notes = [NOTE, *([extra] if extra else [])]
    for share in (0.0185, 0.017, 0.0155):
        if (mark := _in_a_row(width, height, share, " · ".join(notes))) is not None:
            return mark
    return _stacked(width, height, notes)


def _sizes(width: int, height: int, share: float) -> tuple[int, int, int, int, int]:
    """Text size, note size, pill width, pill height and the clearance above the mark."""
    size = round(min(max(width, height) * share, width * 0.065, height * 0.062))
    pill_w = round(font("Bold", size).getlength(HEADLINE) + size * 1.9)
    clear = round(size * 0.5 + margin_of(width, height) * 0.34)
    return size, max(5, round(size * 0.82)), pill_w, round(size * 1.95), clear


def _in_a_row(width: int, height: int, share: float, note: str) -> Mark | None:
    margin = margin_of(width, height)
    size, note_size, pill_w, pill_h, clear = _sizes(width, height, share)
    left = margin + pill_w + round(size * 0.8)
    if left + font("Medium", note_size).getlength(note) > width - margin:
        return None
    top = height - margin - pill_h
    lines = ((left, top + pill_h // 2, note),)
    return Mark(Box(margin, top, pill_w, pill_h), size, note_size, lines, pill_h + clear)


def _stacked(width: int, height: int, notes: list[str]) -> Mark:
    margin = margin_of(width, height)
    size, note_size, pill_w, pill_h, clear = _sizes(width, height, 0.0185)
    face = font("Medium", note_size)
    texts = [line for note in notes for line in wrap(note, face, width - 2 * margin)]
    pitch = round(note_size * 1.35)
    gap = round(size * 0.45)
    top = height - margin - pill_h - gap - pitch * len(texts)
    first = top + pill_h + gap + pitch // 2
    lines = tuple((margin, first + i * pitch, text) for i, text in enumerate(texts))
    used = height - margin - top + clear
    return Mark(Box(margin, top, pill_w, pill_h), size, note_size, lines, used)


def wrap(text: str, face: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Break a text into lines no wider than this, where words allow."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and face.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def stamp(image: Image.Image, mark: Mark, pill: str, ink: str, note: str) -> None:
    """Put the mark on a picture: pill colour, ink on the pill, ink of the note."""
    box = mark.pill
    fine = 3
    shape = Image.new("L", (box.w * fine, box.h * fine), 0)
    ImageDraw.Draw(shape).rounded_rectangle(
        (0, 0, box.w * fine - 1, box.h * fine - 1), box.h * fine // 2, 255
    )
    image.paste(
        Image.new("RGB", (box.w, box.h), pill[:7]),
        (box.x, box.y),
        shape.resize((box.w, box.h), Image.Resampling.BOX),
    )
    draw = ImageDraw.Draw(image, "RGBA")
    middle = (box.x + box.w / 2, box.y + box.h / 2)
    draw.text(middle, HEADLINE, font=font("Bold", mark.size), fill=ink, anchor="mm")
    for x, y, text in mark.notes:
        draw.text((x, y), text, font=font("Medium", mark.note_size), fill=note, anchor="lm")
