"""The first journal: keys, attempts, reservations, accounts, budgets, ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates every table of the first version."""
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("realm", sa.String, nullable=False),
        sa.Column("project", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("variant", sa.String, nullable=False),
        sa.Column("run", sa.String),
        sa.Column("item", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("drawn", sa.Text),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
    )
    _attempts()
    op.create_table(
        "reservations",
        sa.Column("attempt", sa.String, primary_key=True),
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("unit", sa.String, primary_key=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("realm", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("opens_ns", sa.BigInteger, nullable=False),
        sa.Column("closes_ns", sa.BigInteger),
        sa.Column("limit_amount", sa.BigInteger),
        sa.Column("held", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "budgets",
        sa.Column("scope", sa.String, primary_key=True),
        sa.Column("limit_nanos", sa.BigInteger, nullable=False),
        sa.Column("set_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("amount_nanos", sa.BigInteger, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_index("ledger_by_attempt", "ledger", ["attempt"])
    op.execute("INSERT INTO budgets (scope, limit_nanos, set_ns) VALUES ('day', 10000000000, 0)")


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("lease_until_ns", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("outcome", sa.String),
        sa.Column("billed", sa.String),
        sa.Column("reserved_nanos", sa.BigInteger, nullable=False),
        sa.Column("cost_nanos", sa.BigInteger, nullable=False),
        sa.Column("started_ns", sa.BigInteger, nullable=False),
        sa.Column("settled_ns", sa.BigInteger),
        sa.Column("due_ns", sa.BigInteger),
        sa.Column("note", sa.Text),
    )
    op.create_index("attempts_by_key", "attempts", ["key"])
    op.create_index("attempts_by_state", "attempts", ["state", "due_ns"])
