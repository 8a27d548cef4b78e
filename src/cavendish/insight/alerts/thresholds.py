"""Budgets that are filled to one of the marks people set: what is spent, left, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cavendish.core.money import Money
from cavendish.insight.alerts.alert import SECOND_NS, Alert, Rules, lasting, moment
from cavendish.store.rows import account_id, window
from cavendish.store.schema import accounts, attempts, budgets, reservations
from cavendish.store.statements import ZONE

MINUTE_NS, HOUR_NS = 60 * SECOND_NS, 3600 * SECOND_NS
LATE_NS = HOUR_NS
"""A mark that was passed just before midnight is still told so long after it."""

NEARLY_PERCENT = 90
LEASE_NS = HOUR_NS
"""An attempt that ended lately began at most so long before."""


def crossed(
    connection: Connection, now_ns: int, rules: Rules, full: Collection[str] = ()
) -> list[Alert]:
    """An alert for each budget at or over a mark: its highest, since a lower one says less.

    `full` are scopes that refused a call. With little left that is the last mark, since what is
    left may never be spent; with much left it was a call of unusual size.
    """
    return list(_crossed(connection, now_ns, rules, full))


def _crossed(
    connection: Connection, now_ns: int, rules: Rules, full: Collection[str]
) -> Iterator[Alert]:
    zone = connection.execute(ZONE).scalar()
    for scope, limit in connection.execute(
        sa.select(budgets.c.scope, budgets.c.limit_nanos).order_by(budgets.c.scope)
    ).fetchall():
        for opens_ns in sorted({window(scope, at, zone)[0] for at in (now_ns - LATE_NS, now_ns)}):
            name = account_id("real", scope, "usd", opens_ns)
            row = connection.execute(sa.select(accounts).where(accounts.c.id == name)).first()
            if row is None:
                continue
            is_open = row.closes_ns is None or now_ns < row.closes_ns
            marks = [m for m in rules.percent if row.used and row.used * 100 >= limit * m]
            if is_open and scope in full and row.used * 100 >= limit * NEARLY_PERCENT:
                marks.append(100)
            if marks:
                yield _alert(connection, row, limit, max(marks), now_ns)


def _alert(
    connection: Connection, account: Row[Any], limit: int, percent: int, now_ns: int
) -> Alert:
    left = max(0, limit - account.used - account.held)
    closes_ns = account.closes_ns
    window_left_s = None if closes_ns is None else max(0, closes_ns - now_ns) // SECOND_NS
    used_up_in_s = _used_up_in_s(connection, account, left, now_ns)
    spent, held = Money(account.used), Money(account.held)
    how = f"{percent} % used" if percent < 100 else "used up"
    money = f"{spent} of {Money(limit)} spent, {held} held, {Money(left)} left"
    parts = [f"budget {account.scope} is {how}: {money}"]
    if window_left_s == 0:
        parts.append("its window has ended since")
    elif used_up_in_s and (window_left_s is None or used_up_in_s < window_left_s):
        parts.append(f"at this pace it lasts {lasting(used_up_in_s)} more")
    elif used_up_in_s and window_left_s:
        parts.append("at this pace it lasts to the end of its window")
    if window_left_s:
        parts.append(f"its window ends in {lasting(window_left_s)}")
    return Alert(
        f"budget/{account.id}/{limit}/{percent}",
        "budget",
        now_ns,
        "; ".join(parts),
        f"cavendish cost report shows what for; cavendish budget set {account.scope} USD changes "
        "the limit",
        {
            "scope": account.scope,
            "percent": percent,
            "limit_usd": Money(limit).usd,
            "spent_usd": spent.usd,
            "held_usd": held.usd,
            "left_usd": Money(left).usd,
            "window_ends": None if closes_ns is None else moment(closes_ns),
            "window_left_s": window_left_s,
            "used_up_in_s": used_up_in_s,
        },
    )


def _used_up_in_s(connection: Connection, account: Row[Any], left: int, now_ns: int) -> int | None:
    """How long what is left lasts at the pace of the last hour, for others than the day the last
    24 hours; None where nothing was spent in it."""
    since_ns = now_ns - (1 if account.scope == "day" else 24) * HOUR_NS
    spent, first_ns = connection.execute(
        sa.select(sa.func.sum(attempts.c.cost_nanos), sa.func.min(attempts.c.started_ns))
        .join(reservations, reservations.c.attempt == attempts.c.id)
        .where(attempts.c.started_ns > since_ns - LEASE_NS, attempts.c.settled_ns > since_ns)
        .where(reservations.c.account == account.id, attempts.c.cost_nanos > 0)
    ).one()
    if not spent:
        return None
    lasted_ns = max(now_ns - int(first_ns), MINUTE_NS)
    return left * lasted_ns // int(spent) // SECOND_NS
