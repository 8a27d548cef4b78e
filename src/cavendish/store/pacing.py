"""When the next call may go: the pace of one limit of a service. Pure, whole numbers, no clock.

A pool is one limit (requests a minute, tokens a minute) of a service for a project and a model.
All processes share its row, and ask it in a journal transaction.

The idea. Nobody outside knows whether a service counts in a bucket, a sliding log or by the clock,
in seconds or minutes. Evenly spaced calls suit all of them: the pool keeps the moment at which all
that was admitted is paid off at its rate (the theoretical arrival time), and admits while that is
less than a small burst ahead. A call larger than the burst pushes it far ahead: it never starves,
and whoever comes next pays for it.

What the service says comes first. A refusal pauses the pool for as long as it asks, or for a short
time that doubles; then one unit is due. Refusals of what was sent before the pause began are the
same event. At two events the service was exhausted, so what it took in between, over the time, is
its rate, whatever its window: that is measured, with a short memory. After an event the pace is a
little below it, and rises slowly, then faster, until the next. A known limit is never exceeded.

A limit nobody told us is no limit until the first refusal, except that a flood begins slowly: a few
calls, and two more for every one that is taken.

Sources (2026-11-25). GCRA: https://brandur.org/rate-limiting. Slow start and additive increase:
https://www.rfc-editor.org/rfc/rfc5681; growth that bends: https://www.rfc-editor.org/rfc/rfc9438.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
LONGEST_PAUSE = 3600 * SECOND
IDLE = 3600 * SECOND  # after it nothing is known any more
GAP = 2 * SECOND  # after it the service may have had room to spare
GRACE = 3 * SECOND  # a person who was told a moment has so long after it to come back
LEAST_BURST = 50_000_000  # lateness that costs nothing, where calls are dense
START = 8  # calls of a flood before the first is taken, where nothing is known
MEMORY_CALLS = 48
MEMORY = 15 * SECOND
DRY = 90 * SECOND  # nothing taken for so long is an outage, and says nothing of a rate
SCALE = 1000  # remembered amounts are thousandths
MILLION = 1_000_000
TIMES = {"turn_ns", "probe_ns", "last_span_ns", "kept_span_ns"}  # all else in ns is a moment


@dataclass(slots=True)
class Pace:
    """What is known of one limit. Moments and times are nanoseconds, amounts units of the limit.

    A measurement is the calls and the amount sent since a moment at which the service had just been
    exhausted: the one going on, the last one (refusals still come in), and the remembered ones.
    """

    limit: int | None = None
    seen_ns: int = 0
    paid_ns: int = 0  # all that was admitted is paid off then
    open_ns: int = 0
    event_ns: int = 0  # the last pause began
    taken_ns: int = 0  # the last event before which something had been taken
    told_ns: int = 0  # the last moment told to those who wait
    turn_ns: int = 0  # how long what goes then takes to pay off
    person_ns: int = 0  # the same for people
    strikes: int = 0  # events in a row with nothing taken between
    probe_ns: int = 0  # the next call is a question: so long after it nothing else is sent
    credit: int = START
    fed_ns: int = 0
    since_ns: int = 0
    whole: int = 0  # the service was exhausted at `since_ns`
    calls: int = 0
    amount: int = 0
    last_whole: int = 0
    last_calls: int = 0
    last_amount: int = 0
    last_span_ns: int = 0
    kept_calls: int = 0
    kept_milli: int = 0
    kept_span_ns: int = 0

    def to_row(self) -> dict[str, int | None]:
        """Its fields, as they are kept in JSON."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> Pace:
        """Raises: ValueError, where a field is unknown or no whole number."""
        pace = cls()
        for name, value in row.items():
            if name not in cls.__slots__ or not (
                type(value) is int or (value, name) == (None, "limit")
            ):
                raise ValueError(f"a pool's row has {name} = {value!r}, which this version is not")
            setattr(pace, name, value)
        return pace

    @property
    def rate(self) -> int | None:
        """Units a minute as measured from refusals, None as long as there was none."""
        amount, span = _measured(self)
        return amount * MINUTE // (span * SCALE) if span else None


def open_ns(pace: Pace) -> int:
    """Until when the service asked us to wait; a moment in the past: it is open."""
    return pace.open_ns


