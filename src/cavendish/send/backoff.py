"""When a call may go out, by which route, and what follows when it failed."""

from __future__ import annotations

from cavendish.core.errors import CavendishError, Overloaded, QuotaExhausted
from cavendish.core.ports import Clock, Random
from cavendish.send.breaker import Breaker
from cavendish.send.closed_today import ClosedToday
from cavendish.send.decide import ADVICE_SPREAD_S, NEVER_S, Again, GiveUp, decide
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Tries
from cavendish.send.retry_budget import RetryBudget
from cavendish.send.route import Route, Standing, soonest

LONGEST_REST_S = 120.0
"""So long a call waits for a channel that keeps failing; then its caller is told."""


class Backoff:
    """What one sender remembers of its channels, to be no burden to them."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock, self._random = clock, random
        self._budget = RetryBudget()
        self._breaker = Breaker(clock)
        self._closed = ClosedToday(clock)
        self._opens_s: dict[tuple[str, str], float] = {}

    def choose(self, order: Order, tries: Tries) -> Standing:
        """The route to take, and how soon it opens. Nothing changes by asking."""
        return soonest([self._standing(order, tries, route) for route in order.routes])

    def hold_s(self, order: Order, tries: Tries, route: Route) -> float:
        """Seconds to wait before this call may go out: a limit somebody else just met is his too.

        At 0 it goes out now. Raises: QuotaExhausted or Overloaded where it does not open in time.
        """
        channel, model = route.channel, order.model
        self._closed.check(channel, model, order.waits.quota_s)
        pause_s, rest_s = self._pause_s(channel, model), self._breaker.wait_s(channel, model)
        own_s = tries.wait_s(route)
        left_s, rests = max(pause_s, rest_s, own_s), rest_s > max(pause_s, own_s)
        if left_s >= tries.time_left_s() or (rests and tries.rested_s >= LONGEST_REST_S):
            raise _too_late(channel, model, left_s, rests=rests)
        if left_s > 0:
            spread_s = self._breaker.rest_s(channel, model) if rests else ADVICE_SPREAD_S
            left_s += self._random.uniform(0.0, spread_s)
            tries.rested_s += left_s if rests else 0.0
            return left_s
        self._breaker.take(channel, model)
        if not tries.tried(route):
            self._budget.earn(channel)
        return 0.0

    def react(self, order: Order, tries: Tries, route: Route, judged: Judgement) -> Again | None:
        """Another attempt and when; or None, and the error says why not."""
        error, channel = judged.error, route.channel
        self._learn(order, route, judged)
        if error is None:
            return None
        others = [self._standing(order, tries, one) for one in order.routes if one != route]
        facts = tries.facts(
            route, judged,
            affordable=self._budget.affords(channel),
            others_s=min((one.wait_s for one in others), default=NEVER_S),
        )  # fmt: skip
        reaction = decide(facts, self._random.uniform)
        if isinstance(reaction, GiveUp):
            if reaction.why:
                error.add(reaction.why)
            if error.retry_after_s is None:
                error.retry_after_s = reaction.opens_in_s
            return None
        tries.leave(route, error, reaction.rest_s)
        if error.category == "retryable" and not reaction.moves:
            self._budget.spend(channel)
        return reaction

    def _standing(self, order: Order, tries: Tries, route: Route) -> Standing:
        channel, model = route.channel, order.model
        own_s, pause_s = tries.wait_s(route), self._pause_s(channel, model)
        day_s, rest_s = (
            self._closed.opens_in_s(channel, model),
            self._breaker.wait_s(channel, model),
        )
        wait_s = max(own_s, pause_s, day_s, rest_s)
        return Standing(route, wait_s, advised=pause_s > 0 and pause_s + ADVICE_SPREAD_S >= wait_s)

    def _pause_s(self, channel: str, model: str) -> float:
        left_s = self._opens_s.get((channel, model), 0.0) - self._clock.monotonic_s()
        return max(0.0, left_s)

    def _learn(self, order: Order, route: Route, judged: Judgement) -> None:
        channel, model, error = route.channel, order.model, judged.error
        if judged.outcome == "executed":
            error = None
        self._closed.learn(channel, model, error, order.waits.quota_s)
        if error is not None and error.category == "quota":
            self._breaker.untold(channel, model)
        else:
            self._breaker.learn(channel, model, well=not _is_its_own(error))
        # Only what the service advised binds the others: our own guess is about one call.
        if error and error.category == "quota" and error.retryable and error.retry_after_s:
            opens_s = self._clock.monotonic_s() + error.retry_after_s
            self._opens_s[channel, model] = max(opens_s, self._opens_s.get((channel, model), 0.0))


def _is_its_own(error: CavendishError | None) -> bool:
    """Whether the channel failed; a refusal of what was asked is no failure."""
    return error is not None and error.category == "retryable"


def _too_late(channel: str, model: str, left_s: float, *, rests: bool) -> CavendishError:
    """The error for a route that does not open in time for the call."""
    kind: type[CavendishError] = QuotaExhausted
    why = f"asked for a pause with {model}; it ends in {left_s:.0f} s"
    if rests:
        kind, why = Overloaded, f"keeps failing with {model}; it is tried again in {left_s:.0f} s"
    return kind(
        f"{channel} {why}, too late for this call; not sent",
        next_step="ask again then, or use another model or channel",
        scope=model,
        retry_after_s=left_s,
    )
