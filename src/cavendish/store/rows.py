"""The rows a batch touches: read once, changed in memory by `step`, written once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cavendish.core.model import Realm
from cavendish.store.chain import AuditRow, LedgerRow
from cavendish.store.commands import SECOND_NS, Hold

WINDOWED = ("day", "month")
"""Scopes whose accounts close."""
DAY_LIMIT_NANOS = 10 * 10**9
"""Real money a day until somebody sets another limit: a stolen key or a loop costs at most this."""
UTC_ZONE = "UTC"
"""Where a budget's day ends at midnight until somebody says another zone."""


@dataclass(slots=True)
class KeyRow:
    """A row of `keys`."""

    id: str
    realm: Realm
    project: str
    digest: str
    variant: str
    run: str | None
    item: str | None
    state: str
    drawn: str | None
    created_ns: int
    done_ns: int | None = None
    attempt: str | None = None


@dataclass(slots=True)
class AttemptRow:
    """A row of `attempts`. States: open -> settled, or open -> unknown -> settled."""

    id: str
    key: str
    owner: str
    lease_until_ns: int
    channel: str
    model: str
    asked: str
    tags: str
    state: str
    outcome: str | None
    billed: str | None
    reserved_nanos: int
    cost_nanos: int
    started_ns: int
    settled_ns: int | None = None
    due_ns: int | None = None
    note: str | None = None
    error: str | None = None
    drawn: str | None = None


@dataclass(slots=True)
class HitRow:
    """A row of `hits`: an answer that was found, and the attempt that had bought it."""

    id: str
    key: str
    attempt: str
    at_ns: int
    tags: str


class Outlived(NamedTuple):
    """An answer that is its key's no more stays with the attempt `id` that bought it."""

    id: str
    drawn: str


@dataclass(slots=True)
class LegRow:
    """A row of `reservations`: one leg of an attempt."""

    attempt: str
    account: str
    unit: str
    amount: int


@dataclass(slots=True)
class AccountRow:
    """A row of `accounts`."""

    id: str
    realm: str
    scope: str
    unit: str
    opens_ns: int
    closes_ns: int | None
    limit_amount: int | None
    held: int
    used: int


@dataclass(slots=True)
class PoolRow:
    """A row of `pools`: what is known of one limit; `state` is JSON (`quota`)."""

    id: str
    realm: str
    scope: str
    unit: str
    state: str


@dataclass(slots=True)
class AlertRow:
    """A row of `alerts`: `owed` are the ways it was not told by yet, with commas between."""

    id: str
    at_ns: int
    said: str
    owed: str
    again_ns: int


