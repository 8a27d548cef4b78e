"""The limits of services: what a call may take of them, and what answers show of them. Pure.

A limit belongs to a pool, those who share it: a project or a key, and a model. Limits per minute
are paced (`pacing`); limits of a day, of a rolling window and at the same time are counted in
accounts, as money is, and given back in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from cavendish.core.model import Realm
from cavendish.core.result import Outcome
from cavendish.store import pacing
from cavendish.store.claim import Claim, Full, Heard
from cavendish.store.commands import SECOND_NS, Begin
from cavendish.store.pacing import Pace
from cavendish.store.rows import AccountRow, PoolRow, Rows, account_id, window

SLOTS = 30
"""A rolling window is counted in so many parts, the oldest of them whole."""

POLL_NS = SECOND_NS // 10
"""How soon a call asks again where others are under way: when they end is not known."""


def take(rows: Rows, command: Begin, now_ns: int) -> Full | None:
    """Takes all that is claimed, or nothing: then it says what is full."""
    realm, taken = command.key.realm, list[Claim]()
    for claim in command.claims:
        full = _closed(rows, realm, claim, now_ns) or _counted(rows, realm, claim, now_ns)
        if full is not None:
            return full
    for claim in command.claims:
        if claim.rule == "pace":
            until_ns = _paced(rows, realm, claim, now_ns, person=command.person)
            if until_ns > now_ns:
                for other in taken:
                    _give_back(rows, realm, other, now_ns)
                return replace(_full(claim, until_ns), spacing_ns=_spacing_ns(rows, realm, claim))
            taken.append(claim)
    for claim in command.claims:
        _probe(rows, realm, claim, now_ns)
        if claim.rule != "pace" and claim.limit is not None:
            account = list(_accounts(rows, realm, claim, now_ns))[-1]
            rows.hold(command.attempt, account, claim.unit, claim.amount)
    return None


def hear(
    rows: Rows, realm: Realm, heard: Heard, outcome: Outcome, sent_ns: int, now_ns: int
) -> None:
    """What became of a call, for those who come next."""
    if heard.remaining and heard.claims:
        said = {"remaining": dict(heard.remaining), "reset_ns": heard.reset_ns, "at_ns": now_ns}
        _keep(rows, realm, headers(heard), said)
    for claim in heard.claims:
        refused = claim.unit in heard.refused
        if claim.rule == "day":
            _hear_of_day(
                rows, realm, claim, now_ns, closed=refused and heard.closed, outcome=outcome
            )
        elif claim.rule == "pace":
            pace = _pace(rows, realm, claim)
            if refused:
                pacing.refused(
                    pace,
                    sent_ns=sent_ns,
                    now_ns=now_ns,
                    retry_after_ns=heard.retry_after_ns,
                    amount=claim.amount,
                )
            elif outcome == "not_sent":
                pacing.give_back(pace, claim.amount, now_ns)
            else:
                pacing.accepted(pace, claim.amount, sent_ns=sent_ns, now_ns=now_ns)
            if claim.unit in heard.remaining:
                pacing.advised(
                    pace, remaining=heard.remaining[claim.unit],
                    reset_ns=None if heard.reset_ns is None else now_ns + heard.reset_ns,
                    now_ns=now_ns,
                )  # fmt: skip
            _keep(rows, realm, claim, pace.to_row())


MONEY = frozenset({"usd", "spend"})
GIVEN_BACK = frozenset({"in_flight", "queued_tokens"})
"""Units of which an attempt uses what it cost, and of which nothing stays used."""


def used(unit: str, amount: int, cost_nanos: int) -> int:
    """What of a leg stays used when its attempt is settled and was billed."""
    if unit in MONEY:
        return cost_nanos
    return 0 if unit in GIVEN_BACK else amount


def headers(heard: Heard) -> Claim:
    """Where what headers said last is kept, of the pool of what is claimed first."""
    return replace(heard.claims[0], unit="headers")


def pool_id(realm: str, claim: Claim) -> str:
    """The identity of a row of `pools`."""
    return f"{realm}/{claim.pool}/{claim.unit}"


def accounts(realm: str, claim: Claim, now_ns: int) -> list[tuple[str, int, int | None]]:
    """The accounts that a claim is counted in: id, opening and closing; the last is the present.

    A window has one for each of its parts.
    """
    if claim.limit is None or claim.rule == "pace":
        return []
    spans: list[tuple[int, int | None]] = [(0, None)]
    if claim.rule == "day":
        spans = [window("day", now_ns, claim.zone)]
    elif claim.rule == "window":
        part_ns = claim.window_ns // SLOTS
        latest = now_ns // part_ns
        spans = [(n * part_ns, (n + 1) * part_ns) for n in range(latest - SLOTS, latest + 1)]
    return [(account_id(realm, claim.pool, claim.unit, o), o, c) for o, c in spans]


def ends_ns(now_ns: int, zone: str) -> int:
    """When the day it is in `zone` ends, in nanoseconds since 1970.

    Quotas per day of the Gemini API open at midnight Pacific time. Source:
    https://ai.google.dev/gemini-api/docs/rate-limits, checked 2026-11-24.
    """
    closes_ns = window("day", now_ns, zone)[1]
    assert closes_ns is not None
    return closes_ns


def _pace(rows: Rows, realm: Realm, claim: Claim) -> Pace:
    row = rows.pools.get(pool_id(realm, claim))
    try:
        return Pace() if row is None else Pace.from_row(json.loads(row.state))
    except ValueError:  # another version of this program wrote it: it is learned again
        return Pace()


def _keep(rows: Rows, realm: Realm, claim: Claim, known: Mapping[str, Any]) -> None:
    name, state = pool_id(realm, claim), json.dumps(known)
    row = rows.pools.get(name)
    if row is None:
        row = PoolRow(name, realm, claim.pool, claim.unit, state)
        rows.pools[name] = rows.new_pools[name] = row
    elif row.state != state:
        row.state = state
        rows.changed_pools.add(name)


def _paced(rows: Rows, realm: Realm, claim: Claim, now_ns: int, *, person: bool) -> int:
    """0 where it is admitted, else when to ask again."""
    pace = _pace(rows, realm, claim)
    until_ns = pacing.admit(pace, claim.amount, limit=claim.limit, now_ns=now_ns, person=person)
    _keep(rows, realm, claim, pace.to_row())
    return until_ns


def _spacing_ns(rows: Rows, realm: Realm, claim: Claim) -> int:
    pace = _pace(rows, realm, claim)
    rate = pace.rate or claim.limit
    return 60 * SECOND_NS * claim.amount // rate if rate else 0


def _give_back(rows: Rows, realm: Realm, claim: Claim, now_ns: int) -> None:
    pace = _pace(rows, realm, claim)
    pacing.give_back(pace, claim.amount, now_ns)
    _keep(rows, realm, claim, pace.to_row())


def _accounts(rows: Rows, realm: Realm, claim: Claim, now_ns: int) -> Iterator[AccountRow]:
    known = accounts(realm, claim, now_ns)
    for name, opens_ns, closes_ns in known:
        account = rows.accounts.get(name)
        if account is None and name == known[-1][0]:
            account = AccountRow(
                name, realm, claim.pool, claim.unit, opens_ns, closes_ns, None, held=0, used=0
            )
            rows.accounts[name] = rows.new_accounts[name] = account
        if account is not None:
            yield account


def _counted(rows: Rows, realm: Realm, claim: Claim, now_ns: int) -> Full | None:
    """What is full of a limit that is counted; whoever needs more than all of it passes when it is
    idle."""
    if claim.limit is None or claim.rule == "pace":
        return None
    found = list(_accounts(rows, realm, claim, now_ns))
    total = sum(account.used + account.held for account in found)
    if total == 0 or total + claim.amount <= claim.limit:
        return None
    if claim.rule == "at_once":
        return _full(claim, now_ns + POLL_NS)
    if claim.rule == "day":
        return _full(claim, found[-1].closes_ns or now_ns)
    left = total + claim.amount - claim.limit
    for account in found:
        left -= account.used + account.held
        if left <= 0:
            return _full(claim, (account.closes_ns or now_ns) + claim.window_ns)
    return _full(claim, now_ns + claim.window_ns)


def _full(claim: Claim, until_ns: int) -> Full:
    return Full(until_ns, claim.pool, claim.unit, claim.limit)


def _closed(rows: Rows, realm: Realm, claim: Claim, now_ns: int) -> Full | None:
    """A day that the service said is used up, unless it is time to look again."""
    row = rows.pools.get(pool_id(realm, claim)) if claim.rule == "day" else None
    if row is None:
        return None
    state = json.loads(row.state)
    return None if _may_look(state, now_ns) else _full(claim, state["opens_ns"])


def _probe(rows: Rows, realm: Realm, claim: Claim, now_ns: int) -> None:
    """Whoever was let through a closed day looks again; the others wait for what it finds."""
    row = rows.pools.get(pool_id(realm, claim)) if claim.rule == "day" else None
    if row is not None:
        state = json.loads(row.state)
        if now_ns < state["opens_ns"]:
            _close_day(rows, realm, claim, now_ns, state["opens_ns"])


def _hear_of_day(
    rows: Rows, realm: Realm, claim: Claim, now_ns: int, *, closed: bool, outcome: Outcome
) -> None:
    if closed:
        _close_day(rows, realm, claim, now_ns, ends_ns(now_ns, claim.zone))
    elif outcome == "executed" and pool_id(realm, claim) in rows.pools:
        _close_day(rows, realm, claim, now_ns, opens_ns=0)


def _close_day(rows: Rows, realm: Realm, claim: Claim, now_ns: int, opens_ns: int) -> None:
    known = {"looked_ns": now_ns, "looks_ns": now_ns + claim.probe_ns, "opens_ns": opens_ns}
    _keep(rows, realm, claim, known)


def _may_look(state: Mapping[str, int], now_ns: int) -> bool:
    """Whether the day is over, or it is time to look; also when the clock was set back."""
    return now_ns >= min(state["opens_ns"], state["looks_ns"]) or now_ns < state["looked_ns"]
