"""The ledger: whether it is what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cavendish.client.house import House

if TYPE_CHECKING:
    from cavendish.insight.verification import Verification


class Ledger:
    """`client.ledger`."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def verify(self) -> Verification:
        """Recomputes the chain of hashes, the sums and the balances, and names every fault.

        Sends and changes nothing. Raises: StorageError.
        """
        from cavendish.insight.verification import verify

        self._house.check()
        journal = await self._house.journal()
        return await journal.read(verify)
