"""The ledger: whether it is what was written, and what a vendor's bill says beside it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.client.house import House

if TYPE_CHECKING:
    from cavendish.insight.reconciliation import Reconciliation
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

    async def reconcile(
        self, bill: str | Path, *, cloud_project: str | None = None
    ) -> Reconciliation:
        """A CSV of Google Cloud's bill beside the ledger, each difference by name.

        `cloud_project` takes the lines of one Google Cloud project only. Changes nothing.
        Raises: InvalidRequest when the file is no such bill, StorageError.
        """
        from cavendish.insight.bill_file import read_bill
        from cavendish.insight.reconciliation import reconcile

        self._house.check()
        found = await asyncio.to_thread(read_bill, Path(bill), cloud_project)
        journal, known = await self._house.journal(), self._house.settings.channels
        return await journal.read(partial(reconcile, bill=found, known=known))
