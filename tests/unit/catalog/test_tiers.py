"""Quota tiers as facts: today's and the guide's, typed by hand, and what a file may not say."""

from __future__ import annotations

from copy import deepcopy

import pytest

from cavendish.catalog.loader import FACTS, models, read_facts
from cavendish.catalog.tiers import batch_limits, read_batch, read_list, tier_lists

FILE = FACTS / "tiers.toml"


def rows(name, *fields):
    def plain(value):
        return value.usd if hasattr(value, "usd") else value

    return [tuple(plain(getattr(t, f)) for f in fields) for t in tier_lists()[name].tiers]


def test_today_limits_money():
    assert list(tier_lists()) == ["today", "guide"]
    assert rows("today", "name", "per_10_min", "per_month", "paid", "paid_days") == [
        ("free", None, None, None, None),
        ("1", "10", "250", None, None),
        ("2", "50", "2000", "100", 3),
        ("3", "200", "20000", "1000", 30),
    ]
    assert rows("today", "images") == [(False,), (True,), (True,), (True,)]
    assert rows("today", "rpm", "rpd") == [(None, None)] * 4


def test_the_guide_limited_requests():
    assert rows("guide", "name", "rpm", "rpd", "paid", "paid_days") == [
        ("free", 60, 1_500, None, None),
        ("1", 500, 10_000, None, None),
        ("2", 2_000, 50_000, "250", 30),
        ("3", 4_000, 100_000, None, None),
    ]
    assert "no longer true" in tier_lists()["guide"].note


def test_what_jobs_may_queue():
    limits = batch_limits()["gemini"]
    assert limits.queued_tokens["gemini-3-pro-image"] == {
        "1": 2_000_000, "2": 270_000_000, "3": 1_000_000_000,
    }  # fmt: skip
    assert set(models()) - set(limits.queued_tokens) == {"gemini-nano-banana-2.1"}
    assert (limits.jobs, limits.ends_hours) == (100, 48)
    vertex = batch_limits()["vertex"]
    assert (vertex.requests, vertex.ends_hours, vertex.queued_tokens) == (200_000, 72 + 24, {})


def changed(path, value):
    """Today's list with one thing changed; None takes it away."""
    said = deepcopy(read_facts(FILE)["list"][0])
    *way, last = path
    place = said
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return said


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("colour",), "red", "nobody knows colour"),
        (("tier", 1, "tpm"), 5, "nobody knows tpm"),
        (("tier", 1, "usd_per_10_min"), "60", "may not have less per_10_min"),
        (("tier", 1, "rpm"), 0, "rpm: is a whole number"),
        (("source", "url"), "http://example.org", "https"),
        (("source", "checked"), "2026", "date"),
    ],
)
def test_a_list_that_does_not_add_up_is_refused(path, value, words):
    with pytest.raises(TypeError, match=words):
        read_list(changed(path, value))


def test_a_list_without_what_it_needs_is_refused():
    with pytest.raises(KeyError, match="step"):
        read_list(changed(("tier", 2, "step"), None))
    with pytest.raises(ValueError, match="not an amount"):
        read_list(changed(("tier", 2, "usd_per_month"), "-5"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("jobs", 0), ("speed", 1), ("queued_tokens", {"m": [3, 2, 1]}), ("queued_tokens", {"m": [1]})],
)
def test_limits_of_jobs_that_do_not_add_up_are_refused(name, value):
    with pytest.raises(TypeError):
        read_batch({**read_facts(FILE)["batch"]["gemini"], name: value})
