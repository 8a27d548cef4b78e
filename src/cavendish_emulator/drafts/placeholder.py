"""Placeholders: a layered landscape of soft shapes under the prompt's first words."""

from __future__ import annotations

import hashlib
import io
import math
import random
import warnings

from PIL import Image, ImageDraw, ImageFilter

from cavendish_emulator.drafts import mark as marks
from cavendish_emulator.drafts.edited import edited
from cavendish_emulator.drafts.glyphs import uncovered
from cavendish_emulator.drafts.ground import glow, mesh
from cavendish_emulator.drafts.layout import margin_of
from cavendish_emulator.drafts.palette import Colour, find_colours, mix, turned
from cavendish_emulator.google.request import Reference, Request

_WORK = 1440  # longest side of the plane the shapes are drawn on
_WORDS = 14
_TURNS, _WORDS_BEFORE = 3, 5  # what is told of earlier turns
_LARGEST_REFERENCE = 64_000_000
_FORMATS = ("PNG", "JPEG", "WEBP")
_WHITE = (255, 255, 255)

# sky above, sky at the horizon, sun, far hills, near hills
_MOODS: tuple[tuple[str, str, str, str, str], ...] = (
    ("2b2d6e", "f2a48c", "ffe3b8", "b2607f", "241f4e"),
    ("0d3b52", "8fd0c4", "fff3cf", "3f8f8f", "0a2c3d"),
    ("473a8f", "f7b7c9", "fff0e2", "9a6bb5", "241c53"),
    ("1c4e80", "bfe0ee", "fffaf0", "5b97bd", "12304f"),
    ("7a2e3a", "f6c58f", "fff1cf", "c8644a", "3d1727"),
    ("23463a", "d8dfa6", "fff7d6", "6f9a6a", "152c28"),
    ("312a63", "e89ac0", "ffdcb0", "7c4f9c", "1b153f"),
    ("8a4b2a", "f8dcb0", "ffffff", "c98a54", "45231a"),
    ("14213f", "5f86c4", "f5f0e6", "39598f", "0b1327"),
    ("5b2b5f", "ffb199", "fff2c9", "c4617b", "2a1538"),
)


def _rgb(digits: str) -> Colour:
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def draw_placeholder(request: Request, number: int) -> Image.Image:
    """The finished placeholder; `number` makes repeated requests differ."""
    width, height = request.width, request.height
    seed = hashlib.sha256(request.digest + number.to_bytes(8)).digest()
    mood = _mood(request.prompt, request.digest)
    scale = min(1.0, _WORK / max(width, height))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    named = find_colours(request.prompt)
    base = request.base
    scene = edited(base, size, named[0] if named else None) if base is not None else None
    scene = scene or _landscape(size, mood, seed)
    plane = scene.resize((width, height), Image.Resampling.BICUBIC)
    missing = uncovered(" ".join([request.prompt, *request.turns]))
    extra = "characters outside the bundled font are left out" if missing else ""
    mark = marks.measure(width, height, extra)
    top = _caption(plane, request, mark, missing)
    shown = tuple(one for one in request.references if not one.drawn)  # those are the ground
    _references(plane, shown, top)
    near = "#{:02x}{:02x}{:02x}".format(*mood[4])
    marks.stamp(plane, mark, "#ffffff", near, "#ffffffdc")
    return plane


def _mood(prompt: str, digest: bytes) -> tuple[Colour, ...]:
    named = find_colours(prompt)
    if not named:
        return tuple(_rgb(digits) for digits in _MOODS[digest[0] % len(_MOODS)])
    first = named[0]
    last = named[-1] if len(named) > 1 else turned(first, 32)
    night = (14, 12, 38)
    return (
        mix(first, night, 0.25), mix(last, _WHITE, 0.42), mix(last, _WHITE, 0.8),
        mix(mix(first, last, 0.45), night, 0.12), mix(first, night, 0.76),
    )  # fmt: skip


