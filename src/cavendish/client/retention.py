"""What is removed from a home, when somebody says so: `client.prune`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from cavendish.client.chats.needs import needed
from cavendish.client.house import House
from cavendish.client.system import operator
from cavendish.core.errors import InvalidRequest
from cavendish.store.blobs import Blobs
from cavendish.store.commands import SECOND_NS, Forget
from cavendish.store.conversations import Conversations
from cavendish.store.pruning import (
    LEFT_OVER_NS,
    KeptAnswer,
    Pruning,
    kept_answers,
    known_attempts,
    pruning,
)
from cavendish.store.shelf import Lying, Shelf

if TYPE_CHECKING:
    from cavendish.store.journal import Journal

GB = 10**9
AT_ONCE = 1_000
"""Answers forgotten in one transaction."""
_UNITS_S = {"": 86_400, "d": 86_400, "h": 3_600, "w": 7 * 86_400, "m": 60, "s": 1}
_AGE = re.compile(r"(\d{1,6})\s*([a-z]?)")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be. Bytes are those of pictures; `answers` are found no more and
    bought anew where somebody asks; `orphans` among the `files` were named by nothing;
    `needed_bytes` of what is left belong to chats or to answers that are not settled yet."""

    dry_run: bool
    answers: int
    files: int
    orphans: int
    spools: int
    freed_bytes: int
    left_bytes: int
    needed_bytes: int
    most_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether what is left is within the size that was asked for."""
        return self.most_bytes is None or self.left_bytes <= self.most_bytes

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {**found, "fits": self.fits}


async def prune(
    house: House, older_than: str | int | timedelta | None, max_size: str | float | None,
    *, dry_run: bool,
) -> Pruned:  # fmt: skip
    """Removes what is older or too much; see `AsyncClient.prune`."""
    if older_than is None and max_size is None:
        older_than, max_size = house.settings.keep_days, house.settings.keep_gb
    age_ns, most_bytes = age("older_than", older_than), size("max_size", max_size)
    journal, where = await house.journal(), str(house.settings.journal)
    shelf = Shelf(house.settings.blobs)
    await house.files.off_loop(partial(shelf.check_claims, where))
    with shelf.unchanged():
        now_ns = house.clock.now_ns()
        files = await house.files.off_loop(shelf.files)
        spools = await house.files.off_loop(shelf.spools)
        named = await house.files.off_loop(partial(needed_files, house, shelf))
        answers = await journal.read(kept_answers)
        found = pruning(
            answers, files, named, now_ns=now_ns, most_bytes=most_bytes,
            before_ns=None if age_ns is None else now_ns - age_ns,
        )  # fmt: skip
        states = await journal.read(partial(known_attempts, names=spools))
        over = [
            name
            for name, lying in spools.items()
            if states.get(name) == "settled"  # an answer that no journal knows is left alone
            or (name not in states and not shelf.is_whole(name)
                and lying.touched_ns < now_ns - LEFT_OVER_NS)
        ]  # fmt: skip
        count, freed = len(found.files), found.total_bytes - found.left_bytes
        if not dry_run:
            because = {"older_than": _said(older_than), "max_size": _said(max_size)}
            await _forget(journal, found.answers, because)
            gone = await _removed(house, journal, shelf, found)
            await house.files.off_loop(partial(shelf.take_spools, over))
            count, freed = len(gone), sum(one.size_bytes for one in gone.values())
        return Pruned(
            dry_run, len(found.answers), count, found.orphans, len(over), freed,
            found.total_bytes - freed, found.needed_bytes, most_bytes,
        )  # fmt: skip


async def _forget(
    journal: Journal, answers: Sequence[KeptAnswer], because: Mapping[str, Any]
) -> None:
    """Rows before files: a file without a row is taken by the next prune, the reverse never is."""
    for at in range(0, len(answers), AT_ONCE):
        some = {one.key: one.attempt for one in answers[at : at + AT_ONCE]}
        await journal.change(Forget(some, because, operator()))


async def _removed(
    house: House, journal: Journal, shelf: Shelf, found: Pruning
) -> Mapping[str, Lying]:
    await house.files.off_loop(partial(shelf.set_aside, found.files))
    named = await house.files.off_loop(partial(needed_files, house, shelf))
    for one in await journal.read(kept_answers):
        named.update(one.digests)
    return await house.files.off_loop(partial(shelf.take, found.files, named))


def needed_files(house: House, shelf: Shelf) -> set[str]:
    """What answers in the spool and chats name. Raises: StorageError when a chat is damaged."""
    folder, files = house.settings.blobs, house.files
    found = shelf.spooled()
    return found | needed(Conversations(folder, files), Blobs(folder, files))


def age(field: str, said: str | int | timedelta | None) -> int | None:
    """How long that is, in nanoseconds: days, or 36h, 30d, 8w. Raises: InvalidRequest."""
    if said is None:
        return None
    if isinstance(said, timedelta):
        return max(0, said // timedelta(microseconds=1)) * 1_000
    found = _AGE.fullmatch(str(said).strip().lower())
    if found is None or found[2] not in _UNITS_S:
        raise InvalidRequest(field, f"{said!r} is no span of time", accepts="days, 36h, 30d or 8w")
    return int(found[1]) * _UNITS_S[found[2]] * SECOND_NS


def size(field: str, said: str | float | None) -> int | None:
    """How many bytes that many GB are. Raises: InvalidRequest."""
    if said is None:
        return None
    try:
        found = Fraction(str(said)) * GB
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if found < 0:
        raise InvalidRequest(field, f"{said!r} is no size", accepts="gigabytes, such as 20 or 0.5")
    return int(found)


def _said(given: object) -> str | None:
    return None if given is None else str(given)
