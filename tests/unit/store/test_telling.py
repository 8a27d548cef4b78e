"""An alert is told once, by one process; what fails is tried again by whoever comes next."""

from __future__ import annotations

from cavendish.store.commands import SECOND_NS, Done, Tell, Told
from unit.store.book import NOW, Book

WHILE_NS = 60 * SECOND_NS
WAYS = ("webhook", "command")


def tell(alert="a", owed=WAYS):
    return Tell(alert, "words", owed, WHILE_NS)


def test_who_comes_first_tells_it_and_nobody_else():
    book = Book()
    assert book.tell(tell()) == Done()
    assert book.tell(tell(), at=NOW + WHILE_NS - 1) == Done(changed=False)
    assert book.tell(tell("b")) == Done(), "another alert is another thing"


def test_two_in_one_batch_are_not_both_first():
    assert Book().tell(tell(), tell()) == [Done(), Done(changed=False)]


def test_what_was_told_by_every_way_is_never_told_again():
    book = Book()
    book.tell(tell())
    assert book.tell(Told("a", ())) == Done()
    assert book.tell(tell(), at=NOW + 10**9 * SECOND_NS) == Done(changed=False)
    book.tell(tell("log only", ()))
    assert book.tell(tell("log only", ()), at=NOW + WHILE_NS) == Done(changed=False)


def test_a_way_that_failed_is_tried_again_once_its_time_has_come():
    book = Book()
    book.tell(tell())
    book.tell(Told("a", ("webhook",), 5 * SECOND_NS))
    assert book.tell(tell(), at=NOW + 5 * SECOND_NS - 1) == Done(changed=False)
    assert book.tell(tell(), at=NOW + 5 * SECOND_NS) == Done()
    assert book.rows.alerts["a"].owed == "webhook", "the way that was taken is not taken again"


def test_an_alert_whose_teller_died_goes_to_the_next():
    book = Book()
    book.tell(tell())
    assert book.tell(tell(), at=NOW + WHILE_NS) == Done()
    assert book.tell(tell(), at=NOW + WHILE_NS) == Done(changed=False)
    assert book.rows.alerts["a"].at_ns == NOW, "it is still of the moment it was first told"


def test_nothing_is_made_of_an_alert_that_nobody_raised():
    book = Book()
    assert book.tell(Told("a", ())) == Done(changed=False)
    assert not book.rows.alerts
