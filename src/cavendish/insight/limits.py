"""Where the limits of services stand: those that were told, and those that answers showed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.model import Realm
from cavendish.core.money import Money
from cavendish.send.claims import SAID
from cavendish.store.claim import Claim
from cavendish.store.pacing import Pace, open_ns
from cavendish.store.quota import accounts, pool_id
from cavendish.store.schema import accounts as table
from cavendish.store.schema import attempts, keys, pools

SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit of a pool. `unit` is requests, tokens, pictures (all a minute), requests_day,
    in_flight or spend (nano-USD in ten minutes).

    `limit` is what was told, `learned` what was measured a minute, `used` what is used of it now,
    None where nobody counts. It opens in `opens_in_s` where it is closed, and begins anew in
    `resets_in_s`. `remaining` is what the service's own headers said last, if it sends any.
    """

    channel: str
    model: str | None
    pool: str
    realm: Realm
    unit: str
    limit: int | None = None
    learned: int | None = None
    used: int | None = None
    opens_in_s: float | None = None
    resets_in_s: float | None = None
    remaining: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Its fields; spend as decimal strings in USD."""
        found = {name: getattr(self, name) for name in self.__slots__}
        if self.unit == "spend":
            for name in ("limit", "used"):
                found[name] = None if found[name] is None else Money(found[name]).usd
        return found


@dataclass(frozen=True, slots=True)
class Limitations:
    """Every limit that is told or was met."""

    standings: tuple[Standing, ...]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "limits": [one.to_json() for one in self.standings],
            "warnings": list(self.warnings),
        }


def standings(
    connection: Connection,
    told: Mapping[tuple[Realm, str, str | None], Sequence[Claim]],
    now_ns: int,
) -> tuple[Standing, ...]:
    """Where `told` limits stand, by (realm, channel, model), and those that the journal has met."""
    states = {row.id: row for row in connection.execute(sa.select(pools))}
    found, seen = [], set()
    for (realm, channel, model), claims in told.items():
        for claim in claims:
            name = pool_id(realm, claim)
            row = states.get(name)
            seen.add(name)
            one = Standing(channel, model, claim.pool, realm, claim.unit, claim.limit)
            one = _counted(connection, one, claim, now_ns)
            found.append(one if row is None else _seen(one, json.loads(row.state), now_ns))
    found += [
        _seen(_of_row(row), json.loads(row.state), now_ns)
        for name, row in states.items()
        if name not in seen and row.unit != "headers"
    ]
    minute = _last_minute(connection, now_ns)
    said = _headers(states.values(), now_ns)
    told_of = [
        replace(
            one,
            used=minute.get((one.realm, one.channel, one.model), 0)
            if one.unit == "requests"
            else one.used,
            remaining=said.get((one.realm, one.pool, one.unit)),
        )
        for one in found
    ]
    return tuple(sorted(filter(_tells, told_of), key=_order))


def _order(one: Standing) -> tuple[bool, str, str, int]:
    return one.realm != "real", one.channel, one.model or "", _UNITS.index(one.unit)


_UNITS = tuple(SAID)


def _tells(one: Standing) -> bool:
    """Whether there is anything to say of it."""
    known = (one.limit, one.learned, one.opens_in_s, one.remaining)
    return any(value is not None for value in known) or bool(one.used)


def _of_row(row: sa.Row[Any]) -> Standing:
    """A limit that nobody told; its pool is channel/who/model or channel/model."""
    channel, _, rest = row.scope.partition("/")
    return Standing(channel, rest.rpartition("/")[2] or None, row.scope, row.realm, row.unit)


def _seen(one: Standing, state: Mapping[str, Any], now_ns: int) -> Standing:
    """With what answers showed."""
    if "looks_ns" in state:
        opens_ns = state["opens_ns"]
        return replace(one, opens_in_s=_in_s(opens_ns, now_ns))
    try:
        pace = Pace.from_row(state)
    except ValueError:
        return one
    return replace(one, learned=pace.rate, opens_in_s=_in_s(open_ns(pace), now_ns))


def _in_s(moment_ns: int, now_ns: int) -> float | None:
    return (moment_ns - now_ns) / SECOND_NS if moment_ns > now_ns else None


def _counted(connection: Connection, one: Standing, claim: Claim, now_ns: int) -> Standing:
    """With what accounts say is used, of those that are counted there."""
    spans = accounts(one.realm, claim, now_ns)
    if not spans:
        return one
    names = [name for name, _, _ in spans]
    used = connection.execute(
        sa.select(sa.func.coalesce(sa.func.sum(table.c.used + table.c.held), 0)).where(
            table.c.id.in_(names)
        )
    ).scalar_one()
    closes_ns = spans[-1][2] if claim.rule == "day" else None
    return replace(
        one, used=int(used), resets_in_s=None if closes_ns is None else _in_s(closes_ns, now_ns)
    )


def _last_minute(connection: Connection, now_ns: int) -> dict[tuple[str, str, str | None], int]:
    query = (
        sa.select(keys.c.realm, attempts.c.channel, attempts.c.model, sa.func.count().label("n"))
        .join(keys, keys.c.id == attempts.c.key)
        .where(attempts.c.started_ns > now_ns - MINUTE_NS)
        .where(sa.func.coalesce(attempts.c.outcome, "open") != "not_sent")
        .group_by(keys.c.realm, attempts.c.channel, attempts.c.model)
    )
    return {(r.realm, r.channel, r.model): int(r.n) for r in connection.execute(query)}


def _headers(rows: Any, now_ns: int) -> dict[tuple[str, str, str], int]:
    """What headers said is left, as long as that holds."""

    def lines() -> Iterator[tuple[tuple[str, str, str], int]]:
        for row in rows:
            if row.unit == "headers":
                state = json.loads(row.state)
                if now_ns - state["at_ns"] <= (state["reset_ns"] or MINUTE_NS):
                    for unit, left in state["remaining"].items():
                        yield (row.realm, row.scope, unit), int(left)

    return dict(lines())
