"""What people read about answers that are kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.upkeep_words import count, size
from cavendish.apps.cli.words import facts, line, money, out, table

if TYPE_CHECKING:
    from cavendish.client.cache import Cleared
    from cavendish.insight.answers import CacheStats


def stats(found: CacheStats) -> None:
    """What is kept, in all and by group."""
    if not found.answers:
        out.print("no answer is kept")
        return
    said = f"{count(found.answers, 'answer')} kept, {size(found.size_bytes)}"
    line(Text(said, style="bold"))
    facts(
        [
            *_found(found),
            ("oldest", str(found.oldest)),
            ("newest", str(found.newest)),
            *([("missing", count(found.missing, "file"))] if found.missing else ()),
        ]
    )
    for by in ("model", "channel", "age"):
        shown = table(by, "realm", "answers", "size", "hits", "spared")
        for one in found.groups:
            if one.by == by:
                numbers = f"{one.answers:,}", size(one.size_bytes), f"{one.hits:,}", str(one.spared)
                shown.add_row(one.group, one.realm, *numbers)
        out.print()
        out.print(shown)


def _found(found: CacheStats) -> Iterable[tuple[str, str]]:
    for realm in ("real", "simulated"):
        if found.hits(realm) or (realm == "real" and not found.hits("simulated")):
            spared = money(found.spared(realm), realm)
            yield "found again", f"{count(found.hits(realm), 'time')}, which spared {spared}"


def cleared(found: Cleared) -> None:
    """What was forgotten, and what that means."""
    if not found.answers:
        out.print("no such answer is kept")
        return
    done, mark = ("would be forgotten", ("· ", "dim")) if found.dry_run else (
        "forgotten", ("✓ ", "bold green"))  # fmt: skip
    line(Text.assemble(mark, (f"{count(found.answers, 'answer')} {done}", "bold")))
    cost = f"; all of them had cost {found.cost}" if found.cost else ""
    facts(
        [
            ("again", f"whoever asks for one buys it anew{cost}"),
            (
                "files",
                f"{size(found.freeable_bytes)}, which cavendish prune removes once a day old",
            ),
        ]
    )
