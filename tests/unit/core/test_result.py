"""What comes back: the record of a picture survives the journal; the last picture is the result."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.money import Money
from cavendish.core.result import RELEASES_MONEY, Answer, Attempt, Drawn, Finding, Spooled, Usage

COUNTS = st.integers(0, 10**6)
DRAWN = st.builds(
    Drawn,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    width=st.integers(1, 12288),
    height=st.integers(1, 12288),
    mime=st.sampled_from(["image/png", "image/jpeg"]),
    model=st.text(),
    channel=st.text(),
    text=st.none() | st.text(),
    usage=st.none() | st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
    cost=st.integers(0, 2**62).map(Money),
    request_id=st.none() | st.text(),
    warnings=st.lists(st.text(), max_size=3).map(tuple),
    findings=st.lists(st.builds(Finding, st.text(), st.text(), st.text()), max_size=2).map(tuple),
)


@given(DRAWN)
def test_a_record_comes_back_from_its_row(drawn):
    assert Drawn.from_row(json.loads(json.dumps(drawn.to_row()))) == drawn


def answer(*pictures):
    return Answer(
        pictures=pictures, text="", thoughts="", usage=None, finish="stop", block=None,
        message="", ratings=(), model_version=None, response_id=None,
    )  # fmt: skip


def spooled(index, *, thought=False):
    return Spooled(index, "image/png", thought, 1, "0" * 64)


def test_the_last_picture_that_is_no_thought_is_the_result():
    first, second, thought = spooled(0), spooled(1), spooled(2, thought=True)
    assert answer(first, second, thought).final is second
    assert answer(thought).final is None
    sound = replace(second, mime="audio/wav")
    assert answer(first, sound).final is first
    assert answer(sound).final is sound
    assert answer().final is None


def test_an_attempt_in_json():
    attempt = Attempt("gemini", "executed", 1.23456, Money(134_400_000))
    assert attempt.to_json() == {
        "channel": "gemini",
        "outcome": "executed",
        "wait_s": 1.235,
        "cost_usd": "0.1344",
    }


def test_only_what_certainly_cost_nothing_releases_money():
    assert frozenset({"not_sent", "rejected"}) == RELEASES_MONEY
