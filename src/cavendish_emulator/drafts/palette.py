"""From colour words to a whole palette: ground, cards, ink and accents."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass

Colour = tuple[int, int, int]

_NAMED: dict[str, str] = {
    "purple": "7c3aed", "violet": "7c3aed", "indigo": "4f46e5", "lavender": "a78bfa",
    "magenta": "c026d3", "fuchsia": "c026d3", "pink": "ec4899", "rose": "f43f5e",
    "red": "dc2626", "crimson": "be123c", "burgundy": "881337", "coral": "fb6f5c",
    "orange": "f97316", "amber": "f59e0b", "gold": "d9a62e", "yellow": "facc15",
    "lime": "84cc16", "green": "16a34a", "emerald": "059669", "mint": "34d399",
    "olive": "6b7a2a", "forest": "166534", "teal": "0d9488", "turquoise": "14b8a6",
    "cyan": "06b6d4", "aqua": "06b6d4", "sky": "0ea5e9", "blue": "2563eb",
    "navy": "1e3a8a", "azure": "0284c7", "brown": "92583a", "terracotta": "c8553d",
    "peach": "fb9d7f", "plum": "86198f", "sand": "d6b98c", "copper": "b4663a",
}  # fmt: skip
_LIGHT = {"white", "cream", "ivory", "light", "beige"}
_DARK = {"black", "dark", "charcoal", "midnight", "graphite", "slate"}
_WHITE, _INK = (255, 255, 255), (17, 20, 32)


@dataclass(frozen=True)
class Palette:
    """The colours of one sheet; `rgba` values are #rrggbbaa."""

    theme: str
    ground: tuple[Colour, ...]
    ink: str
    muted: str
    card: tuple[str, ...]
    stroke: str
    numerals: tuple[str, ...]
    accents: tuple[str, ...]
    track: str
    glass: bool
    shadow: tuple[Colour, int]


