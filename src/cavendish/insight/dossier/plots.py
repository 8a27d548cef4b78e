"""The plots of a dossier. Each says in its caption what it shows: a mail program may hide it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from statistics import fmean
from typing import Final

from cavendish.core.money import Money
from cavendish.insight.dossier.blocks import Figure
from cavendish.insight.dossier.canvas import (
    ALERT,
    ASKED,
    FAINT,
    GRID,
    LEFT,
    MAIN,
    PALE,
    RIGHT,
    WARM,
    WIDTH,
    Canvas,
)
from cavendish.insight.dossier.history import OUTCOMES, Day, History, Outcome
from cavendish.insight.dossier.phrases import cents, many, written
from cavendish.insight.dossier.projection import Projection

SPAN = WIDTH - LEFT - RIGHT
SAID: Final[dict[Outcome, tuple[str, str]]] = {
    "delivered": ("picture delivered", MAIN),
    "safety": ("refused by the safety filters", "#8c6bb1"),
    "other answer": ("answered, not with the picture asked for", PALE),
    "rate limited": ("429, rate limited", ALERT),
    "service error": ("5xx, service error or overload", WARM),
    "refused": ("refused for another reason (4xx)", "#c98f7f"),
    "unknown": ("outcome unknown (timeout, connection lost)", "#9aa3ab"),
    "under way": ("under way", "#cfd5da"),
}
"""Each outcome in words, and its colour."""
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def daily(history: History, projection: Projection | None, asked: int | None) -> Figure:
    """Requests a day with their mean of seven days, and what is projected."""
    days = _from_first(history)
    ahead = (projection.until - days[-1].day).days if projection else 0
    most = max(day.requests for day in days)
    upper = projection.busiest_day.expected if projection else 0
    top = max(most, upper, projection.day.high if projection else 0)
    shows = asked is not None and asked <= 2 * top
    plot = Canvas("Requests a day", 240, max(top, asked or 0) if shows else top)
    plot.ticks()
    width = SPAN / (len(days) + ahead)
    for at, day in enumerate(days):
        x = LEFT + at * width + width * 0.12
        plot.bar(x, day.pictures, width * 0.76, MAIN)
        plot.bar(x, day.requests - day.pictures, width * 0.76, PALE, over=day.pictures)
    means = _means([day.requests for day in history.whole_days])
    lead = len(days) - 1 - len(means)
    line = [(LEFT + (lead + at + 0.5) * width, plot.y(mean)) for at, mean in enumerate(means)]
    plot.path(line, "#1b1f24")
    entries = [("box", MAIN, "pictures"), ("box", PALE, "other requests"),
               ("line", "#1b1f24", "mean of 7 days")]  # fmt: skip
    if projection and line:
        _fan(plot, projection, line[-1], WIDTH - RIGHT)
        entries.append(("dash", ASKED, "projected mean day, low to high"))
    if shows and asked is not None:
        plot.limit(asked, f"asked: {asked:,} a day", ASKED)
    plot.legend(entries)
    _dates(plot, days[0].day, len(days) + ahead, width)
    said = (
        f"{many(history.requests, 'request')} in {many(len(history.shown), 'day')}; "
        f"the busiest day had {most:,}."
    )
    if projection:
        said += (
            f" A mean day is projected to have {projection.day.expected:,} on "
            f"{written(projection.until)}."
        )
    return Figure("daily", plot.svg(), f"Bars of requests a day. {said}", f"Requests a day. {said}")


def peaks(history: History, now: int | None, asked: int | None) -> Figure:
    """The busiest minute of each day against the limits."""
    days, most = _from_first(history), history.peak
    limits = [(now, "limit today", ALERT), (asked, "asked", ASKED)]
    shown = [one for one in limits if one[0] is not None and one[0] <= 6 * max(most, 1)]
    top = max([most, *(value for value, _, _ in shown if value)])
    plot = Canvas("Busiest minute of each day", 180, top * 1.06, top=22)
    plot.ticks()
    width = SPAN / len(days)
    for at, day in enumerate(days):
        if day.peak:
            x = LEFT + (at + 0.5) * width
            ink = ALERT if day.limited else MAIN
            plot.line(x, plot.y(0), x, plot.y(day.peak), ink, wide=max(1.0, min(3.0, width * 0.3)))
            plot.rect(x - 2.5, plot.y(day.peak) - 2.5, 5, 5, ink, 2.5)
    for value, words, ink in shown:
        plot.limit(value or 0, f"{words}: {value:,} a minute", ink)
    plot.legend([("box", MAIN, "a day without a 429"), ("box", ALERT, "a day with a 429")], 12)
    _dates(plot, days[0].day, len(days), width)
    limited = sum(bool(day.limited) for day in days)
    said = (
        f"The busiest minute had {many(most, 'request')}; on {limited:,} of "
        f"{many(len(history.shown), 'day')} "
        "the service answered 429 at least once."
    )
    return Figure("peaks", plot.svg(), f"Peak minute by day. {said}", f"Busiest minute. {said}")


def week(history: History) -> Figure:
    """Requests by weekday and hour, Pacific."""
    plot = Canvas("Requests by weekday and hour", 194, 1, top=22, foot=24)
    cell, row = SPAN / 24, 20
    most = max(max(hours) for hours in history.hours) or 1
    for weekday, hours in enumerate(history.hours):
        y = 24 + weekday * row
        plot.text(LEFT - 8, y + 14, WEEKDAYS[weekday], "f", "end")
        for hour, count in enumerate(hours):
            plot.rect(LEFT + hour * cell + 1, y + 1, cell - 2, row - 2, _shade(count / most), 3)
    for hour in range(0, 24, 3):
        plot.text(LEFT + hour * cell + cell / 2, 14, f"{hour:02d}", "f", "middle")
    plot.text(LEFT, 24 + 7 * row + 20, "hour of the day, Pacific time", "f")
    x = WIDTH - RIGHT - 5 * 22
    plot.text(x - 8, 24 + 7 * row + 20, "fewer", "f", "end")
    for at in range(4):
        plot.rect(x + at * 18, 24 + 7 * row + 9, 16, 14, _shade((at + 0.4) / 3.4), 3)
    plot.text(x + 4 * 18 + 6, 24 + 7 * row + 20, "more", "f")
    total = sum(map(sum, history.hours)) or 1
    hour = max(range(24), key=lambda at: sum(hours[at] for hours in history.hours))
    share = sum(hours[hour] for hours in history.hours) / total
    office = sum(sum(hours[9:18]) for hours in history.hours[:5]) / total
    said = (
        f"The busiest hour of the day is {hour:02d}:00 with {share:.0%} of all requests; "
        f"{office:.0%} come on weekdays between 09:00 and 18:00, Pacific."
    )
    return Figure("week", plot.svg(), f"Heat map of the week. {said}", f"When it is asked. {said}")


def spend(history: History, caps: Sequence[tuple[str, Money]]) -> Figure:
    """Money added up over each month against the caps of tiers."""
    days = _from_first(history)
    sums, month, nanos = [], None, 0
    for day in days:
        nanos = (nanos if month == day.day.month else 0) + day.spent.nanos
        month = day.day.month
        sums.append(nanos)
    most = max(sums)
    shown = [(name, cap) for name, cap in caps if cap.nanos <= 2.2 * most]
    if not shown:
        shown = [(name, cap) for name, cap in caps if cap.nanos <= 12 * most][:1]
    top = max([most, *(cap.nanos for _, cap in shown)])
    plot = Canvas("Money spent, by month", 210, top * 1.06, top=22)
    plot.ticks(dollars)
    width = SPAN / len(days)
    for start, stop in _months(days):
        points = [(LEFT + (at + 0.5) * width, plot.y(sums[at])) for at in range(start, stop)]
        edge = [(points[0][0], plot.y(0)), *points, (points[-1][0], plot.y(0))]
        plot.area(edge, MAIN, 0.16)
        plot.path(points, MAIN)
    for name, cap in shown:
        plot.limit(cap.nanos, f"{name}: {dollars(cap.nanos)} a month", ALERT)
    plot.legend([("line", MAIN, "spent since the first of the month")], 12)
    _dates(plot, days[0].day, len(days), width)
    said = (
        f"{cents(Money.total(day.spent for day in days))} in "
        f"{many(len(history.shown), 'day')}; the dearest month of them came to "
        f"{cents(Money(max(sums)))}."
    )
    return Figure("spend", plot.svg(), f"Money by month. {said}", f"Money spent. {said}")


def outcomes(history: History) -> Figure:
    """What requests ended with, as one bar."""
    found = [one for one in OUTCOMES if history.outcomes.get(one)]
    plot = Canvas("What requests ended with", 62 + 20 * -(-len(found) // 2), 1, top=8)
    x, total = float(LEFT), max(1, history.requests)
    span = WIDTH - 2 * LEFT
    for one in found:
        width = max(1.5, span * history.outcomes[one] / total)
        plot.rect(x, 12, min(width, LEFT + span - x), 26, SAID[one][1], 0)
        x += width
    for at, one in enumerate(found):
        left, y = LEFT + (at % 2) * span / 2, 62 + 20 * (at // 2)
        plot.rect(left, y - 9, 10, 10, SAID[one][1], 2)
        plot.text(left + 16, y, SAID[one][0])
    said = (
        f"{history.share('delivered'):.1%} of requests brought the picture asked for, "
        f"{history.share('rate limited'):.1%} were answered 429, "
        f"{history.share('safety'):.1%} were refused by the safety filters."
    )
    return Figure("outcomes", plot.svg(), f"Shares of outcomes. {said}", f"Outcomes. {said}")


def _from_first(history: History) -> tuple[Day, ...]:
    """The days of the window from the first request on, two weeks at least."""
    first = history.shown[0].day
    return tuple(day for day in history.days if day.day >= min(first, history.days[-14].day))


def _fan(plot: Canvas, projection: Projection, start: tuple[float, float], right: float) -> None:
    low, middle, high = (
        plot.y(value)
        for value in (projection.day.low, projection.day.expected, projection.day.high)
    )
    plot.area([start, (right, high), (right, low)], ASKED, 0.13)
    plot.path([start, (right, middle)], ASKED, dashed=True)


def _dates(plot: Canvas, first: date, count: int, width: float) -> None:
    """The first days of months, or of weeks where the time is short, below the frame."""
    plot.line(LEFT, plot.base, WIDTH - RIGHT, plot.base, FAINT)
    weeks = count <= 45
    for at in range(count):
        day = first + timedelta(days=at)
        opens = day.weekday() == 0 if weeks else day.day == 1
        x = LEFT + at * width
        if opens and x < WIDTH - RIGHT - 40:
            plot.line(x, plot.base, x, plot.base + 5, FAINT)
            plot.text(
                x + 4, plot.base + 17, f"{day:%b} {day.day}" if weeks else f"{day:%b %Y}", "f"
            )


def _months(days: Sequence[Day]) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(days) + 1):
        if at == len(days) or days[at].day.month != days[start].day.month:
            yield start, at
            start = at


def _means(counts: Sequence[int]) -> list[float]:
    return [fmean(counts[max(0, at - 6) : at + 1]) for at in range(len(counts))]


def dollars(value: float) -> str:
    """Nano-USD as people write them, without cents where there are none."""
    return str(Money(round(value))).removesuffix(".00")


def _shade(share: float) -> str:
    if share <= 0:
        return GRID
    pale, full = (0xE0, 0xEE, 0xEC), (0x1F, 0x5A, 0x55)
    mixed = (round(a + (b - a) * share**0.7) for a, b in zip(pale, full, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)
