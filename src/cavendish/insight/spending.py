"""What the ledger has of real purchases from Google itself, by day of its bill and model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.catalog.loader import find_channel
from cavendish.core.errors import CavendishError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.insight.compared import Booked
from cavendish.insight.use import PACIFIC
from cavendish.store.rows import midnight_ns
from cavendish.store.schema import attempts, keys

SECOND_NS = 10**9
HOUR_NS = 3_600 * SECOND_NS


def booked(
    connection: Connection, first: date, last: date, known: Mapping[str, ChannelFacts]
) -> Iterator[tuple[date, str, Booked]]:
    """What was booked from `first` to `last`. The database adds up hours: a day begins at a whole
    one. What cost nothing does not count."""
    settled, presumed = attempts.c.state == "settled", attempts.c.billed == "presumed"
    hour = attempts.c.started_ns // HOUR_NS
    query = (
        sa.select(
            hour.label("hour"), attempts.c.model, attempts.c.channel,
            sa.func.count().label("calls"),
            sa.func.sum(
                sa.case((sa.and_(settled, sa.not_(presumed)), attempts.c.cost_nanos), else_=0)
            ).label("certain"),
            sa.func.sum(sa.case((presumed, attempts.c.cost_nanos), else_=0)).label("presumed"),
            sa.func.sum(sa.case((settled, 0), else_=attempts.c.reserved_nanos)).label("held"),
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(keys.c.realm == "real", within(first, last),
               sa.or_(sa.not_(settled), attempts.c.cost_nanos != 0))
        .group_by("hour", attempts.c.model, attempts.c.channel)
    )  # fmt: skip
    for row in connection.execute(query):
        if is_direct(row.channel, known):
            sums = (row.certain, row.presumed, row.held)
            certain, unsure, held = (Money(int(nanos)) for nanos in sums)
            day = day_of(int(row.hour) * HOUR_NS)
            yield day, row.model, Booked(certain, unsure, held, int(row.calls))


def within(first: date, last: date) -> sa.ColumnElement[bool]:
    """Attempts that were begun in these days of the bill."""
    place: ZoneInfo = PACIFIC
    return sa.and_(
        attempts.c.started_ns >= midnight_ns(first, place),
        attempts.c.started_ns < midnight_ns(last + timedelta(days=1), place),
    )


def day_of(moment_ns: int) -> date:
    """The day of the bill that a moment is in."""
    return datetime.fromtimestamp(moment_ns // SECOND_NS, UTC).astimezone(PACIFIC).date()


def is_direct(channel: str, known: Mapping[str, ChannelFacts]) -> bool:
    """Whether Google itself bills what was bought there."""
    try:
        return find_channel(channel, known).direct_google
    except CavendishError:  # a user's own channel that is gone was not Google's
        return False
