"""Any history of the journal: the books balance and no limit is crossed by what is held."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cavendish.store.commands import Hit, Inherited, Refused, Reserved, Wait
from unit.store.book import (
    LEASE_NS,
    NOW,
    Book,
    Hold,
    Inherit,
    SetBudget,
    attempt,
    begin,
    drawn,
    key,
    settle,
)

OWNERS = [letter * 32 for letter in "abc"]
KEYS = [key(name, realm) for name in "xyz" for realm in ("real", "simulated")]
LIMITS = st.one_of(st.none(), st.integers(0, 300))


class Histories(RuleBasedStateMachine):
    """Three owners, six keys, a clock that jumps; `overrun` is what bills exceeded holds by."""

    @initialize(day=LIMITS)
    def open(self, day):
        self.book, self.now = Book(), NOW
        self.dead, self.count, self.overrun = set(), 0, 0
        self.pictures = {}
        if day is not None:
            self.tell(SetBudget("day", day))

    def tell(self, *commands):
        return self.book.tell(*commands, at=self.now, dead=self.dead)

    def living(self):
        return [owner for owner in OWNERS if owner not in self.dead]

    @rule(who=st.integers(0, 2), what=st.sampled_from(KEYS), amount=st.integers(0, 100),
          run=LIMITS)  # fmt: skip
    def begin(self, who, what, amount, run):
        self.count += 1
        holds = [Hold("day", amount), Hold("month", amount)]
        if run is not None:
            holds.append(Hold("run:r", amount, limit=run))
        owner = OWNERS[who]
        self.dead.discard(owner)
        room = self.room(what.realm, amount)
        known = self.pictures.get(what.id)
        answer = self.tell(begin(self.count, key=what, owner=owner, holds=tuple(holds)))
        open_ones = [a for a in self.book.rows.attempts.values()
                     if a.key == what.id and a.state == "open"]  # fmt: skip
        match answer:
            case Hit(found):
                assert found == known
            case Wait(until, other):
                assert known is None
                assert self.now < until
                assert [a.id for a in open_ones] == [other]
            case Inherited():
                assert open_ones[0].owner == owner
            case Refused():
                assert not open_ones
                assert answer.used + answer.held + answer.needed > answer.limit
            case Reserved():
                assert known is None
                assert [a.id for a in open_ones] == [attempt(self.count)]
                assert room >= 0, "a hold is never admitted over a limit"

    def room(self, realm, amount):
        limit = self.book.rows.budgets.get("day")
        if limit is None or realm == "simulated":
            return 1
        accounts = self.book.rows.accounts.values()
        day = [a for a in accounts if a.scope == "day" and a.realm == realm]
        today = [a for a in day if a.opens_ns <= self.now < (a.closes_ns or 0)]
        return limit - amount - sum(a.held + a.used for a in today)

    @rule(data=st.data(), cost=st.integers(0, 150), picture=st.booleans(), mine=st.booleans(),
          outcome=st.sampled_from(["executed", "unknown", "rejected", "not_sent"]))  # fmt: skip
    def settle(self, data, cost, picture, mine, outcome):
        if not self.book.rows.attempts:
            return
        row = data.draw(st.sampled_from(sorted(self.book.rows.attempts.values(),
                                               key=lambda a: a.id)))  # fmt: skip
        owner = row.owner if mine else data.draw(st.sampled_from(OWNERS))
        state = row.state
        found = drawn(data.draw(st.sampled_from("pq"))) if picture else None
        answer = self.tell(settle(int(row.id, 16), outcome, cost, owner=owner, picture=found))
        if state == "settled":
            assert not answer.changed
        if answer.changed and outcome == "executed" and found:
            self.pictures.setdefault(row.key, found)

    @rule(seconds=st.sampled_from([0, 1, 100, 210, 270, 86_400]))
    def pass_time(self, seconds):
        self.now += seconds * 1_000_000_000

    @rule(who=st.integers(0, 2))
    def die(self, who):
        self.dead.add(OWNERS[who])

    @rule(who=st.integers(0, 2))
    def inherit(self, who):
        self.dead.discard(OWNERS[who])
        answer = self.tell(Inherit(OWNERS[who], LEASE_NS))
        for orphan in answer.inherited:
            assert self.book.rows.attempts[orphan.attempt].owner == OWNERS[who]

    @rule(limit=LIMITS)
    def limit(self, limit):
        self.tell(SetBudget("day", limit))

    @invariant()
    def nobody_buys_the_same_thing_twice_at_once(self):
        if not hasattr(self, "book"):
            return
        open_keys = [a.key for a in self.book.rows.attempts.values() if a.state == "open"]
        assert len(open_keys) == len(set(open_keys))

    def teardown(self):
        """When everybody is gone and grace is over nothing is held."""
        if not hasattr(self, "book"):
            return
        self.dead = set(OWNERS)
        for orphan in self.tell(Inherit("d" * 32, LEASE_NS)).inherited:
            self.tell(settle(int(orphan.attempt, 16), "unknown", owner="d" * 32))
        self.now += 86_400 * 1_000_000_000
        self.tell(SetBudget("day", None))
        assert all(a.held == 0 for a in self.book.rows.accounts.values())
        assert all(a.state == "settled" for a in self.book.rows.attempts.values())


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
