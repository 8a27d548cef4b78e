"""Bills with planted errors: each is named, nothing else is. `BILLS=2000` plays more of them."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from fractions import Fraction

import pytest

from cavendish.insight.bill import Bill
from cavendish.insight.bill_file import bill_rows
from cavendish.insight.reasons import by_line
from cavendish.store.migration import prepare
from conformance import journal_worker as worker
from conformance.billed import Ledger
from conformance.invented_bill import KINDS, lines, noise, plant, purchases, seeded, write

BILLS = int(os.environ.get("BILLS", "60"))
FORMS = ("table", "export", "euro", "semicolon", "excel")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "empty.db"
    database = worker.database(path)
    prepare(database, 0)
    database.close()
    return path


@pytest.mark.parametrize("seed", range(BILLS))
def test_every_planted_error_is_named_and_nothing_else(seed, empty, tmp_path):
    """T88, T91."""
    rng, form = seeded(seed), FORMS[seed % len(FORMS)]
    bought = purchases(rng, rng.randrange(8, 40))
    rows = lines(bought, by_hour=form in {"export", "euro"})
    expected, spared = [], set()
    for kind in rng.choices(KINDS, k=rng.randrange(4)):
        for said in plant(rng, rows, kind, spared) or ():
            expected.append(said)
            spared.add(said[:2])
    days = {row.day for row in rows}
    rows += noise(rng, rows)
    file = tmp_path / "bill.csv"
    file.write_bytes(write(rows, rng, form))
    shutil.copy(empty, tmp_path / "journal.db")
    book = Ledger(tmp_path / "journal.db")
    for one in bought:
        book.buy(one.at.isoformat(), Fraction(one.cost.nanos, 10**9), model=one.model)
    found = book.reconcile(file, "mine")
    book.database.close()
    compared = by_line(found.compared, bill_rows(file, "mine"))
    named = {(one.start.isoformat(), one.model): one for one in compared if one.verdict != "same"}
    expected = [said for said in expected if min(days) <= said[0] <= max(days)]
    assert {(day, model, one.verdict) for (day, model), one in named.items()} == {
        said[:3] for said in expected
    }
    for day, model, _, words in expected:
        assert words in named[day, model].reason, (words, named[day, model])


def test_a_bill_of_any_length_is_read_in_flat_memory(tmp_path):
    """`BILL_LINES=1000000` is a bill of a million lines."""
    count = int(os.environ.get("BILL_LINES", "20000"))
    file = tmp_path / "bill.csv"
    with file.open("w") as out:
        out.write("service.description,sku.description,usage_start_time,cost,usage.amount\n")
        for n in range(count):
            out.write(f"Gemini API,image output token count for Gemini 3 Pro Image,"
                      f"2026-11-{n % 28 + 1:02d} 12:00:00 UTC,0.1344,1120\n")  # fmt: skip
    tracemalloc.start()
    bill = Bill.of(bill_rows(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    total = sum(one.usd for skus in bill.sums.values() for one in skus.values())
    assert (total, len(bill.sums)) == (Fraction(1344, 10**4) * count, 28)
    assert peak < 3_000_000
