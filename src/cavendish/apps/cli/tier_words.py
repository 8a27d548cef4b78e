"""What people read of quota tiers: today's and the guide's, our use, and the step to take."""

from __future__ import annotations

from rich.text import Text

from cavendish.apps.cli.plan_words import cents
from cavendish.apps.cli.words import facts, line, out, plain, table
from cavendish.core.money import Money
from cavendish.insight.quota import Ladder, Standing, Tiers
from cavendish.insight.use import Use

_NONE = Text("-", style="dim")


def tiers(found: Tiers) -> None:
    """What is wanted and used, a table for every list, and what jobs may queue."""
    each = found.each.expected
    line(Text.assemble((f"{found.model.id}, {found.size}", "bold"), f", {each} a picture"))
    facts([*_need(found), *(_use(found.use) if found.use is not None else ())])
    for ladder in found.ladders:
        _ladder(found, ladder)
    _batch(found)


def _need(found: Tiers) -> list[tuple[str, str]]:
    need = found.need
    if not need.said:
        return [("wanted", "nothing said: --rpm, --rpd or --images-per-month")]
    said = (
        (need.rpm, "a minute"), (need.rpd, "a day"), (need.images_per_month, "pictures a month"),
    )  # fmt: skip
    wanted = ", ".join(f"{value:,} {words}" for value, words in said if value is not None)
    usd = f"{cents(found.usd_10_min)} in 10 minutes"
    if found.usd_month:
        usd += f", {cents(found.usd_month)} a month"
    return [("wanted", wanted), ("that is", usd)]


def _use(use: Use) -> list[tuple[str, str]]:
    now = f"{use.requests_minute:,} in the last minute, {use.requests_today:,} today (Pacific)"
    spent = f"{cents(use.usd_10_min)} in the last 10 minutes, {cents(use.usd_month)} this month"
    busiest = (
        f"{use.busiest_minute:,} in a minute, {use.busiest_day:,} in a day, "
        f"{cents(use.busiest_10_min)} in 10 minutes"
    )
    return [("requests", now), ("spent", spent), ("busiest", f"{busiest} (31 days)")]


def _ladder(found: Tiers, ladder: Ladder) -> None:
    out.print()
    list_ = ladder.facts
    line(Text.assemble((list_.title, "bold"), (f"  checked {list_.checked}", "dim")))
    rates = any(one.tier.rpm is not None for one in ladder.standings)
    limits = ("a minute", "a day") if rates else ("in 10 min", "pictures", "a month")
    shown = table("tier", *limits, "use", "", "takes")
    shown.columns[-1].no_wrap = False
    for column in shown.columns[1 : len(limits) + 1]:
        column.justify = "right"
    for one in ladder.standings:
        mark = Text("")
        if found.need.said:
            mark = Text("✓", style="green") if one.enough else Text("✗", style="yellow")
        name = Text(one.tier.name)
        if one.tier == ladder.needed:
            name, mark = Text(one.tier.name, style="bold green"), Text("✓ this", style="bold green")
        shown.add_row(name, *_limits(one, rates), _share(one), mark, _takes(one))
    out.print(shown)
    if any(one.tier.month_may_be_more for one in ladder.standings):
        line(Text("pictures: as many as ten minutes' money buys; +: or more", style="dim"))
    if ladder.step is not None:
        words = f"for tier {ladder.needed.name}" if ladder.needed else "no tier carries it"
        out.print(Text.assemble((f"{words}: ", "bold"), plain(ladder.step)))
    if unpublished := ladder.unpublished(found.need):
        said = f"{' and '.join(unpublished)} could not be compared: ✓ is about money alone"
        out.print(Text(said, style="yellow"))
    out.print(Text(plain(list_.note), style="dim"))
    line(Text(list_.url, style="dim"))


def _limits(one: Standing, rates: bool) -> list[Text]:
    tier = one.tier
    if rates:
        return [
            Text(f"{tier.rpm:,}" if tier.rpm else "-"),
            Text(f"{tier.rpd:,}" if tier.rpd else "-"),
        ]
    if not tier.images:
        return [_NONE, Text("none", style="yellow"), _NONE]
    month = _NONE
    if tier.per_month is not None:
        month = Text(f"{_dollars(tier.per_month)}{'+' if tier.month_may_be_more else ''}")
    ten = _NONE if tier.per_10_min is None else Text(_dollars(tier.per_10_min))
    return [ten, _NONE if one.pictures_10_min is None else Text(f"{one.pictures_10_min:,}"), month]


def _dollars(limit: Money) -> str:
    """Without the cents, which no limit has."""
    return str(limit).removesuffix(".00")


def _takes(one: Standing) -> Text:
    tier = one.tier
    if tier.paid is None:
        return Text("billing" if tier.name == "1" else "-", style="dim")
    return Text(f"{_dollars(tier.paid)} paid, {tier.paid_days} days")


def _share(one: Standing) -> Text:
    if one.used is None:
        return _NONE
    share = float(one.used)
    style = "bold red" if share > 1 else "yellow" if share > 0.8 else ""
    return Text(f"{share:.0%}", style=style)


def _batch(found: Tiers) -> None:
    out.print()
    batch, queued = found.batch, found.queued_tokens
    line(Text.assemble(("batch jobs", "bold"), (f"  checked {batch.checked}", "dim")))
    waits = "not published for this model"
    if queued is not None:
        waits = ", ".join(f"{tokens:,} in tier {tier}" for tier, tokens in queued.items())
    facts(
        [
            ("queued", f"tokens at once: {waits}"),
            ("jobs", f"{batch.jobs} at once, files of {batch.file_bytes // 10**9} GB"),
            ("time", batch.late),
        ]
    )
    line(Text(batch.url, style="dim"))
