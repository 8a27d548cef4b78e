"""Between the tables and `Rows`: one read and one write per batch.

Statements are built and compiled once; a batch of any size is one statement per table, so the cost
of a paid call's two entries is a fraction of a millisecond.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import UpdateBase

from cavendish.store import schema
from cavendish.store.commands import Begin, Command, Inherit, Settle
from cavendish.store.rows import (
    AccountRow,
    AttemptRow,
    KeyRow,
    LedgerRow,
    LegRow,
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
    _load_attempts(connection, rows, begins, settles, now_ns)
    if any(isinstance(command, Inherit) for command in batch):
        for row in connection.execute(_OPEN):
            rows.attempts[row[0]] = AttemptRow(*row)
    for row in _listed(connection, _LEGS, rows.attempts):
        rows.legs.setdefault(row[0], []).append(LegRow(*row))
    keys = {attempt.key for attempt in rows.attempts.values()}
    for row in _listed(connection, _KEYS, keys.union(begin.key.id for begin in begins)):
        rows.keys[row[0]] = KeyRow(*row)
    accounts = {leg.account for legs in rows.legs.values() for leg in legs}
    for realm, scope, unit in {(b.key.realm, h.scope, h.unit) for b in begins for h in b.holds}:
        accounts.add(account_id(realm, scope, unit, window(scope, now_ns)[0]))
    for row in _listed(connection, _ACCOUNTS, accounts):
        rows.accounts[row[0]] = AccountRow(*row)
    rows.budgets = {row[0]: row[1] for row in connection.execute(_BUDGETS)}
    head = connection.execute(_HEAD).first()
    rows.ledger_head = LedgerRow(*head) if head else None
    owners = {attempt.owner for attempt in rows.attempts.values() if attempt.state == "open"}
    rows.dead = frozenset(owner for owner in owners if dead(owner))
    return rows


def save(connection: Connection, rows: Rows, now_ns: int) -> None:
    """Writes what `step` changed."""
    _write(connection, _NEW_KEYS, rows.new_keys.values())
    _write(connection, _NEW_ATTEMPTS, rows.new_attempts.values())
    _write(connection, _NEW_LEGS, rows.new_legs)
    _write(connection, _NEW_ACCOUNTS, rows.new_accounts.values())
    _write(connection, _NEW_LEDGER, rows.new_ledger)
    for write, known, fresh, changed in (
        (_CHANGED_KEYS, rows.keys, rows.new_keys, rows.changed_keys),
        (_CHANGED_ATTEMPTS, rows.attempts, rows.new_attempts, rows.changed_attempts),
        (_CHANGED_ACCOUNTS, rows.accounts, rows.new_accounts, rows.changed_accounts),
    ):
        _write(connection, write, [known[name] for name in changed if name not in fresh])
    for scope, limit_nanos in rows.changed_budgets.items():
        connection.execute(sa.delete(schema.budgets).where(schema.budgets.c.scope == scope))
        if limit_nanos is not None:
            new = {"scope": scope, "limit_nanos": limit_nanos, "set_ns": now_ns}
            connection.execute(insert(schema.budgets), new)


def _load_attempts(
    connection: Connection, rows: Rows, begins: list[Begin], settles: list[str], now_ns: int
) -> None:
    found = [connection.execute(_DUE, {"now_ns": now_ns})]
    if begins:
        found.append(_listed(connection, _ATTEMPTS_OF_KEYS, [b.key.id for b in begins]))
    if settles:
        found.append(_listed(connection, _ATTEMPTS, settles))
    for result in found:
        for row in result:
            rows.attempts[row[0]] = AttemptRow(*row)


def _listed(connection: Connection, query: sa.Select[Any], names: Iterable[str]) -> Any:
    found = list(names)
    return connection.execute(query, {"names": json.dumps(found)}) if found else ()


class _Write:
    """A statement with the row attributes that fill it, compiled once per kind of database."""

    def __init__(self, statement: UpdateBase, columns: Sequence[str]) -> None:
        self._statement = statement
        self.parameters = attrgetter(*columns)
        self._order = list(columns)
        self._compiled: dict[str, str] = {}

    def sql(self, connection: Connection) -> str:
        """The statement in the words of this database, parameters in the order of `columns`."""
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect)
            order = [n.removeprefix("to_") for n in compiled.positiontup or ()]
            assert order == self._order, f"parameters of {compiled} are {order}"
            self._compiled[name] = str(compiled)
        return self._compiled[name]


def _write(connection: Connection, write: _Write, rows: Iterable[Any]) -> None:
    found = [write.parameters(row) for row in rows]
    if found:
        connection.exec_driver_sql(write.sql(connection), found)


def _new(table: sa.Table) -> _Write:
    return _Write(insert(table), [column.name for column in table.columns])


def _changed(table: sa.Table, *columns: str) -> _Write:
    change = update(table).values({name: bindparam(f"to_{name}") for name in columns})
    return _Write(change.where(table.c.id == bindparam("to_id")), [*columns, "id"])


_NAMES = select(sa.func.json_each(bindparam("names")).table_valued("value").c.value)
_ATTEMPTS = select(schema.attempts).where(schema.attempts.c.id.in_(_NAMES))
_ATTEMPTS_OF_KEYS = select(schema.attempts).where(
    schema.attempts.c.key.in_(_NAMES), schema.attempts.c.state != "settled"
)
_OPEN = select(schema.attempts).where(schema.attempts.c.state == "open")
_DUE = (
    select(schema.attempts)
    .where(schema.attempts.c.state == "unknown", schema.attempts.c.due_ns <= bindparam("now_ns"))
    .limit(200)
)
_LEGS = select(schema.reservations).where(schema.reservations.c.attempt.in_(_NAMES))
_KEYS = select(schema.keys).where(schema.keys.c.id.in_(_NAMES))
_ACCOUNTS = select(schema.accounts).where(schema.accounts.c.id.in_(_NAMES))
_BUDGETS = select(schema.budgets.c.scope, schema.budgets.c.limit_nanos)
_HEAD = select(schema.ledger).order_by(schema.ledger.c.seq.desc()).limit(1)

_NEW_KEYS = _new(schema.keys)
_NEW_ATTEMPTS = _new(schema.attempts)
_NEW_LEGS = _new(schema.reservations)
_NEW_ACCOUNTS = _new(schema.accounts)
_NEW_LEDGER = _new(schema.ledger)
_CHANGED_KEYS = _changed(schema.keys, "state", "drawn")
_CHANGED_ATTEMPTS = _changed(
    schema.attempts, "owner", "lease_until_ns", "state", "outcome", "billed", "cost_nanos",
    "settled_ns", "due_ns", "note",
)  # fmt: skip
_CHANGED_ACCOUNTS = _changed(schema.accounts, "held", "used")
