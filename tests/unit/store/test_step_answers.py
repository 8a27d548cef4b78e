"""Answers that are found, grow old, are bought anew and are forgotten: the journal's decision."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cavendish.core.money import Money
from cavendish.core.result import Finding
from cavendish.store.commands import (
    SECOND_NS,
    Correct,
    Correction,
    Done,
    Forget,
    Hit,
    Look,
    Reserved,
    Wait,
)
from cavendish.store.step import step
from unit.store.book import ALICE, BOB, KEY, NOW, USD, Book, attempt, begin, drawn, key, settle

HOUR_NS = 3600 * SECOND_NS
WRONG = (Finding("size", "1K", "512"),)


def aged(number, max_age_ns, **more):
    return replace(begin(number, **more), max_age_ns=max_age_ns)


def bought(*, at=NOW, picture=None):
    book = Book()
    book.tell(begin(1), at=at)
    book.tell(settle(1, picture=picture or drawn("a")), at=at)
    return book


def forget(book, bought_by=1, **more):
    return book.tell(Forget({KEY.id: attempt(bought_by)}, {"because": "a test"}, "me", **more))


@pytest.mark.parametrize("realm", ["real", "simulated"])
def test_every_hit_is_a_row_with_a_link_to_what_bought_it(realm):
    book, thing = Book(), key(realm=realm)
    book.tell(begin(1, key=thing))
    book.tell(settle(1, picture=drawn()))
    hit = book.tell(replace(begin(2, key=thing, owner=BOB), tags={"team": "b"}), at=NOW + 5)
    assert (hit.id, hit.attempt) == (attempt(2), attempt(1))
    [row] = book.rows.new_hits
    assert (row.id, row.key, row.attempt, row.at_ns) == (attempt(2), thing.id, attempt(1), NOW + 5)
    assert json.loads(row.tags) == {"team": "b"}


def test_a_hit_is_no_spending():
    """T92."""
    book = bought()
    before = book.balance(), len(book.log), len(book.rows.attempts)
    for number in range(2, 9):
        book.tell(begin(number))
    assert (book.balance(), len(book.log), len(book.rows.attempts)) == before
    assert len(book.rows.new_hits) == 7


def test_nothing_but_an_answer_is_a_hit():
    """T97."""
    book = Book()
    for number, outcome in enumerate(["not_sent", "rejected", "unknown", "executed"], start=1):
        book.tell(begin(number))
        book.tell(settle(number, outcome))
        assert isinstance(book.tell(begin(number + 10)), Reserved), outcome
        book.tell(settle(number + 10, "rejected"))
    book.tell(begin(5))
    assert isinstance(book.tell(begin(6)), Wait)
    assert book.rows.new_hits == []


@pytest.mark.parametrize(("age_ns", "found"), [(HOUR_NS, True), (HOUR_NS + 1, False)])
def test_an_answer_is_young_enough_to_the_nanosecond(age_ns, found):
    book = bought()
    assert isinstance(book.tell(aged(2, HOUR_NS), at=NOW + age_ns), Hit) == found
    assert book.tell(begin(3), at=NOW + age_ns) == Hit(drawn("a")), "who sets no limit has it"


def test_while_it_is_bought_anew_others_have_the_old_one_and_then_all_the_new_one():
    book = bought()
    assert isinstance(book.tell(aged(2, 0), at=NOW + 1), Reserved)
    assert isinstance(book.tell(aged(3, 0, owner=BOB), at=NOW + 1), Wait), "one buys"
    assert book.tell(begin(4), at=NOW + 2) == Hit(drawn("a"))
    book.tell(settle(2, picture=drawn("b")), at=NOW + 3)
    assert book.tell(begin(5), at=NOW + 4) == Hit(drawn("b"))
    assert book.tell(aged(6, 2, owner=BOB), at=NOW + 4) == Hit(drawn("b"))
    assert json.loads(book.rows.attempts[attempt(1)].drawn)["sha256"] == "a" * 64


@pytest.mark.parametrize("outcome", ["not_sent", "rejected", "unknown", "executed"])
def test_when_buying_anew_fails_the_old_answer_is_still_there(outcome):
    book = bought()
    book.tell(aged(2, 0), at=NOW + 1)
    book.tell(settle(2, outcome), at=NOW + 2)
    assert book.tell(begin(3), at=NOW + 3) == Hit(drawn("a"))
    assert isinstance(book.tell(aged(4, 0), at=NOW + 3), Reserved)


def test_what_is_not_what_was_asked_for_never_replaces_what_is():
    book = bought()
    book.tell(aged(2, 0), at=NOW + 1)
    book.tell(settle(2, picture=replace(drawn("b"), findings=WRONG)), at=NOW + 2)
    assert book.tell(begin(3), at=NOW + 3) == Hit(drawn("a"))
    assert book.rows.attempts[attempt(2)].drawn is not None, "it was paid for, and is kept"


def test_what_was_asked_for_replaces_what_is_not_it():
    wrong = replace(drawn("a"), findings=WRONG)
    book = bought(picture=wrong)
    assert book.tell(begin(9)) == Hit(wrong), "the key is closed"
    book.tell(aged(2, 0), at=NOW + 1)
    book.tell(settle(2, picture=drawn("b")), at=NOW + 2)
    assert book.tell(begin(3), at=NOW + 3) == Hit(drawn("b"))


def test_an_attempt_from_before_the_answer_does_not_replace_it_however_late():
    book = Book()
    book.tell(begin(1))
    book.tell(settle(1, "unknown"))
    book.tell(begin(2), at=NOW + 1)
    book.tell(settle(2, picture=drawn("b")), at=NOW + 2)
    book.tell(settle(1, picture=drawn("a")), at=NOW + 3)
    assert book.tell(begin(3), at=NOW + 4) == Hit(drawn("b"))
    assert json.loads(book.rows.attempts[attempt(1)].drawn)["sha256"] == "a" * 64


def test_a_forgotten_answer_is_bought_again_and_the_books_stay():
    book = bought()
    before = book.balance(), list(book.log)
    assert forget(book) == Done()
    assert (book.balance(), book.log) == before
    assert book.state(1) == ("settled", "executed", "certain", USD)
    assert book.rows.attempts[attempt(1)].drawn is not None, "the report still knows its parts"
    assert isinstance(book.tell(begin(2, owner=ALICE)), Reserved)
    book.tell(settle(2, picture=drawn("b")))
    assert book.tell(begin(3)) == Hit(drawn("b"))


def test_forgetting_is_written_down_with_who_and_why():
    book = bought()
    forget(book)
    [row] = book.rows.new_audit
    assert (row.who, row.action, row.subject) == ("me", "forget", "answers")
    assert json.loads(row.details) == {"because": "a test", "answers": 1}
    assert forget(book) == Done(changed=False), "there is nothing left"
    assert len(book.rows.new_audit) == 1


def test_an_answer_that_took_the_place_of_another_is_not_forgotten_with_it():
    book = bought()
    book.tell(aged(2, 0), at=NOW + 1)
    book.tell(settle(2, picture=drawn("b")), at=NOW + 2)
    assert forget(book, bought_by=1) == Done(changed=False)
    assert book.tell(begin(3), at=NOW + 3) == Hit(drawn("b"))


def test_a_hit_that_came_to_nothing_is_taken_back():
    book = bought()
    hit = book.tell(begin(2))
    forget(book, unserved=(hit.id,))
    assert book.rows.gone_hits == [hit.id]


def test_a_corrected_price_goes_to_the_answer_its_attempt_brought():
    book = Book()
    for number, name in ((1, "a"), (2, "b")):
        book.tell(aged(number, 0), at=NOW + 2 * number)
        picture = drawn(name, Money(USD))
        book.tell(settle(number, certain=False, picture=picture), at=NOW + 2 * number + 1)
    bill = Correct("bill.csv", (Correction(attempt(1), USD, 7),))
    assert step(book.rows, [bill, begin(3)], NOW + 9) == [Done(), Hit(drawn("b", Money(USD)))]
    assert json.loads(book.rows.attempts[attempt(1)].drawn)["cost"] == 7


def test_a_look_changes_nothing():
    book = bought()
    assert book.tell(Look()) == Done(changed=False)


def test_only_hits_can_wait_to_be_written():
    book = bought()
    assert not book.rows.only_found
    fresh = Book()
    fresh.tell(begin(1))
    assert not fresh.rows.only_found
    fresh.rows = type(fresh.rows)(keys=book.rows.keys)
    fresh.tell(begin(2))
    assert fresh.rows.new_hits
    assert fresh.rows.only_found
