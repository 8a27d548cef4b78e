"""Channels that fail more than they work: the last attempts of each, whoever made them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.model import channel_of
from cavendish.insight.alerts.alert import SECOND_NS, Alert, Rules
from cavendish.store.rows import window
from cavendish.store.schema import attempts, keys
from cavendish.store.statements import ZONE

HOUR_NS = 3600 * SECOND_NS
ERRORS_OF = 50
LEAST = 20
"""Of fewer attempts nothing is said: three that fail in a row may be one bad prompt."""

NEWEST = 2_000


def failing(connection: Connection, now_ns: int, rules: Rules) -> list[Alert]:
    """An alert for each channel with too many of its last attempts of a day failed, while it is
    in use. Failed is: refused, never reached, of unknown outcome, or answered without the picture
    asked for. What a limit of our own kept here was no attempt."""
    return list(_failing(connection, now_ns, rules))


def _failing(connection: Connection, now_ns: int, rules: Rules) -> Iterator[Alert]:
    query = (
        sa.select(attempts.c.channel, attempts.c.outcome, attempts.c.note, attempts.c.error,
                  attempts.c.started_ns)
        .join(keys, keys.c.id == attempts.c.key)
        .where(keys.c.realm == "real", attempts.c.outcome.is_not(None))
        .where(attempts.c.started_ns > now_ns - 24 * HOUR_NS)
        .where(sa.or_(attempts.c.outcome != "not_sent", attempts.c.error.is_not(None)))
        .order_by(attempts.c.started_ns.desc())
        .limit(NEWEST)
    )  # fmt: skip
    last: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        of_channel = last[channel_of(row.channel)]
        if len(of_channel) < ERRORS_OF:
            of_channel.append(row)
    today_ns = window("day", now_ns, connection.execute(ZONE).scalar())[0]
    for channel, rows in sorted(last.items()):
        failed = [row for row in rows if row.outcome != "executed" or row.note is not None]
        in_use = rows[0].started_ns > now_ns - HOUR_NS
        much = len(failed) * 100 >= rules.error_percent * len(rows)
        if in_use and len(rows) >= LEAST and much:
            yield _alert(channel, failed, len(rows), today_ns, now_ns)


def _alert(channel: str, failed: list[Any], count: int, today_ns: int, now_ns: int) -> Alert:
    errors = Counter(row.error or row.outcome for row in failed).most_common(5)
    named = ", ".join(f"{name} {times}x" for name, times in errors)
    return Alert(
        f"errors/{channel}/{today_ns}",
        "errors",
        now_ns,
        f"channel {channel} fails: {len(failed)} of its last {count} attempts brought no picture "
        f"({named})",
        "cavendish doctor looks at keys and settings, cavendish explain ERROR at one of these; "
        "--channel takes another way",
        {
            "channel": channel,
            "attempts": count,
            "failed": len(failed),
            "errors": dict(errors),
        },
    )
