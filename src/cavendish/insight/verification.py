"""Is the ledger what was written? Its chain of hashes, its sums and the balances, from the rows
alone. Rows are streamed and the sums are the database's work, so memory is flat at any length.

The chain names a row that was changed, moved or taken out. Rows cut off at the end leave a chain
that is whole; the attempts name those, since each settled one has its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import Money
from cavendish.insight.audit import AuditChain
from cavendish.store import quota
from cavendish.store.chain import GENESIS, chained
from cavendish.store.schema import accounts, attempts, keys, ledger, reservations

NAMED = 100
"""So many faults of one kind are named; the rest are counted in the chain and left off else."""
STREAMED = 2_000
_SETTLED = attempts.c.state == "settled"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong. `kind` is changed, moved, missing, unchained, unbooked, misbooked,
    stray, balance or audit; `row` is the ledger's row, or the audit log's, `subject` an attempt or
    an account."""

    kind: str
    message: str
    row: int | None = None
    subject: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fault as it appears in the command line's JSON."""
        return {
            "kind": self.kind,
            "row": self.row,
            "subject": self.subject,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """What one realm spent, by the ledger and by its settled attempts."""

    realm: str
    ledger: Money
    attempts: Money

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "realm": self.realm,
            "ledger_usd": self.ledger.usd,
            "attempts_usd": self.attempts.usd,
            "equal": self.ledger == self.attempts,
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked, and every fault. `head` is the last hash: whoever keeps it elsewhere can
    tell later that nothing before it was written anew."""

    rows: int
    head: str
    sums: tuple[Sums, ...]
    balances: int
    faults: tuple[Fault, ...]
    audit_rows: int = 0

    @property
    def sound(self) -> bool:
        """Whether everything is as it was written."""
        return not self.faults and all(one.ledger == one.attempts for one in self.sums)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "sound": self.sound,
            "rows": self.rows,
            "head": self.head,
            "sums": [one.to_json() for one in self.sums],
            "balances": self.balances,
            "audit_rows": self.audit_rows,
            "faults": [fault.to_json() for fault in self.faults],
        }


def verify(connection: Connection) -> Verification:
    """Checks chain, bookings, sums and balances."""
    chain = _Chain()
    query = sa.select(ledger).order_by(ledger.c.seq).execution_options(yield_per=STREAMED)
    for row in connection.execute(query):
        chain.follow(*row)
    log = AuditChain(connection)
    audited = (Fault("audit", f"audit log: {message}", row) for row, message in log.faults)
    return Verification(
        chain.rows,
        chain.head,
        tuple(_sums(connection)),
        connection.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one(),
        (*chain.faults(), *_bookings(connection), *_balances(connection), *audited),
        log.rows,
    )


class _Chain:
    """Follows the rows in their order and remembers where the chain is broken."""

    def __init__(self) -> None:
        self.rows, self.head, self._seq = 0, GENESIS, 0
        self._faults: list[Fault] = []
        self._changed: list[tuple[Any, ...]] = []
        self._uncounted = 0

    def follow(
        self, seq: int, at_ns: int, attempt: str, kind: str, nanos: int, before: str, said: str
    ) -> None:
        """The next row."""
        self.rows += 1
        if seq != self._seq + 1:
            first, last = self._seq + 1, seq - 1
            which = f"row {first} is" if first == last else f"rows {first} to {last} are"
            self._name(Fault("missing", f"{which} missing", first))
        elif before != self.head and chained(seq, at_ns, attempt, kind, nanos, before) == said:
            words = f"row {seq} does not follow row {self._seq}: what it followed is another row"
            self._name(Fault("unchained", words, seq, attempt))
        if chained(seq, at_ns, attempt, kind, nanos, before) != said:
            if len(self._changed) < NAMED:
                self._changed.append((seq, at_ns, attempt, kind, nanos, before, said))
            else:
                self._uncounted += 1
        self._seq, self.head = seq, said

    def faults(self) -> Iterator[Fault]:
        """What was found, in the order of the rows."""
        moved = [self._what_happened(*row) for row in self._changed]
        yield from sorted((*self._faults, *moved), key=lambda fault: fault.row or 0)
        if self._uncounted:
            yield Fault("changed", f"and {self._uncounted:,} more rows are not as written")

    def _what_happened(
        self, seq: int, at_ns: int, attempt: str, kind: str, nanos: int, before: str, said: str
    ) -> Fault:
        """A changed row whose hash fits under the number of another one was moved."""
        numbers = {number + way for number, *_ in self._changed for way in (-1, 0, 1)}
        for number in sorted(numbers):
            if chained(number, at_ns, attempt, kind, nanos, before) == said:
                return Fault("moved", f"row {seq} was written as row {number}", seq, attempt)
        words = f"row {seq} is not as it was written: {_exact(nanos)} {kind} for attempt {attempt}"
        return Fault("changed", words, seq, attempt)

    def _name(self, fault: Fault) -> None:
        if len(self._faults) < NAMED:
            self._faults.append(fault)
        else:
            self._uncounted += 1


def _bookings(connection: Connection) -> Iterator[Fault]:
    """Every settled attempt is booked at what it cost, and nothing else is booked."""
    booked = sa.func.coalesce(sa.func.sum(ledger.c.amount_nanos), 0)
    count = sa.func.count(ledger.c.seq)
    due = sa.and_(_SETTLED, attempts.c.billed != "none")
    query = (
        sa.select(attempts.c.id, attempts.c.state, attempts.c.billed, attempts.c.cost_nanos,
                  booked.label("booked"), count.label("times"))
        .outerjoin(ledger, ledger.c.attempt == attempts.c.id)
        .group_by(attempts.c.id)
        .having(sa.or_(booked != attempts.c.cost_nanos, sa.and_(due, count == 0),
                       sa.and_(sa.not_(due), count > 0)))
        .order_by(attempts.c.id)
        .limit(NAMED)
    )  # fmt: skip
    for row in connection.execute(query):
        cost, found = _exact(row.cost_nanos), _exact(row.booked)
        who = f"attempt {row.id}"
        if row.times == 0:
            words = f"{who} was settled at {cost} and the ledger has no row of it"
            yield Fault("unbooked", words, subject=row.id)
        else:
            state = row.state if row.state != "settled" else f"settled ({row.billed}) at {cost}"
            words = f"{who} is {state}; the ledger has {found} for it"
            yield Fault("misbooked", words, subject=row.id)
    strays = (
        sa.select(ledger.c.seq, ledger.c.attempt, ledger.c.amount_nanos)
        .outerjoin(attempts, attempts.c.id == ledger.c.attempt)
        .where(attempts.c.id.is_(None))
        .order_by(ledger.c.seq)
        .limit(NAMED)
    )
    for seq, attempt, nanos in connection.execute(strays):
        words = f"row {seq} books {_exact(nanos)} for attempt {attempt}, which is not there"
        yield Fault("stray", words, seq, attempt)


def _sums(connection: Connection) -> Iterator[Sums]:
    spent = (
        sa.select(keys.c.realm, sa.func.sum(attempts.c.cost_nanos))
        .join(attempts, attempts.c.key == keys.c.id)
        .where(_SETTLED)
        .group_by(keys.c.realm)
    )
    booked = (
        sa.select(keys.c.realm, sa.func.sum(ledger.c.amount_nanos))
        .select_from(ledger)
        .join(attempts, attempts.c.id == ledger.c.attempt)
        .join(keys, keys.c.id == attempts.c.key)
        .group_by(keys.c.realm)
    )
    by_attempts = {realm: int(nanos) for realm, nanos in connection.execute(spent)}
    by_ledger = {realm: int(nanos) for realm, nanos in connection.execute(booked)}
    for realm in sorted({*by_attempts, *by_ledger}):
        yield Sums(realm, *(Money(said.get(realm, 0)) for said in (by_ledger, by_attempts)))


def _balances(connection: Connection) -> Iterator[Fault]:
    """Every account replayed, whatever its unit: used is what its settled attempts cost, or took of
    another unit than money, unless they were released; held is what the others reserved."""
    took = sa.case(
        (reservations.c.unit.in_(quota.MONEY), attempts.c.cost_nanos),
        (reservations.c.unit.in_(quota.GIVEN_BACK), 0),
        else_=reservations.c.amount,
    )
    booked = sa.and_(_SETTLED, attempts.c.billed != "none")
    used = sa.func.sum(sa.case((booked, took), else_=0))
    held = sa.func.sum(sa.case((_SETTLED, 0), else_=reservations.c.amount))
    replayed = (
        sa.select(reservations.c.account, used.label("used"), held.label("held"))
        .join(attempts, attempts.c.id == reservations.c.attempt)
        .group_by(reservations.c.account)
        .subquery()
    )
    said_used = sa.func.coalesce(replayed.c.used, 0)
    said_held = sa.func.coalesce(replayed.c.held, 0)
    query = (
        sa.select(accounts.c.id, accounts.c.unit, accounts.c.used, accounts.c.held, said_used,
                  said_held)
        .outerjoin(replayed, replayed.c.account == accounts.c.id)
        .where(sa.or_(accounts.c.used != said_used, accounts.c.held != said_held))
        .order_by(accounts.c.id)
        .limit(NAMED)
    )  # fmt: skip
    for name, unit, *amounts in connection.execute(query):
        is_used, is_held, was_used, was_held = (_of_unit(amount, unit) for amount in amounts)
        words = (
            f"account {name} says {is_used} used and {is_held} held; "
            f"its attempts say {was_used} and {was_held}"
        )
        yield Fault("balance", words, subject=name)
    gone = (
        sa.select(replayed.c.account)
        .outerjoin(accounts, accounts.c.id == replayed.c.account)
        .where(accounts.c.id.is_(None))
        .order_by(replayed.c.account)
        .limit(NAMED)
    )
    for (name,) in connection.execute(gone):
        yield Fault("balance", f"account {name} is gone; attempts hold on it", subject=name)


def _of_unit(amount: int, unit: str) -> str:
    return _exact(amount) if unit == "usd" else f"{int(amount):,} {unit}"


def _exact(nanos: int) -> str:
    """To the last unit: a ledger may be wrong by one. Postgres adds up to its own whole numbers."""
    return f"${Money(int(nanos)).usd}"
