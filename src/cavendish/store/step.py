"""The journal's one decision: commands and rows in, answers and changed rows out. No I/O here.

Money and quota are one primitive: a reservation holds several legs, all or nothing. Only the
outcomes `not_sent` and `rejected` release what is held; an unknown outcome stays held until its
deadline and grace have passed, and then counts as spent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from cavendish.core.result import RELEASES_MONEY, Drawn
from cavendish.store import quota
from cavendish.store.commands import (
    GRACE_NS,
    SECOND_NS,
    Answer,
    Begin,
    Command,
    Done,
    Earlier,
    Hit,
    Inherit,
    Inherited,
    Key,
    Look,
    Reserved,
    Settle,
    Tell,
    Told,
    Wait,
)
from cavendish.store.room import refused
from cavendish.store.rows import AttemptRow, HitRow, KeyRow, Rows
from cavendish.store.telling import telling
from cavendish.store.upkeep import change

SHORTEST_POLL_NS = SECOND_NS // 20
LONGEST_POLL_NS = 2 * SECOND_NS


def step(rows: Rows, batch: Sequence[Command], now_ns: int) -> list[Answer]:
    """Carries out `batch` in order at the moment `now_ns`, and whatever has fallen due."""
    for attempt in _oldest_first(rows):
        if attempt.state == "unknown" and (attempt.due_ns or 0) <= now_ns:
            _presume_spent(rows, attempt, now_ns)
    return [_carry_out(rows, command, now_ns) for command in batch]


def _carry_out(rows: Rows, command: Command, now_ns: int) -> Answer:
    match command:
        case Begin():
            return _begin(rows, command, now_ns)
        case Settle():
            return _settle(rows, command, now_ns)
        case Inherit():
            return _inherit(rows, command, now_ns)
        case Tell() | Told():
            return telling(rows, command, now_ns)
        case Look():
            return Done(changed=False)
        case _:
            return change(rows, command, now_ns)


def _begin(rows: Rows, command: Begin, now_ns: int) -> Answer:
    key = rows.keys.get(command.key.id)
    if key is not None and _will_do(key, command.max_age_ns, now_ns):
        return _hit(rows, key, command, now_ns)
    earlier = rows.attempts_of(command.key.id)
    for attempt in earlier:
        if attempt.state == "open":
            if rows.alive(attempt, now_ns):
                return Wait(min(attempt.lease_until_ns, _poll_ns(attempt, now_ns)), attempt.id)
            return _hand_over(rows, attempt, command.owner, now_ns + command.lease_ns)
    if command.look:
        return Done(changed=False)
    no_room = refused(rows, command.key.realm, command.holds, now_ns)
    if no_room is not None:
        return no_room
    if (full := quota.take(rows, command, now_ns)) is not None:
        return full
    if key is None:
        _open_key(rows, command.key, now_ns)
    for hold in command.holds:
        account = rows.account(command.key.realm, hold, now_ns)
        rows.hold(command.attempt, account, hold.unit, hold.amount)
    row = _attempt(command, now_ns)
    rows.attempts[row.id] = rows.new_attempts[row.id] = row
    before = tuple(Earlier(a.id, a.reserved_nanos) for a in earlier)
    if key is not None and key.state == "forgotten":
        before += (Earlier("", 0, forgotten=True),)
    return Reserved(row.id, before)


def _will_do(key: KeyRow, max_age_ns: int | None, now_ns: int) -> bool:
    """Whether a key has an answer that is young enough."""
    if key.state != "done":
        return False
    return max_age_ns is None or key.done_ns is None or now_ns - key.done_ns <= max_age_ns


def _hit(rows: Rows, key: KeyRow, command: Begin, now_ns: int) -> Hit:
    """The answer that is there, and a row that says it was found."""
    assert key.drawn is not None
    bought_by = key.attempt or ""
    tags = json.dumps(command.tags, sort_keys=True) if command.tags else "{}"
    rows.new_hits.append(HitRow(command.attempt, key.id, bought_by, now_ns, tags))
    return Hit(Drawn.from_row(json.loads(key.drawn)), bought_by, command.attempt)


def _poll_ns(attempt: AttemptRow, now_ns: int) -> int:
    """When to ask again: the longer a call has taken, the less often, since each asks the disk."""
    age_ns = max(0, now_ns - attempt.started_ns)
    return now_ns + min(max(age_ns // 8, SHORTEST_POLL_NS), LONGEST_POLL_NS)


def _settle(rows: Rows, command: Settle, now_ns: int) -> Answer:
    attempt = rows.attempts.get(command.attempt)
    if attempt is None or attempt.state == "settled":
        return Done(changed=False)
    ours = attempt.state == "open" and attempt.owner == command.owner
    truth = command.outcome == "executed"  # whoever saw the answer is believed, however late
    if not (ours or truth):
        return Done(changed=False)
    attempt.outcome = command.outcome
    attempt.note, attempt.error = _writable(command.note) or None, command.error or None
    if command.heard is not None:
        realm = rows.keys[attempt.key].realm
        quota.hear(rows, realm, command.heard, command.outcome, attempt.started_ns, now_ns)
    rows.changed_attempts.add(attempt.id)
    if command.outcome == "unknown":
        attempt.state = "unknown"
        attempt.due_ns = max(attempt.lease_until_ns, now_ns) + GRACE_NS
        return Done()
    if command.outcome in RELEASES_MONEY:
        _close(rows, attempt, cost_nanos=0, billed="none", now_ns=now_ns)
        return Done()
    billed = "certain" if command.certain else "presumed"
    _close(rows, attempt, cost_nanos=command.cost_nanos, billed=billed, now_ns=now_ns)
    key = rows.keys[attempt.key]
    if command.drawn is not None:
        _answer(rows, key, attempt, command.drawn, now_ns)
    return Done()


def _answer(rows: Rows, key: KeyRow, attempt: AttemptRow, drawn: Drawn, now_ns: int) -> None:
    """Gives a key its answer. The first stays, but for one that was bought because it had grown too
    old; and what is not what was asked for never takes the place of what is."""
    said = json.dumps(drawn.to_row(), sort_keys=True)
    if key.state == "done":
        assert key.drawn is not None
        renewed = key.done_ns is not None and key.done_ns < attempt.started_ns
        if not renewed or (drawn.findings and not json.loads(key.drawn)["findings"]):
            rows.outlive(attempt.id, said)
            return
        rows.let_go(key)
    key.state, key.drawn, key.done_ns, key.attempt = "done", said, now_ns, attempt.id
    rows.changed_keys.add(key.id)


def _writable(said: str) -> str:
    """Others' words without what a database does not take: NUL, halves of a character."""
    return said.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _presume_spent(rows: Rows, attempt: AttemptRow, now_ns: int) -> None:
    cost = attempt.reserved_nanos
    _close(rows, attempt, cost_nanos=cost, billed="presumed", now_ns=now_ns)


