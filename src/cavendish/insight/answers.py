"""The answers that are kept: how many, how large, how old, how often they were found again and
what that spared; and which of them a choice means."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.core.money import ZERO, Money
from cavendish.insight.hits import Found, found_by
from cavendish.store.schema import attempts, hits, keys

SECOND_NS = 10**9
DAY_NS = 86_400 * SECOND_NS
AGES = (("under a day", DAY_NS), ("under a week", 7 * DAY_NS), ("under 30 days", 30 * DAY_NS))
OLDER = "older"
STREAMED = 2_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer that is kept, with the attempt that bought it; `digests` are its files."""

    key: str
    attempt: str
    realm: str
    model: str
    channel: str
    done_ns: int
    cost: Money
    hits: int
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which answers are meant: all, or those bought before a moment, of a model, for a project, in
    a realm."""

    before_ns: int | None = None
    model: str | None = None
    project: str | None = None
    realm: str | None = None

    def holds(self) -> sa.ColumnElement[bool]:
        """Whether an answer is among them."""
        found: list[sa.ColumnElement[bool]] = [keys.c.state == "done"]
        if self.before_ns is not None:
            found.append(sa.func.coalesce(keys.c.done_ns, 0) < self.before_ns)
        for column, name in (
            (attempts.c.model, self.model),
            (keys.c.project, self.project),
            (keys.c.realm, self.realm),
        ):
            if name is not None:
                found.append(column == name)
        return sa.and_(*found)


def kept(connection: Connection, choice: Choice) -> Iterator[Kept]:
    """The answers of a choice, the oldest first."""
    times = sa.select(hits.c.attempt, sa.func.count().label("hits")).group_by(hits.c.attempt)
    counted = times.subquery()
    query = (
        sa.select(
            keys.c.id, keys.c.realm, keys.c.done_ns, keys.c.drawn, attempts.c.id.label("attempt"),
            attempts.c.model, attempts.c.channel, attempts.c.cost_nanos, counted.c.hits,
        )
        .select_from(keys)
        .join(attempts, attempts.c.id == keys.c.attempt)
        .outerjoin(counted, counted.c.attempt == attempts.c.id)
        .where(choice.holds())
        .order_by(keys.c.done_ns, keys.c.id)
        .execution_options(yield_per=STREAMED)
    )  # fmt: skip
    for row in connection.execute(query):
        yield Kept(
            row.id, row.attempt, row.realm, row.model, row.channel, row.done_ns or 0,
            Money(row.cost_nanos), row.hits or 0, _digests(json.loads(row.drawn)),
        )  # fmt: skip


def _digests(drawn: Mapping[str, Any]) -> tuple[str, ...]:
    turn = drawn.get("turn")
    return (drawn["sha256"], *drawn.get("others", ()), *([turn] if turn else ()))


@dataclass(frozen=True, slots=True)
class Group:
    """Kept answers that have something in common. `hits` are those of these answers, and `spared`
    what the same had cost, once for each; `size_bytes` counts a file once."""

    by: str
    realm: str
    group: str
    answers: int
    size_bytes: int
    hits: int
    spared: Money

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "by": self.by,
            "realm": self.realm,
            "group": self.group,
            "answers": self.answers,
            "bytes": self.size_bytes,
            "hits": self.hits,
            "spared_usd": self.spared.usd,
        }


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What is kept, in all and by model, channel and age. `missing` files are not there. `found`
    are the hits of all times in each realm, also of answers that are kept no more."""

    answers: int
    size_bytes: int
    missing: int
    found: tuple[Found, ...]
    oldest: str | None
    newest: str | None
    groups: tuple[Group, ...]

    def hits(self, realm: str) -> int:
        """How often an answer was found in a realm."""
        return sum(one.hits for one in self.found if one.realm == realm)

    def spared(self, realm: str) -> Money:
        """What the same had cost, once for each hit of a realm."""
        return Money.total(one.spared for one in self.found if one.realm == realm)

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "answers": self.answers,
            "bytes": self.size_bytes,
            "missing_files": self.missing,
            "hits": self.hits("real"),
            "spared_usd": self.spared("real").usd,
            "simulated_hits": self.hits("simulated"),
            "simulated_spared_usd": self.spared("simulated").usd,
            "oldest": self.oldest,
            "newest": self.newest,
            "groups": [group.to_json() for group in self.groups],
        }


class _Sum:
    """Adds up answers; a file that several name counts once."""

    def __init__(self) -> None:
        self.answers = self.hits = 0
        self.spared = ZERO
        self.digests: set[str] = set()

    def add(self, one: Kept) -> None:
        self.answers += 1
        self.hits += one.hits
        self.spared += Money(one.cost.nanos * one.hits)
        self.digests.update(one.digests)


def stats(connection: Connection, sizes: Mapping[str, int], now_ns: int) -> CacheStats:
    """Everything that is kept; `sizes` are the bytes of the files that are there, by digest."""
    sums: dict[tuple[str, str, str], _Sum] = {}
    total = _Sum()
    oldest = newest = None
    for one in kept(connection, Choice()):
        total.add(one)
        oldest, newest = (one.done_ns if oldest is None else oldest), one.done_ns
        for by, group in (
            ("model", one.model),
            ("channel", one.channel),
            ("age", _age(now_ns - one.done_ns)),
        ):
            sums.setdefault((by, one.realm, group), _Sum()).add(one)
    return CacheStats(
        total.answers,
        size(total.digests, sizes),
        sum(digest not in sizes for digest in total.digests),
        tuple(found_by(connection, None)),
        _moment(oldest),
        _moment(newest),
        tuple(
            Group(by, realm, group, one.answers, size(one.digests, sizes), one.hits, one.spared)
            for (by, realm, group), one in sorted(sums.items(), key=_in_order)
        ),
    )


def size(digests: Iterable[str], sizes: Mapping[str, int]) -> int:
    """How many bytes these files have, as far as they are there."""
    return sum(sizes.get(digest, 0) for digest in digests)


def _in_order(entry: tuple[tuple[str, str, str], _Sum]) -> tuple[int, str, int, str]:
    by, realm, group = entry[0]
    names = [name for name, _ in AGES]
    place = names.index(group) if group in names else len(names)
    return ("model", "channel", "age").index(by), realm, place, group


def _age(age_ns: int) -> str:
    return next((name for name, below_ns in AGES if age_ns < below_ns), OLDER)


def _moment(at_ns: int | None) -> str | None:
    if at_ns is None:
        return None
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