def admit(pace: Pace, amount: int, *, limit: int | None, now_ns: int, person: bool) -> int:
    """0: admitted and charged. Else the moment after `now_ns` at which to ask again, nothing
    charged. `limit` is units a minute, None where it is not known."""
    now = _tick(pace, now_ns)
    pace.limit = limit
    if now < pace.person_ns + GRACE and not person:
        first = pace.person_ns + _cost(pace, amount)
        return _told(pace, amount, now_ns, max(first, now + LEAST_BURST), person=False)
    if _rate(pace) is None:
        earliest = 0 if _fed(pace, now, person) else now + LEAST_BURST
    else:
        earliest = pace.paid_ns - _burst(pace, person)
    earliest = max(earliest, pace.open_ns)
    if earliest > now:
        return _told(pace, amount, now_ns, earliest, person=person)
    if pace.paid_ns + GAP < now:
        pace.whole, pace.calls, pace.amount, pace.since_ns = 0, 0, 0, now
    pace.calls += pace.paid_ns > now or _rate(pace) is None
    pace.amount += amount
    pace.credit -= 1
    pace.paid_ns = max(pace.paid_ns, now) + max(_cost(pace, amount), pace.probe_ns)
    pace.probe_ns = 0
    if person and pace.person_ns <= now:
        pace.person_ns = 0
    return 0


def give_back(pace: Pace, amount: int, now_ns: int) -> None:
    """What was admitted has not been sent."""
    now = _tick(pace, now_ns)
    pace.credit += 1
    pace.paid_ns = max(min(pace.paid_ns, now), pace.paid_ns - _cost(pace, amount))
    _untake(pace, amount)


def accepted(pace: Pace, amount: int, *, sent_ns: int, now_ns: int) -> None:
    """The service took it: where nothing is known, more may follow. What the service took is
    measured without waiting for its answers: what was admitted and not refused."""
    now = _tick(pace, now_ns)
    if amount and sent_ns > pace.event_ns:
        pace.fed_ns = now
        pace.credit = min(pace.credit + 2, MILLION)


def refused(
    pace: Pace, *, sent_ns: int, now_ns: int, retry_after_ns: int | None, amount: int = 1
) -> None:
    """The service said 429 to what was sent at `sent_ns`; `retry_after_ns` is the time it asks us
    to wait, at most an hour of which is believed."""
    now = _tick(pace, now_ns)
    advice = None if retry_after_ns is None else max(0, min(retry_after_ns, LONGEST_PAUSE))
    if sent_ns <= pace.event_ns:
        pace.last_calls = max(0, pace.last_calls - 1)
        pace.last_amount = max(0, pace.last_amount - amount)
        if advice is not None:
            _pause(pace, now + advice)
        return
    _untake(pace, amount)
    pace.strikes = 0 if pace.calls > 1 else pace.strikes + 1
    if advice is None:
        unit = _cost(pace, amount)
        short = max(LEAST_BURST, min(2 * unit, 2 * SECOND))
        advice = min(short << min(pace.strikes, 20), MINUTE)
    _event(pace, now, now + advice)
    if pace.strikes:
        pace.probe_ns = min(2 * max(0, now - sent_ns), 5 * SECOND)


def advised(pace: Pace, *, remaining: int, reset_ns: int | None, now_ns: int) -> None:
    """The service said how much is left until the moment `reset_ns`. Nothing left is a pause."""
    now = _tick(pace, now_ns)
    if remaining > 0 or reset_ns is None or reset_ns <= now:
        return
    until = min(reset_ns, now + LONGEST_PAUSE)
    (_pause(pace, until) if now < pace.open_ns else _event(pace, now, until))


def _tick(pace: Pace, now_ns: int) -> int:
    """The moment, which never steps back: a clock that was set back takes all moments with it."""
    back = pace.seen_ns - now_ns
    if -back > IDLE:
        for field in fields(pace):
            setattr(pace, field.name, field.default)
    elif back > SECOND:
        for field in fields(pace):
            value = getattr(pace, field.name)
            if field.name.endswith("_ns") and value and field.name not in TIMES:
                setattr(pace, field.name, max(0, value - back))
    pace.seen_ns = max(pace.seen_ns, now_ns) if back <= SECOND else now_ns
    return pace.seen_ns


def _fed(pace: Pace, now: int, person: bool) -> bool:
    """Whether a flood may go on. Answers that never came are forgotten after a minute."""
    if now - pace.fed_ns > MINUTE:
        pace.credit = max(pace.credit, START)
        pace.fed_ns = now
    return pace.credit > (-START if person else 0)


def _measured(pace: Pace) -> tuple[int, int]:
    """Thousandths of units taken, and in which time; a time of 0: nothing is known."""
    amount = pace.kept_milli + pace.last_amount * SCALE
    return amount, pace.kept_span_ns + pace.last_span_ns if amount >= SCALE else 0


