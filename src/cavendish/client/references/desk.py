"""`client.references`: what references are worth, before they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cavendish.catalog import loader
from cavendish.client.house import House
from cavendish.client.references.gathering import looked_at
from cavendish.client.references.ref import ReferenceLike
from cavendish.client.references.shown import Shown


class References:
    """`client.references`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def check(
        self, references: Sequence[ReferenceLike], *, model: str | None = None
    ) -> tuple[Shown, ...]:
        """Each reference as it would be sent, with its quality. Sends nothing.

        Raises: InvalidRequest naming the one that cannot be used, UnknownModel.
        """
        self._house.check()
        facts = loader.find_model(model or self._house.settings.model or loader.DEFAULT_MODEL)
        return await asyncio.to_thread(looked_at, references, facts, self._house.made_ready)
