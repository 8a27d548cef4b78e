"""What is worth an alert, on either database: marks of budgets, unusual spending, failing channels.

T84: a stolen key or a runaway loop is heard of at 50, 80 and 100 % of a budget.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from cavendish.core.money import Money
from cavendish.insight.alerts.alert import Rules, lasting
from cavendish.insight.alerts.failing import failing
from cavendish.insight.alerts.spending import unusual
from cavendish.insight.alerts.thresholds import crossed
from cavendish.store.commands import SECOND_NS
from conformance.past import Past, at

RULES = Rules()
NOON = at("2026-11-25T12:00")
MINUTE, HOUR, DAY = 60 * SECOND_NS, 3600 * SECOND_NS, 86_400 * SECOND_NS


@pytest.fixture
def past(path):
    found = Past(path)
    yield found
    found.close()


def marks(past, now=NOON, full=(), rules=RULES):
    found = past.read(crossed, now, rules, full)
    return [(one.facts["scope"], one.facts["percent"]) for one in found]


def test_t84_each_mark_is_passed_once_and_the_highest_is_told(past):
    assert marks(past) == [], "nothing was spent"
    seen = []
    for _ in range(10):
        past.buy(NOON, "1")
        seen.append(dict(marks(past)).get("day"))
    assert seen == [None] * 4 + [50, 50, 50, 80, 80, 100]


def test_marks_are_what_people_set(past):
    past.buy(NOON, "9")
    assert marks(past, rules=replace(RULES, percent=(90,))) == [("day", 90)]
    assert marks(past, rules=replace(RULES, percent=(91,))) == []
    assert marks(past, rules=replace(RULES, percent=())) == []


def test_t84_every_scope_with_a_limit_has_its_marks(past):
    past.budget("month", "100")
    past.budget("project:p", "5")
    past.budget("tag:team=red", "4")
    past.budget("day", None)
    past.buy(NOON, "3", tag="team=red")
    past.buy(NOON, "50", project="q")
    past.buy(NOON, "50", project="p", realm="simulated")
    found = [("month", 50), ("project:p", 50), ("tag:team=red", 50)]
    assert marks(past) == found, "not of simulated money"
    past.buy(NOON, "0.2", tag="team=red")
    assert marks(past) == [("month", 50), ("project:p", 50), ("tag:team=red", 80)]


def test_an_alert_says_what_is_left_and_for_how_long(past):
    past.buy(NOON - 30 * MINUTE, "6")
    past.buy(NOON - 1 * MINUTE, "0", outcome=None, most="1")
    (alert,) = past.read(crossed, NOON, RULES)
    assert alert.facts == {
        "scope": "day", "percent": 50, "limit_usd": "10", "spent_usd": "6", "held_usd": "1",
        "left_usd": "3", "window_ends": "2026-11-26T00:00:00Z", "window_left_s": 12 * 3600,
        "used_up_in_s": 15 * 60,
    }  # fmt: skip
    assert alert.message == (
        "budget day is 50 % used: $6.00 of $10.00 spent, $1.00 held, $3.00 left; "
        "at this pace it lasts 15 min more; its window ends in 12 h"
    )


def test_a_budget_that_never_closes_has_no_window(past):
    past.budget("project:p", "10")
    past.buy(NOON - 2 * DAY, "5")
    alert = past.read(crossed, NOON, RULES)[-1]
    assert (alert.facts["window_ends"], alert.facts["window_left_s"]) == (None, None)
    assert alert.facts["used_up_in_s"] is None, "nothing was spent lately"
    past.buy(NOON - 6 * HOUR, "1")
    alert = past.read(crossed, NOON, RULES)[-1]
    assert alert.facts["used_up_in_s"] == 24 * 3600
    assert "at this pace it lasts 1 d more" in alert.message


def test_what_refuses_calls_with_little_left_is_used_up(past):
    past.buy(NOON, "8.9")
    assert marks(past, full=("day",)) == [("day", 80)], "a call of unusual size was refused"
    past.buy(NOON, "0.9")
    assert marks(past) == [("day", 80)]
    assert marks(past, full=("day",)) == [("day", 100)]
    assert marks(past, full=("month", "run:r")) == [("day", 80)]
    (alert,) = past.read(crossed, NOON, RULES, ("day",))
    assert alert.message.startswith("budget day is used up: $9.80 of $10.00 spent")


def test_a_mark_that_was_passed_before_midnight_is_told_after_it(past):
    past.buy(at("2026-11-25T23:59:59"), "8")
    (alert,) = past.read(crossed, at("2026-11-26T00:00:30"), RULES)
    assert alert.facts["window_left_s"] == 0
    assert "its window has ended since" in alert.message
    assert marks(past, at("2026-11-26T01:00:01")) == []


def test_another_window_and_another_limit_are_told_anew(past):
    past.buy(NOON, "8")
    (first,) = past.read(crossed, NOON, RULES)
    assert past.read(crossed, NOON + HOUR, RULES)[0].id == first.id
    past.budget("day", "16")
    (second,) = past.read(crossed, NOON, RULES)
    assert (second.facts["percent"], second.id == first.id) == (50, False)
    past.buy(NOON + DAY, "8")
    (third,) = past.read(crossed, NOON + DAY, RULES)
    assert third.id not in {first.id, second.id}


@pytest.mark.parametrize(
    ("day", "opens", "ends", "hours"),
    [("2026-11-01", "04:00", "2026-11-02T05:00:00Z", 25),
     ("2026-03-08", "05:00", "2026-03-09T04:00:00Z", 23),
     ("2026-11-25", "05:00", "2026-11-26T05:00:00Z", 24)],
)  # fmt: skip
def test_a_day_is_as_long_as_the_zone_has_it(past, day, opens, ends, hours):
    past.zone("America/New_York")
    opens_ns = at(f"{day}T{opens}")
    past.buy(opens_ns - 1, "9")
    past.buy(opens_ns, "5")
    alert = past.read(crossed, opens_ns, RULES)[-1]
    assert (alert.facts["percent"], alert.facts["window_ends"]) == (50, ends)
    assert alert.facts["window_left_s"] == hours * 3600


def a_usual_fortnight(past, usd="2", days=14):
    past.budget("day", None)
    for day in range(days, 0, -1):
        past.buy(NOON - day * DAY, usd)
        past.buy(NOON - day * DAY + 4 * HOUR, usd)


def odd(past, now=NOON, rules=RULES):
    found = past.read(unusual, now, rules)
    return [(one.facts["scope"], one.facts["span"]) for one in found]


def test_a_usual_day_is_no_news(past):
    a_usual_fortnight(past)
    past.buy(NOON, "2")
    past.buy(NOON, "2")
    assert odd(past) == []


def test_t84_an_hour_and_a_day_unlike_all_others_are_told(past):
    a_usual_fortnight(past)
    past.buy(NOON - 10 * MINUTE, "7.01")
    assert odd(past) == [("all", "hour")]
    past.buy(NOON - 5 * HOUR, "2")
    assert odd(past) == [("all", "hour"), ("all", "day")]
    assert odd(past, NOON + 2 * HOUR) == [("all", "day")]
    alert = past.read(unusual, NOON, RULES)[0]
    assert alert.facts == {
        "scope": "all", "span": "hour", "spent_usd": "7.01", "usual_usd": "2",
        "deviation_usd": "0", "alarm_above_usd": "7", "history_days": 14,
    }  # fmt: skip
    assert alert.message == (
        "unusual spending, all real money: $7.01 in the last hour; a day's busiest hour usually "
        "comes to $2.00 (the median of 14 days)"
    )


def test_a_project_is_compared_with_itself_where_there_are_several(past):
    past.budget("day", None)
    for day in range(14, 0, -1):
        past.buy(NOON - day * DAY, "90", project="large")
        past.buy(NOON - day * DAY, "1", project="small")
    past.buy(NOON, "50", project="small")
    assert odd(past) == [("project:small", "hour"), ("project:small", "day")]


def test_too_short_a_history_and_small_sums_say_nothing(past):
    a_usual_fortnight(past, days=9)
    past.buy(NOON, "100")
    assert odd(past) == []
    assert odd(past, rules=replace(RULES, history_least=9)) == [("all", "hour"), ("all", "day")]
    assert odd(past, rules=replace(RULES, history_least=9, floor=Money.parse("200"))) == []


def test_one_high_day_is_odd_and_two_are_a_habit(past):
    a_usual_fortnight(past)
    past.buy(NOON - 3 * DAY, "50")
    past.buy(NOON, "40")
    assert odd(past) == [("all", "hour"), ("all", "day")], "yesterday's oddity hides no other"
    past.buy(NOON - 10 * DAY, "50")
    assert odd(past) == []


def test_simulated_money_is_never_unusual(past):
    a_usual_fortnight(past)
    past.buy(NOON, "500", realm="simulated")
    assert odd(past) == []


def test_days_off_are_no_history_of_nothing(past):
    past.budget("day", None)
    for day in (1, 2, 3, 6, 7, 8, 9, 20, 21, 22):
        past.buy(NOON - day * DAY, "20")
    past.buy(NOON, "25")
    assert odd(past) == []


def ended(past, *, count, channel="gemini", ago=MINUTE, **how):
    for _ in range(count):
        past.buy(NOON - ago, "0", channel=channel, **how)


def test_a_channel_that_fails_is_told_with_its_errors(past):
    ended(past, count=25)
    ended(past, count=15, outcome="rejected", error="Overloaded")
    ended(past, count=5, outcome="unknown", error="DeadlineExceeded", channel="gemini@global")
    ended(past, count=4, error="NoImage")
    assert past.read(failing, NOON, RULES) == []
    ended(past, count=1, outcome="not_sent", error="ConnectionFailed")
    ended(past, count=30, outcome="not_sent")  # a limit of our own kept them here
    (alert,) = past.read(failing, NOON, RULES)
    assert alert.facts == {
        "channel": "gemini", "attempts": 50, "failed": 25,
        "errors": {"Overloaded": 15, "DeadlineExceeded": 5, "NoImage": 4, "ConnectionFailed": 1},
    }  # fmt: skip
    assert alert.message.startswith("channel gemini fails: 25 of its last 50 attempts brought no")
    assert past.read(failing, NOON, replace(RULES, error_percent=51)) == []


def test_few_old_or_simulated_failures_are_no_alarm(past):
    how = {"outcome": "rejected", "error": "Overloaded"}
    ended(past, count=19, **how)
    ended(past, count=60, ago=2 * HOUR, channel="vertex", **how)
    ended(past, count=60, realm="simulated", channel="offline", **how)
    assert past.read(failing, NOON, RULES) == []
    ended(past, count=1, **how)
    assert [one.facts["channel"] for one in past.read(failing, NOON, RULES)] == ["gemini"]


def test_only_the_last_fifty_count(past):
    ended(past, count=60, ago=50 * MINUTE, outcome="rejected", error="Overloaded")
    assert len(past.read(failing, NOON, RULES)) == 1
    ended(past, count=26)
    assert past.read(failing, NOON, RULES) == [], "it has recovered"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "less than a minute"), (59, "less than a minute"), (61, "1 min"), (3600, "1 h"),
     (5430, "1 h 30 min"), (90_000, "1 d 1 h"), (86_400, "1 d"), (86_460, "1 d 1 min")],
)  # fmt: skip
def test_lengths_of_time_are_told_in_their_two_largest_units(seconds, said):
    assert lasting(seconds) == said
