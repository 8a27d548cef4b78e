"""What a caller gets: a picture that was just bought, or one that was there already."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.core.errors import ContractViolation
from cavendish.core.money import ZERO
from cavendish.core.ports import Files
from cavendish.core.result import Drawn
from cavendish.send.contract import violation
from cavendish.send.events import Hook, publish
from cavendish.send.judge import Judgement
from cavendish.send.order import Sent, Tries
from cavendish.send.route import Route
from cavendish.store.blobs import Blobs
from cavendish.store.commands import Forget, Hit

if TYPE_CHECKING:
    from cavendish.store.journal import Journal

log = logging.getLogger(__name__)


class Delivery:
    """Hands pictures over, with what was tried and what is to be said of them."""

    def __init__(self, journal: Journal, blobs: Blobs, files: Files, hooks: Sequence[Hook]) -> None:
        self._journal, self._blobs, self._files, self._hooks = journal, blobs, files, hooks

    async def found(self, hit: Hit, tries: Tries) -> Sent | None:
        """A picture that was bought before, every byte of it checked.

        None when its file is gone or was changed: the answer is forgotten, whoever asks next buys
        another, and a warning says so. Raises: StorageError where no stored file can be read.
        """
        drawn = hit.drawn
        fault = await self._files.off_loop(lambda: self._blobs.fault(drawn.sha256))
        if fault is not None:
            await self._forget(hit, fault, tries)
            return None
        whole, lost = await self._files.off_loop(lambda: self._whole(drawn.others))
        publish(self._hooks, tries.found(drawn))
        return Sent(
            drawn,
            self._blobs.path(drawn.sha256),
            tuple(tries.attempts),
            cached=True,
            others=whole,
            warnings=(*tries.warnings, *drawn.warnings, *lost),
            violation=violation(drawn, ZERO),
        )

    async def _forget(self, hit: Hit, fault: str, tries: Tries) -> None:
        await self._files.off_loop(lambda: self._blobs.set_aside(hit.drawn.sha256))
        because = {"because": fault}
        await self._journal.change(
            Forget({tries.key: hit.attempt}, because, "cavendish", unserved=(hit.id,))
        )
        cost, tries.lost = hit.drawn.cost, True
        tries.warnings.append(f"{fault}; it had cost {cost} and was bought again")
        log.warning("%s; it had cost %s and is to be bought again", fault, cost)

    def _whole(self, digests: Sequence[str]) -> tuple[tuple[Path, ...], list[str]]:
        """The files of what came beside a picture, and what is wrong with the rest of them."""
        faults = {sha256: self._blobs.fault(sha256) for sha256 in digests}
        whole = tuple(self._blobs.path(one) for one, fault in faults.items() if fault is None)
        return whole, [fault for fault in faults.values() if fault is not None]

    def bought(self, drawn: Drawn, route: Route, tries: Tries, judged: Judgement) -> Sent:
        """A picture that came just now."""
        error = judged.error
        assert error is None or isinstance(error, ContractViolation)
        return Sent(
            drawn,
            self._blobs.path(drawn.sha256),
            tuple(tries.attempts),
            cached=False,
            others=self._others(drawn),
            warnings=(
                *tries.warnings, *tries.passed_over(route), *route.changes, *drawn.warnings,
            ),
            rate_limit=judged.rate_limit,
            violation=error,
        )  # fmt: skip

    def _others(self, drawn: Drawn) -> tuple[Path, ...]:
        return tuple(self._blobs.path(sha256) for sha256 in drawn.others)
