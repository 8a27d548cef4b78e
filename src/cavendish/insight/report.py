"""What was spent, on what, and what that saved: sums over settled attempts, which are the sums of
the ledger. Rows are streamed, so memory is flat at any length of the journal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.insight.chart import svg
from cavendish.insight.hits import DAY_NS, Found, found_by
from cavendish.insight.itemised import PARTS, Item, items
from cavendish.insight.savings import Savings, Tally
from cavendish.store.schema import attempts, hits, keys

By = Literal["day", "model", "channel", "project", "tag", "category"]
GROUPS: tuple[By, ...] = ("day", "model", "channel", "project", "tag", "category")
CACHE = "from the cache"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC on which attempts began, the first and the last included; None has no end."""

    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, since: str | date | None, until: str | date | None) -> Period:
        """Days as people write them: 2026-11-25. Raises: InvalidRequest naming the field."""
        found = cls(_day("since", since), _day("until", until))
        if found.since and found.until and found.since > found.until:
            raise InvalidRequest("until", f"{until} is before {since}", accepts="a later day")
        return found

    def holds(self, at_ns: sa.Column[int] = attempts.c.started_ns) -> sa.ColumnElement[bool]:
        """Whether an attempt began in it, or another moment is in it."""
        found: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.since:
            found.append(at_ns >= _opens_ns(self.since))
        if self.until:
            found.append(at_ns < _opens_ns(self.until) + DAY_NS)
        return sa.and_(*found)


def _day(field_name: str, said: str | date | None) -> date | None:
    if said is None or isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said)
    except ValueError:
        why = f"{said!r} is no day"
        raise InvalidRequest(field_name, why, accepts="a day such as 2026-11-25") from None


def _opens_ns(day: date) -> int:
    return (datetime.combine(day, time(), UTC) - _EPOCH) // timedelta(seconds=1) * 10**9


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a report. `presumed` is part of `cost`: unknown outcomes counted as spent.
    `held` is reserved by calls that are under way or of unknown outcome; it is not yet spent.
    `hits` were found instead of bought, which spared what the originals had cost."""

    realm: str
    group: str
    pictures: int
    attempts: int
    cost: Money
    presumed: Money
    held: Money
    hits: int = 0
    spared: Money = ZERO

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "realm": self.realm,
            "group": self.group,
            "pictures": self.pictures,
            "attempts": self.attempts,
            "cost_usd": self.cost.usd,
            "presumed_usd": self.presumed.usd,
            "held_usd": self.held.usd,
            "hits": self.hits,
            "spared_usd": self.spared.usd,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was spent, grouped. Real and simulated money are never added up."""

    by: str
    lines: tuple[Line, ...]
    saved: Savings = field(default_factory=Savings)

    def total(self, realm: str) -> Money:
        """All that was spent in one realm."""
        return Money.total(line.cost for line in self.lines if line.realm == realm)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "by": self.by,
            "lines": [line.to_json() for line in self.lines],
            "total_usd": self.total("real").usd,
            "simulated_total_usd": self.total("simulated").usd,
            "saved": self.saved.to_json(),
        }

    def to_svg(self) -> str:
        """The lines as a chart."""
        return svg(self)

    def to_csv(self) -> str:
        """The lines, with a head; amounts are exact decimals in USD. What a spreadsheet would take
        for a formula is made plain text."""
        file = io.StringIO()
        writer = csv.DictWriter(file, list(Line("", "", 0, 0, ZERO, ZERO, ZERO).to_json()))
        writer.writeheader()
        for line in self.lines:
            quote = "'" if line.group[:1] in {"=", "+", "-", "@"} else ""
            writer.writerow({**line.to_json(), "group": quote + line.group})
        return file.getvalue()


def check_by(by: str) -> str:
    """The grouping, if there is such a one. Raises: InvalidRequest."""
    if by not in GROUPS:
        raise InvalidRequest("by", f"there is no grouping {by!r}", accepts=GROUPS)
    return by


