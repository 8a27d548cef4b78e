"""A journal filled at moments of our choice, and bills of Google Cloud's beside it."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from cavendish.catalog.loader import channels
from cavendish.core.money import Money
from cavendish.insight.bill import Bill
from cavendish.insight.bill_file import bill_rows
from cavendish.insight.reconciliation import reconcile
from cavendish.store.commands import Begin, Correct, Correction, Hold, Key, Settle
from cavendish.store.rowset import load, save
from cavendish.store.step import step
from conformance import journal_worker as worker
from unit.store.book import drawn

PRO, FLASH = "gemini-3-pro-image", "gemini-3.1-flash-image"
PICTURE = "Generate_content image output token count for Gemini 3 Pro Image"
THINKING = "Generate_content text output token count for Gemini 3 Pro Image"
FLASH_SKU = "Gemini 3.1 Flash Image Image Output - Predictions"
HEAD = (
    "Billing account name,Billing account ID,Project name,Project ID,Project hierarchy,"
    "Service description,Service ID,SKU description,SKU ID,Consumption model description,"
    "Credit type,Cost type,Usage start date,Usage end date,Usage amount,Usage unit,"
    "Unrounded Cost ($),Cost ($)"
)
EXPORT = "service.description,sku.description,usage_start_time,cost"
NANOS = 10**9


def moment(when):
    said = datetime.fromisoformat(when)
    return int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()) * NANOS


NOW = moment("2026-11-25T12:00:00")


def line(day, sku, cost, *, service="Gemini API", project="mine", credit="", end=None):
    return (
        f"Acme,0A,{project},{project},acme.example,{service},S,{sku},K,Default,{credit},Usage,"
        f'{day},{end or day},"1,120",count,{cost},{float(cost):.2f}'
    )


def write(tmp_path, *lines, head=HEAD):
    file = tmp_path / "bill.csv"
    before = "Invoice number,1\nCurrency,USD\nTotal amount due,$1.00\n\n"
    file.write_text("\n".join([before + head, *lines, ",,,,,,,,,,,Total,,,,,9,9.00", ""]))
    return file


class Ledger:
    """A journal filled at moments of our choice."""

    def __init__(self, path):
        self.database, self.count = worker.database(path), 0

    def buy(self, when, usd, *, model=PRO, channel="gemini", realm="real", outcome="executed",
            certain=True, picture=True):  # fmt: skip
        self.count += 1
        now_ns = moment(when)
        nanos, attempt = round(usd * NANOS), f"{self.count:032x}"
        begin = Begin(Key(realm, "p", attempt, "1"), attempt, "o" * 32, channel, model, {},
                      (Hold("day", nanos), Hold("month", nanos), Hold("calls", 1, "requests")),
                      NANOS)  # fmt: skip
        executed = outcome == "executed"
        settle = Settle(attempt, "o" * 32, outcome, nanos * executed, certain,
                        drawn(cost=Money(nanos)) if executed and picture else None, "")  # fmt: skip
        with self.database.transaction() as connection:
            for command in (begin, settle) if outcome else (begin,):
                rows = load(connection, [command], now_ns, dead=lambda _: False)
                step(rows, [command], now_ns)
                save(connection, rows, now_ns)
        return attempt

    def tell(self, command, now_ns=NOW):
        with self.database.transaction() as connection:
            rows = load(connection, [command], now_ns, dead=lambda _: False)
            (answer,) = step(rows, [command], now_ns)
            save(connection, rows, now_ns)
        return answer

    def reconcile(self, file, project=None, now_ns=NOW):
        bill = Bill.of(bill_rows(file, project))
        return self.database.read(
            lambda connection: reconcile(connection, bill, channels(), now_ns)
        )

    def apply(self, file):
        """Books what the bill proves; whether anything was."""
        proven = tuple(Correction(one.attempt, one.presumed.nanos, one.cost.nanos)
                       for one in self.reconcile(file).corrections)  # fmt: skip
        return self.tell(Correct(file.name, proven, "somebody")).changed

    def rows(self, query):
        return self.database.read(lambda c: [tuple(row) for row in c.execute(sa.text(query))])

    def used(self):
        return dict(self.rows("SELECT scope, sum(used) FROM accounts GROUP BY scope"))

    def verdicts(self, file):
        found = self.reconcile(file)
        return {(one.start.isoformat(), one.model): one.verdict for one in found.compared}