def _rate(pace: Pace) -> tuple[int, int] | None:
    """The pace as units in a time, None where there is no limit to keep."""
    known = None if pace.limit is None else (max(pace.limit, 1), MINUTE)
    amount, span = _measured(pace)
    if not span:
        return known
    growth = 970_000 + MILLION * pace.calls * pace.calls // 160_000
    learned = (amount * growth, span * SCALE * MILLION)
    return known if known and known[0] * learned[1] <= learned[0] * known[1] else learned


def _cost(pace: Pace, amount: int) -> int:
    """The time in which `amount` is paid off."""
    rate = _rate(pace)
    return 0 if rate is None else -(-amount * rate[1] // rate[0])


def _burst(pace: Pace, person: bool) -> int:
    """How far ahead of the clock calls may be, in time: a few calls, or a moment's lateness where
    they are dense, and never more than a twentieth of a minute (a quarter for a person)."""
    unit, calls, part = _cost(pace, 1), 15 if person else 7, 4 if person else 20
    return max(0, min(MINUTE // part - unit, max(LEAST_BURST, calls * unit)))


def _told(pace: Pace, amount: int, now_ns: int, earliest: int, *, person: bool) -> int:
    """A moment of one's own, so that those who wait come back one after the other."""
    gap = _cost(pace, amount) or LEAST_BURST // 10
    earliest = max(earliest, now_ns + 1)
    last = pace.person_ns if person else pace.told_ns
    slot = last + (gap if person else pace.turn_ns)
    if slot < earliest or last > earliest + max(2 * SECOND, 16 * gap):
        slot = earliest
    pace.person_ns = slot if person else pace.person_ns
    pace.told_ns, pace.turn_ns = (pace.told_ns, pace.turn_ns) if person else (slot, gap)
    return slot


def _untake(pace: Pace, amount: int) -> None:
    pace.calls = max(0, pace.calls - 1)
    pace.amount = max(0, pace.amount - amount)


def _pause(pace: Pace, until: int) -> None:
    """The pause that is on lasts longer, and so did what was measured before it."""
    if until > pace.open_ns:
        pace.last_span_ns += until - pace.open_ns if pace.last_span_ns else 0
        _closed(pace, until)


def _closed(pace: Pace, until: int) -> None:
    """Nothing before `until`, and one unit then."""
    pace.open_ns = pace.since_ns = until
    pace.paid_ns = max(pace.paid_ns, until + _burst(pace, person=False))


def _event(pace: Pace, now: int, until: int) -> None:
    """The service is exhausted: one measurement ends, the next begins with the pause's end."""
    if pace.calls > 1 or not pace.taken_ns:
        pace.taken_ns = now
    _keep(pace)
    until = max(until, pace.open_ns)
    if not pace.whole and not pace.kept_span_ns and pace.limit:
        pace.kept_calls, pace.kept_span_ns = MEMORY_CALLS, MEMORY
        pace.kept_milli = pace.limit * SCALE * MEMORY // MINUTE
    if pace.whole or (pace.calls and not pace.kept_span_ns):
        pace.last_calls, pace.last_amount = pace.calls, pace.amount
        pace.last_whole, pace.last_span_ns = pace.whole, max(1, until - pace.since_ns)
    if now - pace.taken_ns > DRY:
        pace.kept_calls = pace.kept_milli = pace.kept_span_ns = 0
        pace.last_calls = pace.last_amount = pace.last_span_ns = 0
        pace.credit, pace.fed_ns = START, now
    pace.calls, pace.amount, pace.whole, pace.event_ns = 0, 0, 1, now
    _closed(pace, until)


def _keep(pace: Pace) -> None:
    """The last measurement joins the remembered ones. One that began with room to spare says too
    much, and counts for little."""
    calls, milli, span = pace.last_calls, pace.last_amount * SCALE, pace.last_span_ns
    if not pace.last_whole and calls > 2:
        calls, milli, span = 2, milli * 2 // calls, span * 2 // calls
    calls, milli, span = calls + pace.kept_calls, milli + pace.kept_milli, span + pace.kept_span_ns
    few = min(MEMORY_CALLS, max(2, calls * MEMORY // max(span, 1)))
    if calls > few:
        calls, milli, span = few, milli * few // calls, span * few // calls
    pace.kept_calls, pace.kept_milli, pace.kept_span_ns = calls, milli, span
    pace.last_calls = pace.last_amount = pace.last_span_ns = 0
