"""What a bill proves of spending that was presumed: each attempt's true cost, to be booked.

Only presumed attempts are ever corrected. A day and model whose certain costs the bill has in full
proves what its presumed ones came to together: one alone is that, several share it by what was held
for each. See docs/decisions/2026-11-25-corrections.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.insight.bill_file import complete_days
from cavendish.insight.compared import Compared
from cavendish.insight.spending import day_of, is_direct, within
from cavendish.store.schema import attempts, keys


@dataclass(frozen=True, slots=True)
class Proven:
    """What one presumed attempt cost. `why` is not-billed, as-presumed, billed or shared."""

    attempt: str
    day: date
    model: str
    presumed: Money
    cost: Money
    why: str

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "attempt": self.attempt,
            "day": self.day.isoformat(),
            "model": self.model,
            "why": self.why,
            "from_usd": self.presumed.usd,
            "to_usd": self.cost.usd,
        }


def corrections(
    connection: Connection,
    compared: Sequence[Compared],
    known: Mapping[str, ChannelFacts],
    now_ns: int,
) -> tuple[Proven, ...]:
    """Every presumed attempt whose cost the bill proves, oldest first."""
    groups = {
        (one.start, one.model): one
        for one in compared
        if one.booked.presumed and not unproven(one, compared, now_ns)
    }
    if not groups:
        return ()
    first = min(one.start for one in groups.values())
    last = max(one.end for one in groups.values())
    daily = all(one.start == one.end for one in compared)
    found: dict[tuple[date, str], list[Any]] = defaultdict(list)
    query = (
        sa.select(attempts.c.id, attempts.c.model, attempts.c.channel, attempts.c.cost_nanos,
                  attempts.c.started_ns)
        .join(keys, keys.c.id == attempts.c.key)
        .where(keys.c.realm == "real", within(first, last), attempts.c.billed == "presumed",
               attempts.c.cost_nanos != 0)
        .order_by(attempts.c.started_ns, attempts.c.id)
    )  # fmt: skip
    for row in connection.execute(query):
        if is_direct(row.channel, known):
            day = day_of(row.started_ns) if daily else first
            found[day, row.model].append(row)
    return tuple(
        proven for group, one in sorted(groups.items()) for proven in _shared(one, found[group])
    )


def unproven(one: Compared, compared: Sequence[Compared], now_ns: int) -> str:
    """Why a bill does not settle what was presumed here; empty where it does."""
    if one.verdict not in {"same", "presumed"}:
        return "the rest of the day differs"
    if one.adjusted:
        return "an adjustment is in it"
    if one.booked.held:
        return "some is still held"
    if one.end + timedelta(days=complete_days()) >= day_of(now_ns):
        return f"a day's bill is taken for whole after {complete_days()} days"
    if not one.billed and not any(
        other.booked.certain and other.verdict in {"same", "presumed"}
        for other in compared
        if (other.start, other.end) == (one.start, one.end)
    ):
        return "the bill has nothing that we bought in these days"
    return ""


def _shared(one: Compared, rows: Sequence[Any]) -> list[Proven]:
    """What the bill has beyond the certain costs, over the presumed attempts of the group."""
    presumed = one.booked.presumed.nanos
    cost = min(max((one.billed - one.booked.certain).nanos, 0), presumed)
    allowed = one.allowed * 10**9
    if cost <= allowed:
        cost, why = 0, "not-billed"
    elif presumed - cost <= allowed:
        cost, why = presumed, "as-presumed"
    else:
        why = "billed" if len(rows) == 1 else "shared"
    found, so_far, given = [], 0, 0
    for row in rows:
        so_far += row.cost_nanos
        upto = int(Fraction(cost * so_far, presumed))
        was, share = Money(row.cost_nanos), Money(upto - given)
        given = upto
        found.append(Proven(row.id, day_of(row.started_ns), row.model, was, share, why))
    assert given == cost, "the shares are the sum"
    return found


def total(found: Sequence[Proven]) -> Money:
    """How much the ledger changes."""
    return Money.total([one.cost - one.presumed for one in found]) if found else ZERO
