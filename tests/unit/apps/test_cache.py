"""cache: what is kept, and forgetting it, as people and programs read it."""

from __future__ import annotations

import pytest


def test_what_is_kept_and_what_is_forgotten(cavendish):
    assert "no answer is kept" in cavendish("cache", "stats").out
    assert "no such answer is kept" in cavendish("cache", "clear").out
    for _ in range(3):
        cavendish("generate", "a fox", "-s", "1K", "--quiet")
    words = cavendish("cache", "stats").out
    assert "1 answer kept" in words
    assert "2 times, which spared $0.26" in words
    found = cavendish("cache", "stats", "--json").json
    assert (found["answers"], found["simulated_hits"], found["hits"]) == (1, 2, 0)
    assert {group["by"] for group in found["groups"]} == {"model", "channel", "age"}
    assert "1 answer would be forgotten" in cavendish("cache", "clear", "--dry-run").out
    done = cavendish("cache", "clear", "--realm", "simulated", "--json").json
    assert (done["dry_run"], done["answers"], done["cost_usd"]) == (False, 1, "0")
    assert cavendish("cache", "stats", "--json").json["answers"] == 0
    report = cavendish("cost", "report")
    assert "hits" in report.out


@pytest.mark.parametrize(
    ("flags", "cached"),
    [
        ((), True),
        (("--cache", "on"), True),
        (("--cache-ttl", "1h"), True),
        (("--no-cache",), False),
        (("--no-cache", "--cache", "off"), False),
        (("--cache", "refresh"), False),
    ],
)
def test_flags_say_whether_it_is_found(cavendish, flags, cached):
    cavendish("generate", "a fox", "-s", "1K", "--quiet")
    found = cavendish("generate", "a fox", "-s", "1K", "--json", *flags).json
    assert found["pictures"][0]["cached"] == cached


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        (("--cache", "maybe"), "cache"),
        (("--cache", "refresh", "--no-cache"), "no-cache"),
        (("--cache-ttl", "soon"), "cache_ttl"),
        (("--cache-ttl", "1h", "--no-cache"), "cache_ttl_s"),
    ],
)
def test_flags_that_say_nothing_are_named(cavendish, flags, field):
    said = cavendish("generate", "a fox", "--json", *flags)
    assert said.code == 2
    assert said.error["message"].startswith(f"{field}:")
