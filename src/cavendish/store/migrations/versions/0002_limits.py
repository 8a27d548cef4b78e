"""What is known of limits, found instead of bought, told, changed by people, and summed up."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the columns and tables of the second version."""
    _columns()
    _tables()


def _columns() -> None:
    """When and by which attempt a key was done; an attempt's error and its own answer."""
    op.add_column("keys", sa.Column("done_ns", sa.BigInteger))
    op.execute(
        "UPDATE keys SET done_ns = (SELECT max(attempts.settled_ns) FROM attempts "
        "WHERE attempts.key = keys.id) WHERE state = 'done'"
    )
    op.add_column("keys", sa.Column("attempt", sa.String))
    op.execute(  # the first that brought a picture, and one that was asked for before another
        "UPDATE keys SET attempt = (SELECT attempts.id FROM attempts "
        "WHERE attempts.key = keys.id AND attempts.outcome = 'executed' "
        "ORDER BY attempts.note IS NOT NULL, attempts.settled_ns, attempts.id LIMIT 1) "
        "WHERE state = 'done'"
    )
    op.add_column("attempts", sa.Column("error", sa.String))
    op.add_column("attempts", sa.Column("drawn", sa.Text))
    op.create_index("attempts_by_start", "attempts", ["started_ns"])


def _tables() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "checkpoints",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("amount_nanos", sa.BigInteger, nullable=False),
        sa.Column("sums", sa.Text, nullable=False),
    )
    op.create_table(
        "pools",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("realm", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "hits",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("attempt", sa.String, nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
    )
    op.create_index("hits_by_key", "hits", ["key"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("owed", sa.String, nullable=False),
        sa.Column("again_ns", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
