"""Quotas refuse at the exact moment they should, by a clock that is ours."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish_emulator import Emulator
from cavendish_emulator.counters import (
    FixedWindow,
    SlidingWindow,
    TokenBucket,
    even_windows,
    pacific_day,
)
from cavendish_emulator.google.errors import GoogleError
from cavendish_emulator.quotas import KINDS, QuotaError, Quotas

PRO, LITE = "gemini-3-pro-image", "gemini-3.1-flash-lite-image"
PACIFIC = ZoneInfo("America/Los_Angeles")


def quotas(*given):
    made = Quotas()
    made.set(list(given))
    return made


def refused(made, at, model=PRO, tokens=10):
    with pytest.raises(GoogleError) as caught:
        made.admit(model, tokens, at)
    error = caught.value.body()["error"]
    return {d["@type"].rsplit(".", 1)[1]: d for d in error.get("details", [])}, error


def delay(kinds):
    return float(kinds["RetryInfo"]["retryDelay"].removesuffix("s"))


def test_a_bucket_fills_evenly():
    made = quotas({"kind": "rpm", "limit": 6, "burst": 2})
    made.admit(PRO, 1, 1000)
    made.admit(PRO, 1, 1000)
    assert delay(refused(made, 1000)[0]) == 10
    assert delay(refused(made, 1004)[0]) == 6
    made.admit(PRO, 1, 1010)
    refused(made, 1019)
    made.admit(PRO, 1, 1020)


def test_a_window_slides():
    made = quotas({"kind": "rpm", "limit": 2, "algorithm": "sliding"})
    made.admit(PRO, 1, 1000)
    made.admit(PRO, 1, 1030)
    assert delay(refused(made, 1059)[0]) == 1
    made.admit(PRO, 1, 1060)
    assert delay(refused(made, 1060)[0]) == 30


def test_a_window_stands():
    made = quotas({"kind": "rpm", "limit": 2, "algorithm": "fixed"})
    for at in (1199, 1199.5):
        made.admit(PRO, 1, at)
    assert delay(refused(made, 1199.5)[0]) == 0.5
    made.admit(PRO, 1, 1200)


def test_tokens_and_pictures():
    made = quotas(
        {"kind": "tpm", "limit": 100, "algorithm": "sliding"},
        {"kind": "ipm", "limit": 2, "algorithm": "sliding"},
    )
    made.admit(PRO, 60, 0)
    kinds, error = refused(made, 1, tokens=60)
    (violation,) = kinds["QuotaFailure"]["violations"]
    assert "InputTokens" in violation["quotaId"]
    assert violation["quotaValue"] == "100"
    assert "limit: 100" in error["message"]
    made.admit(PRO, 10, 2)
    kinds, _ = refused(made, 3, tokens=60)
    assert len(kinds["QuotaFailure"]["violations"]) == 2


def test_what_is_refused_counts_nowhere():
    made = quotas({"kind": "rpm", "limit": 5}, {"kind": "ipm", "limit": 1, "algorithm": "fixed"})
    made.admit(PRO, 1, 0)
    for _ in range(10):
        refused(made, 1)
    rpm, ipm = made.body(1)["quotas"]
    assert rpm["used"][PRO] < 1.0
    assert ipm["used"] == {PRO: 1}


@pytest.mark.parametrize("per", ["model", "project"])
def test_models_are_counted_apart_or_together(per):
    made = quotas({"kind": "rpm", "limit": 1, "per": per})
    made.admit(PRO, 1, 0)
    if per == "model":
        made.admit(LITE, 1, 0)
    else:
        refused(made, 0, LITE)


def test_a_quota_of_one_model_leaves_the_others():
    made = quotas({"kind": "rpm", "limit": 0, "model": LITE})
    made.admit(PRO, 1, 0)
    kinds, error = refused(made, 0, LITE)
    (violation,) = kinds["QuotaFailure"]["violations"]
    assert "quotaValue" not in violation
    assert violation["quotaId"].endswith("-FreeTier")
    assert "limit: 0" in error["message"]


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 11, 2), 24)]
)
def test_a_day_ends_at_midnight_in_los_angeles(day, hours):
    noon = datetime(*day, 12, tzinfo=PACIFIC).timestamp()
    start, end = pacific_day(noon)
    assert end - start == hours * 3600
    made = quotas({"kind": "rpd", "limit": 1})
    made.admit(PRO, 1, start)
    kinds, _ = refused(made, end - 1)
    assert "PerDay" in kinds["QuotaFailure"]["violations"][0]["quotaId"]
    made.admit(PRO, 1, end)


def test_the_delay_of_a_day_is_not_to_be_believed():
    made = quotas({"kind": "rpd", "limit": 1})
    made.admit(PRO, 1, 1_800_000_000)
    assert delay(refused(made, 1_800_000_000)[0]) < 60


def test_spending():
    made = quotas({"kind": "spend", "limit": "0.20", "algorithm": "sliding"})
    made.admit(PRO, 1, 0)
    made.spend(PRO, 137_000_000, 5)
    made.admit(LITE, 1, 10)
    made.spend(LITE, 137_000_000, 15)
    kinds, error = refused(made, 20)
    assert kinds == {}
    assert "spend limit" in error["message"]
    assert made.body(20)["quotas"][0]["used"] == {"project": "0.274"}
    made.admit(PRO, 1, 605)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "rph", "limit": 1}, "unknown kind 'rph'"),
        ({"kind": "rpm"}, "limit is a whole number"),
        ({"kind": "rpm", "limit": -1}, "limit is a whole number"),
        ({"kind": "spend", "limit": "much"}, "limit of spend is USD"),
        ({"kind": "rpm", "limit": 1, "algorithm": "luck"}, "unknown algorithm 'luck'"),
        ({"kind": "rpd", "limit": 1, "algorithm": "sliding"}, "a day is counted by"),
        ({"kind": "rpm", "limit": 1, "window_s": 0}, "window_s is a number"),
        ({"kind": "rpm", "limit": 1, "burst": 0}, "burst is a whole number"),
        ({"kind": "rpm", "limit": 1, "per": "key"}, "per is model or project"),
        ({"kind": "rpm", "limit": 1, "model": 3}, "model is the id"),
        ({"kind": "rpm", "limit": 1, "size": 3}, "unknown key 'size'"),
        (3, "a quota is an object"),
    ],
)
def test_a_wrong_quota_is_refused_whole(given, said):
    made = quotas({"kind": "rpm", "limit": 7})
    with pytest.raises(QuotaError, match=said):
        made.set([{"kind": "rpm", "limit": 1}, given])
    assert [q["limit"] for q in made.body(0)["quotas"]] == [7]


STEPS = st.lists(st.tuples(st.floats(0, 90), st.integers(1, 4)), max_size=40)


@given(STEPS)
def test_no_window_lets_more_through_than_its_limit(steps):
    counters = [SlidingWindow(5, 60), FixedWindow(5, even_windows(60)), TokenBucket(5, 60)]
    for counter in counters:
        now, taken = 0.0, []
        for pause, amount in steps:
            now += pause
            wait = counter.wait_s(amount, now)
            if wait == 0:
                counter.take(amount, now)
                taken.append((now, amount))
            elif wait != float("inf"):
                assert counter.wait_s(amount, now + wait + 1e-6) == 0
                break
        for start, _ in taken:
            most = sum(n for at, n in taken if start <= at < start + 60)
            assert most <= (5 if isinstance(counter, SlidingWindow) else 10)


def test_over_the_wire(catalog):
    now = [1_800_000_000.0]
    start = {"kind": "rpm", "limit": 1, "algorithm": "fixed"}
    with Emulator(catalog=catalog, quotas=[start], clock_s=lambda: now[0]) as emulator:
        from tests.unit.emulator.conftest import Client

        client = Client(emulator.url.removeprefix("http://"))
        assert client.generate()[0] == 200
        assert client.generate()[0] == 429
        now[0] += 60
        assert client.generate()[0] == 200
        assert client("POST", "/_emulator/clock", {"advance_s": 60})[0] == 200
        assert client.generate()[0] == 200
        assert len(client("GET", "/_emulator/bill")[1]["executions"]) == 3
        status, body = client(
            "POST", "/_emulator/quotas", {"quotas": [{"kind": "ipm", "limit": 3}]}
        )
        assert (status, body) == client("GET", "/_emulator/quotas")
        assert [q["kind"] for q in body["quotas"]] == ["ipm"]
        assert client("POST", "/_emulator/quotas", [{"kind": "x"}])[0] == 400
        client("POST", "/_emulator/reset")
        assert client("GET", "/_emulator/quotas")[1] == {"quotas": []}
        assert json.dumps(sorted(KINDS)) == '["ipm", "rpd", "rpm", "spend", "tpm"]'
