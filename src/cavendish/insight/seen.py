"""What our own calls showed of the channels: how often they answered, and how soon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.model import channel_of
from cavendish.store.schema import attempts, keys

NEWEST = 5_000
"""Older attempts say little of how a channel does now."""

SECOND_NS = 10**9


@dataclass(frozen=True, slots=True)
class Seen:
    """Settled attempts for one model: `executed` were answered, `drawn` with the picture asked for.

    `median_s` is from the intent to the booking, of those that were answered; `latest` is the day
    of the last one, UTC.
    """

    attempts: int
    executed: int
    drawn: int
    median_s: float | None
    latest: date

    @property
    def success(self) -> float:
        """The share of attempts that were answered."""
        return self.executed / self.attempts

    @property
    def drawn_share(self) -> float:
        """The share of attempts that brought the picture asked for."""
        return self.drawn / self.attempts

    def to_json(self) -> dict[str, Any]:
        """Shares as fractions, times in seconds."""
        return {
            "attempts": self.attempts,
            "executed_share": round(self.success, 4),
            "drawn_share": round(self.drawn_share, 4),
            "median_s": self.median_s,
            "latest": self.latest.isoformat(),
        }


def seen(connection: Connection, model: str) -> Mapping[tuple[str, str], Seen]:
    """By (realm, channel) what was seen of `model`; regions count with the channel they are of."""
    query = (
        sa.select(
            keys.c.realm,
            attempts.c.channel,
            attempts.c.outcome,
            attempts.c.note,
            attempts.c.started_ns,
            attempts.c.settled_ns,
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(attempts.c.model == model, attempts.c.state == "settled")
        .order_by(attempts.c.started_ns.desc())
        .limit(NEWEST)
    )
    rows: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        rows[row.realm, channel_of(row.channel)].append(row)
    return {where: _seen(found) for where, found in rows.items()}


def _seen(rows: list[Any]) -> Seen:
    answered = [row for row in rows if row.outcome == "executed"]
    times = [(row.settled_ns - row.started_ns) / SECOND_NS for row in answered if row.settled_ns]
    return Seen(
        attempts=len(rows),
        executed=len(answered),
        drawn=sum(row.note is None for row in answered),
        median_s=round(median(times), 2) if times else None,
        latest=datetime.fromtimestamp(rows[0].started_ns / SECOND_NS, UTC).date(),
    )
