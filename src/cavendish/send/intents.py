"""Intents: what is about to be bought, durable before the first byte of it leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cavendish.core.errors import StorageError
from cavendish.core.money import Money
from cavendish.core.ports import Random
from cavendish.send import legs
from cavendish.send.contract import Asked
from cavendish.send.order import Order
from cavendish.send.route import Route
from cavendish.send.settlement import LEASE_MARGIN_S
from cavendish.store.blobs import Blobs
from cavendish.store.claim import Claim, Heard
from cavendish.store.commands import SECOND_NS, Answer, Reserved

if TYPE_CHECKING:
    from cavendish.store.journal import Journal

ROOM_BYTES = 128 * 1024 * 1024
"""Below this much free disk nothing is bought: a 4K answer must fit, and the journal too."""


class Intents:
    """Asks the journal for leave to buy."""

    def __init__(self, journal: Journal, blobs: Blobs, random: Random) -> None:
        self._journal, self._blobs, self._random = journal, blobs, random

    async def begin(
        self,
        order: Order,
        route: Route,
        asked: Asked,
        reserved: Money,
        claims: tuple[Claim, ...],
        *,
        look: bool,
        max_age_ns: int | None,
    ) -> Answer:
        """What the journal says to it; with `look` nothing is bought yet. Raises: StorageError."""
        free_bytes = self._blobs.free_bytes()
        if free_bytes < ROOM_BYTES:
            raise StorageError(
                f"only {free_bytes // 2**20} MiB are free where pictures are kept; "
                f"nothing is bought below {ROOM_BYTES // 2**20} MiB",
                next_step="free some space, or point CAVENDISH_HOME at another disk",
            )
        intent = self._journal.begin(
            order.key,
            attempt=self._random.token(),
            channel=route.channel,
            model=order.model,
            asked=asked.to_row(),
            holds=legs.holds(
                reserved,
                project=order.key.project,
                tags=order.tags,
                key_name=order.key_name,
                run=order.run,
                run_limit=order.run_limit,
            ),
            lease_ns=int((order.timeout_s + LEASE_MARGIN_S) * SECOND_NS),
            tags=order.tags,
            claims=claims,
            person=order.priority == 0,
            look=look,
            max_age_ns=max_age_ns,
        )
        begun = asyncio.ensure_future(intent)
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:  # nothing has left: what was held is given back
            if isinstance(answer := await begun, Reserved):
                await self._journal.settle(
                    answer.attempt, outcome="not_sent", note="cancelled", heard=Heard(claims)
                )
            raise
