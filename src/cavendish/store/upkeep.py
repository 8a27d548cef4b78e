"""What people change in the journal: decided like everything else in it, and written down with
who did it. No I/O here.
"""

from __future__ import annotations

import json

from cavendish.store.commands import Change, Correct, Done, Forget, Hold, SetBudget, SetZone
from cavendish.store.rows import UTC_ZONE, WINDOWED, AttemptRow, Rows, window


def change(rows: Rows, command: Change, now_ns: int) -> Done:
    """Carries out one change, and adds it to the audit log."""
    match command:
        case SetBudget():
            return _set_budget(rows, command, now_ns)
        case SetZone():
            return _set_zone(rows, command, now_ns)
        case Correct():
            return _correct(rows, command, now_ns)
        case Forget():
            return _forget(rows, command, now_ns)


def _set_budget(rows: Rows, command: SetBudget, now_ns: int) -> Done:
    before = rows.budgets.pop(command.scope, None)
    rows.changed_budgets[command.scope] = command.limit_nanos
    if command.limit_nanos is not None:
        rows.budgets[command.scope] = command.limit_nanos
    if before == command.limit_nanos:
        return Done(changed=False)
    rows.note(
        at_ns=now_ns, who=command.who, action="budget", subject=command.scope,
        details={"from_nanos": before, "to_nanos": command.limit_nanos},
    )  # fmt: skip
    return Done()


def _set_zone(rows: Rows, command: SetZone, now_ns: int) -> Done:
    """The windows that are open now begin at another moment; what was begun since then counts in
    them, so that no limit starts anew."""
    before = rows.zone or UTC_ZONE
    if command.first and rows.zone is not None:
        return Done(changed=False)
    rows.zone = rows.changed_zone = command.zone
    if before == command.zone:
        return Done(changed=False)
    begun = sorted(rows.attempts.values(), key=lambda one: (one.started_ns, one.id))
    for scope in WINDOWED:
        opens_ns = window(scope, now_ns, rows.zone)[0]
        for attempt in begun:
            if attempt.started_ns >= opens_ns:
                _count(rows, attempt, scope, now_ns)
    rows.note(
        at_ns=now_ns, who=command.who, action="zone", subject=command.zone,
        details={"from": before, "to": command.zone},
    )  # fmt: skip
    return Done()


def _count(rows: Rows, attempt: AttemptRow, scope: str, now_ns: int) -> None:
    """Lets an attempt count in the present window of a scope, if it does not yet."""
    amount = attempt.reserved_nanos
    account = rows.account(rows.keys[attempt.key].realm, Hold(scope, amount), now_ns)
    if any(leg.account == account.id for leg in rows.legs.get(attempt.id, ())):
        return
    rows.hold(attempt.id, account, "usd", amount)
    if attempt.state == "settled":
        account.held -= amount
        account.used += attempt.cost_nanos


def _correct(rows: Rows, command: Correct, now_ns: int) -> Done:
    """Each is another row of the ledger; the balances follow in the windows it was booked in."""
    booked = []
    for one in command.corrections:
        attempt = rows.attempts.get(one.attempt)
        if attempt is None or (attempt.billed, attempt.cost_nanos) != ("presumed", one.from_nanos):
            continue
        off_nanos = one.to_nanos - one.from_nanos
        for leg in rows.legs.get(attempt.id, ()):
            if leg.unit == "usd":
                rows.accounts[leg.account].used += off_nanos
                rows.changed_accounts.add(leg.account)
        _reprice(rows, attempt, one.to_nanos)
        attempt.billed, attempt.cost_nanos = "certain", one.to_nanos
        rows.changed_attempts.add(attempt.id)
        rows.append(at_ns=now_ns, attempt=attempt.id, kind="correction", amount_nanos=off_nanos)
        booked.append(one)
    if not booked:
        return Done(changed=False)
    rows.note(
        at_ns=now_ns, who=command.who, action="correct", subject=command.bill,
        details={
            "attempts": len(booked),
            "from_nanos": sum(one.from_nanos for one in booked),
            "to_nanos": sum(one.to_nanos for one in booked),
        },
    )  # fmt: skip
    return Done()


def _reprice(rows: Rows, attempt: AttemptRow, cost_nanos: int) -> None:
    """The picture an attempt brought says the same price as its row."""
    key = rows.keys[attempt.key]
    if key.attempt == attempt.id and key.drawn is not None:
        key.drawn = _at(cost_nanos, key.drawn)
        rows.changed_keys.add(key.id)
    elif attempt.drawn is not None:
        rows.outlive(attempt.id, _at(cost_nanos, attempt.drawn))


def _at(cost_nanos: int, drawn: str) -> str:
    return json.dumps({**json.loads(drawn), "cost": cost_nanos}, sort_keys=True)


def _forget(rows: Rows, command: Forget, now_ns: int) -> Done:
    rows.gone_hits += command.unserved
    forgotten = 0
    for name, attempt in command.answers.items():
        key = rows.keys.get(name)
        if key is not None and key.state == "done" and key.attempt == attempt:
            rows.let_go(key)
            forgotten += 1
    if not forgotten:
        return Done(changed=False)
    rows.note(
        at_ns=now_ns, who=command.who, action="forget", subject="answers",
        details={**command.because, "answers": forgotten},
    )  # fmt: skip
    return Done()
