"""From a whole answer to its judgement, with everything on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import BinaryIO

from cavendish.core.errors import Interrupted
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO
from cavendish.core.ports import Examiner
from cavendish.send.contract import Asked
from cavendish.send.events import AttemptStarted
from cavendish.send.judge import Judgement, judge
from cavendish.store.blobs import Blobs, Spool


class Conclusion:
    """Judges what is in a spool and keeps its pictures. Blocks: run it off the loop."""

    def __init__(self, blobs: Blobs, examiner: Examiner, known: Mapping[str, ChannelFacts]) -> None:
        self._blobs, self._examiner, self._known = blobs, examiner, known

    def of(
        self,
        spool: Spool,
        rest: bytes | None,
        asked: Asked,
        started: AttemptStarted,
        references: Sequence[bytes] = (),
    ) -> Judgement:
        """Without `rest` the answer is the one in the spool. `references` are the pictures that
        went along, as far as they are still known. The picture moves before the row is written:
        a row without its picture cannot exist. Raises: StorageError."""
        if rest is not None:
            spool.finish(rest)
        else:
            rest = spool.load()
        if rest is None:
            lost = Interrupted("the process that asked is gone", billed=None)
            return Judgement("unknown", ZERO, error=lost)
        judged = judge(
            rest,
            spool.pictures,
            asked=asked,
            channel=started.channel,
            known=self._known,
            reserved=started.reserved,
            open_picture=partial(self._open, spool),
            examine=lambda index: self._examiner.examine(
                self._blobs.spooled(spool, index), references
            ),
        )
        if judged.picture is not None:
            for index in (*judged.others, judged.picture):
                if self._blobs.has_spooled(spool, index):
                    self._blobs.adopt(spool, index)
        return judged

    def _open(self, spool: Spool, index: int) -> BinaryIO | None:
        """None when it is gone for good. Raises: StorageError when it may come back."""
        if not self._blobs.has_spooled(spool, index):
            return None
        return self._blobs.open_spooled(spool, index)