def hexed(colour: Colour, alpha: int = 255) -> str:
    """#rrggbbaa."""
    return "#{:02x}{:02x}{:02x}{:02x}".format(*colour, alpha)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the second colour in the first."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1."""
    r, g, b = (c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def tuned(colour: Colour, *, at_most: float) -> Colour:
    """The same hue, darkened until its luminance is at most this."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    while luminance(colour) > at_most and light > 0.02:
        light *= 0.94
        r, g, b = colorsys.hls_to_rgb(hue, light, saturation)
        colour = (round(r * 255), round(g * 255), round(b * 255))
    return colour


def turned(colour: Colour, degrees: float, lighten: float = 0.0) -> Colour:
    """The colour with its hue turned and, if wished, lightened."""
    hue, light, saturation = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    r, g, b = colorsys.hls_to_rgb(
        (hue + degrees / 360) % 1, min(1.0, light + (1 - light) * lighten), saturation
    )
    return round(r * 255), round(g * 255), round(b * 255)


def find_colours(words: str) -> list[Colour]:
    """The chromatic colours a text names, in its order, each once."""
    found: list[Colour] = []
    for token in re.findall(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b|[a-z]+", words.lower()):
        colour = _colour(token)
        if colour is not None and colour not in found:
            found.append(colour)
    return found[:4]


def _colour(token: str) -> Colour | None:
    if token.startswith("#"):
        digits = token[1:] if len(token) == 7 else "".join(2 * c for c in token[1:])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if token in _LIGHT or token in _DARK:
        return None
    if token in _NAMED:
        return _colour("#" + _NAMED[token])
    from PIL import ImageColor

    named = ImageColor.colormap.get(token)
    return _colour(named) if isinstance(named, str) else None


def choose_palette(style: str, colours: str) -> Palette:
    """The palette for these style and colour words."""
    said = set(re.findall(r"[a-z]+", f"{style} {colours}"))
    chromatic = find_colours(colours) or find_colours(style)
    dark = bool(said & _DARK) or bool(said & {"neon", "futuristic", "cyberpunk"})
    playful = bool(
        said & {"playful", "fun", "kids", "vibrant", "colorful", "colourful", "friendly"}
    )
    calm = bool(
        said & {"corporate", "minimal", "minimalist", "clean", "editorial", "elegant", "classic"}
    ) or bool(said & _LIGHT)
    bold = bool(said & {"tech", "startup", "gradient", "bold", "glass", "saas", "cosmic"})
    if playful and not dark:
        return _playful(chromatic or find_colours("violet coral teal amber"))
    if dark:
        return _night(chromatic or find_colours("indigo cyan"))
    deep = len(chromatic) > 1 and all(luminance(c) <= 0.3 for c in chromatic)
    if (bold and not said & {"corporate", "minimal", "minimalist"}) or (deep and not calm):
        return _aurora(chromatic or find_colours("purple blue"))
    return _paper(chromatic or find_colours("blue"))


def _aurora(colours: list[Colour]) -> Palette:
    first = colours[0]
    last = colours[-1] if len(colours) > 1 else turned(first, 28)
    bright = (luminance(first) + luminance(last)) / 2 > 0.36
    if bright:
        ink = tuned(mix(first, _INK, 0.82), at_most=0.02)
        return Palette(
            "aurora", (mix(first, _WHITE, 0.15), mix(last, _WHITE, 0.15), *colours[1:-1]),
            hexed(ink), hexed(ink, 200), (hexed(_WHITE, 178),), hexed(_WHITE, 235),
            (hexed(ink),), (hexed(tuned(first, at_most=0.2)), hexed(tuned(last, at_most=0.2))),
            hexed(ink, 34), True, (ink, 70),
        )  # fmt: skip
    ground = tuple(_dusk(c) for c in (first, last, *colours[1:-1]))
    deep = mix(ground[0], (8, 6, 30), 0.72)
    return Palette(
        "aurora", ground, hexed(_WHITE), hexed(_WHITE, 214), (hexed(_WHITE, 30),),
        hexed(_WHITE, 66), (hexed(_WHITE),), (hexed(_WHITE), hexed(mix(last, _WHITE, 0.55))),
        hexed(_WHITE, 56), True, (deep, 120),
    )  # fmt: skip


def _dusk(colour: Colour) -> Colour:
    """The colour at dusk: deep enough for white text, still itself."""
    while luminance(colour) > 0.15:
        colour = mix(colour, (34, 18, 74), 0.05)
    return colour


def _night(colours: list[Colour]) -> Palette:
    first, last = colours[0], colours[-1]
    base = mix((10, 11, 18), first, 0.06)
    bright = [c if luminance(c) > 0.25 else mix(c, _WHITE, 0.38) for c in colours]
    return Palette(
        "night", (base, mix(base, last, 0.05), mix(base, first, 0.15)), "#f7f7fbff", "#f7f7fbc4",
        ("#ffffff12",), "#ffffff2a", tuple(hexed(c) for c in bright),
        tuple(hexed(c) for c in bright), "#ffffff26", True, ((0, 0, 0), 130),
    )  # fmt: skip


def _paper(colours: list[Colour]) -> Palette:
    first = colours[0]
    accents = [tuned(c, at_most=0.26) for c in colours]
    ink = mix(tuned(first, at_most=0.03), _INK, 0.62)
    return Palette(
        "paper", (mix((251, 250, 248), first, 0.018), mix((244, 244, 243), first, 0.06)),
        hexed(ink), hexed(mix(ink, (120, 124, 136), 0.42)), ("#ffffffff",), hexed(ink, 20),
        tuple(hexed(c) for c in accents), tuple(hexed(c) for c in accents), hexed(ink, 26),
        False, (ink, 46),
    )  # fmt: skip


def _playful(colours: list[Colour]) -> Palette:
    while len(colours) < 3:
        colours = [*colours, turned(colours[-1], 70)]
    ink = mix(tuned(colours[0], at_most=0.04), _INK, 0.35)
    return Palette(
        "playful", (mix((255, 252, 246), colours[0], 0.03), mix((255, 249, 238), colours[1], 0.07)),
        hexed(ink), hexed(ink, 205), tuple(hexed(mix(c, _WHITE, 0.78)) for c in colours),
        "#ffffff00", tuple(hexed(tuned(c, at_most=0.1)) for c in colours),
        tuple(hexed(c) for c in colours), hexed(ink, 30), False, (ink, 26),
    )  # fmt: skip
