"""`reconcile`: a bill with planted errors beside a journal, on both databases."""

from __future__ import annotations

import pytest

from cavendish.core.errors import InvalidRequest
from cavendish.insight.bill import Bill
from cavendish.insight.bill_file import bill_rows, model_of
from conformance.billed import (
    EXPORT,
    FLASH,
    FLASH_SKU,
    HEAD,
    PICTURE,
    PRO,
    THINKING,
    Ledger,
    line,
    write,
)


@pytest.fixture
def book(path):
    book = Ledger(path)
    yield book
    book.database.close()


def test_a_bill_that_agrees(book, tmp_path):
    book.buy("2026-11-02T06:30:00", 0.1344)  # still the first there, and seven hours behind
    book.buy("2026-11-02T09:00:00", 0.1368)
    book.buy("2026-11-02T09:00:00", 0.5, channel="laozhang")  # not Google's
    book.buy("2026-11-02T09:00:00", 0.5, realm="simulated", channel="offline")
    book.buy("2026-11-09T09:00:00", 0.5)  # after the bill's days
    file = write(
        tmp_path, line("2026-11-01", PICTURE, "0.134400"), line("2026-11-02", PICTURE, "0.134400"),
        line("2026-11-02", THINKING, "0.002400"),
        line("2026-11-02", "N2 Core", "55.000000", service="Compute Engine"),
        line("2026-11-02", PICTURE, "-0.100000", credit="Promotional credit"),
    )  # fmt: skip
    found = book.reconcile(file)
    assert found.agrees
    assert [one.verdict for one in found.compared] == ["same", "same"]
    document = found.to_json()
    assert (document["billed_usd"], document["booked_usd"]) == ("0.2712", "0.2712")
    assert document["skipped_lines"] == 3  # another service, a credit, the total
    assert document["compared"][1]["skus"] == [PICTURE, THINKING]


def test_each_planted_error_is_named(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.1344)
    book.buy("2026-11-03T20:00:00", 0.1344)
    book.buy("2026-11-04T20:00:00", 0.0672, model=FLASH)
    file = write(
        tmp_path,
        line("2026-11-02", PICTURE, "0.134401"),  # a unit of the last digit is no rounding
        line("2026-11-04", FLASH_SKU, "0.0672", service="Vertex AI"),
        line("2026-11-04", PICTURE, "0.1344"),
        line("2026-11-04", "Generate content output token count gemini 9 text", "7.5"),
    )
    assert book.verdicts(file) == {
        ("2026-11-02", PRO): "differs",
        ("2026-11-03", PRO): "not-billed",
        ("2026-11-04", FLASH): "same",
        ("2026-11-04", PRO): "billed-unknown",
        ("2026-11-04", "Generate content output token count gemini 9 text"): "billed-unknown",
    }
    assert not book.reconcile(file).agrees
    (off,) = [one for one in book.reconcile(file).compared if one.verdict == "differs"]
    assert off.advice == "the bill has $0.000001 more than the ledger"


@pytest.mark.parametrize(
    ("billed", "verdict", "advice"),
    [("0.1344", "presumed", "of $0.2 presumed and $0 held the bill has $0; "),
     ("0.2688", "presumed", "of $0.2 presumed and $0 held the bill has $0.1344; "),
     ("0.3344", "same", ""), ("0.5000", "differs", "the bill has $0.1656 more"),
     ("0.1000", "differs", "the bill has $0.2344 less")],
)  # fmt: skip
def test_what_is_presumed_spent_is_settled_by_the_bill(book, tmp_path, billed, verdict, advice):
    book.buy("2026-11-02T20:00:00", 0.1344)
    book.buy("2026-11-02T21:00:00", 0.2, certain=False)
    (one,) = book.reconcile(write(tmp_path, line("2026-11-02", PICTURE, billed))).compared
    assert one.verdict == verdict
    assert one.advice.startswith(advice)


def test_an_unknown_outcome_that_was_charged_is_told(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.2, outcome="unknown")
    (one,) = book.reconcile(write(tmp_path, line("2026-11-02", PICTURE, "0.1344"))).compared
    assert (one.verdict, one.booked.held.usd) == ("presumed", "0.2")
    assert "the bill has $0.1344" in one.advice


def test_rounding_of_each_line_is_allowed(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.1344004)
    book.buy("2026-11-02T20:00:00", 0.1344004)
    rows = [line("2026-11-02", PICTURE, "0.134400")] * 2
    assert book.reconcile(write(tmp_path, *rows)).agrees


def test_a_bill_of_a_month_is_compared_as_a_whole(book, tmp_path):
    book.buy("2026-11-02T20:00:00", 0.1344)
    book.buy("2026-11-20T20:00:00", 0.1344)
    file = write(tmp_path, line("2026-11-01", PICTURE, "0.2688", end="2026-11-30"))
    (one,) = book.reconcile(file).compared
    assert (one.verdict, one.end.isoformat()) == ("same", "2026-11-30")


def test_rows_of_the_export_are_moments_in_utc(book, tmp_path):
    book.buy("2026-11-02T06:30:00", 0.1344)
    head = "service.description,sku.description,usage_start_time,project.id,cost,currency"
    file = tmp_path / "export.csv"
    file.write_text(
        f"{head}\nGemini API,{PICTURE},2026-11-02 06:00:00 UTC,mine,0.1344,USD\n"
        f"Gemini API,{PICTURE},2026-11-02T06:00:00Z,other,9.5,USD\n"
    )
    found = book.reconcile(file, "mine")
    assert (found.agrees, found.skipped) == (True, 1)
    assert found.compared[0].start.isoformat() == "2026-11-01"
    assert not book.reconcile(file).agrees


@pytest.mark.parametrize(
    ("text", "said"),
    [("a,b\n1,2\n", "no line names the columns"),
     (f"{HEAD}\n1,2,3\n", "line 2 has 3 columns"),
     (f"{HEAD}\n{line('2026-11-02', PICTURE, '1').replace(',1,1.00', ',n/a,1.00')}", "no amount"),
     (f"{HEAD}\n{line('2026-99-02', PICTURE, '1')}", "line 2: '2026-99-02' is no day"),
     (f"Currency,EUR\n{HEAD}\n", "it is in EUR"),
     (f"{EXPORT},currency\nGemini API,x,2026-11-02,1,JPY\n", "line 2 is in JPY")],
)  # fmt: skip
def test_what_is_no_bill_is_refused(tmp_path, text, said):
    file = tmp_path / "bill.csv"
    file.write_text(text)
    with pytest.raises(InvalidRequest, match=said):
        Bill.of(bill_rows(file))


def test_a_bill_that_is_not_there(tmp_path):
    with pytest.raises(InvalidRequest, match=r"bill: .*No such file"):
        Bill.of(bill_rows(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("sku", "model"),
    [(PICTURE, PRO), (FLASH_SKU, FLASH),
     ("Generate_content image output token count for Gemini 3.1 Flash Lite Image",
      "gemini-3.1-flash-lite-image"),
     ("Generate_content image output token count for Gemini 2.5 Flash Native Image Generation",
      "gemini-2.5-flash-image"),
     ("Generate_content text input token count for gemini 3 pro short", None)],
)  # fmt: skip
def test_a_sku_names_its_model(sku, model):
    assert model_of(sku) == model
