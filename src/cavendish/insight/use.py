"""What our own journal shows of the quotas: requests and money, now and at the busiest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import ZERO, Money
from cavendish.store.schema import attempts, keys

SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS
TEN_MINUTES_NS = 10 * MINUTE_NS
DAY_NS = 24 * 60 * MINUTE_NS
LOOK_BACK_DAYS = 31
PACIFIC = ZoneInfo("America/Los_Angeles")
"""The service's day ends at midnight there."""


@dataclass(frozen=True, slots=True)
class Use:
    """Real attempts on one channel that left this machine, whatever became of them, and real
    money, held money included.

    The busiest minute and ten minutes are by the clock, the busiest day is Pacific, all of the last
    `LOOK_BACK_DAYS`; `requests_today` and `usd_month` are of this Pacific day and calendar month.
    """

    requests_minute: int = 0
    requests_today: int = 0
    usd_10_min: Money = ZERO
    usd_month: Money = ZERO
    busiest_minute: int = 0
    busiest_day: int = 0
    busiest_10_min: Money = ZERO

    def to_json(self) -> dict[str, Any]:
        """Money as decimal strings in USD."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {n: value.usd if isinstance(value, Money) else value for n, value in found.items()}


def use(connection: Connection, channel: str, now_ns: int) -> Use:
    """What is seen of `channel`, its locations included. Money counts when it was asked for."""
    now = datetime.fromtimestamp(now_ns // SECOND_NS, PACIFIC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = datetime(now.astimezone(UTC).year, now.astimezone(UTC).month, 1, tzinfo=UTC)
    first = min(_ns(month), now_ns - LOOK_BACK_DAYS * DAY_NS)
    minute = attempts.c.started_ns // MINUTE_NS
    usd = sa.case(
        (attempts.c.state == "settled", attempts.c.cost_nanos), else_=attempts.c.reserved_nanos
    )
    of_channel = sa.or_(
        attempts.c.channel == channel, attempts.c.channel.startswith(f"{channel}@", autoescape=True)
    )
    sent = attempts.c.outcome.is_distinct_from("not_sent")
    rows = (
        sa.select(minute.label("minute"), sa.func.count().label("n"), sa.func.sum(usd).label("usd"))
        .join(keys, keys.c.id == attempts.c.key)
        .where(sent, keys.c.realm == "real", of_channel, attempts.c.started_ns >= first)
        .group_by("minute")
        .order_by("minute")
    )
    last = (
        sa.select(attempts.c.started_ns, usd.label("usd"))
        .join(keys, keys.c.id == attempts.c.key)
        .where(sent, keys.c.realm == "real", of_channel)
        .where(attempts.c.started_ns > now_ns - TEN_MINUTES_NS, attempts.c.started_ns <= now_ns)
    )
    minutes = [(int(row.minute), int(row.n), int(row.usd)) for row in connection.execute(rows)]
    recent = [(int(row.started_ns), int(row.usd)) for row in connection.execute(last)]
    days: dict[str, int] = {}
    tens: dict[int, int] = {}
    for at, n, nanos in minutes:
        day = datetime.fromtimestamp(at * 60, PACIFIC).date().isoformat()
        days[day] = days.get(day, 0) + n
        tens[at // 10] = tens.get(at // 10, 0) + nanos
    return Use(
        requests_minute=sum(at > now_ns - MINUTE_NS for at, _ in recent),
        requests_today=days.get(today.date().isoformat(), 0),
        usd_10_min=Money(sum(nanos for _, nanos in recent)),
        usd_month=Money(sum(usd for at, _, usd in minutes if at * MINUTE_NS >= _ns(month))),
        busiest_minute=max((n for _, n, _ in minutes), default=0),
        busiest_day=max(days.values(), default=0),
        busiest_10_min=Money(max(tens.values(), default=0)),
    )


def _ns(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS
