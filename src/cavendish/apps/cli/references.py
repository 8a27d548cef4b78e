"""references: what pictures are worth as references, before they are sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cyclopts import App

from cavendish.apps.cli.flags import SAY, ModelFlag, SayFlags

if TYPE_CHECKING:
    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.references.shown import Shown

references = App(name="references", help="Pictures to go by: what they are worth.")


@references.command
def check(
    first: str,
    /,
    *more: str,
    model: ModelFlag = None,
    say: SayFlags = SAY,
) -> int:
    """Show each picture as it would be sent, and how good a reference it is. Nothing is sent.

    Parameters
    ----------
    first
        FILE[:role[:weight]], as in --ref.
    more
        Further pictures.
    model
        Model id or alias, whose sizes count.
    """
    from cavendish.apps.cli.door import enter

    async def body(client: AsyncClient) -> Show:
        from cavendish.client.references.ref import Ref

        refs = [Ref.parse(one) for one in (first, *more)]
        return partial(_show, await client.references.check(refs, model=model), say)

    return enter(body, say)


def _show(found: tuple[Shown, ...], say: SayFlags) -> int:
    from cavendish.apps.cli import door, words

    if say.json:
        door.document({"references": [one.to_json() for one in found]})
    else:
        words.references(found)
    return 0
