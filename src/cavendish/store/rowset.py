"""Between the tables and `Rows`: one read and one write per batch.

A batch of any size is one statement per table (`statements`), so the cost of a paid call's two
entries is a fraction of a millisecond.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.model import Realm
from cavendish.store import quota, schema, statements
from cavendish.store.chain import AuditRow, LedgerRow
from cavendish.store.commands import (
    Begin,
    Change,
    Command,
    Correct,
    Forget,
    Inherit,
    Settle,
    SetZone,
    Telling,
)
from cavendish.store.rows import (
    WINDOWED,
    AccountRow,
    AlertRow,
    AttemptRow,
    KeyRow,
    LegRow,
    PoolRow,
    Rows,
    account_id,
    window,
)


def load(
    connection: Connection, batch: Sequence[Command], now_ns: int, *, dead: Callable[[str], bool]
) -> Rows:
    """Reads every row `batch` may need. `dead` tells whether an owner is known to be gone."""
    rows = Rows()
    begins = [command for command in batch if isinstance(command, Begin)]
    settles = [command.attempt for command in batch if isinstance(command, Settle)]
    corrected = (command.corrections for command in batch if isinstance(command, Correct))
    settles += [one.attempt for corrections in corrected for one in corrections]
    zones = [command.zone for command in batch if isinstance(command, SetZone)]
    if begins or zones:
        rows.zone = connection.execute(statements.ZONE).scalar()
    _load_attempts(connection, rows, begins, settles, now_ns)
    for zone in zones:
        since_ns = window("month", now_ns, zone)[0]
        for row in connection.execute(statements.SINCE, {"since_ns": since_ns}):
            rows.attempts.setdefault(row[0], AttemptRow(*row))
    if any(isinstance(command, Inherit) for command in batch):
        for row in connection.execute(statements.OPEN):
            rows.attempts[row[0]] = AttemptRow(*row)
    for row in _listed(connection, statements.LEGS, rows.attempts):
        rows.legs.setdefault(row[0], []).append(LegRow(*row))
    keys = {attempt.key for attempt in rows.attempts.values()}
    keys.update(begin.key.id for begin in begins)
    keys.update(*(command.answers for command in batch if isinstance(command, Forget)))
    for row in _listed(connection, statements.KEYS, keys):
        rows.keys[row[0]] = KeyRow(*row)
    accounts = {leg.account for legs in rows.legs.values() for leg in legs}
    holds = {(b.key.realm, h.scope, h.unit) for b in begins for h in b.holds}
    if zones:
        holds.update(product(get_args(Realm), WINDOWED, ("usd",)))
    for (realm, scope, unit), place in product(holds, {rows.zone, *zones}):
        accounts.add(account_id(realm, scope, unit, window(scope, now_ns, place)[0]))
    for begin in begins:
        for claim in begin.claims:
            accounts.update(name for name, _, _ in quota.accounts(begin.key.realm, claim, now_ns))
    for row in _listed(connection, statements.ACCOUNTS, accounts):
        rows.accounts[row[0]] = AccountRow(*row)
    _load_pools(connection, rows, batch)
    rows.budgets = {row[0]: row[1] for row in connection.execute(statements.BUDGETS)}
    head = connection.execute(statements.HEAD).first()
    rows.ledger_head = LedgerRow(*head) if head else None
    if any(isinstance(command, Change) for command in batch):
        last = connection.execute(statements.LAST_AUDIT).first()
        rows.audit_head = AuditRow(*last) if last else None
    told = {command.alert for command in batch if isinstance(command, Telling)}
    for row in _listed(connection, statements.ALERTS, told):
        rows.alerts[row[0]] = AlertRow(*row)
    owners = {attempt.owner for attempt in rows.attempts.values() if attempt.state == "open"}
    rows.dead = frozenset(owner for owner in owners if dead(owner))
    return rows


def look(connection: Connection, realm: str, scopes: Iterable[str], now_ns: int) -> Rows:
    """What the limits of these scopes are, and where their accounts stand. Changes nothing."""
    rows = Rows(zone=connection.execute(statements.ZONE).scalar())
    rows.budgets = {row[0]: row[1] for row in connection.execute(statements.BUDGETS)}
    names = [
        account_id(realm, scope, "usd", window(scope, now_ns, rows.zone)[0]) for scope in scopes
    ]
    for row in _listed(connection, statements.ACCOUNTS, names):
        rows.accounts[row[0]] = AccountRow(*row)
    return rows


def save(connection: Connection, rows: Rows, now_ns: int) -> None:
    """Writes what `step` changed."""
    statements.NEW_KEYS.rows(connection, rows.new_keys.values())
    statements.NEW_ATTEMPTS.rows(connection, rows.new_attempts.values())
    statements.NEW_LEGS.rows(connection, rows.new_legs)
    statements.NEW_ACCOUNTS.rows(connection, rows.new_accounts.values())
    statements.NEW_POOLS.rows(connection, rows.new_pools.values())
    statements.NEW_LEDGER.rows(connection, rows.new_ledger)
    statements.NEW_AUDIT.rows(connection, rows.new_audit)
    statements.NEW_ALERTS.rows(connection, rows.new_alerts.values())
    statements.NEW_HITS.rows(connection, rows.new_hits)
    statements.OUTLIVED.rows(connection, rows.new_outlived)
    _listed(connection, statements.GONE_HITS, rows.gone_hits)
    for write, known, fresh, changed in (
        (statements.CHANGED_KEYS, rows.keys, rows.new_keys, rows.changed_keys),
        (statements.CHANGED_ATTEMPTS, rows.attempts, rows.new_attempts, rows.changed_attempts),
        (statements.CHANGED_ACCOUNTS, rows.accounts, rows.new_accounts, rows.changed_accounts),
        (statements.CHANGED_ALERTS, rows.alerts, rows.new_alerts, rows.changed_alerts),
        (statements.CHANGED_POOLS, rows.pools, rows.new_pools, rows.changed_pools),
    ):
        write.rows(connection, [known[name] for name in changed if name not in fresh])
    if rows.changed_zone is not None:
        said = {"name": "zone", "value": rows.changed_zone}
        connection.execute(sa.delete(schema.settings).where(schema.settings.c.name == "zone"))
        connection.execute(sa.insert(schema.settings), said)
    for scope, limit_nanos in rows.changed_budgets.items():
        connection.execute(sa.delete(schema.budgets).where(schema.budgets.c.scope == scope))
        if limit_nanos is not None:
            new = {"scope": scope, "limit_nanos": limit_nanos, "set_ns": now_ns}
            connection.execute(sa.insert(schema.budgets), new)


def _load_attempts(
    connection: Connection, rows: Rows, begins: list[Begin], settles: list[str], now_ns: int
) -> None:
    found = [connection.execute(statements.DUE, {"now_ns": now_ns})]
    if begins:
        found.append(_listed(connection, statements.ATTEMPTS_OF_KEYS, [b.key.id for b in begins]))
    if settles:
        found.append(_listed(connection, statements.ATTEMPTS, settles))
    for result in found:
        for row in result:
            rows.attempts[row[0]] = AttemptRow(*row)


def _load_pools(connection: Connection, rows: Rows, batch: Sequence[Command]) -> None:
    names = set[str]()
    for command in batch:
        if isinstance(command, Begin):
            names.update(quota.pool_id(command.key.realm, claim) for claim in command.claims)
        elif isinstance(command, Settle) and command.heard and command.attempt in rows.attempts:
            realm = rows.keys[rows.attempts[command.attempt].key].realm
            names.update(quota.pool_id(realm, claim) for claim in command.heard.claims)
            if command.heard.remaining and command.heard.claims:
                names.add(quota.pool_id(realm, quota.headers(command.heard)))
    for row in _listed(connection, statements.POOLS, names):
        rows.pools[row[0]] = PoolRow(*row)


def _listed(connection: Connection, query: sa.Executable, names: Iterable[str]) -> Any:
    found = list(names)
    return connection.execute(query, {"names": json.dumps(found)}) if found else ()
