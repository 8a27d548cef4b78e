"""The audit log: who changed what, and when; and whether it is as it was written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import Money
from cavendish.insight.alerts.alert import moment
from cavendish.insight.report import Period
from cavendish.store.chain import GENESIS, AuditRow
from cavendish.store.schema import audit as audit_log
from cavendish.store.schema import budgets

NAMED = 100
"""So many faults are named; one change at the beginning makes no more than two."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `details` are as they were written, with amounts in nano-USD."""

    seq: int
    at_ns: int
    who: str
    action: str
    subject: str
    details: Mapping[str, Any]

    @property
    def said(self) -> str:
        """The details in words: what it was and what it became first."""
        shown = {name.removesuffix("_nanos"): _words(name, v) for name, v in self.details.items()}
        changed = []
        if "to" in shown:
            changed = [f"{shown.pop('from', 'none')} → {shown.pop('to')}"]
        return ", ".join([*changed, *(f"{name} {value}" for name, value in shown.items())])

    def to_json(self) -> dict[str, Any]:
        """The moment in ISO 8601, amounts as decimal strings in USD."""
        return {
            "row": self.seq,
            "at": moment(self.at_ns),
            "who": self.who,
            "action": self.action,
            "subject": self.subject,
            "details": dict(_usd(name, value) for name, value in self.details.items()),
        }


def _words(name: str, value: Any) -> str:
    if name.endswith("_nanos"):
        return "none" if value is None else str(Money(value))
    return value if isinstance(value, str) else json.dumps(value)


def _usd(name: str, value: Any) -> tuple[str, Any]:
    if not name.endswith("_nanos"):
        return name, value
    return name.removesuffix("_nanos") + "_usd", None if value is None else Money(value).usd


@dataclass(frozen=True, slots=True)
class Audit:
    """What people changed in a period, the first change first."""

    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {"entries": [entry.to_json() for entry in self.entries]}

    def to_csv(self) -> str:
        """The entries, with a head; details as JSON. What a spreadsheet would take for a formula
        is made plain text."""
        file = io.StringIO()
        writer = csv.writer(file)
        writer.writerow(["row", "at", "who", "action", "subject", "details"])
        for entry in self.entries:
            said = {**entry.to_json(), "details": json.dumps(entry.to_json()["details"])}
            values = (str(value) for value in said.values())
            writer.writerow(f"'{v}" if v[:1] in {"=", "+", "-", "@"} else v for v in values)
        return file.getvalue()


def audit(connection: Connection, period: Period) -> Audit:
    """Every change in a period of days, UTC."""
    query = sa.select(audit_log).where(period.holds(audit_log.c.at_ns)).order_by(audit_log.c.seq)
    return Audit(tuple(_entry(AuditRow(*row)) for row in connection.execute(query)))


def _entry(row: AuditRow) -> Entry:
    try:
        details = json.loads(row.details)
    except ValueError:  # somebody was at it; `cost verify` names the row
        details = None
    if not isinstance(details, dict):
        details = {"unreadable": row.details}
    return Entry(row.seq, row.at_ns, row.who, row.action, row.subject, details)


class AuditChain:
    """The rows of the audit log followed from the first to the last: how many, and every fault as
    (row or None, message)."""

    def __init__(self, connection: Connection) -> None:
        self.rows, self.faults = 0, list[tuple[int | None, str]]()
        self._limits: dict[str, tuple[int, int | None]] = {}
        before: AuditRow | None = None
        for values in connection.execute(sa.select(audit_log).order_by(audit_log.c.seq)):
            row = AuditRow(*values)
            self._follow(before, row)
            before = row
        self.faults += self._changed_beside(connection)
        del self.faults[NAMED:]

    def _follow(self, before: AuditRow | None, row: AuditRow) -> None:
        self.rows += 1
        due = before.seq + 1 if before else 1
        entry = _entry(row)
        what = f"{entry.action} {entry.subject} by {entry.who} at {moment(entry.at_ns)}"
        if row.hash != row.due_hash:
            self.faults.append((row.seq, f"row {row.seq} is not as it was written: {what}"))
        elif row.seq != due:
            last = row.seq - 1
            which = f"row {due} is" if due == last else f"rows {due} to {last} are"
            self.faults.append((due, f"{which} missing before {what}"))
        elif row.previous_hash != (before.hash if before else GENESIS):
            which = f"row {due - 1}" if before else "nothing"
            said = f"row {row.seq} does not follow {which}: what it followed is another row"
            self.faults.append((row.seq, said))
        limit = entry.details.get("to_nanos")
        if row.action == "budget" and isinstance(limit, int | None):
            self._limits[row.subject] = row.seq, limit

    def _changed_beside(self, connection: Connection) -> Iterator[tuple[int, str]]:
        """Limits that are not what the log last made of them: somebody changed them beside it."""
        query = sa.select(budgets.c.scope, budgets.c.limit_nanos)
        found = {scope: int(limit) for scope, limit in connection.execute(query)}
        for scope, (seq, limit) in sorted(self._limits.items()):
            if found.get(scope) != limit:
                now, then = (
                    "without a limit" if nanos is None else f"${Money(nanos).usd}"
                    for nanos in (found.get(scope), limit)
                )  # fmt: skip
                yield (
                    seq,
                    f"budget {scope} is {now}, and the last change (row {seq}) made it {then}",
                )
