"""A journal with a past: what was bought, at any moment, on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from cavendish.core.money import Money
from cavendish.store.commands import SECOND_NS, Begin, Hold, Key, SetBudget, Settle, SetZone
from cavendish.store.rowset import load, save
from cavendish.store.step import step
from conformance import journal_worker as worker
from unit.store.book import drawn

OWNER = "a" * 32


def at(text):
    """Nanoseconds since 1970 of a moment in UTC, such as 2026-11-25T04:00."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


class Past:
    """Tells the journal at `path` what happened when."""

    def __init__(self, path):
        self._database = worker.database(path)
        self._number = count(1)

    def close(self):
        self._database.close()

    def read(self, query, *arguments):
        return self._database.read(lambda connection: query(connection, *arguments))

    def tell(self, *commands, at_ns):
        with self._database.transaction() as connection:
            rows = load(connection, commands, at_ns, dead=lambda _: False)
            answers = step(rows, commands, at_ns)
            save(connection, rows, at_ns)
        return answers

    def budget(self, scope, usd, at_ns=0):
        self.tell(SetBudget(scope, None if usd is None else Money.parse(usd).nanos), at_ns=at_ns)

    def zone(self, name, at_ns=0):
        self.tell(SetZone(name), at_ns=at_ns)

    def buy(
        self, at_ns, usd, *, project="p", tag=None, realm="real", channel="gemini",
        outcome="executed", error="", most="0.00",
    ):  # fmt: skip
        """One attempt, ended unless its `outcome` is None."""
        number = next(self._number)
        tags = {} if tag is None else dict([tag.split("=")])
        scopes = ["day", "month", f"project:{project}", *(f"tag:{tag}" for _ in tags)]
        nanos = Money.parse(usd).nanos
        held = max(nanos, Money.parse(most).nanos)
        attempt = f"{number:032x}"
        begin = Begin(
            Key(realm, project, f"d{number}", "1"), attempt, OWNER, channel, "m", {},
            tuple(Hold(scope, held) for scope in scopes), 60 * SECOND_NS, tags,
        )  # fmt: skip
        settle = Settle(
            attempt, OWNER, outcome or "executed", nanos, True,
            None if error else drawn(), "said" if error else "", error,
        )  # fmt: skip
        answers = self.tell(begin, *([settle] if outcome else []), at_ns=at_ns)
        assert type(answers[0]).__name__ == "Reserved", answers
