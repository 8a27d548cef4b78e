"""What people read of channels in the terminal: the list, and what a probe found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rich.text import Text

from cavendish.apps.cli.words import err, line, money, out, plain, table

if TYPE_CHECKING:
    from cavendish.client.channels.desk import ChannelState
    from cavendish.workflows.evaluation.report import Evaluation, EvaluationPlan
    from cavendish.workflows.evaluation.rows import Standing
    from cavendish.workflows.probe.report import Probe, ProbePlan

SAID: Final = 160
"""Characters of what went wrong with a picture; the CSV has all of it."""

_GRADES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"honoured": ("✓", "green"), "not honoured": ("✗", "bold red"), "cannot be told": ("?", "dim")}
)


def channels(found: Iterable[ChannelState]) -> None:
    """Every channel with price and key; below it what to expect and what probes found."""
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
        if one.latencies:
            vices.append((facts.name, _latencies(one.latencies)))
        if one.probed is not None:
            vices.append((facts.name, one.probed.words))
    out.print(shown)
    line(Text("usd a 2K picture from Nano Banana Pro; ✓ the key is set, · it is not", style="dim"))
    line(Text("third parties are called only where --channel or a setting names them", style="dim"))
    if vices:
        out.print()
    for name, vice in vices:
        line(Text.assemble((f"{name} ", "bold"), vice))


def _latencies(found: Mapping[str, float | None]) -> str:
    near = [f"{name} {seconds:.2f} s" for name, seconds in found.items() if seconds][:4]
    silent = sum(seconds is None for seconds in found.values())
    return f"measured: {', '.join(near) or 'nothing answered'}; {silent} did not answer"


def probe_plan(found: ProbePlan) -> None:
    """The calls a probe would make, and the most they can cost."""
    for step, cost in found.steps:
        asks, most = f"{step.size} {step.aspect_ratio}", str(cost.high)
        line(Text.assemble((f"{step.name:<10}", "bold"), f" {asks:<8} {most:<8}", step.why))
    most = money(found.most, found.realm)
    line(Text(f"{found.channel}, {found.model}: {most} at most; nothing was sent", style="bold"))
    if found.most > found.ceiling:
        line(Text(f"the ceiling of {found.ceiling} is too low for it", style="bold red"))


def probe(found: Probe) -> None:
    """Each call, each promise with its grade, what to do, and what the bill must show."""
    plan = found.plan
    line(Text.assemble((plan.title, "bold"), f", {plan.model}, {found.at}"))
    out.print()
    calls = table("call", "asked", "came", "time", "booked", "answered as")
    for seen in found.calls:
        asked = f"{seen.step.size} {seen.step.aspect_ratio}"
        calls.add_row(
            seen.step.name, asked, Text(plain(seen.came)), f"{seen.elapsed_s:.1f} s",
            str(seen.cost), Text(plain(seen.model_version or "·"), style="dim"),
        )  # fmt: skip
    out.print(calls)
    out.print()
    for one in found.findings:
        mark, style = _GRADES[one.grade]
        name = Text.assemble((f"{mark} ", style), (f"{one.promise:<12}", "bold"))
        line(Text.assemble(name, f"{plain(one.got)}", (f"  ({one.asked})", "dim")))
        if one.advice:
            line(Text(f"    {one.advice}", style="yellow"))
    out.print()
    for said in found.bill:
        line(Text(said, style="dim"))
    total = money(found.cost, plan.realm)
    held = f", {found.held} held" if found.held else ""
    line(Text.assemble(("booked ", "dim"), (total, "bold"), f"{held} of {plan.ceiling} allowed"))
    if found.stopped:
        err.print(Text(f"stopped early: {plain(found.stopped)}", style="bold"), soft_wrap=True)


def evaluation_plan(found: EvaluationPlan) -> None:
    """What an evaluation would buy, by channel, and the most it can cost."""
    shown = table("channel", "pictures", "expected", "at most", numbers=True)
    for share in found.shares:
        bought = f" + {share.bought} bought before" if share.bought else ""
        expected, most = money(share.cost.expected, share.realm), str(share.cost.high)
        shown.add_row(share.channel, f"{share.to_buy}{bought}", expected, most)
    out.print(shown)
    share = found.shares[0]
    asks = f"{share.model}, {share.size} {share.aspect_ratio}"
    most = money(found.most, found.realm)
    line(Text(f"{asks}: {most} at most; nothing was sent", style="bold"))


def evaluation(found: Evaluation) -> None:
    """Each channel's standing, what failed, and where everything lies."""
    columns = ("channel", "came", "as asked", "each", "paid now", "p50", "p95")
    shown = table(*columns, numbers=True)
    shown.add_column("pixels", no_wrap=True)
    for one in found.standings:
        came = Text(f"{one.came}/{one.asked}", style="" if one.came == one.asked else "bold red")
        right = Text(f"{one.as_asked}/{one.came}", style="" if one.as_asked == one.came else "red")
        each = "·" if one.price is None else str(one.price)
        shown.add_row(
            one.channel, came, right, each, str(one.cost), _seconds(one.p50_s),
            _seconds(one.p95_s), one.pixels,
        )  # fmt: skip
    out.print(shown)
    for row in found.failures:
        said = "; ".join(row.findings) or f"{row.error}: {row.message}"
        name = f"{row.channel} {row.number:02d}"
        short = said if len(said) <= SAID else f"{said[:SAID]}…"
        line(Text.assemble(("✗ ", "bold red"), (f"{name} ", "bold"), plain(short)))
    for one in found.standings:
        if (beside := _beside(one)) is not None:
            line(Text(beside, style="dim"))
    for name, path in (("sheet", found.sheet), ("rows", found.table)):
        line(Text.assemble((f"{name:<6}", "dim"), (plain(str(path)), "bold")))


def _seconds(value: float | None) -> str:
    return "·" if value is None else f"{value:.1f} s"


def _beside(one: Standing) -> str | None:
    if one.cached:
        return (
            f"{one.channel}: {one.cached} of {one.came} were bought before and cost nothing now; "
            "price and time are those of the run that bought them, · where that is not known"
        )
    return f"{one.channel}: simulated money" if one.realm == "simulated" else None
