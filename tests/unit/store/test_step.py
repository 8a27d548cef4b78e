"""The journal's decision, as a table: who waits, who may buy, what is booked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cavendish.store.commands import (
    GRACE_NS,
    SECOND_NS,
    Done,
    Hit,
    Inherited,
    Refused,
    Reserved,
    Wait,
)
from unit.store.book import (
    ALICE,
    BOB,
    LEASE_NS,
    NOW,
    USD,
    Book,
    Hold,
    Inherit,
    SetBudget,
    attempt,
    begin,
    drawn,
    key,
    settle,
)

HOUR_NS = 3600 * SECOND_NS


def test_who_comes_first_may_buy_and_the_rest_wait():
    book = Book()
    assert book.tell(begin(1)) == Reserved(attempt(1))
    waiting = book.tell(begin(2, owner=BOB))
    assert waiting == Wait(NOW + SECOND_NS // 20, attempt(1))
    assert book.tell(begin(3)) == Wait(NOW + SECOND_NS // 20, attempt(1)), "itself as well"
    later = book.tell(begin(3), at=NOW + 4 * SECOND_NS)
    assert later == Wait(NOW + 4 * SECOND_NS + SECOND_NS // 2, attempt(1)), "less and less often"
    assert book.balance() == (USD, 0), "who waits holds nothing"
    assert list(book.rows.attempts) == [attempt(1)]


def test_nobody_waits_past_the_lease():
    book = Book()
    book.tell(begin(1))
    assert book.tell(begin(2), at=NOW + LEASE_NS - 1) == Wait(NOW + LEASE_NS, attempt(1))


def test_a_picture_is_a_hit_for_everybody_for_ever():
    book = Book()
    book.tell(begin(1))
    assert book.tell(settle(1, picture=drawn())) == Done()
    for at in (NOW, NOW + 10**6 * HOUR_NS):
        assert book.tell(begin(2, owner=BOB), at=at) == Hit(drawn())
    assert book.balance() == (0, USD)


def test_another_variant_run_realm_or_digest_is_another_thing():
    """T93."""
    book = Book()
    for number, other in enumerate([key(), key("l"), key(realm="simulated"), key(run="r")]):
        assert book.tell(begin(number, key=other)) == Reserved(attempt(number))


@pytest.mark.parametrize("outcome", ["not_sent", "rejected"])
def test_what_was_not_bought_gives_the_money_back(outcome):
    book = Book()
    book.tell(begin(1))
    assert book.tell(settle(1, outcome)) == Done()
    assert book.state(1) == ("settled", outcome, "none", 0)
    assert (book.balance(), book.log) == ((0, 0), [])
    assert book.tell(begin(2)) == Reserved(attempt(2)), "nothing to warn of"


@pytest.mark.parametrize("certain", [True, False])
def test_what_was_bought_is_booked_though_it_is_no_picture(certain):
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, cost=7, certain=certain))
    assert book.state(1) == ("settled", "executed", "certain" if certain else "presumed", 7)
    assert [row.kind for row in book.log] == ["settled" if certain else "presumed"]
    assert isinstance(book.tell(begin(2)), Reserved), "no picture, no hit"


def test_an_unknown_outcome_holds_until_grace_has_passed_and_then_counts_as_spent():
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown"))
    assert book.balance() == (USD, 0)
    due = NOW + LEASE_NS + GRACE_NS
    book.tell(SetBudget("month", USD), at=due - 1)
    assert book.balance() == (USD, 0)
    book.tell(SetBudget("month", USD), at=due)
    assert book.balance() == (0, USD)
    assert book.state(1) == ("settled", "unknown", "presumed", USD)


def test_grace_begins_when_the_outcome_became_unknown_if_that_is_later():
    book = Book()
    book.tell(begin(1))
    late = NOW + LEASE_NS + HOUR_NS
    book.tell(settle(1, "unknown"), at=late)
    assert book.rows.attempts[attempt(1)].due_ns == late + GRACE_NS


def test_whoever_asks_again_after_an_unknown_outcome_is_told_of_it():
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown"))
    answer = book.tell(begin(2, owner=BOB))
    assert [(e.attempt, e.reserved_nanos) for e in answer.earlier] == [(attempt(1), USD)]
    assert book.balance() == (2 * USD, 0)


def test_the_truth_comes_late_and_counts():
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown", owner=ALICE))
    assert book.tell(settle(1, cost=5, owner=ALICE, picture=drawn())) == Done()
    assert book.state(1) == ("settled", "executed", "certain", 5)
    assert book.tell(begin(2)) == Hit(drawn())


def test_the_first_answer_stays_the_answer():
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown"))
    book.tell(begin(2))
    book.tell(settle(2, picture=drawn("a")))
    book.tell(settle(1, cost=5, picture=drawn("b")))
    assert book.state(1) == ("settled", "executed", "certain", 5)
    assert book.tell(begin(3)) == Hit(drawn("a")), "somebody may have it already"


def test_whoever_saw_the_answer_is_believed_though_another_has_taken_over():
    book = Book()
    book.tell(begin(1))
    book.tell(begin(2, owner=BOB), at=NOW + LEASE_NS)
    assert book.tell(settle(1, cost=5, owner=ALICE, picture=drawn())) == Done()
    assert book.tell(settle(1, "unknown", owner=BOB)) == Done(changed=False)
    assert book.tell(begin(3)) == Hit(drawn())
    assert book.balance() == (0, 5)


@pytest.mark.parametrize("outcome", ["unknown", "not_sent", "rejected"])
def test_only_an_execution_is_news_after_an_unknown_outcome(outcome):
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown"))
    assert book.tell(settle(1, outcome)) == Done(changed=False)
    assert book.balance() == (USD, 0)


@pytest.mark.parametrize("first", ["executed", "rejected", "not_sent"])
@pytest.mark.parametrize("second", ["executed", "rejected", "not_sent", "unknown"])
def test_settling_twice_changes_nothing(first, second):
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, first))
    before = (book.state(1), book.balance(), list(book.log))
    assert book.tell(settle(1, second, cost=9, picture=drawn())) == Done(changed=False)
    assert (book.state(1), book.balance(), book.log) == before


def test_settling_twice_in_one_batch_changes_nothing():
    book = Book()
    answers = book.tell(begin(1), settle(1), settle(1), begin(2), settle(2, "rejected"), settle(2))
    assert [a.changed for a in answers if isinstance(a, Done)] == [True, False, True, False]


def test_settling_what_never_began_is_nothing():
    assert Book().tell(settle(1)) == Done(changed=False)


def test_an_attempt_of_the_dead_goes_to_who_asks_next():
    book = Book()
    book.tell(begin(1))
    answer = book.tell(begin(2, owner=BOB), dead=[ALICE])
    assert answer == Inherited(attempt(1), key(), "gemini", {"size": "1K"}, USD)
    assert book.balance() == (USD, 0), "it is the same attempt"
    assert isinstance(book.tell(begin(3)), Wait), "it has an owner again"


def test_a_lease_that_ended_is_like_a_death():
    book = Book()
    book.tell(begin(1))
    at = NOW + LEASE_NS
    assert isinstance(book.tell(begin(2, owner=BOB), at=at), Inherited)
    assert isinstance(book.tell(begin(3), at=at), Wait), "the lease is new"


@pytest.mark.parametrize("outcome", ["unknown", "rejected", "not_sent"])
def test_the_former_owner_has_no_say_but_the_new_one_has(outcome):
    book = Book()
    book.tell(begin(1))
    book.tell(begin(2, owner=BOB), dead=[ALICE])
    assert book.tell(settle(1, outcome, owner=ALICE)) == Done(changed=False)
    assert book.balance() == (USD, 0)
    assert book.tell(settle(1, "unknown", owner=BOB)) == Done()


def test_inherit_takes_what_the_dead_left_and_nothing_else():
    book = Book()
    book.tell(begin(1), begin(2, key=key("l"), owner=BOB), begin(3, key=key("m")))
    book.tell(settle(3, "unknown"))
    answer = book.tell(Inherit("c" * 32, LEASE_NS), dead=[ALICE])
    assert [orphan.attempt for orphan in answer.inherited] == [attempt(1)]
    assert book.tell(Inherit("c" * 32, LEASE_NS), dead=[ALICE]) == Done()


def test_a_request_that_does_not_fit_leaves_no_trace():
    book = Book(month=2 * USD)
    legs = (Hold("day", USD), Hold("month", 3 * USD), Hold("project:p", USD))
    assert book.tell(begin(1, holds=legs)) == Refused("month", 2 * USD, 0, 0, 3 * USD)
    assert not book.rows.attempts
    assert not book.rows.legs
    assert not book.rows.keys
    assert all((a.held, a.used) == (0, 0) for a in book.rows.accounts.values())


def test_every_leg_holds_and_settles_alike():
    book = Book()
    scopes = ("day", "month", "project:p", "tag:a=b")
    book.tell(begin(1, holds=tuple(Hold(scope, USD) for scope in scopes)))
    assert {book.balance(scope) for scope in scopes} == {(USD, 0)}
    book.tell(settle(1, cost=3))
    assert {book.balance(scope) for scope in scopes} == {(0, 3)}


def test_a_leg_in_another_unit_is_used_as_it_was_held():
    book = Book()
    book.tell(begin(1, holds=(Hold("day", USD), Hold("minute", 1, "calls", limit=1))))
    again = begin(2, key=key("l"), holds=(Hold("minute", 1, "calls", limit=1),))
    assert isinstance(book.tell(again), Refused)
    book.tell(settle(1, cost=3))
    assert (book.balance("day"), book.balance("minute")) == ((0, 3), (0, 1))


def test_a_limit_is_filled_to_the_last_nano_and_no_further():
    book = Book(day=10 * USD)
    for number in range(10):
        assert isinstance(book.tell(begin(number, key=key(str(number)))), Reserved)
    assert book.tell(begin(10, 1, key=key("x"))) == Refused("day", 10 * USD, 0, 10 * USD, 1)
    book.tell(settle(0, "rejected"))
    assert isinstance(book.tell(begin(11, key=key("y"))), Reserved)


def test_the_limits_people_set_bind_real_money_only():
    book = Book(day=0)
    assert isinstance(book.tell(begin(1)), Refused)
    assert isinstance(book.tell(begin(2, key=key(realm="simulated"))), Reserved)


@pytest.mark.parametrize("realm", ["real", "simulated"])
def test_a_runs_limit_binds_in_both_realms(realm):
    book = Book()
    legs = (Hold("day", USD), Hold("run:r", USD, limit=USD))
    assert isinstance(book.tell(begin(1, key=key("a", realm), holds=legs)), Reserved)
    refused = book.tell(begin(2, key=key("b", realm), holds=legs))
    assert refused == Refused("run:r", USD, 0, USD, USD)


def test_limits_come_and_go():
    book = Book()
    assert book.tell(SetBudget("day", USD)) == Done()
    assert isinstance(book.tell(begin(1, 2 * USD)), Refused)
    assert book.tell(SetBudget("day", None)) == Done()
    assert book.tell(SetBudget("day", None)) == Done(changed=False)
    assert isinstance(book.tell(begin(1, 2 * USD)), Reserved)


def test_an_overrun_is_booked_and_then_blocks():
    book = Book(day=3 * USD)
    book.tell(begin(1))
    book.tell(settle(1, cost=5 * USD))
    assert book.balance() == (0, 5 * USD)
    assert book.tell(begin(2, 1, key=key("l"))) == Refused("day", 3 * USD, 5 * USD, 0, 1)


def test_a_day_is_new_at_midnight_and_the_old_one_keeps_what_began_in_it():
    midnight = 1_795_392_000 * SECOND_NS
    book = Book(day=USD)
    book.tell(begin(1), at=midnight - 1)
    assert isinstance(book.tell(begin(2, key=key("l")), at=midnight - 1), Refused)
    assert isinstance(book.tell(begin(3, key=key("m")), at=midnight), Reserved)
    book.tell(settle(1), at=midnight + 1)
    days = sorted((a.opens_ns, a.held, a.used) for a in book.rows.accounts.values())
    assert days == [(midnight - 24 * HOUR_NS, 0, USD), (midnight, USD, 0)]


def test_of_several_refusals_the_tightest_is_named_first():
    book = Book(day=10 * USD, month=9 * USD)
    book.rows.budgets["project:p"] = 12 * USD
    holds = tuple(Hold(scope, 11 * USD) for scope in ("day", "project:p", "month"))
    day, month = (Refused(s, n * USD, 0, 0, 11 * USD) for s, n in (("day", 10), ("month", 9)))
    assert book.tell(begin(1, holds=holds)) == replace(month, others=(day,))
