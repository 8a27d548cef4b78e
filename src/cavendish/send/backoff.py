"""When a call may go out, by which route, and what follows when it failed."""

from __future__ import annotations

from cavendish.core.errors import CavendishError, Overloaded, QuotaExhausted
from cavendish.core.ports import Clock, Random
from cavendish.send.breaker import Breaker
from cavendish.send.claims import opening
from cavendish.send.decide import NEVER_S, Again, GiveUp, decide
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Tries
from cavendish.send.retry_budget import RetryBudget
from cavendish.send.route import Route, Standing, soonest
from cavendish.store.commands import SECOND_NS
from cavendish.store.quota import ends_ns

LONGEST_REST_S = 120.0
"""So long a call waits for a channel that keeps failing; then its caller is told."""


class Backoff:
    """What one sender remembers of its channels, to be no burden to them."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock, self._random = clock, random
        self._budget = RetryBudget()
        self._breaker = Breaker(clock)

    def choose(self, order: Order, tries: Tries) -> Standing:
        """The route to take, and how soon it opens. Nothing changes by asking."""
        return soonest([self._standing(order, tries, route) for route in order.routes])

    def hold_s(self, order: Order, tries: Tries, route: Route) -> float:
        """Seconds to wait before this call may go out; at 0 it goes out now.

        Raises: QuotaExhausted or Overloaded where that is too late.
        """
        channel, model = route.channel, order.model
        own_s, rest_s = tries.wait_s(route), self._breaker.wait_s(channel, model)
        left_s, rests = max(rest_s, own_s), rest_s > own_s
        if left_s >= tries.time_left_s() or (rests and tries.rested_s >= LONGEST_REST_S):
            raise _too_late(channel, model, left_s, rests=rests)
        if left_s > 0:
            if rests:
                left_s += self._random.uniform(0.0, self._breaker.rest_s(channel, model))
                tries.rested_s += left_s
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
        facts = tries.facts(
            route, judged,
            affordable=self._budget.affords(channel),
            others_s=self.others_s(order, tries, route),
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

    def others_s(self, order: Order, tries: Tries, route: Route) -> float:
        """How soon another route may be taken; NEVER_S where there is none."""
        others = [self._standing(order, tries, one) for one in order.routes if one != route]
        return min((one.wait_s for one in others), default=NEVER_S)

    def _standing(self, order: Order, tries: Tries, route: Route) -> Standing:
        rest_s = self._breaker.wait_s(route.channel, order.model)
        own_s = tries.wait_s(route)
        return Standing(route, max(own_s, rest_s), own_s >= rest_s and tries.is_advised(route))

    def _learn(self, order: Order, route: Route, judged: Judgement) -> None:
        channel, model, error = route.channel, order.model, judged.error
        if judged.outcome == "executed":
            error = None
        if error is not None and (opens := error.details.get("opens")):
            self._say_when(error, opens.split()[-1])
        if error is not None and error.category == "quota":
            self._breaker.untold(channel, model)
        else:
            self._breaker.learn(channel, model, well=not _is_its_own(error))

    def _say_when(self, error: CavendishError, zone: str) -> None:
        """A quota of the day opens at midnight of its zone, whatever was advised."""
        now_ns = self._clock.now_ns()
        error.retry_after_s = (ends_ns(now_ns, zone) - now_ns) / SECOND_NS
        error.add(opening(error.retry_after_s))


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
