"""Limits of services in the journal's step: of a day, of a window, at once, and all or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from cavendish.store.claim import Claim, Full, Heard
from cavendish.store.commands import SECOND_NS, Done, Reserved, SetBudget
from cavendish.store.quota import ends_ns
from cavendish.store.rows import window
from unit.store.book import Book, begin, key, settle

PACIFIC = "America/Los_Angeles"
NOON_NS = int(datetime(2026, 11, 24, 20, tzinfo=UTC).timestamp()) * SECOND_NS  # in California
HOUR_NS = 3600 * SECOND_NS
DAY = Claim("gemini/p/m", "requests_day", 1, "day", None, PACIFIC, probe_ns=HOUR_NS)


@pytest.fixture
def book():
    return Book()


def ask(book, number, *claims, at=NOON_NS, **more):
    return book.tell(begin(number, 1, key=key(f"k{number}"), claims=claims, **more), at=at)


def hear(book, number, *claims, at=NOON_NS, outcome="executed", **said):
    return book.tell(settle(number, outcome, heard=Heard(claims, **said)), at=at)


def used_up(book, at=NOON_NS):
    assert isinstance(ask(book, 1, DAY, at=at), Reserved)
    hear(book, 1, DAY, at=at, outcome="rejected", refused=frozenset({DAY.unit}), closed=True)


def is_summer(day):
    """Daylight saving: from the second Sunday of March to the first of November, at two o'clock."""
    march, november = day.replace(month=3, day=8), day.replace(month=11, day=1)
    starts = march + timedelta((6 - march.weekday()) % 7)
    ends = november + timedelta((6 - november.weekday()) % 7)
    return starts < day <= ends


def test_midnight_is_right_on_every_day_of_eleven_years():
    """T54: 4,017 days, told from the rule of the law and not from the same tables."""
    at = datetime(2025, 1, 1, tzinfo=UTC)
    days = 0
    while at.year < 2036:
        begins = at.replace(hour=7 if is_summer(at) else 8)
        for before_s in (1, 3600, 12 * 3600):
            now_ns = int(begins.timestamp() - before_s) * SECOND_NS
            assert ends_ns(now_ns, PACIFIC) == int(begins.timestamp()) * SECOND_NS, at
        at += timedelta(days=1)
        days += 1
    assert days == 4017


@pytest.mark.parametrize(("date", "hours"), [("2026-03-08", 23), ("2026-11-01", 25),
                                             ("2026-11-24", 24)])  # fmt: skip
def test_days_have_23_24_and_25_hours(date, hours):
    """T54."""
    noon = datetime.fromisoformat(date).replace(tzinfo=UTC, hour=20)
    opens_ns, closes_ns = window("day", int(noon.timestamp()) * SECOND_NS, PACIFIC)
    assert closes_ns - opens_ns == hours * HOUR_NS


def test_until_midnight_one_call_an_hour_is_sent(book):
    """T53: twelve hours to midnight; at most one probe an hour, and the next day everything."""
    used_up(book)
    sent = 0
    for minute in range(12 * 60):
        at = NOON_NS + minute * 60 * SECOND_NS
        answer = ask(book, 100 + minute, DAY, at=at)
        if isinstance(answer, Reserved):
            sent += 1
            hear(book, 100 + minute, DAY, at=at, outcome="rejected",
                 refused=frozenset({DAY.unit}), closed=True)  # fmt: skip
        else:
            assert answer == Full(NOON_NS + 12 * HOUR_NS, DAY.pool, DAY.unit, None)
    assert sent == 11
    for number in (1, 2, 3):
        at = NOON_NS + 12 * HOUR_NS
        assert isinstance(ask(book, 9000 + number, DAY, at=at), Reserved)


def test_a_probe_that_is_under_way_is_the_only_one(book):
    used_up(book)
    at = NOON_NS + HOUR_NS
    assert isinstance(ask(book, 2, DAY, at=at), Reserved)
    assert isinstance(ask(book, 3, DAY, at=at + SECOND_NS), Full)
    hear(book, 2, DAY, at=at + 2 * SECOND_NS)
    assert isinstance(ask(book, 4, DAY, at=at + 3 * SECOND_NS), Reserved), "an answer opens again"


@pytest.mark.parametrize("back_ns", [HOUR_NS, 365 * 24 * HOUR_NS])
def test_a_clock_that_is_set_back_delays_no_probe(book, back_ns):
    """T48."""
    used_up(book)
    assert isinstance(ask(book, 2, DAY, at=NOON_NS - back_ns), Reserved)
    assert isinstance(ask(book, 3, DAY, at=NOON_NS - back_ns + SECOND_NS), Full)


def test_a_clock_that_is_set_forward_opens_the_day(book):
    """T48: at the worst a call is sent that is refused again."""
    used_up(book)
    assert isinstance(ask(book, 2, DAY, at=NOON_NS + 365 * 24 * HOUR_NS), Reserved)


