"""Which accounts a call touches, what a refusal says, and who hears of what happens."""

from __future__ import annotations

import logging

import pytest

from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.send.events import Cached, Waiting, publish
from cavendish.send.legs import check_scope, holds, refusal
from cavendish.store.commands import Hold, Refused

AMOUNT = Money(158_430_000)
USD = 10**9


def test_every_account_with_a_say_holds_the_whole_amount():
    found = holds(
        AMOUNT, project="p", tags={"b": "2", "a": "1"}, key_name="k", run="r", run_limit=Money(5)
    )  # fmt: skip
    amount = AMOUNT.nanos
    assert found == (
        Hold("day", amount), Hold("month", amount), Hold("project:p", amount),
        Hold("key:k", amount), Hold("tag:a=1", amount), Hold("tag:b=2", amount),
        Hold("run:r", amount, limit=5),
    )  # fmt: skip


@pytest.mark.parametrize(("run", "limit"), [(None, None), ("r", None), (None, Money(5))])
def test_a_run_without_a_limit_has_no_account(run, limit):
    found = holds(AMOUNT, project="p", tags={}, run=run, run_limit=limit)
    assert [hold.scope for hold in found] == ["day", "month", "project:p"]


def test_a_limit_of_nothing_is_a_limit():
    found = holds(AMOUNT, project="p", tags={}, run="r", run_limit=Money(0))
    assert found[-1] == Hold("run:r", AMOUNT.nanos, limit=0)


def test_no_two_legs_are_on_the_same_account():
    found = holds(
        AMOUNT, project="day", tags={"a": "b", "a=b": "c"}, key_name="day", run="r",
        run_limit=AMOUNT,
    )  # fmt: skip
    assert len({hold.scope for hold in found}) == len(found)


@pytest.mark.parametrize("scope", ["day", "month", "project:p", "key:k", "tag:a=b", "tag:a="])
def test_scopes_people_may_set(scope):
    assert check_scope(scope) == scope


@pytest.mark.parametrize(
    "scope",
    ["", "week", "day:x", "month:", "project", "project:", "tag:a", "tag:=b", "run:r", "key",
     "key:", "project:" + "x" * 153],
)  # fmt: skip
def test_scopes_nobody_may_set(scope):
    with pytest.raises(InvalidRequest, match="scope"):
        check_scope(scope)


def test_a_refusal_says_how_much_would_do():
    error = refusal(Refused("day", 10 * 10**9, 9 * 10**9, 900_000_000, 158_430_000))
    assert error.scope == "day"
    assert error.next_step == "cavendish budget set day 10.06"
    assert "$9.00 spent, $0.90 held by calls under way" in error.message
    assert error.billed is False
    assert error.details == {
        "limit_usd": "10", "used_usd": "9", "held_usd": "0.9", "needed_usd": "0.15843",
    }  # fmt: skip


def test_of_several_refusals_each_gets_its_line_as_a_shell_takes_it():
    day = Refused("day", USD, 0, USD, AMOUNT.nanos)
    run = Refused("run:abc", 10**8, 0, 0, AMOUNT.nanos)
    project = Refused("project:$(a b)", USD, 0, 0, AMOUNT.nanos, others=(day, run))
    error = refusal(project)
    assert error.scope == "project:$(a b)"
    assert "nor is there room in budget day or this run's budget" in error.message
    assert error.next_step == (
        "cavendish budget set 'project:$(a b)' 0.16 && cavendish budget set day 1.16, "
        "and --budget 0.16"
    )


def test_a_runs_refusal_names_its_flag_and_no_id():
    error = refusal(Refused("run:abc", 10**8, 0, 0, 158_430_000))
    assert error.next_step == "--budget 0.16"
    assert "abc" not in error.message


def test_a_listener_that_fails_disturbs_nobody(caplog):
    heard = []

    def broken(event):
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, "cavendish"):
        for event in (Waiting(1.0, "x"), Cached("a")):
            publish([heard.append, broken, heard.append], event)
    assert heard == [Waiting(1.0, "x")] * 2 + [Cached("a")] * 2
    assert len(caplog.records) == 2


def test_a_listener_may_stop_the_program():
    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish([stop], Cached("a"))
