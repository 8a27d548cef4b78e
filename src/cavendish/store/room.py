"""Whether the budgets have room for what is to be held: asked before money is held, and by whoever
only wants to know. No I/O here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cavendish.store.commands import Hold, Refused
from cavendish.store.rows import Rows


def refused(rows: Rows, realm: str, holds: Sequence[Hold], now_ns: int) -> Refused | None:
    """The refusal by every budget that has no room, the tightest first; None where all have.

    A run's own limit binds in both realms; the limits people set bind real money only.
    """
    found = []
    for hold in holds:
        limit = hold.limit
        if limit is None and realm == "real":
            limit = rows.budgets.get(hold.scope)
        account = rows.account(realm, hold, now_ns)
        if limit is not None and account.used + account.held + hold.amount > limit:
            found.append(Refused(hold.scope, limit, account.used, account.held, hold.amount))
    if not found:
        return None
    tightest, *others = sorted(found, key=lambda one: one.left)
    return replace(tightest, others=tuple(others))
