"""What people change in the journal: decided like everything else in it, and written down with
who did it. No I/O here.
"""

from __future__ import annotations

from cavendish.store.commands import Change, Done, Hold, SetBudget, SetZone
from cavendish.store.rows import UTC_ZONE, WINDOWED, AttemptRow, Rows, window


def change(rows: Rows, command: Change, now_ns: int) -> Done:
    """Carries out one change, and adds it to the audit log."""
    match command:
        case SetBudget():
            return _set_budget(rows, command, now_ns)
        case SetZone():
            return _set_zone(rows, command, now_ns)


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
