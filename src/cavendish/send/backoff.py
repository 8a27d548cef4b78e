"""When a call may go out, and what follows when it failed."""

from __future__ import annotations

from cavendish.core.errors import CavendishError, QuotaExhausted
from cavendish.core.ports import Clock, Random
from cavendish.send.closed_today import ClosedToday
from cavendish.send.decide import ADVICE_SPREAD_S, Again, GiveUp, decide
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Tries
from cavendish.send.retry_budget import RetryBudget


class Backoff:
    """What one sender remembers of its channels, to be no burden to them."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock, self._random = clock, random
        self._budget = RetryBudget()
        self._closed = ClosedToday(clock)
        self._opens_s: dict[tuple[str, str], float] = {}

    def hold_s(self, order: Order, tries: Tries) -> float:
        """Seconds to wait before this call may go out: a limit somebody else just met is his too.

        Raises: QuotaExhausted where it does not open in time.
        """
        channel, model = order.channel, order.request.model
        self._closed.check(channel, model, order.waits.quota_s)
        left_s = self._opens_s.get((channel, model), 0.0) - self._clock.monotonic_s()
        if left_s > 0:
            if left_s >= tries.time_left_s():
                raise QuotaExhausted(
                    f"{channel} asked for a pause with {model}; it ends in {left_s:.0f} s, past "
                    "this call's deadline; not sent",
                    next_step="ask again then, or use another model or channel",
                    scope=model,
                    retry_after_s=left_s,
                )
            return left_s + self._random.uniform(0.0, ADVICE_SPREAD_S)
        if not tries.attempts:
            self._budget.earn(channel)
        return 0.0

    def react(self, order: Order, tries: Tries, judged: Judgement) -> Again | None:
        """Another attempt and when; or None, and the error says why not."""
        error, channel = judged.error, order.channel
        self._learn(order, None if judged.outcome == "executed" else error)
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

    def _learn(self, order: Order, error: CavendishError | None) -> None:
        channel, model = order.channel, order.request.model
        self._closed.learn(channel, model, error, order.waits.quota_s)
        # Only what the service advised binds the others: our own guess is about one call.
        if error and error.category == "quota" and error.retryable and error.retry_after_s:
            opens_s = self._clock.monotonic_s() + error.retry_after_s
            self._opens_s[channel, model] = max(opens_s, self._opens_s.get((channel, model), 0.0))
