"""A journal without a database: `step` over rows that stay in memory; shorthand for commands."""

from __future__ import annotations

from cavendish.core.money import ZERO, Money
from cavendish.core.result import Drawn, Usage
from cavendish.store import quota
from cavendish.store.chain import GENESIS, chained
from cavendish.store.commands import SECOND_NS, Begin, Hold, Inherit, Key, SetBudget, Settle
from cavendish.store.rows import Rows
from cavendish.store.step import step

USD = 1_000_000_000
NOW = 1_795_391_400 * SECOND_NS
LEASE_NS = 210 * SECOND_NS
ALICE, BOB = "a" * 32, "b" * 32


def key(name="k", realm="real", run=None, item=None):
    return Key(realm, "default", name, "1", run, item)


def attempt(number):
    return f"{number:032x}"


def drawn(name="p", cost=ZERO):
    return Drawn(
        sha256=name * 64, width=1024, height=1024, mime="image/png",
        model="gemini-3-pro-image", channel="gemini", text="words", usage=Usage(1, 2, 3, 4, 5),
        cost=cost, request_id="r", warnings=("w",),
    )  # fmt: skip


KEY = key()


def begin(number, amount=USD, *, key=KEY, owner=ALICE, holds=None, lease_ns=LEASE_NS, **more):
    holds = (Hold("day", amount),) if holds is None else holds
    return Begin(
        key, attempt(number), owner, "gemini", "m", {"size": "1K"}, holds, lease_ns, **more
    )


def settle(
    number, outcome="executed", cost=USD, *, owner=ALICE, certain=True, picture=None, heard=None
):
    return Settle(attempt(number), owner, outcome, cost, certain, picture, "note", "E", heard=heard)


class Book:
    """Rows, a clock that is told, and the invariants."""

    def __init__(self, **budgets):
        self.rows = Rows(budgets=dict(budgets))
        self.log = []

    def tell(self, *commands, at=NOW, dead=()):
        self.rows.dead = frozenset(dead)
        answers = step(self.rows, commands, at)
        self.log += self.rows.new_ledger
        self.rows.new_ledger = []
        self.check()
        return answers[0] if len(answers) == 1 else answers

    def account(self, scope="day"):
        found = [a for a in self.rows.accounts.values() if a.scope == scope]
        assert len(found) == 1
        return found[0]

    def balance(self, scope="day"):
        account = self.account(scope)
        return account.held, account.used

    def state(self, number):
        row = self.rows.attempts[attempt(number)]
        return row.state, row.outcome, row.billed, row.cost_nanos

    def check(self):
        """The bank's checks: log = settled attempts, held = the open, used = the log by legs."""
        settled = [a for a in self.rows.attempts.values() if a.state == "settled"]
        assert sum(row.amount_nanos for row in self.log) == sum(a.cost_nanos for a in settled)
        before = GENESIS
        for seq, row in enumerate(self.log, start=1):
            assert (row.seq, row.previous_hash) == (seq, before)
            before = row.hash
            said = (row.seq, row.at_ns, row.attempt, row.kind, row.amount_nanos)
            assert row.hash == chained(*said, row.previous_hash)
        cost = {row.attempt: row.amount_nanos for row in self.log}
        assert len(cost) == len(self.log), "an attempt is booked once"
        held = dict.fromkeys(self.rows.accounts, 0)
        used = dict.fromkeys(self.rows.accounts, 0)
        for name, legs in self.rows.legs.items():
            for leg in legs:
                if self.rows.attempts[name].state == "settled":
                    if self.rows.attempts[name].billed != "none":
                        used[leg.account] += quota.used(leg.unit, leg.amount, cost.get(name, 0))
                else:
                    held[leg.account] += leg.amount
        for account in self.rows.accounts.values():
            assert (account.held, account.used) == (held[account.id], used[account.id])


__all__ = ["Hold", "Inherit", "Money", "SetBudget"]
