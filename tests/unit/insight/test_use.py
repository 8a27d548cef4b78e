"""What the journal shows of the quotas: real calls on one channel, at times of our choice."""

from __future__ import annotations

from datetime import UTC, datetime

from cavendish.core.money import Money
from cavendish.insight.use import Use, use
from unit.insight.test_report import LATE, PAID, PRICE, SECOND_NS, books

__all__ = ["books"]
MINUTE_NS = 60 * SECOND_NS


def seen(books, channel="gemini"):
    return books.read(lambda connection: use(connection, channel, books.clock.now))


def test_nothing_was_used(books):
    assert seen(books) == Use()


def test_real_calls_of_the_channel_and_its_places_count_and_others_do_not(books):
    books.buy("executed")
    books.buy("rejected")
    books.buy("executed", realm="simulated")
    books.buy("executed", channel="laozhang")
    books.buy("executed", channel="gemini-x")
    books.buy("executed", channel="vertex@us-east1")
    found = seen(books)
    assert (found.requests_minute, found.requests_today) == (2, 2)
    assert found.usd_10_min == found.usd_month == PAID
    assert seen(books, "vertex").requests_minute == 1


def test_money_that_is_held_counts(books):
    books.buy(None)
    books.buy("executed")
    assert seen(books).usd_10_min == Money.total((PRICE, PAID))


def test_ten_minutes_roll_and_the_busiest_stay(books):
    for _ in range(3):
        books.buy("executed")
    books.clock.now = LATE + 9 * MINUTE_NS
    books.buy("executed")
    found = seen(books)
    assert (found.requests_minute, found.busiest_minute) == (1, 3)
    assert found.usd_10_min.nanos == 4 * PAID.nanos
    books.clock.now = LATE + 10 * MINUTE_NS
    assert seen(books).usd_10_min == PAID
    assert seen(books).busiest_10_min.nanos == 3 * PAID.nanos


def test_a_day_is_pacific_and_a_month_is_utc(books):
    """31 March, 23:59:58 UTC is still the afternoon there: the day goes on, the month does not."""
    books.buy("executed")
    books.clock.now = LATE + 5 * SECOND_NS
    books.buy("executed")
    found = seen(books)
    assert (found.requests_today, found.busiest_day) == (2, 2)
    assert found.usd_month == PAID
    books.clock.now = int(datetime(2026, 4, 1, 7, 0, 1, tzinfo=UTC).timestamp()) * SECOND_NS
    books.buy("executed")
    assert (seen(books).requests_today, seen(books).busiest_day) == (1, 2)


def test_an_hour_that_is_there_twice_belongs_to_one_day(books):
    """1 November 2026 has 25 hours there: from 07:00 UTC to 08:00 UTC of the next day."""
    for hour in (7, 8, 9, 31):
        stamp = datetime(2026, 11, 1 + hour // 24, hour % 24, 30, tzinfo=UTC).timestamp()
        books.clock.now = int(stamp) * SECOND_NS
        books.buy("rejected")
    assert seen(books).busiest_day == 4
