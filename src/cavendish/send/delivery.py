"""What a caller gets: a picture that was just bought, or one that was there already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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


class Delivery:
    """Hands pictures over, with what was tried and what is to be said of them."""

    def __init__(self, blobs: Blobs, files: Files, hooks: Sequence[Hook]) -> None:
        self._blobs, self._files, self._hooks = blobs, files, hooks

    async def found(self, drawn: Drawn, tries: Tries) -> Sent:
        """A picture that was bought before. Raises: StorageError where its file is gone."""
        path = await self._files.off_loop(lambda: self._blobs.verified(drawn.sha256))
        publish(self._hooks, tries.found(drawn))
        return Sent(
            drawn,
            path,
            tuple(tries.attempts),
            cached=True,
            others=self._others(drawn),
            warnings=drawn.warnings,
            violation=violation(drawn, ZERO),
        )

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
