"""Where each budget stands, and whether there is room for more. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.store.commands import Hold
from cavendish.store.rows import UTC_ZONE, Rows
from cavendish.store.rowset import look
from cavendish.store.schema import budgets
from cavendish.store.statements import ZONE


@dataclass(frozen=True, slots=True)
class Standing:
    """A limit and its account in the window that is open now. Amounts in nano-USD; `closes_ns` is
    None where it never closes, `zone` is whose midnight it is."""

    scope: str
    limit: int
    used: int
    held: int
    closes_ns: int | None
    zone: str


def standings(connection: Connection, now_ns: int) -> list[Standing]:
    """Every limit, by name of its scope; `now_ns` is of the clock that counts for the journal."""
    scopes = connection.execute(sa.select(budgets.c.scope).order_by(budgets.c.scope)).scalars()
    named = list(scopes)
    rows = look(connection, "real", named, now_ns)
    return [_standing(rows, scope, now_ns) for scope in named]


def _standing(rows: Rows, scope: str, now_ns: int) -> Standing:
    account = rows.account("real", Hold(scope, 0), now_ns)
    return Standing(
        scope, rows.budgets[scope], account.used, account.held, account.closes_ns,
        rows.zone or UTC_ZONE,
    )  # fmt: skip


def zone_of(connection: Connection) -> str:
    """The zone at whose midnight a budget's day and month end."""
    return str(connection.execute(ZONE).scalar() or UTC_ZONE)
