"""What is told of money and errors: each alert by one process, once. No I/O here.

Whoever comes first has the alert for a while. If they fail or die before it was told by every way,
whoever comes after that while has it.
"""

from __future__ import annotations

from cavendish.store.commands import Done, Tell, Telling
from cavendish.store.rows import AlertRow, Rows


def telling(rows: Rows, command: Telling, now_ns: int) -> Done:
    """Gives an alert to who asks, or notes by which ways it is still owed."""
    row = rows.alerts.get(command.alert)
    again_ns = now_ns + command.for_ns
    if row is None:
        if not isinstance(command, Tell):
            return Done(changed=False)
        owed = ",".join(command.owed)
        row = AlertRow(command.alert, now_ns, command.said, owed, again_ns)
        rows.alerts[row.id] = rows.new_alerts[row.id] = row
        return Done()
    if isinstance(command, Tell):
        if not row.owed or row.again_ns > now_ns:
            return Done(changed=False)
    else:
        row.owed = ",".join(command.owed)
    row.again_ns = again_ns
    rows.changed_alerts.add(row.id)
    return Done()
