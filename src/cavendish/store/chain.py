"""Rows that are only ever added, each bound by its hash to everything before it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

GENESIS = "0" * 64


@dataclass(slots=True)
class LedgerRow:
    """A row of `ledger`, chained to the one before."""

    seq: int
    at_ns: int
    attempt: str
    kind: str
    amount_nanos: int
    previous_hash: str
    hash: str

    @classmethod
    def after(
        cls, previous: LedgerRow | None, *, at_ns: int, attempt: str, kind: str, amount_nanos: int
    ) -> LedgerRow:
        """The next row of the chain."""
        seq = previous.seq + 1 if previous else 1
        before = previous.hash if previous else GENESIS
        return cls(
            seq, at_ns, attempt, kind, amount_nanos, before,
            chained(seq, at_ns, attempt, kind, amount_nanos, before),
        )  # fmt: skip


@dataclass(slots=True)
class AuditRow:
    """A row of `audit`, chained to the one before."""

    seq: int
    at_ns: int
    who: str
    action: str
    subject: str
    details: str
    previous_hash: str
    hash: str

    @classmethod
    def after(
        cls, previous: AuditRow | None, *, at_ns: int, who: str, action: str, subject: str,
        details: str,
    ) -> AuditRow:  # fmt: skip
        """The next row of the chain."""
        seq = previous.seq + 1 if previous else 1
        before = previous.hash if previous else GENESIS
        row = cls(seq, at_ns, who, action, subject, details, before, "")
        row.hash = row.due_hash
        return row

    @property
    def due_hash(self) -> str:
        """The hash that binds the row to everything before it."""
        parts = (self.seq, self.at_ns, self.who, self.action, self.subject, self.details)
        return hashlib.sha256(json.dumps([*parts, self.previous_hash]).encode()).hexdigest()


def chained(
    seq: int, at_ns: int, attempt: str, kind: str, amount_nanos: int, previous_hash: str
) -> str:
    """The hash that binds a ledger row to everything before it."""
    said = f"{seq}|{at_ns}|{attempt}|{kind}|{amount_nanos}|{previous_hash}"
    return hashlib.sha256(said.encode()).hexdigest()
