"""channels: the ways to pictures, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts import App
from rich.text import Text

from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cavendish.client.channels import ChannelState

channels = App(name="channels", help="The ways to pictures: Google's own and third parties.")


@channels.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """Every channel: whose it is, its key's variable and whether it is set, and a picture's price.

    A channel of your own is one file: see docs/channels.md. Third parties are used only when they
    are named with --channel or in the settings.
    """
    from cavendish.apps.cli import door
    from cavendish.client.channels import Channels
    from cavendish.client.settings import Settings
    from cavendish.core.errors import CavendishError

    try:
        found = Channels(Settings.load()).list()
    except CavendishError as error:
        return door.fail(error, as_json=say.json)
    if say.json:
        door.document({"channels": [one.to_json() for one in found]})
    else:
        _show(found)
    return 0


def _show(found: Iterable[ChannelState]) -> None:
    from cavendish.apps.cli.words import line, out, plain, table

    shown, vices = table("channel", "kind", "2K Pro", "key", "called"), []
    for one in found:
        facts = one.facts
        price = "unknown" if one.picture is None else str(one.picture)
        key = Text("none needed", style="dim")
        if one.key_name is not None:
            key = Text.assemble(("✓ ", "bold green"), one.key_name)
        elif one.key_names:
            key = Text.assemble(("· ", "dim"), (one.key_names[-1], "dim"))
        shown.add_row(facts.name, one.kind, price, key, Text(plain(facts.title)))
        vices += [(facts.name, vice) for vice in facts.vices]
    out.print(shown)
    line(Text("usd a 2K picture from Nano Banana Pro; ✓ the key is set, · it is not", style="dim"))
    line(Text("third parties are called only where --channel or a setting names them", style="dim"))
    if vices:
        out.print()
    for name, vice in vices:
        line(Text.assemble((f"{name} ", "bold"), vice))
