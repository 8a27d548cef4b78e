"""The journal's statements, each told once and compiled once for each kind of database.

A batch of any size is one statement per table. Where the two databases differ is here: how a list
of names is unfolded, and how many rows are written at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from cavendish.store import schema


class Named(FunctionElement[Any]):
    """Whether a column is one of `names`, which travel as one JSON parameter.

    Not typed as a truth: where a database has none, ` = 1` would follow and no index be used.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[str]) -> None:
        super().__init__(column, bindparam("names", type_=sa.Text))


@compiles(Named, "sqlite")
def _named_by_sqlite(element: Named, compiler: SQLCompiler, **words: Any) -> str:
    column, names = (compiler.process(clause, **words) for clause in element.clauses)
    return column + " IN (SELECT value FROM json_each(" + names + "))"  # noqa: S608 - placeholders


@compiles(Named, "postgresql")
def _named_by_postgres(element: Named, compiler: SQLCompiler, **words: Any) -> str:
    column, names = (compiler.process(clause, **words) for clause in element.clauses)
    # As an array it is looked up in the index.
    return column + " = ANY (ARRAY(SELECT json_array_elements_text(CAST(" + names + " AS json))))"


class Write:
    """Rows written at once: by name of column, from the attributes of the same names."""

    def __init__(self, table: sa.Table, columns: Sequence[str], *, change: bool = False) -> None:
        self._table, self._columns, self._change = table, list(columns), change
        self._parameters = attrgetter(*columns)
        self._compiled: dict[str, str] = {}

    @classmethod
    def new(cls, table: sa.Table) -> Write:
        """Adds rows."""
        return cls(table, [column.name for column in table.columns])

    @classmethod
    def changed(cls, table: sa.Table, *columns: str) -> Write:
        """Changes `columns` of the rows with these ids."""
        return cls(table, [*columns, "id"], change=True)

    def rows(self, connection: Connection, rows: Iterable[Any]) -> None:
        """Writes them, if there are any."""
        found = [self._parameters(row) for row in rows]
        if not found:
            return
        sql = self._sql(connection.dialect)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(sql, tuple(map(list, zip(*found, strict=True))))
        else:
            connection.exec_driver_sql(sql, found)

    def _sql(self, dialect: Dialect) -> str:
        """The statement in the words of this database, parameters in the order of the columns."""
        if dialect.name not in self._compiled:
            many = dialect.name == "postgresql"
            compiled = (self._of_columns() if many else self._of_one()).compile(dialect=dialect)
            order = [name.removeprefix("to_") for name in compiled.positiontup or ()]
            assert order == self._columns, f"parameters of {compiled} are {order}"
            self._compiled[dialect.name] = str(compiled)
        return self._compiled[dialect.name]

    def _of_one(self) -> UpdateBase:
        """One row; the driver repeats it."""
        if not self._change:
            return insert(self._table)
        named: dict[str, Any] = {n: bindparam(f"to_{n}") for n in self._columns[:-1]}
        return update(self._table).values(named).where(self._table.c.id == bindparam("to_id"))

    def _of_columns(self) -> UpdateBase:
        """All rows, told column by column."""
        lists = [ARRAY(self._table.c[name].type) for name in self._columns]
        told = [
            sa.cast(bindparam(f"to_{name}", type_=kind), kind)
            for name, kind in zip(self._columns, lists, strict=True)
        ]
        names = [sa.column(name, self._table.c[name].type) for name in self._columns]
        said = sa.func.unnest(*told).table_valued(*names, name="said").render_derived()
        if not self._change:
            return insert(self._table).from_select(self._columns, select(*said.c))
        change = update(self._table).values({name: said.c[name] for name in self._columns[:-1]})
        return change.where(self._table.c.id == said.c.id)


ATTEMPTS = select(schema.attempts).where(Named(schema.attempts.c.id))
ATTEMPTS_OF_KEYS = select(schema.attempts).where(
    Named(schema.attempts.c.key), schema.attempts.c.state != "settled"
)
OPEN = select(schema.attempts).where(schema.attempts.c.state == "open")
DUE = (
    select(schema.attempts)
    .where(schema.attempts.c.state == "unknown", schema.attempts.c.due_ns <= bindparam("now_ns"))
    .limit(200)
)
LEGS = select(schema.reservations).where(Named(schema.reservations.c.attempt))
KEYS = select(schema.keys).where(Named(schema.keys.c.id))
ACCOUNTS = select(schema.accounts).where(Named(schema.accounts.c.id))
POOLS = select(schema.pools).where(Named(schema.pools.c.id))
BUDGETS = select(schema.budgets.c.scope, schema.budgets.c.limit_nanos)
ZONE = select(schema.settings.c.value).where(schema.settings.c.name == "zone")
SINCE = select(schema.attempts).where(schema.attempts.c.started_ns >= bindparam("since_ns"))
HEAD = select(schema.ledger).order_by(schema.ledger.c.seq.desc()).limit(1)
LAST_AUDIT = select(schema.audit).order_by(schema.audit.c.seq.desc()).limit(1)
ALERTS = select(schema.alerts).where(Named(schema.alerts.c.id))

NEW_KEYS = Write.new(schema.keys)
NEW_ATTEMPTS = Write.new(schema.attempts)
NEW_LEGS = Write.new(schema.reservations)
NEW_ACCOUNTS = Write.new(schema.accounts)
NEW_POOLS = Write.new(schema.pools)
NEW_LEDGER = Write.new(schema.ledger)
NEW_AUDIT = Write.new(schema.audit)
NEW_ALERTS = Write.new(schema.alerts)
NEW_HITS = Write.new(schema.hits)
GONE_HITS = delete(schema.hits).where(Named(schema.hits.c.id))
OUTLIVED = Write.changed(schema.attempts, "drawn")
CHANGED_KEYS = Write.changed(schema.keys, "state", "drawn", "done_ns", "attempt")
CHANGED_ATTEMPTS = Write.changed(
    schema.attempts, "owner", "lease_until_ns", "state", "outcome", "billed", "cost_nanos",
    "settled_ns", "due_ns", "note", "error",
)  # fmt: skip
CHANGED_ACCOUNTS = Write.changed(schema.accounts, "held", "used")
CHANGED_ALERTS = Write.changed(schema.alerts, "owed", "again_ns")
CHANGED_POOLS = Write.changed(schema.pools, "state")
