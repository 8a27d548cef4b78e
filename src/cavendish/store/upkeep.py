"""What people change in the journal: decided like everything else in it, and written down with
who did it. No I/O here.
"""

from __future__ import annotations

from cavendish.store.commands import Change, Done
from cavendish.store.rows import Rows


def change(rows: Rows, command: Change, now_ns: int) -> Done:
    """Carries out one change, and adds it to the audit log."""
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
