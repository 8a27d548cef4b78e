"""A made-up ledger of many days, from one seed: growth, weekends, bursts, refusals and retries."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

import sqlalchemy as sa

from cavendish.insight.use import PACIFIC
from cavendish.store import schema
from cavendish.store.rows import LedgerRow

PRO, FLASH = "gemini-3-pro-image", "gemini-3.1-flash-image"
SHARES = [
    ("RateLimited", "rejected", 0.024), ("Overloaded", "rejected", 0.006),
    ("Blocked", "executed", 0.012), ("NoImage", "executed", 0.004),
    ("DeadlineExceeded", "unknown", 0.002), ("BadRequest", "rejected", 0.001),
]  # fmt: skip
HOURS = [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 15, 17, 20, 18, 14, 9, 7, 6, 5, 4, 3, 2]


def fill(database, *, days=90, a_day=120, growth=1.0085, seed=7, until=None, channel="gemini"):
    """Writes `days` days up to `until` (Pacific); returns the rows of `attempts` as dicts."""
    rng = random.Random(seed)
    until = until or datetime(2026, 11, 24, 15, 0, tzinfo=PACIFIC)
    first = (until - timedelta(days=days - 1)).replace(hour=0, minute=0, second=0)
    book = _Book(rng, channel)
    for number in range(days):
        day = first + timedelta(days=number)
        weekend = 0.45 if day.weekday() >= 5 else 1.0
        count = round(a_day * growth**number * weekend * rng.uniform(0.85, 1.15))
        while count > 0:
            hour = rng.choices(range(24), HOURS)[0]
            burst = min(count, rng.choice([1, 1, 1, 2, 3, 5, 8, 12 + number // 5]))
            at = day + timedelta(hours=hour, minutes=rng.randrange(60))
            for _ in range(burst):
                book.ask(at + timedelta(seconds=rng.uniform(0, 55)))
            count -= burst
    book.attempts = [row for row in book.attempts if row["started_ns"] < until.timestamp() * 10**9]
    book.write(database)
    return book.attempts


class _Book:
    def __init__(self, rng, channel):
        self.rng, self.channel = rng, channel
        self.keys, self.attempts, self.hits = [], [], []

    def ask(self, at):
        model = FLASH if self.rng.random() < 0.12 else PRO
        size = self.rng.choices(["1K", "2K", "4K"], [2, 7, 1])[0]
        cost = {"1K": 137_400_000, "2K": 137_400_000, "4K": 243_000_000}[size]
        key = f"{len(self.keys):064x}"
        self.keys.append({
            "id": key, "realm": "real", "project": "atlas" if len(self.keys) % 3 else "beacon",
            "digest": key, "variant": "1", "run": None, "item": None, "state": "done",
            "drawn": None, "created_ns": 0, "done_ns": None,
        })  # fmt: skip
        for _ in range(4):
            error, outcome = self._fate()
            paid = {"executed": cost if error is None else cost // 60, "unknown": cost}
            took = timedelta(seconds=self.rng.uniform(14, 38) if outcome != "rejected" else 1)
            self.add(key, at, took, model, size, outcome, error, paid.get(outcome, 0))
            if outcome != "rejected":
                break
            at += took + timedelta(seconds=self.rng.uniform(12, 70))
        if self.rng.random() < 0.06:
            self.hits.append({
                "id": f"{len(self.hits):032x}", "key": key, "attempt": self.attempts[-1]["id"],
                "at_ns": ns(at) + 10**9, "tags": "{}",
            })  # fmt: skip

    def add(self, key, at, took, model, size, outcome, error, cost):
        tier = "flex" if self.rng.random() < 0.08 else "standard"
        self.attempts.append({
            "id": f"{len(self.attempts):032x}", "key": key, "owner": "o", "lease_until_ns": 0,
            "channel": self.channel, "model": model, "tags": "{}", "state": "settled",
            "asked": json.dumps({"model": model, "size": size, "tier": tier}, sort_keys=True),
            "outcome": outcome, "billed": "none" if outcome == "rejected" else "certain",
            "reserved_nanos": 400_000_000, "cost_nanos": cost, "started_ns": ns(at),
            "settled_ns": ns(at + took), "due_ns": None, "error": error,
            "note": None if error is None else "a secret prompt was refused",
        })  # fmt: skip

    def _fate(self):
        draw = self.rng.random()
        for error, outcome, share in SHARES:
            if draw < share:
                return error, outcome
            draw -= share
        return None, "executed"

    def write(self, database):
        paid = [row for row in self.attempts if row["cost_nanos"]]
        head = LedgerRow.after(None, at_ns=0, attempt="a", kind="settled", amount_nanos=0)
        with database.transaction() as connection:
            for table, rows in (
                (schema.keys, self.keys), (schema.attempts, self.attempts), (schema.hits, self.hits)
            ):  # fmt: skip
                if rows:
                    connection.execute(sa.insert(table), rows)
            if paid:
                row = {c.name: getattr(head, c.name) for c in schema.ledger.columns}
                connection.execute(sa.insert(schema.ledger), [{**row, "seq": len(paid)}])


def ns(at):
    return int(at.timestamp() * 10**9)
