"""What people read of limits: how much of each is used, what was learned, when it opens."""

from __future__ import annotations

from rich.text import Text

from cavendish.apps.cli.plan_words import cents
from cavendish.apps.cli.words import line, out, plain, table
from cavendish.core.money import Money
from cavendish.insight.limits import Limitations, Standing
from cavendish.send.claims import SAID

_NONE = Text("-", style="dim")
_BAR = 12


def limits(found: Limitations) -> None:
    """A table for every channel, and what to do where there is none."""
    if not found.standings:
        line(Text("no limit is told, and none was met", style="bold"))
        out.print(Text('tell what you know in cavendish.toml: [limits.gemini], then tier = "1"'))
    for channel in dict.fromkeys(one.channel for one in found.standings):
        of_channel = [one for one in found.standings if one.channel == channel]
        for model in dict.fromkeys(one.model for one in of_channel):
            _table(channel, model, [one for one in of_channel if one.model == model])
    for warning in found.warnings:
        out.print(Text(plain(warning), style="yellow"))


def _table(channel: str, model: str | None, found: list[Standing]) -> None:
    realm = "" if found[0].realm == "real" else "  simulated"
    heading = Text.assemble((channel, "bold"), f"  {model or 'all models'}", (realm, "dim"))
    line(heading)
    measured = any(one.learned is not None for one in found)
    says = any(one.remaining is not None for one in found)
    more = [*(["measured"] if measured else []), *(["headers"] if says else [])]
    shown = table("limit", "used", "of", "", *more, "opens")
    for column in (*shown.columns[1:3], *shown.columns[4:-1]):
        column.justify = "right"
    for one in found:
        learned = _NONE if one.learned is None else Text(f"{one.learned:,}")
        left = _NONE if one.remaining is None else Text(f"{one.remaining:,} left")
        shown.add_row(
            Text(SAID[one.unit]), _amount(one, one.used), _amount(one, one.limit), _bar(one),
            *([learned] if measured else []), *([left] if says else []), _opens(one),
        )  # fmt: skip
    out.print(shown)
    out.print()


def _amount(one: Standing, value: int | None) -> Text:
    if value is None:
        return _NONE
    if one.unit == "spend":
        return Text(cents(Money(value)))
    return Text(f"{value:,}")


def _bar(one: Standing) -> Text:
    """How full it is; whole eighths of a cell, and never full before it is."""
    if one.limit is None or one.used is None:
        return Text("")
    eighths = min(_BAR * 8, -(-one.used * _BAR * 8 // one.limit))
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (" ▏▎▍▌▋▊▉"[part] if part else "")
    share = one.used / one.limit
    style = "red" if share >= 1 else "yellow" if share >= 0.8 else "green"
    return Text.assemble((drawn, style), (" " * (_BAR - len(drawn))))


def _opens(one: Standing) -> Text:
    if one.opens_in_s is not None:
        return Text(f"in {_time(one.opens_in_s)}", style="yellow")
    if one.resets_in_s is not None:
        return Text(f"anew in {_time(one.resets_in_s)}", style="dim")
    return Text("now", style="dim")


def _time(seconds: float) -> str:
    whole = -(-int(seconds * 1000) // 1000)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(-(-whole // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