@dataclass(slots=True)
class Rows:
    """Everything a batch may look at or change.

    `dead` holds the owners known to be gone; any other owner counts as alive until its lease ends.
    """

    keys: dict[str, KeyRow] = field(default_factory=dict)
    attempts: dict[str, AttemptRow] = field(default_factory=dict)
    legs: dict[str, list[LegRow]] = field(default_factory=dict)
    accounts: dict[str, AccountRow] = field(default_factory=dict)
    pools: dict[str, PoolRow] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    zone: str | None = None
    ledger_head: LedgerRow | None = None
    audit_head: AuditRow | None = None
    alerts: dict[str, AlertRow] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()

    new_keys: dict[str, KeyRow] = field(default_factory=dict)
    new_attempts: dict[str, AttemptRow] = field(default_factory=dict)
    new_accounts: dict[str, AccountRow] = field(default_factory=dict)
    new_pools: dict[str, PoolRow] = field(default_factory=dict)
    new_legs: list[LegRow] = field(default_factory=list)
    new_ledger: list[LedgerRow] = field(default_factory=list)
    new_audit: list[AuditRow] = field(default_factory=list)
    new_alerts: dict[str, AlertRow] = field(default_factory=dict)
    new_hits: list[HitRow] = field(default_factory=list)
    gone_hits: list[str] = field(default_factory=list)
    new_outlived: list[Outlived] = field(default_factory=list)
    changed_keys: set[str] = field(default_factory=set)
    changed_attempts: set[str] = field(default_factory=set)
    changed_accounts: set[str] = field(default_factory=set)
    changed_alerts: set[str] = field(default_factory=set)
    changed_pools: set[str] = field(default_factory=set)
    changed_budgets: dict[str, int | None] = field(default_factory=dict)
    changed_zone: str | None = None

    def attempts_of(self, key: str) -> list[AttemptRow]:
        """The attempts at a key that are not settled, oldest first."""
        found = [a for a in self.attempts.values() if a.key == key and a.state != "settled"]
        return sorted(found, key=lambda a: (a.started_ns, a.id))

    def alive(self, attempt: AttemptRow, now_ns: int) -> bool:
        """Whether somebody is still at work on this attempt."""
        return attempt.owner not in self.dead and attempt.lease_until_ns > now_ns

    def account(self, realm: str, hold: Hold, now_ns: int) -> AccountRow:
        """The account a hold is on at this moment, opened where it is the first."""
        opens_ns, closes_ns = window(hold.scope, now_ns, self.zone)
        name = account_id(realm, hold.scope, hold.unit, opens_ns)
        found = self.accounts.get(name)
        if found is None:
            found = AccountRow(
                name, realm, hold.scope, hold.unit, opens_ns, closes_ns, hold.limit, held=0, used=0
            )
            self.accounts[name] = self.new_accounts[name] = found
        return found

    def hold(self, attempt: str, account: AccountRow, unit: str, amount: int) -> None:
        """Adds a leg to an attempt that is open."""
        account.held += amount
        self.changed_accounts.add(account.id)
        leg = LegRow(attempt, account.id, unit, amount)
        self.legs.setdefault(attempt, []).append(leg)
        self.new_legs.append(leg)

    def let_go(self, key: KeyRow) -> None:
        """Takes its answer from a key; whoever asks next buys another."""
        if key.attempt is not None and key.drawn is not None:
            self.outlive(key.attempt, key.drawn)
        key.state, key.drawn, key.done_ns, key.attempt = "forgotten", None, None, None
        self.changed_keys.add(key.id)

    def outlive(self, attempt: str, drawn: str) -> None:
        """Keeps an answer with its attempt."""
        if attempt in self.attempts:
            self.attempts[attempt].drawn = drawn
        self.new_outlived.append(Outlived(attempt, drawn))

    @property
    def only_found(self) -> bool:
        """Whether nothing but hits is to be written."""
        return not any(getattr(self, name) for name in _WRITTEN)

    def append(self, *, at_ns: int, attempt: str, kind: str, amount_nanos: int) -> None:
        """Adds a row to the ledger."""
        row = LedgerRow.after(
            self.ledger_head, at_ns=at_ns, attempt=attempt, kind=kind, amount_nanos=amount_nanos
        )
        self.ledger_head = row
        self.new_ledger.append(row)

    def note(
        self, *, at_ns: int, who: str, action: str, subject: str, details: Mapping[str, Any]
    ) -> None:
        """Adds a row to the audit log."""
        self.audit_head = AuditRow.after(
            self.audit_head, at_ns=at_ns, who=who, action=action, subject=subject,
            details=json.dumps(details, sort_keys=True),
        )  # fmt: skip
        self.new_audit.append(self.audit_head)


_WRITTEN = tuple(
    one.name
    for one in fields(Rows)
    if one.name.startswith(("new_", "changed_", "gone_")) and one.name != "new_hits"
)


@lru_cache(maxsize=64)  # a batch asks many times for the same moment
def window(scope: str, now_ns: int, zone: str | None = None) -> tuple[int, int | None]:
    """When the account of a scope opens and closes: a day and a month end at midnight in `zone`,
    whose days may have 23 or 25 hours. Other scopes never close.
    """
    if scope not in WINDOWED:
        return 0, None
    place = ZoneInfo(zone or UTC_ZONE)
    first = datetime.fromtimestamp(now_ns // SECOND_NS, place).date()
    if scope == "month":
        first = first.replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
    else:
        following = first + timedelta(days=1)
    return midnight_ns(first, place), midnight_ns(following, place)


def midnight_ns(day: date, place: ZoneInfo) -> int:
    """When a day begins. Where the clock is put forward at midnight, that is when it is."""
    return int(datetime.combine(day, time(), place).timestamp()) * SECOND_NS


def account_id(realm: str, scope: str, unit: str, opens_ns: int) -> str:
    """The identity of an account."""
    return f"{realm}/{scope}/{unit}/{opens_ns}"
