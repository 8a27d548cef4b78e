"""The ledger: whether it is what was written, and what a vendor's bill says beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.client.house import House
from cavendish.client.system import operator
from cavendish.store.commands import Correct, Correction

if TYPE_CHECKING:
    from cavendish.insight.audit import Audit
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

    async def audit(
        self, *, since: str | date | None = None, until: str | date | None = None
    ) -> Audit:
        """Who changed what, and when: budgets, corrections, what was removed. `since` and `until`
        are days in UTC, both included.

        Raises: InvalidRequest for no day, StorageError.
        """
        from cavendish.insight.audit import audit
        from cavendish.insight.report import Period

        self._house.check()
        period = Period.of(since, until)
        journal = await self._house.journal()
        return await journal.read(partial(audit, period=period))

    async def reconcile(
        self, bill: str | Path, *, cloud_project: str | None = None, apply: bool = False
    ) -> Reconciliation:
        """A CSV of Google Cloud's bill beside the ledger, each difference by name.

        `cloud_project` takes the lines of one Google Cloud project only. With `apply` what the bill
        proves of presumed spending is booked as corrections, with an entry in the audit log; else
        nothing is changed. The same bill applied again changes nothing.
        Raises: InvalidRequest when the file is no such bill, StorageError.
        """
        from cavendish.insight.bill import Bill
        from cavendish.insight.bill_file import bill_rows
        from cavendish.insight.reasons import by_line, has_more
        from cavendish.insight.reconciliation import reconcile

        self._house.check()
        path = Path(bill)
        added_up = await asyncio.to_thread(lambda: Bill.of(bill_rows(path, cloud_project)))
        journal, known = await self._house.journal(), self._house.settings.channels
        now_ns = self._house.clock.now_ns()
        found = await journal.read(partial(reconcile, bill=added_up, known=known, now_ns=now_ns))
        if any(map(has_more, found.compared)):
            again = partial(by_line, found.compared, bill_rows(path, cloud_project))
            found = replace(found, compared=await asyncio.to_thread(again))
        if not apply or not found.corrections:
            return found
        proven = tuple(
            Correction(one.attempt, one.presumed.nanos, one.cost.nanos) for one in found.corrections
        )
        booked = await journal.change(Correct(path.name, proven, operator()))
        return replace(found, applied=booked)