def report(
    connection: Connection, by: str, period: Period, known: Mapping[str, ChannelFacts]
) -> Report:
    """Sums every attempt of a period by `by`, and what was saved. With tags an attempt counts once
    for each of its tags; by category it counts for each of its parts. `known` are the channels
    whose prices are known."""
    tally, categories = Tally(), Categories()
    for item in items(connection, period.holds(), known):
        tally.add(item)
        categories.add(item)
    within = period.holds(hits.c.at_ns)
    tally.add_found(found_by(connection, None, within))
    if by == "category":
        held = [line for line in _lines(connection, "model", period) if line.held]
        cached = [_cached(one, CACHE) for one in found_by(connection, None, within)]
        return Report(by, (*categories.lines(), *_held(held), *cached), tally.savings())
    lines = {(line.realm, line.group): line for line in _lines(connection, by, period)}
    for one in found_by(connection, by, within):
        for group in _names(by, one.grouped):
            _put(lines, _cached(one, group))
    ordered = sorted(lines.values(), key=lambda line: (line.realm, line.group))
    return Report(by, tuple(ordered), tally.savings())


def _cached(one: Found, group: str) -> Line:
    return Line(one.realm, group, 0, 0, ZERO, ZERO, ZERO, one.hits, one.spared)


def _put(lines: dict[tuple[str, str], Line], line: Line) -> None:
    """Adds a line to those there are, or to the one of its group."""
    before = lines.get((line.realm, line.group))
    lines[line.realm, line.group] = line if before is None else _sum(before, line)


class Categories:
    """Adds up the parts of items."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], list[int]] = {}

    def add(self, item: Item) -> None:
        """One attempt, for each of its parts."""
        for name, nanos in item.parts.items():
            sums = self._sums.setdefault((item.realm, name), [0, 0, 0, 0])
            sums[0] += item.drawn
            sums[1] += 1
            sums[2] += nanos
            sums[3] += nanos if item.presumed else 0

    def lines(self) -> list[Line]:
        """A line for each part, in the order of `PARTS`."""
        return [
            Line(realm, name, pictures, count, Money(nanos), Money(presumed), ZERO)
            for realm in sorted({realm for realm, _ in self._sums})
            for name in PARTS
            for pictures, count, nanos, presumed in [self._sums.get((realm, name), [0] * 4)]
            if count
        ]  # fmt: skip


def _held(lines: list[Line]) -> list[Line]:
    return [
        Line(realm, "held", 0, 0, ZERO, ZERO,
             Money.total(line.held for line in lines if line.realm == realm))
        for realm in sorted({line.realm for line in lines})
    ]  # fmt: skip


def _lines(connection: Connection, by: str, period: Period) -> list[Line]:
    column = {
        "day": attempts.c.started_ns // DAY_NS,
        "model": attempts.c.model,
        "channel": attempts.c.channel,
        "project": keys.c.project,
        "tag": attempts.c.tags,
    }[by]
    settled = attempts.c.state == "settled"
    drawn = sa.and_(attempts.c.outcome == "executed", attempts.c.note.is_(None))
    query = (
        sa.select(
            keys.c.realm,
            column.label("grouped"),
            sa.func.sum(sa.case((drawn, 1), else_=0)).label("pictures"),
            sa.func.count().label("attempts"),
            sa.func.sum(sa.case((settled, attempts.c.cost_nanos), else_=0)).label("cost"),
            sa.func.sum(
                sa.case((attempts.c.billed == "presumed", attempts.c.cost_nanos), else_=0)
            ).label("presumed"),
            sa.func.sum(sa.case((settled, 0), else_=attempts.c.reserved_nanos)).label("held"),
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(period.holds())
        .group_by(keys.c.realm, "grouped")  # by name: Postgres takes each parameter for another
        .order_by(keys.c.realm, "grouped")
    )
    lines: dict[tuple[str, str], Line] = {}
    for row in connection.execute(query):
        cost, presumed, held = (Money(int(n)) for n in (row.cost, row.presumed, row.held))
        for group in _names(by, row.grouped):
            counts = int(row.pictures), int(row.attempts)
            _put(lines, Line(row.realm, group, *counts, cost, presumed, held))
    return list(lines.values())


def _sum(one: Line, other: Line) -> Line:
    return Line(
        one.realm,
        one.group,
        one.pictures + other.pictures,
        one.attempts + other.attempts,
        one.cost + other.cost,
        one.presumed + other.presumed,
        one.held + other.held,
        one.hits + other.hits,
        one.spared + other.spared,
    )


def _names(by: str, grouped: Any) -> list[str]:
    if by == "day":
        return [datetime.fromtimestamp(int(grouped) * 86_400, UTC).date().isoformat()]
    if by == "tag":
        return [f"{name}={value}" for name, value in json.loads(grouped).items()]
    return [str(grouped)]
