"""From a whole answer to its judgement, with everything on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from cavendish.wire.dialect import dialect


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
            charged=spool.charged,
            open_picture=partial(self._open, spool),
            examine=lambda index: self._examiner.examine(
                self._blobs.spooled(spool, index), references
            ),
        )
        if judged.picture is not None:
            for index in (*judged.others, judged.picture):
                self._adopt(spool, index)
            if asked.keeps_turn:
                judged = self._with_turn(judged, spool, rest, asked, started.attempt)
        return judged

    def _with_turn(
        self, judged: Judgement, spool: Spool, rest: bytes, asked: Asked, token: str
    ) -> Judgement:
        """The judgement of an answer that is kept as a turn, with what the turn shows."""
        assert judged.drawn is not None
        assert judged.picture is not None
        keep, digests = dialect(asked.dialect).kept, [sha256 for _, sha256 in spool.pictures]
        turn = None if keep is None else keep(rest, digests, judged.picture)
        if turn is None:
            return judged
        for index in turn.pictures:
            self._adopt(spool, index)
        drawn = replace(judged.drawn, turn=self._blobs.put(turn.json, token))
        return replace(judged, drawn=drawn)

    def _adopt(self, spool: Spool, index: int) -> None:
        if self._blobs.has_spooled(spool, index):
            self._blobs.adopt(spool, index)

    def _open(self, spool: Spool, index: int) -> BinaryIO | None:
        """None when it is gone for good. Raises: StorageError when it may come back."""
        if not self._blobs.has_spooled(spool, index):
            return None
        return self._blobs.open_spooled(spool, index)