def test_a_day_of_a_known_number_is_counted_and_what_was_refused_is_given_back(book):
    claim = Claim("gemini/p/m", "requests_day", 1, "day", 3, PACIFIC)
    for number in (1, 2, 3):
        assert isinstance(ask(book, number, claim), Reserved)
    assert ask(book, 4, claim) == Full(NOON_NS + 12 * HOUR_NS, claim.pool, claim.unit, 3)
    book.tell(settle(1, "rejected"), at=NOON_NS)
    assert isinstance(ask(book, 5, claim), Reserved)
    book.tell(settle(2, "executed", cost=1), at=NOON_NS)
    assert isinstance(ask(book, 6, claim), Full), "what was answered stays used"
    assert isinstance(ask(book, 7, claim, at=NOON_NS + 12 * HOUR_NS), Reserved)


def test_spend_in_ten_minutes_is_what_was_billed_and_leaves_the_window(book):
    window_ns = 600 * SECOND_NS
    claim = Claim("gemini/p", "spend", 4, "window", 10, window_ns=window_ns)
    assert isinstance(ask(book, 1, claim), Reserved)
    assert isinstance(ask(book, 2, claim), Reserved)
    full = ask(book, 3, claim)
    assert isinstance(full, Full)
    assert window_ns <= full.until_ns - NOON_NS <= window_ns * 1.04
    book.tell(settle(1, "executed", cost=1), at=NOON_NS)
    assert isinstance(ask(book, 4, claim), Reserved), "it cost less than it might have"
    assert isinstance(ask(book, 5, claim, at=full.until_ns - 1), Full)
    for number in (2, 4):
        book.tell(settle(number, "executed", cost=4), at=full.until_ns - 1)
    assert isinstance(ask(book, 6, claim, at=full.until_ns), Reserved)


def test_more_than_a_whole_limit_passes_when_nothing_else_does(book):
    """A picture dearer than the window's limit would else wait for ever."""
    claim = Claim("gemini/p", "spend", 40, "window", 10, window_ns=600 * SECOND_NS)
    assert isinstance(ask(book, 1, claim), Reserved)
    assert isinstance(ask(book, 2, claim), Full)


def test_calls_at_once_are_leases(book):
    claim = Claim("gemini/p/m", "in_flight", 1, "at_once", 2)
    for number in (1, 2):
        assert isinstance(ask(book, number, claim), Reserved)
    assert isinstance(ask(book, 3, claim), Full)
    book.tell(settle(1, "executed", cost=1), at=NOON_NS)
    assert isinstance(ask(book, 4, claim), Reserved)


def test_all_is_taken_or_nothing(book):
    pace = Claim("gemini/p/m", "requests", 1, "pace", 60)
    tokens = Claim("gemini/p/m", "tokens", 1000, "pace", 1000)
    at_once = Claim("gemini/p/m", "in_flight", 1, "at_once", 5)
    assert isinstance(ask(book, 1, pace, tokens, at_once), Reserved)
    full = ask(book, 2, pace, tokens, at_once)
    assert (full.unit, full.limit) == ("tokens", 1000)
    assert full.until_ns > NOON_NS
    account = next(a for a in book.rows.accounts.values() if a.unit == "in_flight")
    assert account.held == 1
    taken = [ask(book, number, pace) for number in range(3, 6)]
    assert all(isinstance(one, Reserved) for one in taken[:1])


def test_paces_of_projects_models_and_realms_are_apart(book):
    claim = Claim("gemini/p/m", "requests", 1, "pace", 1)
    other = Claim("gemini/q/m", "requests", 1, "pace", 1)
    assert isinstance(ask(book, 1, claim), Reserved)
    assert isinstance(ask(book, 2, claim), Full)
    assert isinstance(ask(book, 3, other), Reserved)
    assert len(book.rows.pools) == 2


def test_what_was_never_sent_is_given_back(book):
    claim = Claim("gemini/p/m", "requests", 1, "pace", 1)
    assert isinstance(ask(book, 1, claim), Reserved)
    hear(book, 1, claim, outcome="not_sent")
    assert isinstance(ask(book, 2, claim), Reserved)


def test_a_look_takes_nothing(book):
    claim = Claim("gemini/p/m", "requests", 1, "pace", 1)
    assert ask(book, 1, claim, look=True) == Done(changed=False)
    assert not book.rows.pools
    assert not book.rows.attempts
    assert isinstance(ask(book, 2, claim), Reserved)


def test_money_is_refused_before_a_limit_is_waited_for(book):
    claim = Claim("gemini/p/m", "requests", 1, "pace", 1)
    ask(book, 1, claim)
    book.tell(SetBudget("day", 100), at=NOON_NS)
    answer = book.tell(begin(2, 1000, key=key("k2"), claims=(claim,)), at=NOON_NS)
    assert type(answer).__name__ == "Refused"
