"""The journal's tables: one schema for SQLite and Postgres. Amounts are whole units of the leg:
nano-USD for money. Times are nanoseconds since 1970-01-01 UTC. Texts have no length: SQLite never
keeps to one, and what one database takes the other must take.

- `keys`      one row per thing asked for; `drawn` is the answer everybody gets who asks again,
              `attempt` the one that bought it
- `attempts`  one row per try to buy it; written before the first byte leaves; `drawn` is an answer
              that is its key's no more
- `reservations`  the legs of an attempt: which accounts it holds on, and how much
- `accounts`  running balances per (realm, scope, window); derived, and checked against the log
- `budgets`   the limits people set
- `settings`  what holds for everybody on this journal: the zone in which a budget's day ends
- `ledger`    append-only, hash-chained: what was spent
- `checkpoints`  what the ledger amounted to at a row; rows up to there may be pruned
- `pools`     what is known of each limit of a service, and when it has room again
- `hits`      one row per answer found instead of bought
- `alerts`    what was told, and the ways it is still owed by
- `audit`     append-only, hash-chained: what people changed
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("realm", String, nullable=False),
    Column("project", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("run", String),
    Column("item", String),
    Column("state", String, nullable=False),
    Column("drawn", Text),
    Column("created_ns", BigInteger, nullable=False),
    Column("done_ns", BigInteger),
    Column("attempt", String),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("lease_until_ns", BigInteger, nullable=False),
    Column("channel", String, nullable=False),
    Column("model", String, nullable=False),
    Column("asked", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("billed", String),
    Column("reserved_nanos", BigInteger, nullable=False),
    Column("cost_nanos", BigInteger, nullable=False),
    Column("started_ns", BigInteger, nullable=False),
    Column("settled_ns", BigInteger),
    Column("due_ns", BigInteger),
    Column("note", Text),
    Column("error", String),
    Column("drawn", Text),
    Index("attempts_by_key", "key"),
    Index("attempts_by_state", "state", "due_ns"),
    Index("attempts_by_start", "started_ns"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("attempt", String, primary_key=True),
    Column("account", String, primary_key=True),
    Column("unit", String, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("realm", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("opens_ns", BigInteger, nullable=False),
    Column("closes_ns", BigInteger),
    Column("limit_amount", BigInteger),
    Column("held", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", String, primary_key=True),
    Column("limit_nanos", BigInteger, nullable=False),
    Column("set_ns", BigInteger, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("attempt", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("amount_nanos", BigInteger, nullable=False),
    Column("previous_hash", String, nullable=False),
    Column("hash", String, nullable=False),
    Index("ledger_by_attempt", "attempt"),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("hash", String, nullable=False),
    Column("amount_nanos", BigInteger, nullable=False),
    Column("sums", Text, nullable=False),
)

pools = Table(
    "pools",
    metadata,
    Column("id", String, primary_key=True),
    Column("realm", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("state", Text, nullable=False),
)

hits = Table(
    "hits",
    metadata,
    Column("id", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("attempt", String, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("tags", Text, nullable=False),
    Index("hits_by_key", "key"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("said", Text, nullable=False),
    Column("owed", String, nullable=False),
    Column("again_ns", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)

version = Table("alembic_version", metadata, Column("version_num", String, primary_key=True))