def _landscape(size: tuple[int, int], mood: tuple[Colour, ...], seed: bytes) -> Image.Image:
    dice = random.Random(seed)  # noqa: S311 - drawing, not secrecy
    w, h = size
    high, horizon, sun, far, near = mood
    glows = [mix(horizon, _WHITE, 0.2), turned(horizon, 12), mix(high, horizon, 0.35)]
    plane = mesh(w, h, (high, horizon), glows, seed).resize(size, Image.Resampling.BICUBIC)
    radius = round(min(w, h) * dice.uniform(0.11, 0.19))
    x, y = round(w * dice.uniform(0.22, 0.8)), round(h * dice.uniform(0.2, 0.36))
    _disc(plane, x, y, radius, sun)
    layers = 5
    start = dice.uniform(0.4, 0.47)
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = h * (start + (0.8 - start) * depth)
        colour = mix(mix(far, horizon, 0.38 * (1 - depth)), near, depth**1.15)
        _hill(plane, dice, base, colour, mix(near, (0, 0, 0), 0.35))
    return plane


def _disc(plane: Image.Image, x: int, y: int, radius: int, colour: Colour) -> None:
    reach = round(radius * 4.4)
    halo = glow().resize((2 * reach, 2 * reach)).point(lambda v: v * 6 // 10)
    plane.paste(colour, (x - reach, y - reach), halo)
    disc = Image.new("L", (4 * radius, 4 * radius), 0)
    ImageDraw.Draw(disc).ellipse((0, 0, 4 * radius - 1, 4 * radius - 1), fill=255)
    disc = disc.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
    plane.paste(mix(colour, _WHITE, 0.25), (x - radius, y - radius), disc)


def _hill(
    plane: Image.Image, dice: random.Random, base: float, colour: Colour, dark: Colour
) -> None:
    w, h = plane.size
    span = max(min(w, h), max(w, h) * 0.45)
    waves = [
        (span * share * dice.uniform(0.6, 1.0), math.tau / (span * length), dice.uniform(0, 6.28))
        for share, length in ((0.07, 1.5), (0.03, 0.62), (0.011, 0.27))
    ]
    tall = min(1.0, h / w * 1.6)
    edge = [
        (float(x), base + tall * sum(a * math.sin(f * x + p) for a, f, p in waves))
        for x in range(-8, w + 16, 4)
    ]
    reach = max(2, round(h * 0.01 + min(w, h) * 0.1))
    upper = max(0, round(min(y for _, y in edge)) - reach)
    part = max(8, h - upper)
    fine = 2
    shape = Image.new("L", (w * fine, part * fine), 0)
    outline = [(x * fine, (y - upper) * fine) for x, y in [*edge, (w + 16.0, h), (-8.0, h)]]
    ImageDraw.Draw(shape).polygon(outline, fill=255)
    shape = shape.reduce(fine)
    soft = shape.resize((max(1, w // 8), max(1, part // 8)), Image.Resampling.BOX)
    soft = soft.filter(ImageFilter.GaussianBlur(max(1.0, min(w, h) / 8 * 0.03)))
    soft = soft.point(lambda v: v * 52 // 255).resize((w, part), Image.Resampling.BILINEAR)
    plane.paste(dark, (0, upper - round(h * 0.008)), soft)
    strip = Image.new("RGB", (1, 2), colour)
    strip.putpixel((0, 1), mix(colour, dark, 0.3))
    column = strip.resize((1, part), Image.Resampling.BILINEAR)
    body = column.resize((w, part), Image.Resampling.NEAREST)
    plane.paste(body, (0, upper), shape)


def _caption(plane: Image.Image, request: Request, mark: marks.Mark, missing: set[str]) -> int:
    """Set the prompt's first words above the mark; returns where they begin."""
    width, height = plane.size
    margin = margin_of(width, height)
    room = width - 2 * margin
    kept = "".join(c for c in request.prompt if c not in missing)
    told = [
        _shortened("".join(c for c in turn if c not in missing), _WORDS_BEFORE)
        for turn in request.turns[-_TURNS:]
    ]
    text = "  ›  ".join([*told, _shortened(kept, _WORDS)])
    size = round(min(max(width, height) * 0.04, width * 0.085, height * 0.13))
    most = 2 if width > height * 2.5 else 4
    lines = _lines(text, size, room, most)
    while len(lines) > most or _widest(lines, size) > room:
        size = round(size * 0.92) - 1
        lines = _lines(text, size, room, most)
    turn = f"turn {len(request.turns) + 1}" if request.turns else ""
    facts = [turn, request.size, request.ratio or "", f"{width} × {height}", request.model.id]
    if request.seed is not None:
        facts.append(f"seed {request.seed}")
    detail = "  ·  ".join(fact for fact in facts if fact)
    small = mark.note_size
    while marks.font("Medium", small).getlength(detail) > room and small > 5:
        small -= 1
    pitch = round(size * 1.16)
    bottom = mark.pill.y - round(mark.size * 1.1)
    top = bottom - round(small * 1.7) - pitch * len(lines)
    _veil(plane, top - pitch)
    draw = ImageDraw.Draw(plane, "RGBA")
    for index, line in enumerate(lines):
        at = (margin, top + index * pitch + pitch // 2)
        draw.text(at, line, font=marks.font("Bold", size), fill="#ffffff", anchor="lm")
    draw.text(
        (margin, bottom), detail, font=marks.font("Medium", small), fill="#ffffffd2", anchor="ls"
    )
    return top


def _shortened(text: str, most: int) -> str:
    words = text.split()
    return " ".join(words[:most]).rstrip(",;:") + ("…" if len(words) > most else "")


def _lines(text: str, size: int, room: int, most: int) -> list[str]:
    """Break into even lines."""
    face = marks.font("Bold", size)
    for count in range(1, most + 1):
        share = min(room, face.getlength(text) / count * 1.12 + size)
        lines = marks.wrap(text, face, share)
        if len(lines) <= count:
            return lines
    return marks.wrap(text, face, room)


def _widest(lines: list[str], size: int) -> float:
    return max(marks.font("Bold", size).getlength(line) for line in lines) if size > 5 else 0.0


def _veil(plane: Image.Image, top: int) -> None:
    """Darken the foot, softly, so that the words are easy to read."""
    width, height = plane.size
    top = max(0, min(top, height - 2))
    veil = Image.linear_gradient("L").resize((1, height - top)).point(lambda v: v * 150 // 255)
    plane.paste((8, 8, 20), (0, top), veil.resize((width, height - top), Image.Resampling.NEAREST))


def _references(plane: Image.Image, references: tuple[Reference, ...], top: int) -> None:
    """The pictures that came with the prompt, as a row of small tiles above the caption."""
    if not references:
        return
    width, height = plane.size
    margin = margin_of(width, height)
    gap = max(2, round(min(width, height) * 0.014))
    count = len(references)
    side = min(round(min(width, height) * 0.15), (width - 2 * margin - gap * (count - 1)) // count)
    side = max(8, side)
    edge = max(1, side // 40)
    for index, reference in enumerate(references):
        tile = Image.new("RGB", (side, side), "#ffffff")
        inner = side - 2 * edge
        tile.paste(_thumbnail(reference, inner), (edge, edge))
        shape = Image.new("L", (side * 3, side * 3), 0)
        ImageDraw.Draw(shape).rounded_rectangle(
            (0, 0, side * 3 - 1, side * 3 - 1), side * 3 // 8, 255
        )
        at = (margin + index * (side + gap), max(0, top - side - gap * 3))
        plane.paste(tile, at, shape.resize((side, side), Image.Resampling.BOX))


def _thumbnail(reference: Reference, side: int) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(reference.data), formats=_FORMATS)
        if opened.width * opened.height > _LARGEST_REFERENCE:
            raise ValueError("too many pixels")
        opened.draft("RGB", (side * 2, side * 2))
        opened.thumbnail((side * 4, side * 4), reducing_gap=2.0)
        image = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Image.new("RGB", (side, side), (214, 216, 224))
    short = min(image.size)
    left, upper = (image.width - short) // 2, (image.height - short) // 2
    square = image.crop((left, upper, left + short, upper + short))
    return square.resize((side, side), Image.Resampling.LANCZOS)
