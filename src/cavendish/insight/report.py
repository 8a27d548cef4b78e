"""What was spent, and on what: sums over settled attempts, which are the sums of the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.store.schema import attempts, keys

By = Literal["day", "model", "channel", "project", "tag"]
GROUPS: tuple[By, ...] = ("day", "model", "channel", "project", "tag")
DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Line:
    """One group of a report. `presumed` is part of `cost`: unknown outcomes counted as spent.
    `held` is reserved by calls that are under way or of unknown outcome; it is not yet spent."""

    realm: str
    group: str
    pictures: int
    attempts: int
    cost: Money
    presumed: Money
    held: Money

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
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What was spent, grouped. Real and simulated money are never added up."""

    by: str
    lines: tuple[Line, ...]

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
        }


def check_by(by: str) -> str:
    """The grouping, if there is such a one. Raises: InvalidRequest."""
    if by not in GROUPS:
        raise InvalidRequest("by", f"there is no grouping {by!r}", accepts=GROUPS)
    return by


def report(connection: Connection, by: str) -> Report:
    """Sums every attempt by `by`. With tags an attempt counts once for each of its tags."""
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
        .group_by(keys.c.realm, "grouped")  # by name: Postgres takes each parameter for another
        .order_by(keys.c.realm, "grouped")
    )
    lines: dict[tuple[str, str], Line] = {}
    for row in connection.execute(query):
        sums = [Money(int(nanos)) for nanos in (row.cost, row.presumed, row.held)]
        for group in _names(by, row.grouped):
            line = Line(row.realm, group, int(row.pictures), int(row.attempts), *sums)
            before = lines.get((line.realm, group))
            lines[line.realm, group] = line if before is None else _sum(before, line)
    return Report(by, tuple(lines.values()))


def _sum(one: Line, other: Line) -> Line:
    return Line(
        one.realm,
        one.group,
        one.pictures + other.pictures,
        one.attempts + other.attempts,
        one.cost + other.cost,
        one.presumed + other.presumed,
        one.held + other.held,
    )


def _names(by: str, grouped: Any) -> list[str]:
    if by == "day":
        return [datetime.fromtimestamp(int(grouped) * 86_400, UTC).date().isoformat()]
    if by == "tag":
        return [f"{name}={value}" for name, value in json.loads(grouped).items()]
    return [str(grouped)]
