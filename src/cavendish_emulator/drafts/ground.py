"""Backgrounds: soft mesh gradients and shadows, drawn small and enlarged."""

from __future__ import annotations

import functools
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cavendish_emulator.drafts.layout import Page
from cavendish_emulator.drafts.palette import Colour, Palette, mix, turned

_SMALL = 144  # longest side of a mesh, before it is enlarged
_MIDDLE = 720  # longest side of the plane on which shadows are drawn


@functools.cache
def glow() -> Image.Image:
    """A round falloff: white in the middle, smoothly black before its square ends."""
    return Image.radial_gradient("L").point([_eased(1 - v / 178) for v in range(256)])


def _eased(share: float) -> int:
    share = max(0.0, share)
    return round(255 * share * share * (3 - 2 * share))


def mesh(
    width: int, height: int, base: tuple[Colour, Colour], glows: list[Colour], seed: bytes
) -> Image.Image:
    """A small diagonal gradient with soft glows; enlarge it to the page."""
    dice = random.Random(seed)  # noqa: S311 - drawing, not secrecy
    scale = _SMALL / max(width, height)
    w, h = max(24, round(width * scale)), max(24, round(height * scale))
    slope = Image.linear_gradient("L").resize((w, h)).rotate(0)
    across = Image.linear_gradient("L").rotate(90).resize((w, h))
    diagonal = Image.blend(slope, across, w / (w + h) * 0.8)
    plane = Image.composite(
        Image.new("RGB", (w, h), base[1]), Image.new("RGB", (w, h), base[0]), diagonal
    )
    for index, colour in enumerate(glows):
        reach = round(max(min(w, h) * 1.25, max(w, h) * 0.62) * dice.uniform(0.75, 1.15))
        x = round(w * ((0.12, 0.92, 0.8, 0.1)[index % 4] + dice.uniform(-0.12, 0.12)))
        y = round(h * ((0.02, 0.3, 0.98, 0.72)[index % 4] + dice.uniform(-0.1, 0.1)))
        mask = glow().resize((2 * reach, 2 * reach)).point(lambda v: v * 4 // 5)
        plane.paste(colour, (x - reach, y - reach), mask)
    return plane.filter(ImageFilter.GaussianBlur(5))


def sheet_ground(page: Page, palette: Palette, seed: bytes) -> Image.Image:
    """The full-size background of an infographic, with the shadows of its cards."""
    first, last = palette.ground[0], palette.ground[1]
    plane = mesh(page.width, page.height, *_tones(palette, first, last), seed)
    scale = min(1.0, _MIDDLE / max(page.width, page.height))
    size = (max(1, round(page.width * scale)), max(1, round(page.height * scale)))
    plane = plane.resize(size, Image.Resampling.BICUBIC)
    if page.cards:
        plane = _shadowed(plane, page, palette)
    return plane.resize((page.width, page.height), Image.Resampling.BILINEAR)


def _tones(
    palette: Palette, first: Colour, last: Colour
) -> tuple[tuple[Colour, Colour], list[Colour]]:
    extra = list(palette.ground[2:])
    if palette.theme == "aurora" and palette.ink == "#ffffffff":
        night = (10, 8, 38)
        return (mix(first, night, 0.18), mix(last, night, 0.3)), [
            turned(first, 14, 0.1), turned(last, -8, 0.16), mix(last, night, 0.5),
            mix(first, night, 0.42), *extra,
        ]  # fmt: skip
    if palette.theme == "aurora":
        white = (255, 255, 255)
        return (first, last), [mix(first, white, 0.45), mix(last, white, 0.3), last, first, *extra]
    if palette.theme == "night":
        return (first, last), [*extra, last]
    return (first, last), [(255, 255, 255), last]


def _shadowed(plane: Image.Image, page: Page, palette: Palette) -> Image.Image:
    colour, strength = palette.shadow
    sx, sy = plane.width / page.width, plane.height / page.height
    least = min(min(card.w, card.h) for card in page.cards) * sx
    shade, inside = (Image.new("L", plane.size, 0) for _ in range(2))
    for card in page.cards:
        left, top = card.x * sx, card.y * sy
        right, low = (card.x + card.w) * sx, (card.y + card.h) * sy
        drop = least * 0.055
        ImageDraw.Draw(shade).rounded_rectangle(
            (left + drop / 2, top + drop, right - drop / 2, low + drop), page.radius * sx, strength
        )
        ImageDraw.Draw(inside).rounded_rectangle((left, top, right, low), page.radius * sx, 255)
    shade = shade.filter(ImageFilter.GaussianBlur(max(1.0, least * 0.06)))
    if palette.glass:
        shade = ImageChops.subtract(shade, inside)
    plane.paste(colour, (0, 0), shade)
    return plane
