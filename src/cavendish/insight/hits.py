"""Answers that were found instead of bought: how many, and what the same had cost when it was
bought. They cost nothing, and are no spending."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import Money
from cavendish.store.schema import attempts, hits, keys

DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one realm and group; `spared` is the exact cost of the originals, once for each."""

    realm: str
    grouped: Any
    hits: int
    spared: Money


def found_by(
    connection: Connection, by: str | None, within: sa.ColumnElement[bool] | None = None
) -> Iterator[Found]:
    """Hits by day, model, channel, project, tag (as JSON) or, with None, in all.

    Model and channel are those that drew the original; tags are the asker's.
    """
    column = {
        None: sa.literal(""),
        "day": hits.c.at_ns // DAY_NS,
        "model": attempts.c.model,
        "channel": attempts.c.channel,
        "project": keys.c.project,
        "tag": hits.c.tags,
    }[by]
    query = (
        sa.select(
            keys.c.realm,
            column.label("grouped"),
            sa.func.count().label("hits"),
            sa.func.coalesce(sa.func.sum(attempts.c.cost_nanos), 0).label("nanos"),
        )
        .select_from(hits)
        .join(keys, keys.c.id == hits.c.key)
        .join(attempts, attempts.c.id == hits.c.attempt)
        .where(sa.true() if within is None else within)
        .group_by(keys.c.realm, "grouped")
        .order_by(keys.c.realm, "grouped")
    )
    for row in connection.execute(query):
        yield Found(row.realm, row.grouped, int(row.hits), Money(int(row.nanos)))
