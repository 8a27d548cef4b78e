"""The ledger asked for a channel's history. Rows are streamed."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import Money
from cavendish.insight.dossier.history import DAYS, Care, History, Month
from cavendish.insight.dossier.tally import HOUR_NS, Tally, pacific_day
from cavendish.insight.use import PACIFIC
from cavendish.store.rows import midnight_ns
from cavendish.store.schema import attempts, budgets, hits, keys, ledger

STREAMED: Final = 2_000
_SENT = attempts.c.outcome.is_distinct_from("not_sent")
_USD = sa.case(
    (attempts.c.state == "settled", attempts.c.cost_nanos), else_=attempts.c.reserved_nanos
)


def history(
    connection: Connection,
    channel: str,
    now_ns: int,
    *,
    project: str | None = None,
    model: str | None = None,
) -> History:
    """What is seen of `channel`, its locations included, up to now; real money only. Without a
    `model` it is the one most asked in the window."""
    today = pacific_day(now_ns)
    since_ns = midnight_ns(today - timedelta(days=DAYS - 1), PACIFIC)
    mine = sa.and_(_whose(project), _through(channel))
    within = sa.and_(attempts.c.started_ns >= since_ns, attempts.c.started_ns <= now_ns)
    model = model or _most_asked(connection, mine, within)
    tally = Tally(today, model)
    query = (
        sa.select(
            attempts.c.key, attempts.c.model, attempts.c.asked, attempts.c.state,
            attempts.c.outcome, attempts.c.note, attempts.c.error, attempts.c.reserved_nanos,
            attempts.c.cost_nanos, attempts.c.started_ns, attempts.c.settled_ns,
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(mine, within)
        .order_by(attempts.c.started_ns, attempts.c.id)
        .execution_options(yield_per=STREAMED)
    )  # fmt: skip
    for row in connection.execute(query):
        tally.add(row)
    months, first, paid_since, total = _months(connection, mine, now_ns)
    others = _count(connection, _whose(project), sa.not_(_through(channel)), within, _SENT)
    distinct = connection.execute(
        sa.select(sa.func.count(attempts.c.key.distinct()))
        .join(keys, keys.c.id == attempts.c.key)
        .where(mine, within, _SENT, attempts.c.model == model)
    ).scalar_one()
    head = connection.execute(
        sa.select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
    ).first()
    return tally.history(
        months=months, first=first, paid_since=paid_since, total=total, elsewhere=others,
        head=None if head is None else (int(head.seq), str(head.hash)),
        care=_care(connection, mine, since_ns, now_ns, tally, int(distinct)),
    )  # fmt: skip


def _care(
    connection: Connection, mine: sa.ColumnElement[bool], since_ns: int, now_ns: int,
    tally: Tally, distinct: int,
) -> Care:  # fmt: skip
    within = sa.and_(hits.c.at_ns >= since_ns, hits.c.at_ns <= now_ns)
    found = connection.execute(
        sa.select(sa.func.count().label("n"), sa.func.sum(attempts.c.cost_nanos).label("usd"))
        .select_from(hits)
        .join(attempts, attempts.c.id == hits.c.attempt)
        .join(keys, keys.c.id == hits.c.key)
        .where(mine, within)
    ).one()
    limits = {row.scope: Money(row.limit_nanos) for row in connection.execute(sa.select(budgets))}
    return Care(
        retries=tally.requests - distinct,
        wait_median_s=int(median(tally.waits)) if tally.waits else None,
        wait_least_s=min(tally.waits, default=None),
        held_back=tally.held_back,
        hits=int(found.n),
        hits_saved=Money(int(found.usd or 0)),
        deferred=tally.deferred,
        day_budget=limits.pop("day", None),
        month_budget=limits.pop("month", None),
        other_budgets=len(limits),
    )


def _months(
    connection: Connection, mine: sa.ColumnElement[bool], now_ns: int
) -> tuple[tuple[Month, ...], date | None, date | None, Money]:
    """Every month by model; the first day of all, the first that cost something, and the total."""
    hour = attempts.c.started_ns // HOUR_NS
    drawn = sa.and_(attempts.c.outcome == "executed", attempts.c.note.is_(None))
    query = (
        sa.select(
            hour.label("hour"), attempts.c.model, sa.func.count().label("requests"),
            sa.func.sum(sa.case((drawn, 1), else_=0)).label("pictures"),
            sa.func.sum(_USD).label("usd"),
        )
        .join(keys, keys.c.id == attempts.c.key)
        .where(mine, _SENT, attempts.c.started_ns <= now_ns)
        .group_by("hour", attempts.c.model)
        .order_by("hour")
    )  # fmt: skip
    sums: dict[tuple[str, str], list[int]] = {}
    first = paid_since = None
    for row in connection.execute(query):
        day = pacific_day(int(row.hour) * HOUR_NS)
        first = first or day
        paid_since = paid_since or (day if row.usd else None)
        found = sums.setdefault((f"{day:%Y-%m}", row.model), [0, 0, 0])
        for at, value in enumerate((row.requests, row.pictures, row.usd)):
            found[at] += int(value)
    months = tuple(
        Month(month, model, requests, pictures, Money(usd))
        for (month, model), (requests, pictures, usd) in sorted(sums.items())
    )
    return months, first, paid_since, Money.total(one.spent for one in months)


def _most_asked(connection: Connection, *conditions: sa.ColumnElement[bool]) -> str | None:
    count = sa.func.count()
    query = (
        sa.select(attempts.c.model, count.label("n"))
        .join(keys, keys.c.id == attempts.c.key)
        .where(_SENT, *conditions)
        .group_by(attempts.c.model)
        .order_by(count.desc(), attempts.c.model)
        .limit(1)
    )
    return connection.execute(query).scalar()


def _whose(project: str | None) -> sa.ColumnElement[bool]:
    real = keys.c.realm == "real"
    return real if project is None else sa.and_(real, keys.c.project == project)


def _through(channel: str) -> sa.ColumnElement[bool]:
    name = attempts.c.channel
    return sa.or_(name == channel, name.startswith(f"{channel}@", autoescape=True))


def _count(connection: Connection, *conditions: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(attempts)
    return int(
        connection.execute(
            query.join(keys, keys.c.id == attempts.c.key).where(*conditions)
        ).scalar_one()
    )
