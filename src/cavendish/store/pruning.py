"""What may be removed: decided over what is known, without I/O, and read from the journal here.

An answer is what a key is done with; it names files by digest. The answer that was used longest ago
goes first. A file goes with the last answer that names it, and never one that a chat or an answer
in a spool names.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.store.commands import SECOND_NS
from cavendish.store.schema import attempts, hits, keys
from cavendish.store.shelf import Lying
from cavendish.store.statements import ATTEMPTS

LEFT_OVER_NS = 24 * 3600 * SECOND_NS
"""What nothing has named for so long, nothing is about to name."""
SLACK_NS = 5 * SECOND_NS
"""So far the disk's clock and the journal's may be apart."""
STREAMED = 2_000


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a key is done with, bought by `attempt`. `used_ns` is when somebody last got it; `turn`
    says that a chat was to go on from it."""

    key: str
    attempt: str
    done_ns: int
    used_ns: int
    digests: tuple[str, ...]
    turn: bool


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is to go: answers, and files by digest with the moment after which nobody may have
    touched them (ns). `total_bytes` is what lies there, `left_bytes` what will; `needed_bytes` of
    that is named by chats or by answers in a spool."""

    answers: tuple[KeptAnswer, ...]
    files: Mapping[str, int]
    orphans: int
    total_bytes: int
    left_bytes: int
    needed_bytes: int


def kept_answers(connection: Connection) -> list[KeptAnswer]:
    """Every answer that the journal would give."""
    last = sa.func.max(hits.c.at_ns)
    used = sa.select(hits.c.key, last.label("used_ns")).group_by(hits.c.key).subquery()
    query = (
        sa.select(keys.c.id, keys.c.attempt, keys.c.done_ns, keys.c.drawn, used.c.used_ns)
        .outerjoin(used, used.c.key == keys.c.id)
        .where(keys.c.state == "done")
        .execution_options(yield_per=STREAMED)
    )
    found = []
    for key, attempt, done_ns, said, used_ns in connection.execute(query):
        drawn, done_ns = json.loads(said), done_ns or 0
        turn = drawn.get("turn")
        digests = (drawn["sha256"], *drawn.get("others", ()), *([turn] if turn else ()))
        used_ns = max(done_ns, used_ns or 0)
        found.append(KeptAnswer(key, attempt or "", done_ns, used_ns, digests, bool(turn)))
    return found


def unsettled(connection: Connection) -> list[str]:
    """The attempts that are under way or of unknown outcome."""
    found = sa.select(attempts.c.id).where(attempts.c.state != "settled").order_by(attempts.c.id)
    return list(connection.execute(found).scalars())


def known_attempts(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """Which of these attempts the journal knows, and their states."""
    found = connection.execute(ATTEMPTS, {"names": json.dumps(sorted(names))})
    return {row.id: row.state for row in found}


def pruning(
    answers: Iterable[KeptAnswer],
    files: Mapping[str, Lying],
    needed: Collection[str],
    *,
    now_ns: int,
    before_ns: int | None,
    most_bytes: int | None,
) -> Pruning:
    """What goes: answers that were last used before `before_ns`, then the oldest until the files
    take `most_bytes` at most, and files that nothing names."""
    by_age = sorted(answers, key=lambda one: (one.used_ns, one.key))
    names = Counter(sha256 for one in by_age for sha256 in set(one.digests))
    total = left = sum(one.size_bytes for one in files.values())
    out: dict[str, int] = {}
    for sha256, lying in files.items():
        if not names[sha256] and sha256 not in needed and lying.touched_ns < now_ns - LEFT_OVER_NS:
            out[sha256] = now_ns - LEFT_OVER_NS
            left -= lying.size_bytes
    orphans = len(out)
    going = []
    for one in by_age:
        aged = before_ns is not None and one.used_ns < before_ns
        if not aged and (most_bytes is None or left <= most_bytes):
            continue
        fresh = one.turn and one.used_ns > now_ns - LEFT_OVER_NS  # its chat may not name it yet
        if fresh or any(sha256 in needed for sha256 in one.digests):
            continue
        going.append(one)
        for sha256 in set(one.digests):
            names[sha256] -= 1
            until_ns = max(one.done_ns + SLACK_NS, now_ns - LEFT_OVER_NS)
            if sha256 in files and not names[sha256]:
                out[sha256] = until_ns
                left -= files[sha256].size_bytes
    return Pruning(
        tuple(going), out, orphans, total, left,
        sum(lying.size_bytes for sha256, lying in files.items() if sha256 in needed),
    )  # fmt: skip
