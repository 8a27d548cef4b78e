"""T91: what a bill proves of presumed spending is booked, once, and everything still adds up."""

from __future__ import annotations

import json

import pytest

from cavendish.insight.verification import verify
from cavendish.store.commands import Correct, Correction, Done
from conformance.billed import FLASH, FLASH_SKU, NOW, PICTURE, PRO, Ledger, line, moment, write


@pytest.fixture
def book(path):
    book = Ledger(path)
    yield book
    book.database.close()


def sound(book):
    found = book.database.read(verify)
    assert found.sound, found.faults
    return found


def attempt_of(book, name):
    return book.rows(f"SELECT billed, cost_nanos FROM attempts WHERE id = '{name}'")[0]


def test_a_presumed_attempt_that_was_not_billed_is_reversed(book, tmp_path):
    """T91."""
    book.buy("2026-11-02T20:00:00", 0.1344)
    unsure = book.buy("2026-11-02T21:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.1344"))
    (one,) = book.reconcile(file).corrections
    assert (one.attempt, one.why, one.presumed.usd, one.cost.usd) == (
        unsure, "not-billed", "0.2", "0",
    )  # fmt: skip
    found = book.reconcile(file)
    assert (found.booked.usd, found.corrected.usd) == ("0.3344", "0.1344")
    assert not found.agrees
    assert book.apply(file)
    assert attempt_of(book, unsure) == ("certain", 0)
    assert book.used() == {"day": 134_400_000, "month": 134_400_000, "calls": 2}
    assert book.rows("SELECT kind, amount_nanos FROM ledger ORDER BY seq") == [
        ("settled", 134_400_000), ("presumed", 200_000_000), ("correction", -200_000_000),
    ]  # fmt: skip
    (_, at, who, action, subject, details, _, _) = book.rows("SELECT * FROM audit")[0]
    assert (at, who, action, subject) == (NOW, "somebody", "correct", "bill.csv")
    assert json.loads(details) == {"attempts": 1, "from_nanos": 200_000_000, "to_nanos": 0}
    assert [str(s.ledger) for s in sound(book).sums] == ["$0.1344"]
    assert book.reconcile(file).agrees


def test_the_same_bill_again_changes_nothing(book, tmp_path):
    """T91."""
    book.buy("2026-11-02T20:00:00", 0.1344)
    book.buy("2026-11-02T21:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.2688"))
    proven = book.reconcile(file).corrections
    assert book.apply(file)
    before = book.rows("SELECT * FROM ledger"), book.rows("SELECT * FROM audit"), book.used()
    assert book.reconcile(file).corrections == ()
    assert not book.apply(file)
    stale = tuple(Correction(one.attempt, one.presumed.nanos, 1) for one in proven)
    assert book.tell(Correct("again", stale)) == Done(changed=False)
    ghost = Correct("again", (Correction("nobody", 1, 2),))
    assert book.tell(ghost) == Done(changed=False)
    assert before == (
        book.rows("SELECT * FROM ledger"), book.rows("SELECT * FROM audit"), book.used()
    )  # fmt: skip
    sound(book)


def test_one_that_was_charged_less_gets_its_cost_and_its_picture_says_it(book, tmp_path):
    unsure = book.buy("2026-11-02T21:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.1344"))
    (one,) = book.reconcile(file).corrections
    assert (one.why, one.cost.usd) == ("billed", "0.1344")
    assert book.apply(file)
    assert attempt_of(book, unsure) == ("certain", 134_400_000)
    assert json.loads(book.rows("SELECT drawn FROM keys")[0][0])["cost"] == 134_400_000
    assert book.reconcile(file).agrees
    sound(book)


def test_what_was_presumed_rightly_is_confirmed(book, tmp_path):
    unsure = book.buy("2026-11-02T21:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.2"))
    assert book.reconcile(file).agrees
    assert book.apply(file)
    assert attempt_of(book, unsure) == ("certain", 200_000_000)
    assert book.rows("SELECT kind, amount_nanos FROM ledger ORDER BY seq")[1] == ("correction", 0)
    assert not book.apply(file)
    sound(book)


def test_several_share_what_the_bill_has_beyond_the_certain(book, tmp_path):
    book.buy("2026-11-03T02:00:00", 0.1344)  # the second there, the third in UTC
    names = [book.buy(f"2026-11-0{day}:00:00", usd, certain=False, picture=False)
             for day, usd in (("2T21", 0.2), ("2T22", 0.2), ("3T03", 0.3))]  # fmt: skip
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.268800001"))
    found = book.reconcile(file)
    assert {one.why for one in found.corrections} == {"shared"}
    assert [one.cost.nanos for one in found.corrections] == [38_400_000, 38_400_000, 57_600_001]
    assert book.apply(file)
    assert sum(attempt_of(book, name)[1] for name in names) == 134_400_001
    assert book.reconcile(file).agrees
    assert book.used()["month"] == book.used()["day"] == 268_800_001
    days = dict(book.rows("SELECT opens_ns, used FROM accounts WHERE scope = 'day'"))
    assert days == {
        moment("2026-11-02T00:00:00"): 76_800_000, moment("2026-11-03T00:00:00"): 192_000_001,
    }  # fmt: skip
    sound(book)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([("2026-11-02", FLASH_SKU, "0.0672")], "nothing that we bought"),
        ([("2026-11-02", PICTURE, "0.5")], ""),
        ([("2026-11-02", PICTURE, "-0.2000"), ("2026-11-02", PICTURE, "0.1")], ""),
        ([("2026-11-20", PICTURE, "0.1")], "a day's bill is taken for whole after 5 days"),
        ([("2026-11-21", PICTURE, "0.1")], "some is still held"),
    ],
)
def test_what_a_bill_does_not_prove_stays_presumed(book, tmp_path, lines, said):
    day = lines[0][0]
    book.buy(f"{day}T20:00:00", 0.2, certain=False)
    if day == "2026-11-21":
        book.buy(f"{day}T20:00:00", 0.2, outcome="unknown")
    file = write(tmp_path, *(line(*one) for one in lines))
    found = book.reconcile(file)
    assert found.corrections == ()
    (one,) = [one for one in found.compared if one.model == PRO]
    assert said in one.advice
    assert not book.apply(file)
    assert book.rows("SELECT 1 FROM ledger WHERE kind = 'correction'") == []


def test_a_day_where_another_model_agrees_proves_that_nothing_came(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.0672, model=FLASH)
    unsure = book.buy("2026-11-02T20:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-11-02", FLASH_SKU, "0.0672"))
    assert book.apply(file)
    assert attempt_of(book, unsure) == ("certain", 0)
    assert book.reconcile(file).agrees


def test_certain_costs_are_never_corrected(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.1344)
    file = write(tmp_path, line("2026-11-02", PICTURE, "0.1"))
    assert book.reconcile(file).corrections == ()
    assert not book.apply(file)


def test_a_bill_of_a_month_settles_its_presumed_spending(book, tmp_path):
    book.buy("2026-10-02T20:00:00", 0.1344)
    unsure = book.buy("2026-10-20T20:00:00", 0.2, certain=False)
    file = write(tmp_path, line("2026-10-01", PICTURE, "0.1344", end="2026-10-31"))
    assert book.apply(file)
    assert attempt_of(book, unsure) == ("certain", 0)
    assert book.reconcile(file).agrees
    sound(book)
