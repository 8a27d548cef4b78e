"""When the next call may go: the pace of one limit of a service. Pure, whole numbers, no clock.

A pool is one limit (requests a minute, tokens a minute) of a service for a project and a model.
All processes share its row, and ask it in a journal transaction.

The idea. Nobody outside knows whether a service counts in a bucket, a sliding log or by the clock,
in seconds or minutes. Evenly spaced calls suit all of them: the pool keeps the moment at which all
that was admitted is paid off at its rate (the theoretical arrival time), and admits while that is
less than a small burst ahead. A call larger than the burst pushes it far ahead: it never starves,
and whoever comes next pays for it.

What the service says comes first. A refusal pauses the pool for as long as it asks, else for as
long as nothing was taken already; then one unit is due. Refusals of what was sent before the pause
began are the same event. At two events the service was exhausted, so what it took in between, over
the time, is its rate, whatever its window: that is measured, with a short memory. After an event
the pace is about that, and rises slowly, then faster, until the next. A known limit is never
exceeded; a limit nobody told us is none until the first refusal, except that a flood begins slowly.

Sources (2026-11-25). GCRA: https://brandur.org/rate-limiting. Slow start and additive increase:
https://www.rfc-editor.org/rfc/rfc5681; growth that bends: https://www.rfc-editor.org/rfc/rfc9438.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 3600 * SECOND  # the longest pause; and an idle pool is as new after it
MARGIN = 120_000_000  # by so much a minute is longer: calls arrive less evenly than they are sent
LEAST = 50_000_000  # the shortest pause, and lateness that costs nothing where calls are dense
GAP = 2 * SECOND  # after it the service may have had room to spare
GRACE = 3 * SECOND  # a person who was told a moment has so long after it to come back
DRY = 90 * SECOND  # nothing taken for so long is an outage, and says nothing of a rate
START, RAMP = 16, 2  # nothing known: calls a second at first, and more for each that went
MEMORY, MEMORY_CALLS, FEWEST = 15 * SECOND, 48, 8  # how much is remembered of a rate
ROUGH = 20  # a measurement that began with room to spare counts as so many calls
DENSE = 3  # calls between two events: far above the rate, so remember less
MILLI, MILLION = 1000, 1_000_000
AFTER = {False: (1_020_000, 300), True: (980_000, 1000)}
"""After an event, by whether the limit is known: millionths of the measured rate at first, and the
calls in which that much is added once, four times in twice as many."""
AGAIN = 1800  # seconds after an event in which a known limit has been worked up to
AGREES = 920_000  # millionths of the known limit above which a measurement says the same
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
            known = name in cls.__slots__ and (
                type(value) is int or (value, name) == (None, "limit")
            )
            if not known:
                raise ValueError(f"a pool's row has {name} = {value!r}, which this version is not")
            setattr(pace, name, value)
        return pace

    @property
    def rate(self) -> int | None:
        """Units a minute as measured from refusals, None as long as there was none."""
        amount, span = _measured(self)
        return amount * MINUTE // (span * MILLI) if span else None


def open_ns(pace: Pace) -> int:
    """Until when the service asked us to wait; a moment in the past: it is open."""
    return pace.open_ns


def admit(pace: Pace, amount: int, *, limit: int | None, now_ns: int, person: bool) -> int:
    """0: admitted and charged. Else the moment after `now_ns` at which to ask again, nothing
    charged. `limit` is units a minute, None where it is not known."""
    now, pace.limit = _tick(pace, now_ns), limit
    if now < pace.person_ns + GRACE and not person:
        first = pace.person_ns + _cost(pace, amount)
        return _told(pace, amount, now_ns, max(first, now + LEAST), person=False)
    earliest = max(pace.paid_ns - _burst(pace, person), pace.open_ns)
    if earliest > now:
        return _told(pace, amount, now_ns, earliest, person=person)
    if pace.paid_ns + GAP < now:
        pace.whole, pace.calls, pace.amount, pace.since_ns = 0, 0, 0, now
    pace.calls += pace.paid_ns > now
    pace.amount += amount
    pace.paid_ns = max(pace.paid_ns, now) + max(_cost(pace, amount), pace.probe_ns)
    pace.probe_ns = 0
    if person and pace.person_ns <= now:
        pace.person_ns = 0
    return 0


def give_back(pace: Pace, amount: int, now_ns: int) -> None:
    """What was admitted has not been sent."""
    now = _tick(pace, now_ns)
    pace.paid_ns = max(min(pace.paid_ns, now), pace.paid_ns - _cost(pace, amount))
    _untake(pace, amount)


def accepted(pace: Pace, amount: int, *, sent_ns: int, now_ns: int) -> None:
    """The service took it, so it is not out of order. Its rate is not measured here, where answers
    come seconds late: what it took is what was admitted and not refused."""
    now = _tick(pace, now_ns)
    if amount and sent_ns > pace.event_ns:
        pace.strikes, pace.taken_ns = 0, now


def refused(
    pace: Pace, *, sent_ns: int, now_ns: int, retry_after_ns: int | None, amount: int = 1
) -> None:
    """The service said 429 to what was sent at `sent_ns`; `retry_after_ns` is the time it asks us
    to wait, at most an hour of which is believed."""
    now = _tick(pace, now_ns)
    advice = None if retry_after_ns is None else max(0, min(retry_after_ns, HOUR))
    if sent_ns <= pace.event_ns:
        pace.last_calls = max(0, pace.last_calls - 1)
        pace.last_amount = max(0, pace.last_amount - amount)
        if advice is not None and now + advice > pace.open_ns:
            _pause(pace, now + advice)
        return
    _untake(pace, amount)
    before = pace.calls * max(0, sent_ns - pace.since_ns) // max(1, now - pace.since_ns)
    pace.strikes = 0 if before > 1 else pace.strikes + 1
    if not pace.strikes or not pace.taken_ns:
        pace.taken_ns = now
    short = max(LEAST, min(2 * _cost(pace, amount), 2 * SECOND))
    pause = min(max(short, now - pace.taken_ns), MINUTE) if advice is None else advice
    _event(pace, now, now + pause, dry=advice is None and pace.strikes > 0)
    if pace.strikes:
        pace.probe_ns = min(2 * max(0, now - sent_ns), 5 * SECOND)


def advised(pace: Pace, *, remaining: int, reset_ns: int | None, now_ns: int) -> None:
    """The service said how much is left until the moment `reset_ns`. Nothing left is a pause."""
    now = _tick(pace, now_ns)
    if remaining > 0 or reset_ns is None or reset_ns <= now:
        return
    until = max(pace.open_ns, min(reset_ns, now + HOUR))
    (_pause(pace, until) if now < pace.open_ns else _event(pace, now, until))


def _tick(pace: Pace, now_ns: int) -> int:
    """The moment, which never steps back: a clock that was set back takes all moments with it."""
    back = pace.seen_ns - now_ns
    if -back > HOUR:
        for field in fields(pace):
            setattr(pace, field.name, field.default)
    elif back > SECOND:
        for field in fields(pace):
            value = getattr(pace, field.name)
            if field.name.endswith("_ns") and value and field.name not in TIMES:
                setattr(pace, field.name, max(0, value - back))
    pace.seen_ns = max(pace.seen_ns, now_ns) if back <= SECOND else now_ns
    return pace.seen_ns


def _measured(pace: Pace) -> tuple[int, int]:
    """Thousandths of units taken, and in which time; a time of 0: nothing is known."""
    amount = pace.kept_milli + pace.last_amount * MILLI
    return amount, pace.kept_span_ns + pace.last_span_ns if amount >= MILLI else 0


def _rate(pace: Pace) -> tuple[int, int] | None:
    """The pace as units in a time, None where there is no limit to keep."""
    known = None if pace.limit is None else (max(pace.limit, 1), MINUTE + MARGIN)
    amount, span = _measured(pace)
    if not span:
        return known
    first, slow = AFTER[known is not None]
    amount *= first + MILLION * pace.calls**2 // slow**2
    span *= MILLI * MILLION
    if known is None:
        return amount, span
    long = max(0, pace.paid_ns - pace.since_ns) // SECOND
    amount += span * known[0] * long**2 // (AGAIN**2 * MINUTE)
    return known if known[0] * span * AGREES <= amount * known[1] * MILLION else (amount, span)


def _cost(pace: Pace, amount: int) -> int:
    """The time in which `amount` is paid off."""
    units, time = _rate(pace) or (amount * (START + RAMP * pace.calls), SECOND)
    return -(-amount * time // units)


def _burst(pace: Pace, person: bool) -> int:
    """How far ahead of the clock calls may be, in time: a few calls, or a moment's lateness where
    they are dense, and never more than a twentieth of a minute (a quarter for a person)."""
    if _rate(pace) is None:
        return SECOND // 2
    unit, calls, part = _cost(pace, 1), 15 if person else 7, 4 if person else 20
    return max(0, min((MINUTE + MARGIN) // part - unit, max(LEAST, calls * unit)))


def _told(pace: Pace, amount: int, now_ns: int, earliest: int, *, person: bool) -> int:
    """A moment of one's own, so that those who wait come back one after the other."""
    gap = _cost(pace, amount)
    earliest = max(earliest, now_ns + 1)
    last = pace.person_ns if person else pace.told_ns
    slot = last + (gap if person else pace.turn_ns)
    if slot < earliest or last > earliest + max(2 * SECOND, 16 * gap):
        slot = earliest
    if person:
        pace.person_ns = slot
    else:
        pace.told_ns, pace.turn_ns = slot, gap
    return slot


