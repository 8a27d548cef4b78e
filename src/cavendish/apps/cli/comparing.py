"""channels compare and cost compare: the ways to pictures for one workload, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cyclopts import Parameter

from cavendish.apps.cli.flags import SAY, ModelFlag, RatioFlag, Repeated, SayFlags, SizeFlag, Whole

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.insight.ways import Comparison


@Parameter(name="*")
@dataclass(frozen=True)
class WorkloadFlags:
    """What is to be drawn."""

    images: Whole = 1
    """How many pictures."""
    size: SizeFlag = None
    """512, 1K, 2K or 4K. Default: 2K where it costs what 1K costs, else 1K."""
    model: ModelFlag = None
    """Model id or alias (cavendish models list)."""
    aspect_ratio: RatioFlag = None
    """Aspect ratio, such as 16:9. Default 1:1."""
    references: Whole = 0
    """How many references go along with each picture."""


WORKLOAD = WorkloadFlags()


def compare(
    *,
    workload: WorkloadFlags = WORKLOAD,
    channel: str | None = None,
    require: Repeated = None,
    prices: str = "today",
    say: SayFlags = SAY,
) -> int:
    """Every channel side by side: price, models, limits, what was seen, what is stated, vices.

    Nothing is sent. What was seen is from the journal; what is stated has its page and date.

    Parameters
    ----------
    channel
        Only these: NAME[,NAME...], also vertex@REGION.
    require
        real or direct-google; may be repeated.
    prices
        today, or guide: the prices of the original guide.
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.channels.compare(
            model=workload.model, size=workload.size, aspect_ratio=workload.aspect_ratio,
            images=workload.images, references=workload.references, channel=channel,
            require=require or (), prices=prices,
        )  # fmt: skip
        return partial(_say, found, say)

    return door.enter(body, say)


def _say(found: Comparison, say: SayFlags) -> int:
    from cavendish.apps.cli import comparison_words, door, words

    if say.json:
        door.document(found.to_json())
    else:
        if not say.quiet:
            words.notes(found.warnings)
        comparison_words.comparison(found)
    return 0
