"""What was bought before and is kept: how much of it there is, and forgetting it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from cavendish.client.house import House
from cavendish.client.system import operator
from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.store.commands import Forget

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cavendish.insight.answers import CacheStats, Choice, Kept

REALMS = ("real", "simulated")
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Cleared:
    """Answers that were forgotten, or would be: to have them again costs about `cost` of real
    money. `freeable_bytes` are of files that nothing else names then; `prune` removes them."""

    dry_run: bool
    answers: int
    cost: Money
    freeable_bytes: int

    def to_json(self) -> dict[str, Any]:
        """The document of the command line."""
        return {
            "dry_run": self.dry_run,
            "answers": self.answers,
            "cost_usd": self.cost.usd,
            "freeable_bytes": self.freeable_bytes,
        }


class Cache:
    """`client.cache`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def stats(self) -> CacheStats:
        """Answers, bytes, hits and what they spared, by model, channel and age.

        Sends and changes nothing. Raises: StorageError.
        """
        from cavendish.insight.answers import stats

        self._house.check()
        journal, sizes = await self._house.journal(), await self._sizes()
        now_ns = self._house.clock.now_ns()
        return await journal.read(partial(stats, sizes=sizes, now_ns=now_ns))

    async def clear(
        self,
        *,
        older_than: str | int | timedelta | None = None,
        model: str | None = None,
        project: str | None = None,
        realm: str | None = None,
        dry_run: bool = False,
    ) -> Cleared:
        """Forgets answers: all, or those bought longer ago than `older_than` (days, "36h", "30d"),
        drawn by a model (its id), for a project, in a realm (real or simulated).

        Whoever asks for one again buys it anew. The ledger and the files stay; `prune` removes
        files that nothing names any more. Raises: InvalidRequest, StorageError.
        """
        from cavendish.client.retention import age
        from cavendish.insight.answers import Choice

        self._house.check()
        if realm is not None and realm not in REALMS:
            raise InvalidRequest("realm", f"unknown: {realm!r}", accepts=REALMS)
        age_ns = age("older_than", older_than)
        before_ns = None if age_ns is None else self._house.clock.now_ns() - age_ns
        choice = Choice(before_ns, model, project, realm)
        meant, freeable = await self._meant(choice)
        if not dry_run:
            said = {"older_than": older_than, "model": model, "project": project, "realm": realm}
            because = {name: str(what) for name, what in said.items() if what is not None}
            await self._forget(meant, {"because": "cache clear", **because})
        cost = Money.total(one.cost for one in meant if one.realm == "real")
        return Cleared(dry_run, len(meant), cost, freeable)

    async def _meant(self, choice: Choice) -> tuple[list[Kept], int]:
        """The answers of a choice, and the bytes that nothing else names."""
        from cavendish.client.retention import needed_files
        from cavendish.insight.answers import Choice, kept, size
        from cavendish.store.shelf import Shelf

        def look(connection: Connection) -> tuple[list[Kept], list[Kept]]:
            return list(kept(connection, choice)), list(kept(connection, Choice()))

        journal, sizes = await self._house.journal(), await self._sizes()
        meant, every = await journal.read(look)
        chosen = {one.key for one in meant}
        named = {digest for one in every if one.key not in chosen for digest in one.digests}
        shelf = Shelf(self._house.settings.blobs)
        named |= await self._house.files.off_loop(partial(needed_files, self._house, shelf))
        return meant, size({d for one in meant for d in one.digests} - named, sizes)

    async def _forget(self, meant: list[Kept], because: dict[str, str]) -> None:
        journal = await self._house.journal()
        for at in range(0, len(meant), AT_ONCE):
            some = {one.key: one.attempt for one in meant[at : at + AT_ONCE]}
            await journal.change(Forget(some, because, operator()))

    async def _sizes(self) -> dict[str, int]:
        from cavendish.store.shelf import Shelf

        shelf = Shelf(self._house.settings.blobs)
        lying = await self._house.files.off_loop(shelf.files)
        return {digest: one.size_bytes for digest, one in lying.items()}
