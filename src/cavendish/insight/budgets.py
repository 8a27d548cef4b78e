"""Where each budget stands."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.store.rows import account_id, window
from cavendish.store.schema import accounts, budgets


def standings(connection: Connection, now_ns: int) -> list[tuple[str, int, int, int]]:
    """(scope, limit, used, held) in nano-USD for every limit, in its current window."""
    found = []
    for scope, limit in connection.execute(
        sa.select(budgets.c.scope, budgets.c.limit_nanos).order_by(budgets.c.scope)
    ):
        name = account_id("real", scope, "usd", window(scope, now_ns)[0])
        row = connection.execute(
            sa.select(accounts.c.used, accounts.c.held).where(accounts.c.id == name)
        ).first()
        used, held = (row.used, row.held) if row else (0, 0)
        found.append((scope, limit, used, held))
    return found
