"""cache: what was bought before and is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cyclopts import App

from cavendish.apps.cli.flags import SAY, SayFlags, Switch

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.cache import Cleared
    from cavendish.insight.answers import CacheStats

cache = App(name="cache", help="What was bought before and is found again for nothing.")


@cache.command
def stats(*, say: SayFlags = SAY) -> int:
    """How many answers are kept, how large and old they are, and what finding them spared."""
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_stats, await client.cache.stats(), say)

    return door.enter(body, say)


@cache.command
def clear(
    *,
    older_than: str | None = None,
    model: str | None = None,
    project: str | None = None,
    realm: str | None = None,
    dry_run: Switch = False,
    say: SayFlags = SAY,
) -> int:
    """Forget answers, all or those the flags name. Whoever asks for one again buys it anew.

    The ledger stays, and so do the files: cavendish prune removes those that nothing names any
    more.

    Parameters
    ----------
    older_than
        Bought longer ago than this: 30d, 36h, 8w, or days.
    model
        Drawn by this model (its id, as in cavendish cache stats).
    project
        Bought for this project.
    realm
        real, or simulated: the drafts of the offline channel.
    dry_run
        Only show what would be forgotten.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.cache.clear(
            older_than=older_than, model=model, project=project, realm=realm, dry_run=dry_run
        )
        return partial(_say_cleared, found, say)

    return door.enter(body, say)


def _say_stats(found: CacheStats, say: SayFlags) -> int:
    from cavendish.apps.cli import cache_words, door

    if say.json:
        door.document(found.to_json())
    else:
        cache_words.stats(found)
    return 0


def _say_cleared(found: Cleared, say: SayFlags) -> int:
    from cavendish.apps.cli import cache_words, door

    if say.json:
        door.document(found.to_json())
    else:
        cache_words.cleared(found)
    return 0
