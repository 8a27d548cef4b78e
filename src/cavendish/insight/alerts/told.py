"""What was told, and by which ways an alert is still owed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.insight.alerts.alert import SECOND_NS, Alert
from cavendish.store.rows import AlertRow
from cavendish.store.schema import alerts
from cavendish.store.statements import ALERTS

LOOK = "look"
"""The row that lets one process at a time look at spending and errors, which takes a while."""

LISTED = 100
DAY_NS = 86_400 * SECOND_NS


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert that was told, and the ways `owed`: those that have failed so far."""

    document: dict[str, Any]
    owed: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The document, with the ways."""
        return {**self.document, "owed": list(self.owed)}


def told(connection: Connection) -> tuple[ToldAlert, ...]:
    """The latest alerts, the newest first."""
    query = (
        sa.select(alerts.c.said, alerts.c.owed)
        .where(alerts.c.id != LOOK)
        .order_by(alerts.c.at_ns.desc(), alerts.c.id)
        .limit(LISTED)
    )
    found = connection.execute(query).fetchall()
    return tuple(ToldAlert(json.loads(row.said), ways(row.owed)) for row in found)


def new(connection: Connection, found: Iterable[Alert]) -> list[Alert]:
    """Those nobody has told yet."""
    by_id = {alert.id: alert for alert in found}
    for row in connection.execute(ALERTS, {"names": json.dumps(list(by_id))}):
        del by_id[row.id]
    return list(by_id.values())


def owed(connection: Connection, now_ns: int) -> list[AlertRow]:
    """Alerts of the last day that some way still owes; older ones are given up."""
    query = sa.select(alerts).where(
        alerts.c.id != LOOK, alerts.c.owed != "", alerts.c.at_ns > now_ns - DAY_NS
    )
    return [AlertRow(*row) for row in connection.execute(query)]


def may_look(connection: Connection, now_ns: int) -> bool:
    """Whether nobody has looked lately."""
    row = connection.execute(sa.select(alerts.c.again_ns).where(alerts.c.id == LOOK)).first()
    return row is None or row.again_ns <= now_ns


def ways(said: str) -> tuple[str, ...]:
    """The names in a row's `owed`."""
    return tuple(said.split(",")) if said else ()
