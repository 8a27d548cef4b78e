"""cost verify: is the ledger what was written?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.insight.verification import Verification

NOT_AS_WRITTEN = 4


def verify(*, say: SayFlags = SAY) -> int:
    """Is the ledger as it was written? Chain, sums and balances; names each changed row.

    Exit code 4 when it is not. Nothing is sent, nothing is changed.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_verification, await client.ledger.verify(), say)

    return door.enter(body, say)


def _say_verification(found: Verification, say: SayFlags) -> int:
    from cavendish.apps.cli import bookkeeping_words, door

    if say.json:
        door.document(found.to_json())
    elif not (say.quiet and found.sound):
        bookkeeping_words.verification(found)
    return 0 if found.sound else NOT_AS_WRITTEN
