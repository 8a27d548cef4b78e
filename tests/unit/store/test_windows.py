"""When the accounts of a day and a month open and close."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from cavendish.store.commands import SECOND_NS
from cavendish.store.rows import window
from unit.store.book import NOW

HOUR_NS = 3600 * SECOND_NS
ZONES = ["UTC", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kathmandu"]
MOVES_AT_MIDNIGHT = ["America/Santiago", "Asia/Beirut", "Africa/Cairo", "America/Havana"]


@pytest.mark.parametrize(
    ("scope", "now_s", "opens_s", "closes_s"),
    [
        ("day", 0, 0, 86_400),
        ("day", 86_399, 0, 86_400),
        ("day", 86_400, 86_400, 172_800),
        ("month", 1_709_164_800, 1_706_745_600, 1_709_251_200),  # a leap day
        ("month", 1_798_761_599, 1_796_083_200, 1_798_761_600),  # the last second of a year
        ("month", 1_798_761_600, 1_798_761_600, 1_801_440_000),
    ],
)
def test_windows_end_at_midnight_utc_unless_somebody_says_otherwise(
    scope, now_s, opens_s, closes_s
):
    for nanos in (0, 999_999_999):
        found = window(scope, now_s * SECOND_NS + nanos)
        assert found == (opens_s * SECOND_NS, closes_s * SECOND_NS)


@pytest.mark.parametrize("scope", ["project:p", "tag:a=b", "run:r", "key:k"])
def test_other_accounts_never_close(scope):
    assert window(scope, NOW) == (0, None)
    assert window(scope, NOW, "Asia/Tokyo") == (0, None)


def ns(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * SECOND_NS


@pytest.mark.parametrize(
    ("zone", "now", "opens", "hours"),
    [
        ("Asia/Tokyo", (2026, 3, 1, 14, 59, 59), (2026, 2, 28, 15), 24),
        ("Asia/Tokyo", (2026, 3, 1, 15), (2026, 3, 1, 15), 24),
        ("Asia/Kathmandu", (2026, 3, 1, 18, 15), (2026, 3, 1, 18, 15), 24),
        ("America/Los_Angeles", (2026, 3, 8, 8), (2026, 3, 8, 8), 23),  # the clock goes forward
        ("America/Los_Angeles", (2026, 3, 9, 6, 59), (2026, 3, 8, 8), 23),
        ("America/Los_Angeles", (2026, 11, 1, 7), (2026, 11, 1, 7), 25),  # and back
        ("America/Los_Angeles", (2026, 11, 2, 7, 59), (2026, 11, 1, 7), 25),
    ],
)  # fmt: skip
def test_a_day_ends_at_local_midnight(zone, now, opens, hours):
    """T85: by hand, also where a day has 23 or 25 hours."""
    assert window("day", ns(*now), zone) == (ns(*opens), ns(*opens) + hours * HOUR_NS)


@pytest.mark.parametrize("zone", [*ZONES, *MOVES_AT_MIDNIGHT])
@pytest.mark.parametrize("scope", ["day", "month"])
def test_windows_follow_one_another_without_gap_or_overlap(zone, scope):
    """T85: over two years, hour by hour, beside the calendar of that place."""
    place = ZoneInfo(zone)
    now_ns, end_ns = ns(2026, 1, 1), ns(2028, 1, 1)
    opens_ns, closes_ns = window(scope, now_ns, zone)
    while now_ns < end_ns:
        for moment in (now_ns, now_ns - 1):
            opens, closes = window(scope, moment, zone)
            assert opens <= moment < closes
            local = [
                datetime.fromtimestamp(at // SECOND_NS, place).date() for at in (opens, moment)
            ]
            same = local if scope == "day" else [day.replace(day=1) for day in local]
            assert same[0] == same[1] == local[0]
        if opens_ns != window(scope, now_ns, zone)[0]:
            assert window(scope, now_ns, zone)[0] == closes_ns
            opens_ns, closes_ns = window(scope, now_ns, zone)
        now_ns += HOUR_NS


@pytest.mark.parametrize("zone", sorted(available_timezones()))
def test_every_place_has_every_day_once(zone):
    day, closes_ns = date(2026, 1, 1), None
    while day < date(2028, 1, 1):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
        opens_ns, found_ns = window("day", int(noon.timestamp()) * SECOND_NS, zone)
        assert closes_ns in {None, opens_ns}
        assert 22 * HOUR_NS <= found_ns - opens_ns <= 26 * HOUR_NS
        day, closes_ns = day + timedelta(days=1), found_ns
