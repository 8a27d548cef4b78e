"""The end of an attempt: judged, settled, said. Also of one whose process is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from cavendish.core.errors import StorageError
from cavendish.core.ports import Clock, Files
from cavendish.core.result import RateLimit
from cavendish.send.claims import heard
from cavendish.send.conclusion import Conclusion
from cavendish.send.contract import Asked
from cavendish.send.events import AttemptStarted, Hook, publish
from cavendish.send.judge import Judgement
from cavendish.send.order import begun_elsewhere, ended
from cavendish.store.blobs import Blobs, Spool
from cavendish.store.commands import SECOND_NS, Inherited

if TYPE_CHECKING:
    from cavendish.store.journal import Journal

log = logging.getLogger(__name__)

LEASE_MARGIN_S = 30.0
"""Past its timeout an attempt needs this long at most to judge and settle."""


class Settlement:
    """Books what attempts came to, always before anything is raised."""

    def __init__(
        self,
        journal: Journal,
        blobs: Blobs,
        conclusion: Conclusion,
        *,
        clock: Clock,
        files: Files,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self._journal, self._blobs, self._conclusion = journal, blobs, conclusion
        self._clock, self._files = clock, files
        self._hooks = hooks

    async def recover(self) -> None:
        """Settles what processes that are gone left behind: the normal tick, at start-up."""
        lease_ns = int(LEASE_MARGIN_S * SECOND_NS)
        for orphan in await self._journal.inherit(lease_ns=lease_ns):
            try:
                await self.take_over(orphan)
            except StorageError as error:  # it stays open and is tried again; the others go on
                log.warning("attempt %s is not settled yet: %s", orphan.attempt, error)

    async def take_over(self, orphan: Inherited) -> None:
        """Settles an attempt whose process died, by what it left in the spool."""
        asked, started = Asked.from_row(orphan.asked), begun_elsewhere(orphan)
        await self.conclude(self._blobs.spool(orphan.attempt), None, asked, started)

    async def conclude(
        self,
        spool: Spool,
        rest: bytes | None,
        asked: Asked,
        started: AttemptStarted,
        references: Sequence[bytes] = (),
        rate_limit: RateLimit | None = None,
    ) -> Judgement:
        """Judges an answer, the one in the spool without `rest`, and settles the attempt.
        `rate_limit` is what the answer's headers say.

        Raises: StorageError; the attempt then stays open, and its answer is adopted later.
        """
        judge: Callable[[], Judgement] = partial(
            self._conclusion.of, spool, rest, asked, started, references
        )
        try:
            judged = await self._files.off_loop(judge)
        except StorageError as error:
            error.billed = None
            raise
        judged = replace(judged, rate_limit=rate_limit)
        await self.settle(started, judged)
        return judged

    async def settle(self, started: AttemptStarted, judged: Judgement) -> None:
        """Books a judgement."""
        await self._journal.settle(
            started.attempt,
            outcome=judged.outcome,
            cost_nanos=judged.cost.nanos,
            certain=judged.certain,
            drawn=judged.drawn,
            note=judged.error.message if judged.error else "",
            error=type(judged.error).__name__ if judged.error else "",
            heard=heard(started.claims, judged),
        )
        await self._files.off_loop(lambda: self._blobs.discard(started.attempt))
        publish(self._hooks, ended(started, judged, self._clock.monotonic_s()))
