"""Alarms over unusual spending: how often one is false, and how soon a runaway is heard of.

Promise: users have at most two false alarms in a year, and a loop that spends four usual days'
money on top of a day is heard of on that day in 9 of 10 cases.

What: 1,000 histories of 60 days of six kinds of users, made from seeds: steady office hours, days
that differ much (lognormal, sigma 0.8), a nightly job whose hour drifts, use that grows by 2 % a
day, use on two or three days a week, and campaigns (each Monday three times as much). What a
picture costs and how many are bought a day (1 to 1,600) differ by history. The rules are the
defaults.

How: the rules are asked at every quarter of an hour in which something was spent, which is when a
client looks. A false alarm is any alert on an untouched history. Then a loop is planted on day 45,
from 11:00, that spends 1, 2, 4 or 8 times the money of the median day within three hours, where
that is more than twice the floor.

How to read: `alarms a year` counts alerts per user and year of days that are watched; `heard of` is
the share of plants that are told the same day, `after` the median of minutes from their first
picture. `unwatched` are users with too few days of use on day 45; budgets watch them alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from support.report import Report

from cavendish.insight.alerts.alert import Rules
from cavendish.insight.alerts.spending import History

HISTORIES, DAYS, QUARTERS = 1_000, 60, 96
PLANTED_DAY, PLANTED_AT, PLANTED_FOR = 45, 44, 12
TIMES = (1, 2, 4, 8)
RULES = Rules()
KINDS = ("steady", "differing days", "nightly job", "growing", "few days a week", "campaigns")


def run(_folder: Path) -> Report:
    """Plays them all."""
    report = Report("alarms", f"{HISTORIES:,} histories of {DAYS} days, six kinds of users")
    found: dict[str, list[Played]] = {kind: [] for kind in KINDS}
    for seed in range(HISTORIES):
        kind = KINDS[seed % len(KINDS)]
        found[kind].append(play(kind, seed))
    for kind, played in [*found.items(), ("all", [one for some in found.values() for one in some])]:
        report.rows.append(_row(kind, played))
    return report


@dataclass
class Played:
    """One history: false alarms, days on which the rules could speak, and minutes to each plant."""

    alarms: int = 0
    watched: int = 0
    is_watched: bool = False
    after_min: dict[int, int | None] = field(default_factory=dict)


def play(kind: str, seed: int) -> Played:
    """One user, untouched and with each plant."""
    spent = history(kind, random.Random(seed))
    played = Played()
    for day in range(DAYS):
        usual = _usual(spent, day)
        played.watched += usual.day is not None
        told = {span for now in _moments(spent, day) for span in _odd(usual, spent, day, now)}
        played.alarms += len(told)
    usual = _usual(spent, PLANTED_DAY)
    if usual.day is None:
        return played
    played.is_watched = True
    for times in TIMES:
        if times * usual.day.median < 2 * RULES.floor.nanos:
            continue
        planted = dict(spent)
        first = PLANTED_DAY * QUARTERS + PLANTED_AT
        for at in range(first, first + PLANTED_FOR):
            planted[at] = planted.get(at, 0) + times * usual.day.median // PLANTED_FOR
        heard = [now for now in range(first, (PLANTED_DAY + 1) * QUARTERS)
                 if now in planted and list(_odd(usual, planted, PLANTED_DAY, now))]  # fmt: skip
        played.after_min[times] = (heard[0] - first + 1) * 15 if heard else None
    return played


def history(kind: str, chance: random.Random) -> dict[int, int]:
    """Nano-USD by quarter of an hour."""
    picture = chance.choice([39, 67, 134, 240]) * 10**6
    level = 10 ** chance.uniform(0, 3.2)
    hour = chance.uniform(0, 5)
    spent: dict[int, int] = {}
    for day in range(DAYS):
        many, weekday = level, day % 7
        if kind == "few days a week":
            many *= chance.random() < 0.4
        elif kind != "nightly job" and weekday > 4:
            many *= 0.05
        if kind == "differing days":
            many *= chance.lognormvariate(0, 0.8)
        elif kind == "growing":
            many *= 1.02**day
        elif kind == "campaigns" and weekday == 0:
            many *= 3
        for _ in range(round(chance.gauss(many, many**0.5)) if many else 0):
            at = chance.gauss(hour, 0.4) if kind == "nightly job" else chance.triangular(8, 19)
            quarter = day * QUARTERS + min(max(int(at * 4), 0), QUARTERS - 1)
            spent[quarter] = spent.get(quarter, 0) + picture
    return spent


def _usual(spent: dict[int, int], day: int) -> History:
    days = [((day - n) * QUARTERS, (day - n + 1) * QUARTERS)
            for n in range(1, RULES.history_days + 1) if day >= n]  # fmt: skip
    return History.of(spent, days, RULES)


def _moments(spent: dict[int, int], day: int) -> Iterator[int]:
    return (at for at in range(day * QUARTERS, (day + 1) * QUARTERS) if at in spent)


def _odd(usual: History, spent: dict[int, int], day: int, now: int) -> Iterator[str]:
    return (span for span, *_ in usual.odd(spent, day * QUARTERS, now))


def _row(kind: str, played: list[Played]) -> dict[str, str | float | int | None]:
    watched = sum(one.watched for one in played)
    alarms = sum(one.alarms for one in played)
    row: dict[str, str | float | int | None] = {
        "user": kind,
        "histories": len(played),
        "with a false alarm": sum(bool(one.alarms) for one in played),
        "alarms a year": round(alarms / watched * 365, 2) if watched else None,
        "unwatched": sum(not one.is_watched for one in played),
    }
    for times in TIMES:
        after = [one.after_min[times] for one in played if times in one.after_min]
        heard = [one for one in after if one is not None]
        row[f"heard of, {times}x"] = f"{len(heard) / len(after):.0%}" if after else None
        row[f"after, {times}x"] = f"{median(heard):.0f} min" if heard else None
    return row
