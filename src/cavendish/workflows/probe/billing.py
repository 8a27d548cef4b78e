"""What the provider's own bill must show for the calls of a probe, to the cent and the minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.workflows.probe.seen import Seen
from cavendish.workflows.probe.verdict import Graded


def billing(calls: Sequence[Seen], channel: ChannelFacts) -> Graded:
    """Whether what was booked kept to the price. Nobody but the provider knows what it charges."""
    asked = "no more than its price"
    over = [seen for seen in calls if seen.cost > seen.reserved]
    if over:
        said = ", ".join(f"{one.step.name}: {one.cost} for {one.reserved} at most" for one in over)
        return Graded("billing", "not honoured", asked, said)
    executed = [seen for seen in calls if seen.answered]
    if executed and all(seen.charged for seen in executed):
        total = Money.total(seen.cost for seen in executed)
        said = f"the provider says that it charged {total} for {_calls(executed)}"
        return Graded("billing", "honoured", asked, said)
    if channel.direct_google or channel.realm == "simulated":
        total = Money.total(seen.cost for seen in calls)
        return Graded("billing", "honoured", asked, f"{total} by the tokens that were counted")
    return Graded("billing", "cannot be told", asked, "compare with the provider's own bill, below")


def no_picture(calls: Sequence[Seen], channel: ChannelFacts) -> Graded:
    """Whether a call costs as much as a picture though none came."""
    asked = "little or nothing without a picture"
    empty = [seen for seen in calls if seen.answered and not seen.drew]
    drawn = [seen.cost.nanos for seen in calls if seen.drew]
    if not empty:
        return Graded("no picture", "cannot be told", asked, "a picture came every time")
    worst = max(empty, key=lambda seen: seen.cost.nanos)
    told = worst.charged or channel.direct_google or channel.realm == "simulated"
    if not told:
        got = f"{worst.cost} is booked, by its price list; its own bill tells"
        return Graded("no picture", "cannot be told", asked, got)
    dear = 2 * worst.cost.nanos > min(drawn, default=worst.reserved.nanos)
    got = f"{worst.cost} for the call {worst.step.name}"
    return Graded("no picture", "not honoured" if dear else "honoured", asked, got)


def bill(calls: Sequence[Seen], channel: ChannelFacts) -> Iterator[str]:
    """What to look for in the provider's bill, a sentence each."""
    sent = [seen for seen in calls if seen.answered or seen.held]
    if not sent:
        return
    first, last = sent[0].at, sent[-1].at
    yield f"compare with the bill of {channel.title}, {first} to {last}:"
    pictures = Money.total(seen.cost for seen in sent if seen.drew)
    drawn = [seen for seen in sent if seen.drew]
    yield f"{_calls(drawn)} with a picture: {_sum(drawn)}"
    wordy = [seen for seen in sent if not seen.drew and not seen.held]
    if wordy:
        most = Money.total((pictures, *(seen.cost for seen in wordy)))
        yield (
            f"{_calls(wordy)} without a picture: {most} in all if they are charged, {pictures} if "
            "they are free"
        )
    for seen in sent:
        if seen.held:
            yield f"call {seen.step.name} of {seen.at} broke off: {seen.held} more, or nothing"
    if any(seen.refused for seen in calls):
        yield f"{_calls([seen for seen in calls if seen.refused])} refused: nothing"


def _calls(seen: Sequence[Seen]) -> str:
    return f"{len(seen)} call{'s' * (len(seen) != 1)}"


def _sum(seen: Sequence[Seen]) -> str:
    """Equal amounts as a product, others as a sum."""
    total, amounts = Money.total(one.cost for one in seen), {one.cost for one in seen}
    if len(amounts) == 1 and len(seen) > 1:
        return f"{len(seen)} x {amounts.pop()} = {total}"
    if len(seen) < 2:
        return str(total)
    return " + ".join(str(one.cost) for one in seen) + f" = {total}"
