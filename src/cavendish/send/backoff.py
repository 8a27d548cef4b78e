"""When a call may go out, and what follows when it failed."""

from __future__ import annotations

from cavendish.core.ports import Clock, Random
from cavendish.send.closed_today import ClosedToday
from cavendish.send.decide import Again, GiveUp, decide
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Tries
from cavendish.send.retry_budget import RetryBudget


class Backoff:
    """What one sender remembers of its channels, to be no burden to them."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._random = random
        self._budget = RetryBudget()
        self._closed = ClosedToday(clock)

    def admit(self, order: Order, tries: Tries) -> None:
        """Raises: QuotaExhausted where it is known that the call would be refused."""
        self._closed.check(order.channel, order.request.model, order.waits.quota_s)
        if not tries.attempts:
            self._budget.earn(order.channel)

    def react(self, order: Order, tries: Tries, judged: Judgement) -> Again | None:
        """Another attempt and when; or None, and the error says why not."""
        error, channel = judged.error, order.channel
        executed = judged.outcome == "executed"
        self._closed.learn(
            channel, order.request.model, None if executed else error, order.waits.quota_s
        )
        if error is None:
            return None
        reaction = decide(
            tries.facts(judged, affordable=self._budget.affords(channel)), self._random.uniform
        )
        if isinstance(reaction, GiveUp):
            if reaction.why:
                error.add(reaction.why)
            if error.retry_after_s is None:
                error.retry_after_s = reaction.opens_in_s
            return None
        if error.category == "retryable":
            self._budget.spend(channel)
        return reaction
