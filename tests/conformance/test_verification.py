"""`verify` over a journal that was written well, and then tampered with in every way."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from cavendish.insight.verification import verify
from cavendish.store.chain import chained
from cavendish.store.commands import Hold, Key
from conformance import journal_worker as worker
from unit.store.book import USD, drawn

ROWS = 9


class Ledger:
    """A journal with settled, presumed, rejected and open attempts, and a way to tamper with it."""

    def __init__(self, path):
        self.path = path
        self.journal = worker.journal(path, "inline")
        asyncio.run(self._fill())

    async def _fill(self):
        for number in range(1, ROWS + 4):
            realm = "simulated" if number == 2 else "real"
            key, attempt = Key(realm, "p", f"d{number}", "1"), f"{number:032x}"
            await self.journal.begin(
                key, attempt=attempt, channel="gemini", model="m", asked={}, tags={},
                holds=(Hold("day", USD), Hold("project:p", USD), Hold("model:m", 3, "images")),
                lease_ns=10**12,
            )  # fmt: skip
            outcome = {ROWS + 1: "rejected", ROWS + 2: "unknown", ROWS + 3: None}.get(
                number, "executed"
            )
            if outcome:
                picture = drawn() if outcome == "executed" else None
                await self.journal.settle(
                    attempt, outcome=outcome, cost_nanos=USD // 10 * (outcome == "executed"),
                    certain=number != 3, drawn=picture, note="",
                )  # fmt: skip

    def tamper(self, *statements):
        database = worker.database(self.path)
        with database.transaction() as connection:
            for statement in statements:
                assert connection.execute(sa.text(statement)).rowcount
        database.close()

    def verify(self):
        return asyncio.run(self.journal.read(verify))

    def faults(self):
        found = self.verify()
        assert not found.sound
        return {(fault.kind, fault.row) for fault in found.faults}


@pytest.fixture
def book(path):
    book = Ledger(path)
    yield book
    book.journal.close()


def test_a_sound_ledger(book):
    found = book.verify()
    assert found.sound
    assert found.faults == ()
    assert found.rows == ROWS
    assert found.balances == 6
    assert [one.to_json() for one in found.sums] == [
        {"realm": "real", "ledger_usd": "0.8", "attempts_usd": "0.8", "equal": True},
        {"realm": "simulated", "ledger_usd": "0.1", "attempts_usd": "0.1", "equal": True},
    ]
    document = found.to_json()
    assert document["sound"] is True
    assert len(document["head"]) == 64


@pytest.mark.parametrize(
    "change",
    ["amount_nanos = amount_nanos + 1", "at_ns = at_ns + 1", "kind = 'presumed'",
     "attempt = '00000000000000000000000000000001'", "hash = previous_hash"],
)  # fmt: skip
def test_a_tampered_row_is_named(book, change):
    book.tamper(f"UPDATE ledger SET {change} WHERE seq = 5")
    assert ("changed", 5) in book.faults()


def test_a_tampered_amount_is_named_with_its_attempt_and_the_sums_differ(book):
    book.tamper("UPDATE ledger SET amount_nanos = 50000000 WHERE seq = 5")
    found = book.verify()
    assert ("misbooked", f"{5:032x}") in {(fault.kind, fault.subject) for fault in found.faults}
    assert any(f"row 5 is not as it was written: $0.05 settled for attempt {5:032x}" in
               fault.message for fault in found.faults)  # fmt: skip
    assert found.sums[0].to_json()["equal"] is False


def test_legs_that_are_given_back_or_cost_money_are_replayed_as_they_were_booked(path):
    journal = worker.journal(path, "inline")

    async def play():
        for number, outcome in enumerate(["executed", "rejected", "unknown"]):
            units = ("in_flight", "queued_tokens", "spend", "rpm")
            await journal.begin(
                Key("real", "p", str(number), "1"), attempt=f"{number:032x}", channel="gemini",
                model="m", asked={}, tags={}, lease_ns=10**12,
                holds=(Hold("day", USD), *(Hold("model:m", 7, unit) for unit in units)),
            )  # fmt: skip
            await journal.settle(
                f"{number:032x}", outcome=outcome, cost_nanos=5 * (outcome == "executed")
            )
        return await journal.read(verify)

    found = asyncio.run(play())
    journal.close()
    assert found.faults == ()
    assert (found.sound, found.balances) == (True, 5)


def test_a_row_written_anew_with_a_fitting_hash_is_no_part_of_the_chain(book):
    row = book.journal._database.read(
        lambda c: c.execute(sa.text("SELECT * FROM ledger WHERE seq = 5")).one()
    )
    said = chained(5, row.at_ns, row.attempt, row.kind, 1, row.previous_hash)
    book.tamper(f"UPDATE ledger SET amount_nanos = 1, hash = '{said}' WHERE seq = 5")
    assert {("unchained", 6), ("misbooked", None)} == book.faults()


def test_missing_rows_are_named(book):
    book.tamper("DELETE FROM ledger WHERE seq IN (1, 4, 5)")
    faults = book.verify().faults
    assert [(f.row, f.message) for f in faults if f.kind == "missing"] == [
        (1, "row 1 is missing"), (4, "rows 4 to 5 are missing"),
    ]  # fmt: skip
    assert {f.subject for f in faults if f.kind == "unbooked"} == {
        f"{number:032x}" for number in (1, 4, 5)
    }


def test_a_row_cut_off_at_the_end_is_known_by_its_attempt(book):
    book.tamper(f"DELETE FROM ledger WHERE seq = {ROWS}")
    (fault,) = book.verify().faults
    assert (fault.kind, fault.subject) == ("unbooked", f"{ROWS:032x}")


def test_rows_in_another_order_are_named(book):
    book.tamper(
        "UPDATE ledger SET seq = 99 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 7",
        "UPDATE ledger SET seq = 7 WHERE seq = 99",
    )
    assert {fault.message for fault in book.verify().faults if fault.kind == "moved"} == {
        "row 4 was written as row 7", "row 7 was written as row 4",
    }  # fmt: skip


def test_a_row_taken_out_and_the_rest_renumbered(book):
    book.tamper(
        "DELETE FROM ledger WHERE seq = 4",
        *(f"UPDATE ledger SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(5, ROWS + 1)),
    )
    moved = [fault.message for fault in book.verify().faults if fault.kind == "moved"]
    assert moved == [f"row {n} was written as row {n + 1}" for n in range(4, ROWS)]


def test_a_row_of_nobody_is_named(book):
    book.tamper(
        f"INSERT INTO ledger VALUES ({ROWS + 1}, 1, 'ghost', 'settled', 5, 'x', 'y')",
    )
    assert {("changed", ROWS + 1), ("stray", ROWS + 1)} == book.faults()


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        ("UPDATE accounts SET used = used - 1 WHERE scope = 'project:p' AND realm = 'real'",
         {"balance"}),
        ("UPDATE accounts SET held = 0 WHERE scope = 'day' AND realm = 'real'", {"balance"}),
        ("UPDATE accounts SET used = 0 WHERE unit = 'images' AND realm = 'real'", {"balance"}),
        ("UPDATE accounts SET held = held + 1 WHERE unit = 'images'", {"balance"}),
        ("DELETE FROM accounts WHERE unit = 'images' AND realm = 'real'", {"balance"}),
        ("DELETE FROM accounts WHERE scope = 'day' AND realm = 'real'", {"balance"}),
        (f"UPDATE attempts SET cost_nanos = 1 WHERE id = '{6:032x}'", {"misbooked", "balance"}),
        (f"UPDATE attempts SET state = 'open' WHERE id = '{6:032x}'", {"misbooked", "balance"}),
        (f"UPDATE attempts SET billed = 'none' WHERE id = '{6:032x}'", {"misbooked", "balance"}),
        (f"DELETE FROM attempts WHERE id = '{6:032x}'", {"stray", "balance"}),
    ],
)  # fmt: skip
def test_a_changed_balance_or_attempt_is_named(book, statement, kinds):
    book.tamper(statement)
    assert {fault.kind for fault in book.verify().faults} == kinds


def test_a_balance_is_told_in_its_unit(book):
    book.tamper("UPDATE accounts SET used = 5 WHERE unit = 'images' AND realm = 'real'")
    (fault,) = book.verify().faults
    assert "says 5 images used and 6 images held; its attempts say 24 images and" in fault.message


def test_many_faults_are_counted_and_the_first_are_named(book, monkeypatch):
    monkeypatch.setattr("cavendish.insight.verification.NAMED", 3)
    book.tamper("UPDATE ledger SET amount_nanos = 7")
    faults = [fault for fault in book.verify().faults if fault.kind == "changed"]
    assert [fault.row for fault in faults] == [1, 2, 3, None]
    assert faults[-1].message == f"and {ROWS - 3} more rows are not as written"


def test_an_empty_ledger_is_sound(path):
    journal = worker.journal(path, "inline")
    found = asyncio.run(journal.read(verify))
    journal.close()
    assert (found.sound, found.rows, found.sums) == (True, 0, ())
