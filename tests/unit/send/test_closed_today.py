"""The quota of the day: when the day ends, and what is sent until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cavendish.core.errors import DailyQuotaExhausted, QuotaExhausted, RateLimited
from cavendish.send.closed_today import ClosedToday, next_midnight_ns

PACIFIC = "America/Los_Angeles"
SECOND_NS = 1_000_000_000


class Clock:
    def __init__(self, at):
        self.at, self.ticks_s = at, 1000.0

    def now_ns(self):
        return int(self.at.timestamp()) * SECOND_NS

    def monotonic_s(self):
        return self.ticks_s

    def passes(self, **time):
        self.at += timedelta(**time)
        self.ticks_s += timedelta(**time).total_seconds()


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 24, 20, tzinfo=UTC))  # noon in California


def used_up():
    return DailyQuotaExhausted("used up", scope="RequestsPerDay", http_status=429,
                               details={"opens": f"midnight {PACIFIC}"})  # fmt: skip


def sent(closed, clock, minutes, probe_s=3600.0):
    """How many of the calls made once a minute are sent; each that is meets the same answer."""
    count = 0
    for _ in range(minutes):
        try:
            closed.check("gemini", "m", probe_s)
        except QuotaExhausted:
            pass
        else:
            count += 1
            closed.learn("gemini", "m", used_up(), probe_s)
        clock.passes(minutes=1)
    return count


def is_summer(day):
    """Daylight saving: from the second Sunday of March to the first of November, at two o'clock."""
    march, november = day.replace(month=3, day=8), day.replace(month=11, day=1)
    starts = march + timedelta((6 - march.weekday()) % 7)
    ends = november + timedelta((6 - november.weekday()) % 7)
    return starts < day <= ends


def test_midnight_is_right_on_every_day_of_eleven_years():
    """T54: 4,017 days, told from the rule of the law and not from the same tables."""
    day = datetime(2025, 1, 1, tzinfo=UTC)
    days = 0
    while day.year < 2036:
        begins = day.replace(hour=7 if is_summer(day) else 8)
        for before_s in (1, 3600, 12 * 3600):
            now_ns = int(begins.timestamp() - before_s) * SECOND_NS
            assert next_midnight_ns(now_ns, PACIFIC) == int(begins.timestamp()) * SECOND_NS, day
        day += timedelta(days=1)
        days += 1
    assert days == 4017


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25),
                                            ("2026-11-24", 24)])  # fmt: skip
def test_days_have_23_24_and_25_hours(day, hours):
    """T54."""
    before = datetime.fromisoformat(day).replace(tzinfo=UTC, hour=6)  # the evening before
    begins = next_midnight_ns(int(before.timestamp()) * SECOND_NS, PACIFIC)
    assert next_midnight_ns(begins, PACIFIC) - begins == hours * 3600 * SECOND_NS


def test_the_error_says_when_it_opens(clock):
    """T53: twelve hours to midnight, whatever delay the service had advised."""
    error = used_up()
    ClosedToday(clock).learn("gemini", "m", error, 3600.0)
    assert error.retry_after_s == 12 * 3600
    assert error.message == "used up; it opens in 12 h 0 min"


def test_until_midnight_one_call_an_hour_is_sent(clock):
    """T53: at most one probe an hour, and the next day everything again."""
    closed = ClosedToday(clock)
    assert sent(closed, clock, 12 * 60) == 12  # the first one, and eleven probes
    assert clock.at == datetime(2026, 11, 25, 8, tzinfo=UTC)
    closed.check("gemini", "m", 3600.0)


@pytest.mark.parametrize("step", [{"hours": -1}, {"days": -365}])
def test_a_clock_that_is_set_back_delays_no_probe(clock, step):
    """T48."""
    closed = ClosedToday(clock)
    closed.learn("gemini", "m", used_up(), 3600.0)
    clock.at += timedelta(**step)
    assert sent(closed, clock, 61) == 1


def test_a_clock_that_is_set_forward_opens_the_day(clock):
    """T48: at the worst a call is sent that is refused again."""
    closed = ClosedToday(clock)
    closed.learn("gemini", "m", used_up(), 3600.0)
    clock.at += timedelta(days=365)
    closed.check("gemini", "m", 3600.0)


def test_the_refusal_says_what_and_until_when(clock):
    closed = ClosedToday(clock)
    closed.learn("gemini", "m", used_up(), 3600.0)
    clock.passes(minutes=30)
    with pytest.raises(QuotaExhausted, match="not sent; it opens in 11 h 30 min") as caught:
        closed.check("gemini", "m", 3600.0)
    assert (caught.value.scope, caught.value.billed) == ("RequestsPerDay", False)
    assert caught.value.retry_after_s == 11.5 * 3600
    closed.check("gemini", "another", 3600.0)
    closed.check("vertex", "m", 3600.0)


def test_an_answer_opens_again(clock):
    closed = ClosedToday(clock)
    closed.learn("gemini", "m", used_up(), 3600.0)
    closed.learn("gemini", "m", None, 3600.0)
    closed.check("gemini", "m", 3600.0)


def test_other_errors_close_nothing(clock):
    closed = ClosedToday(clock)
    closed.learn("gemini", "m", RateLimited("slow down", http_status=429), 3600.0)
    closed.check("gemini", "m", 3600.0)
