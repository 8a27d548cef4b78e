"""cost plan and quota: a month of pictures, and what one may draw in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cyclopts import App

from cavendish.apps.cli.dossiers import dossier
from cavendish.apps.cli.flags import (
    SAY,
    ModelFlag,
    Repeated,
    SayFlags,
    SizeFlag,
    Switch,
    Whole,
    WholeOrNone,
    seconds,
)
from cavendish.core.errors import InvalidRequest

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.insight.limits import Limitations
    from cavendish.insight.plan import Plan
    from cavendish.insight.quota import Tiers

quota = App(name="quota", help="What a project may do, and what it takes to do more.")
quota.command(dossier)


def plan(
    *,
    realtime: Whole = 0,
    batch: Whole = 0,
    size: SizeFlag = None,
    model: ModelFlag = None,
    input_tokens: Whole = 0,
    references: Whole = 0,
    rate: Repeated = None,
    prices: str = "today",
    channel: str = "gemini",
    annual: Switch = False,
    deadline: str | None = None,
    say: SayFlags = SAY,
) -> int:
    """What a month of pictures costs, line by line, and what batch jobs save. Nothing is sent.

    Parameters
    ----------
    realtime
        Pictures a month that are wanted at once.
    batch
        Pictures a month that can wait for a batch job, at half the price.
    size
        512, 1K, 2K or 4K. Default: 2K where it costs what 1K costs, else 1K.
    model
        Model id or alias (cavendish models list).
    input_tokens
        Tokens of each prompt; 500 words of English are about 700.
    references
        References that go along with each picture.
    rate
        CHANNEL=USD: a third party beside, at so much a call; CHANNEL alone: at what it lists. May
        be repeated.
    prices
        today, or guide: the formula and prices of the original guide, with today's beside.
    channel
        Whose prices of today (cavendish channels list).
    annual
        The year as well.
    deadline
        How long a batch picture may take, such as 6h or 2d.
    """
    from cavendish.apps.cli import door

    rates = dict(_rate(one) for one in rate or ())
    deadline_s = None if deadline is None else seconds("deadline", deadline)

    async def body(client: AsyncClient) -> Show:
        found = await client.plan(
            realtime=realtime, batch=batch, size=size, model=model, input_tokens=input_tokens,
            references=references, rates=rates, prices=prices, channel=channel,
            deadline_s=deadline_s,
        )  # fmt: skip
        return partial(_say_plan, found, annual, say)

    return door.enter(body, say)


@quota.command
def show(*, channel: str | None = None, say: SayFlags = SAY) -> int:
    """Every limit that is told or was met: what is used of it, what was measured, when it opens.

    Parameters
    ----------
    channel
        Only this channel (cavendish channels list).
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        return partial(_say_limits, await client.quota.show(channel=channel), say)

    return door.enter(body, say)


@quota.command
def tiers(
    *,
    rpm: WholeOrNone = None,
    rpd: WholeOrNone = None,
    images_per_month: WholeOrNone = None,
    size: SizeFlag = None,
    model: ModelFlag = None,
    say: SayFlags = SAY,
) -> int:
    """The Gemini API's quota tiers, our use of them, and which one a workload needs.

    Parameters
    ----------
    rpm
        Requests in a minute, at the most.
    rpd
        Requests in a day, at the most.
    images_per_month
        Pictures in a month; of some days only, say --rpd too.
    size
        512, 1K, 2K or 4K. Default: 2K where it costs what 1K costs, else 1K.
    model
        Model id or alias (cavendish models list).
    """
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found = await client.quota.tiers(
            rpm=rpm, rpd=rpd, images_per_month=images_per_month, model=model, size=size
        )
        return partial(_say_tiers, found, say)

    return door.enter(body, say)


def _rate(said: str) -> tuple[str, str | None]:
    name, equals, usd = said.partition("=")
    if not name.strip() or (equals and not usd):
        raise InvalidRequest("rate", f"{said!r} is not CHANNEL=USD", accepts="laozhang=0.05")
    return name.strip(), usd.removeprefix("$") or None


def _say_plan(found: Plan, annual: bool, say: SayFlags) -> int:
    from cavendish.apps.cli import door, plan_words

    if say.json:
        door.document(found.to_json())
    else:
        plan_words.plan(found, annual=annual, notes=not say.quiet)
    return 0


def _say_limits(found: Limitations, say: SayFlags) -> int:
    from cavendish.apps.cli import door, limit_words

    if say.json:
        door.document(found.to_json())
    else:
        limit_words.limits(found)
    return 0


def _say_tiers(found: Tiers, say: SayFlags) -> int:
    from cavendish.apps.cli import door, tier_words, words

    if say.json:
        door.document(found.to_json())
    else:
        if not say.quiet:
            words.notes(found.warnings)
        tier_words.tiers(found)
    return 0
