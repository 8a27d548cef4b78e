"""Where everything goes: boxes in whole pixels for any page shape and any number of metrics."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Page:
    """The boxes of one sheet."""

    width: int
    height: int
    margin: int
    title: Box
    title_size: int
    cards: tuple[Box, ...]
    radius: int
    beside: bool


def margin_of(width: int, height: int) -> int:
    """The outer margin of a page."""
    return round(min(width, height) * 0.078)


def arrange(width: int, height: int, metrics: int, foot: int) -> Page:
    """Lay out a page; `foot` is the height the draft mark needs inside the bottom margin."""
    margin = margin_of(width, height)
    gap = max(4, round(margin * 0.32))
    inner = Box(margin, margin, width - 2 * margin, height - 2 * margin - foot)
    ratio = width / height
    beside = metrics > 0 and ratio >= 1.45
    if metrics == 0:
        size = round(min(width * 0.13, inner.h * 0.3))
        return Page(width, height, margin, inner, size, (), 0, beside)
    if beside:
        title, area = _side_by_side(inner, ratio, metrics, margin)
        size = round(min(title.w * 0.2, inner.h * (0.22 if ratio < 3 else 0.3)))
        cards = _grid(area, metrics, gap, None)
    else:
        title, area, cards = _stacked(inner, metrics, gap, margin)
        size = round(min(width * (0.118 if ratio > 0.4 else 0.15), title.h * 0.5))
    smallest = min(min(card.w, card.h) for card in cards)
    return Page(
        width, height, margin, title, size, tuple(cards), max(4, round(smallest * 0.09)), beside
    )


def _side_by_side(inner: Box, ratio: float, metrics: int, margin: int) -> tuple[Box, Box]:
    share = 0.37 if ratio < 3 else 0.27
    if metrics > 8:
        share *= 0.86
    if metrics == 1:
        share = 0.5
    left = round(inner.w * share)
    space = round(margin * 0.9)
    title = Box(inner.x, inner.y, left, inner.h)
    return title, Box(inner.x + left + space, inner.y, inner.w - left - space, inner.h)


def _stacked(inner: Box, metrics: int, gap: int, margin: int) -> tuple[Box, Box, list[Box]]:
    least = round(min(inner.h * (0.26 if metrics <= 6 else 0.2), inner.w * 0.95))
    space = round(margin * 0.6)
    area = Box(inner.x, inner.y + least + space, inner.w, inner.h - least - space)
    cards = _grid(area, metrics, gap, 0.98 if inner.w * 3 > inner.h else 1.3)
    bottom = max(card.y + card.h for card in cards)
    slack = area.y + area.h - bottom
    # Cards that would grow too tall leave their room to the title.
    moved = [Box(card.x, card.y + slack, card.w, card.h) for card in cards]
    title = Box(inner.x, inner.y, inner.w, least + slack)
    return title, area, moved


def _grid(area: Box, count: int, gap: int, tallest: float | None) -> list[Box]:
    columns = min(range(1, count + 1), key=lambda c: _unfitness(area, count, c, gap))
    rows = math.ceil(count / columns)
    height = (area.h - gap * (rows - 1)) / rows
    if tallest is not None:
        width = (area.w - gap * (columns - 1)) / columns
        height = min(height, width * tallest)
    # A short row comes first, so that its wider cards lead.
    first = count - columns * (rows - 1)
    boxes: list[Box] = []
    for row in range(rows):
        here = first if row == 0 else columns
        top = round(area.y + row * (height + gap))
        low = round(area.y + row * (height + gap) + height)
        width = (area.w - gap * (here - 1)) / here
        for column in range(here):
            left = round(area.x + column * (width + gap))
            right = round(area.x + column * (width + gap) + width)
            boxes.append(Box(left, top, right - left, low - top))
    return boxes


def _unfitness(area: Box, count: int, columns: int, gap: int) -> float:
    rows = math.ceil(count / columns)
    width = (area.w - gap * (columns - 1)) / columns
    height = (area.h - gap * (rows - 1)) / rows
    if width <= 0 or height <= 0:
        return math.inf
    empty = columns * rows - count
    return abs(math.log(width / height / 1.35)) + 0.5 * empty / columns
