"""The audit log: who changed what and when; and that nobody changed the log."""

from __future__ import annotations

import csv
import io
import json

import pytest
import sqlalchemy as sa

from cavendish.core.money import Money
from cavendish.insight.audit import audit
from cavendish.insight.report import Period
from cavendish.insight.verification import verify
from cavendish.store import schema
from cavendish.store.chain import AuditRow
from cavendish.store.commands import SetBudget, SetZone
from conformance import journal_worker as worker
from conformance.past import Past, at

WHO = "kim@host"
ALL = Period()


@pytest.fixture
def past(path):
    found = Past(path)
    found.tell(SetBudget("day", Money.parse("25").nanos, WHO), at_ns=at("2026-11-01T12:00"))
    found.tell(SetBudget("tag:=x=1", Money.parse("0.5").nanos, WHO), at_ns=at("2026-11-02T12:00"))
    found.tell(SetBudget("tag:=x=1", None, "=ann@host"), at_ns=at("2026-11-03T23:59"))
    found.tell(SetZone("Europe/Berlin", WHO), at_ns=at("2026-11-04T00:00"))
    yield found
    found.close()


def tamper(path, statement, **values):
    database = worker.database(path)
    with database.transaction() as connection:
        assert connection.execute(statement, values).rowcount
    database.close()


def faults(past):
    found = past.read(verify)
    assert found.sound is not bool(found.faults)
    return [(one.row, one.message) for one in found.faults if one.kind == "audit"]


def test_every_change_has_its_entry(past):
    found = past.read(audit, ALL)
    assert [(one.who, one.action, one.subject, one.said) for one in found.entries] == [
        (WHO, "budget", "day", "$10.00 → $25.00"),
        (WHO, "budget", "tag:=x=1", "none → $0.50"),
        ("=ann@host", "budget", "tag:=x=1", "$0.50 → none"),
        (WHO, "zone", "Europe/Berlin", "UTC → Europe/Berlin"),
    ]
    assert found.to_json()["entries"][0] == {
        "row": 1, "at": "2026-11-01T12:00:00Z", "who": WHO, "action": "budget", "subject": "day",
        "details": {"from_usd": "10", "to_usd": "25"},
    }  # fmt: skip
    assert past.read(verify).audit_rows == 4


def test_a_period_has_its_days_whole(past):
    period = Period.of("2026-11-02", "2026-11-03")
    assert [one.seq for one in past.read(audit, period).entries] == [2, 3]


def test_csv_is_no_program_for_a_spreadsheet(past):
    rows = list(csv.reader(io.StringIO(past.read(audit, ALL).to_csv())))
    assert rows[0] == ["row", "at", "who", "action", "subject", "details"]
    assert rows[3][2] == "'=ann@host"
    assert json.loads(rows[1][5]) == {"from_usd": "10", "to_usd": "25"}


def test_what_changed_nothing_has_no_entry(past):
    past.tell(SetBudget("day", Money.parse("25").nanos, "bo@host"), at_ns=at("2026-11-05T00:00"))
    assert len(past.read(audit, ALL).entries) == 4


LOG = schema.audit


@pytest.mark.parametrize(
    "values",
    [{"who": "bo@host"}, {"subject": "month"}, {"action": "zone"}, {"at_ns": 1},
     {"details": '{"from_nanos": 1}'}, {"details": "not even JSON"}, {"hash": "0" * 64},
     {"previous_hash": "0" * 63 + "1"}],
)  # fmt: skip
def test_a_tampered_row_is_named(past, path, values):
    tamper(path, sa.update(LOG).where(LOG.c.seq == 3).values(values))
    named = [row for row, message in faults(past) if "not as it was written" in message]
    assert named == [3]
    past.read(audit, ALL).to_json()


def test_a_row_written_anew_with_a_fitting_hash_is_no_part_of_the_chain(past, path):
    (row,) = past.read(
        lambda c: [AuditRow(*row) for row in c.execute(sa.select(LOG).where(LOG.c.seq == 2))]
    )
    row.who = "bo@host"
    tamper(path, sa.update(LOG).where(LOG.c.seq == 2).values(who=row.who, hash=row.due_hash))
    assert faults(past) == [
        (3, "audit log: row 3 does not follow row 2: what it followed is another row")
    ]


def test_missing_rows_are_named(past, path):
    tamper(path, sa.delete(LOG).where(LOG.c.seq.in_([1, 2])))
    ((row, message),) = faults(past)
    assert row == 1
    assert message.startswith("audit log: rows 1 to 2 are missing before budget tag:=x=1 by =ann")


def test_a_limit_that_was_changed_beside_the_log_is_named(past, path):
    tamper(path, sa.update(schema.budgets).values(limit_nanos=10**15))
    assert faults(past) == [
        (1, "audit log: budget day is $1000000, and the last change (row 1) made it $25")
    ]
    tamper(path, sa.delete(schema.budgets))
    assert "budget day is without a limit" in faults(past)[0][1]


def test_a_change_cut_off_at_the_end_is_known_by_its_limit(past, path):
    past.tell(SetBudget("day", 10**15, "bo@host"), at_ns=at("2026-11-06T00:00"))
    assert faults(past) == []
    tamper(path, sa.delete(LOG).where(LOG.c.seq == 5))
    assert [row for row, _ in faults(past)] == [1]


def test_a_log_of_nothing_is_sound(path):
    past = Past(path)
    assert past.read(audit, ALL).entries == ()
    assert (past.read(verify).audit_rows, faults(past)) == (0, [])
    past.close()
