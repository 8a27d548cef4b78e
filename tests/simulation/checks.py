"""What must hold after any history, told by the service's bill, the disk and an outsider's SQL."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict

from cavendish.store.chain import GENESIS, chained
from simulation.oracle import FREEZE, GOOD, REFUSED, UNCLEAR

COLUMNS = "id, key, owner, state, outcome, billed, reserved_nanos, cost_nanos, started_ns"


def check(world):
    """Everything; called when all processes are gone and grace is over."""
    attempts = {row[0]: row for row in world.rows(f"SELECT {COLUMNS} FROM attempts")}
    no_spending_without_an_intent(world, attempts)
    the_books_are_the_bill(world, attempts)
    executions_are_bounded(world, attempts)
    what_was_whole_is_not_bought_again(world, attempts)
    the_books_balance(world)
    no_replay_beyond_the_policy(world)
    visible_pictures_are_whole(world)


def no_spending_without_an_intent(world, attempts):
    assert not world.oracle.naked, world.oracle.naked
    for call in world.oracle.calls:
        assert attempts[call.attempt][8] <= call.at_ns


def the_books_are_the_bill(world, attempts):
    billed = {call.attempt: call.bill_nanos for call in world.oracle.calls}
    for name, _, _, state, outcome, kind, reserved, cost, _ in attempts.values():
        bill = billed.get(name, 0)
        assert state == "settled", (name, state)
        assert bill <= reserved
        match kind:
            case "none":
                assert (cost, bill) == (0, 0), (name, outcome, cost, bill)
            case "certain":
                assert cost == bill, (name, outcome, cost, bill)
            case "presumed":
                assert cost >= bill, (name, outcome, cost, bill)
            case _:
                raise AssertionError(kind)


def executions_are_bounded(world, attempts):
    """One, and one more for each time somebody chose to ask again not knowing."""
    unknown_at = Counter(a[1] for a in attempts.values() if a[4] == "unknown")
    for prompt, calls in by_prompt(world).items():
        executed = [c for c in calls if c.executed_ns is not None]
        unclear = [c for c in calls if c.kind in UNCLEAR | FREEZE]
        no_picture = [c for c in calls if c.kind == "blocked"]
        kills = len(world.edges.killed) * world.plan.processes + world.cancelled + len(world.full)
        kills += world.lost
        assert len(executed) <= 1 + len(unclear) + len(no_picture) + kills, prompt
        unknown = unknown_at[world.key(prompt).id]
        assert len(executed) <= 1 + unknown + len(no_picture) + frozen(calls) + world.lost, prompt


def by_prompt(world):
    """What the service was asked, for each prompt."""
    found = defaultdict(list)
    for call in world.oracle.calls:
        found[call.prompt].append(call)
    return found


def frozen(calls):
    """Attempts that were taken from a sleeping process and told the truth late."""
    return sum(c.kind in FREEZE for c in calls)


def what_was_whole_is_not_bought_again(world, attempts):
    calls = by_prompt(world)
    for call in world.oracle.calls:
        if call.kind not in GOOD or call.attempt not in world.whole:
            continue
        if call.kind in FREEZE:
            continue
        since = world.whole[call.attempt]
        later = [c for c in calls[call.prompt] if c.at_ns > since]
        assert not later, f"{call.prompt} was whole at {since} and bought again"
        assert attempts[call.attempt][4] == "executed"


def the_books_balance(world):
    total, before = 0, GENESIS
    ledger = world.rows("SELECT * FROM ledger ORDER BY seq")
    for count, (seq, *said, previous, hashed) in enumerate(ledger, start=1):
        assert (seq, previous) == (count, before)
        assert chained(seq, *said, previous) == hashed
        total, before = total + said[-1], hashed
    settled = "SELECT coalesce(sum(cost_nanos), 0) FROM attempts WHERE state = 'settled'"
    assert total == world.rows(settled)[0][0]
    replayed = dict(world.rows(
        "SELECT r.account, sum(l.amount_nanos) FROM ledger l JOIN reservations r USING (attempt)"
        " GROUP BY r.account"
    ))  # fmt: skip
    for account, held, used in world.rows("SELECT id, held, used FROM accounts"):
        assert held == 0, (account, held)
        assert used == replayed.get(account, 0), account


def no_replay_beyond_the_policy(world):
    asks = {}
    for call in world.oracle.calls:
        asks.setdefault(call.ask or call, []).append(call.kind)
    for kinds in asks.values():
        followed = [k for k in kinds[:-1] if k not in REFUSED and k != "error 200"]
        assert len(followed) <= world.plan.may_pay_twice, kinds
        assert len(kinds) <= 4


def visible_pictures_are_whole(world):
    for path, inode in world.platter.files.items():
        if path.is_relative_to(world.home / "blobs"):
            assert hashlib.sha256(inode.data).hexdigest() == path.name
    for (drawn,) in world.rows("SELECT drawn ->> 'sha256' FROM keys WHERE state = 'done'"):
        assert world.home / "blobs" / drawn[:2] / drawn in world.platter.files