def _untake(pace: Pace, amount: int) -> None:
    pace.calls = max(0, pace.calls - 1)
    pace.amount = max(0, pace.amount - amount)


def _pause(pace: Pace, until: int) -> None:
    """The pause lasts longer, and so did what was measured before it; then one unit is due."""
    if not pace.calls:
        pace.last_span_ns += until - pace.open_ns if pace.last_span_ns else 0
        pace.since_ns = until
    pace.open_ns = until
    pace.paid_ns = max(pace.paid_ns, until + _burst(pace, person=False))


def _event(pace: Pace, now: int, until: int, dry: bool = False) -> None:
    """The service is exhausted: one measurement ends, the next begins with the pause's end. Where
    nothing was taken since the last event, and it did not say how long to wait, that goes on."""
    until = max(until, pace.open_ns)
    span = max(1, until - pace.since_ns)
    if dry and pace.last_span_ns:
        pace.last_calls += pace.calls
        pace.last_amount += pace.amount
        pace.last_span_ns += span
    else:
        _keep(pace)
        if pace.whole or (pace.calls >= ROUGH and not pace.kept_span_ns):
            pace.last_calls, pace.last_amount = pace.calls, pace.amount
            pace.last_whole, pace.last_span_ns = pace.whole, span
        if not pace.whole and pace.last_span_ns and pace.limit:
            pace.last_whole, pace.last_span_ns = 1, max(span, MINUTE)
            pace.last_amount = pace.limit * pace.last_span_ns // MINUTE
    if now - pace.taken_ns > DRY:
        pace.kept_calls = pace.kept_milli = pace.kept_span_ns = 0
        pace.last_calls = pace.last_amount = pace.last_span_ns = 0
    pace.calls, pace.amount, pace.whole, pace.event_ns = 0, 0, 1, now
    pace.open_ns = pace.since_ns = until
    pace.paid_ns = max(pace.paid_ns, until + _burst(pace, person=False))


def _keep(pace: Pace) -> None:
    """The last measurement joins the remembered ones. One that began with room to spare says too
    much, and counts for little."""
    calls, milli, span = pace.last_calls, pace.last_amount * MILLI, pace.last_span_ns
    if not pace.last_whole and calls > ROUGH:
        calls, milli, span = ROUGH, milli * ROUGH // calls, span * ROUGH // calls
    calls, milli, span = calls + pace.kept_calls, milli + pace.kept_milli, span + pace.kept_span_ns
    dense = max(pace.calls, pace.last_calls) <= DENSE and pace.kept_calls
    few = max(pace.kept_calls // 2, FEWEST) if dense else MEMORY_CALLS
    few = min(few, max(2, calls * MEMORY // max(span, 1)))
    if calls > few:
        calls, milli, span = few, milli * few // calls, span * few // calls
    pace.kept_calls, pace.kept_milli, pace.kept_span_ns = calls, milli, span
    pace.last_calls = pace.last_amount = pace.last_span_ns = 0