def _close(rows: Rows, attempt: AttemptRow, *, cost_nanos: int, billed: str, now_ns: int) -> None:
    """Turns what an attempt holds into what it used, and books it."""
    for leg in rows.legs.get(attempt.id, ()):
        account = rows.accounts[leg.account]
        account.held -= leg.amount
        if billed != "none":
            account.used += quota.used(leg.unit, leg.amount, cost_nanos)
        assert account.held >= 0, f"account {account.id} released more than it held"
        rows.changed_accounts.add(account.id)
    attempt.state, attempt.billed = "settled", billed
    attempt.cost_nanos, attempt.settled_ns = cost_nanos, now_ns
    rows.changed_attempts.add(attempt.id)
    if billed != "none":
        kind = "settled" if billed == "certain" else "presumed"
        rows.append(at_ns=now_ns, attempt=attempt.id, kind=kind, amount_nanos=cost_nanos)


def _inherit(rows: Rows, command: Inherit, now_ns: int) -> Answer:
    orphans = [
        attempt
        for attempt in _oldest_first(rows)
        if attempt.state == "open" and not rows.alive(attempt, now_ns)
    ]
    until_ns = now_ns + command.lease_ns
    return Done(inherited=tuple(_hand_over(rows, a, command.owner, until_ns) for a in orphans))


def _oldest_first(rows: Rows) -> list[AttemptRow]:
    """What is decided never hangs on the order in which a database gave the rows."""
    return sorted(rows.attempts.values(), key=lambda attempt: (attempt.started_ns, attempt.id))


def _hand_over(rows: Rows, attempt: AttemptRow, owner: str, until_ns: int) -> Inherited:
    attempt.owner, attempt.lease_until_ns = owner, until_ns
    rows.changed_attempts.add(attempt.id)
    key = rows.keys[attempt.key]
    return Inherited(
        attempt.id,
        Key(key.realm, key.project, key.digest, key.variant, key.run, key.item),
        attempt.channel,
        json.loads(attempt.asked),
        attempt.reserved_nanos,
    )


def _open_key(rows: Rows, key: Key, now_ns: int) -> None:
    row = KeyRow(
        key.id, key.realm, key.project, key.digest, key.variant, key.run, key.item,
        state="open", drawn=None, created_ns=now_ns,
    )  # fmt: skip
    rows.keys[row.id] = rows.new_keys[row.id] = row


def _attempt(command: Begin, now_ns: int) -> AttemptRow:
    return AttemptRow(
        id=command.attempt,
        key=command.key.id,
        owner=command.owner,
        lease_until_ns=now_ns + command.lease_ns,
        channel=command.channel,
        model=command.model,
        asked=json.dumps(command.asked, sort_keys=True),
        tags=json.dumps(command.tags, sort_keys=True) if command.tags else "{}",
        state="open",
        outcome=None,
        billed=None,
        reserved_nanos=max((h.amount for h in command.holds if h.unit == "usd"), default=0),
        cost_nanos=0,
        started_ns=now_ns,
    )
