"""Leave to send: a place, a turn in the line, room in limits and budgets. What is full is waited
for, or another route is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cavendish.core.errors import CavendishError, Interrupted
from cavendish.core.money import Money
from cavendish.core.ports import Clock, Random
from cavendish.send import claims, legs
from cavendish.send.backoff import Backoff
from cavendish.send.contract import Asked
from cavendish.send.decide import PATIENCE_S
from cavendish.send.events import Hook, NoRoom, Waiting, publish
from cavendish.send.gate import Gate
from cavendish.send.intents import Intents
from cavendish.send.line import Line
from cavendish.send.order import Order, Tries
from cavendish.send.pause import Pause, to_its_end
from cavendish.send.route import Route
from cavendish.store.claim import Claim, Full, Heard
from cavendish.store.commands import SECOND_NS, Answer, Done, Refused, Wait

if TYPE_CHECKING:
    from cavendish.store.journal import Journal
    from cavendish.wire.message import Message

FIRST_POLL_S, LONGEST_POLL_S = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What is sent by a route, the most it can cost, and what it takes of limits."""

    message: Message
    reserved: Money
    claims: tuple[Claim, ...]


class Admission:
    """Says when a call of this process may go out. Whoever has a place or a turn gives it back
    with `leave`."""

    def __init__(
        self,
        journal: Journal,
        intents: Intents,
        backoff: Backoff,
        pause: Pause,
        *,
        clock: Clock,
        random: Random,
        hooks: Sequence[Hook],
    ) -> None:
        self._journal, self._intents, self._backoff = journal, intents, backoff
        self._pause, self._clock, self._random = pause, clock, random
        self._hooks = hooks
        self._gate, self._line = Gate(), Line(clock)

    def drain(self) -> None:
        """From now on nobody is let through."""
        self._pause.drain()
        self._line.drain()

    def leave(self, tries: Tries) -> None:
        """The call has come to its end."""
        self._give_place(tries)
        self._give_turn(tries, None)

    async def ask(
        self, order: Order, route: Route, asked: Asked, goods: Ready, tries: Tries
    ) -> Answer:
        """What the journal says. Without a place, or behind others in the line, it is only looked
        whether it is there already: Done, or what they wait for."""
        self._pause.check()
        place = (route.channel, order.model)
        if tries.turn is not None and tries.turn[0] != place:
            self._give_turn(tries, None)
        if not tries.has_place:
            tries.has_place = self._gate.take(order.priority)
        ahead = self._line.ahead(place, order.priority) if tries.turn is None else None
        look = ahead is not None or not tries.has_place
        answer = await self._intents.begin(
            order, route, asked, goods.reserved, goods.claims, look=look,
            max_age_ns=tries.max_age_ns,
        )  # fmt: skip
        if not look:
            self._give_turn(tries, answer if isinstance(answer, Full) else None)
        return ahead if ahead is not None and isinstance(answer, Done) else answer

    async def wait(self, order: Order, route: Route, answer: Answer, tries: Tries) -> None:
        """Waits for what the journal named. Raises: what says that this is in vain or too late."""
        match answer:
            case Wait(until_ns):
                await self._wait_for_other(until_ns, tries)
            case Refused():
                await self._wait_for_money(order, answer, tries)
            case Full():
                await self._line_up(order, route, answer, tries)
            case Done():
                await self._gate.wait(order.priority)
                tries.has_place = True
            case _:
                raise AssertionError(answer)

    async def holds_back(
        self, order: Order, route: Route, goods: Ready, attempt: str, tries: Tries
    ) -> bool:
        """Whether the channel rests, so that the call waits or goes by another route; nothing is
        held for it meanwhile.

        Raises: QuotaExhausted, Overloaded when it is not over in time.
        """
        give_back = partial(
            self._journal.settle, attempt, outcome="not_sent", note="left alone for a while",
            heard=Heard(goods.claims),
        )  # fmt: skip
        try:
            wait_s = self._backoff.hold_s(order, tries, route)
        except CavendishError:
            await to_its_end(give_back())
            raise
        tries.is_held = wait_s > 0
        if tries.is_held:
            await to_its_end(give_back())
            await self._wait_for(route, wait_s, order, tries)
        return tries.is_held

    async def hold(self, order: Order, route: Route, tries: Tries) -> None:
        """Waits for a channel that rests. Raises: as `holds_back`."""
        wait_s = self._backoff.hold_s(order, tries, route)
        await self._wait_for(route, wait_s, order, tries)

    async def _wait_for(self, route: Route, wait_s: float, order: Order, tries: Tries) -> None:
        """Waits for the route, unless another can be taken sooner."""
        if self._backoff.choose(order, tries).route == route:
            await self.sleep(wait_s, f"{route.channel} is left alone for a while", tries)

    async def sleep(self, wait_s: float, why: str, tries: Tries) -> None:
        """Waits; somebody else has the place meanwhile. Raises: Interrupted."""
        publish(self._hooks, Waiting(wait_s, why, tries.key))
        tries.waited(wait_s)
        self._give_place(tries)
        await self._pause.sleep(wait_s)

    def _give_place(self, tries: Tries) -> None:
        if tries.has_place:
            tries.has_place = False
            self._gate.give()

    def _give_turn(self, tries: Tries, full: Full | None) -> None:
        """Whoever had a turn says what came of it."""
        if tries.turn is not None:
            self._line.report(*tries.turn, full)
            tries.turn = None

    async def _line_up(self, order: Order, route: Route, full: Full, tries: Tries) -> None:
        """Waits for room in a limit, or leaves for a route where it is expected sooner.

        Raises: QuotaExhausted where that is too late.
        """
        place = (route.channel, order.model)
        wait_s = self._line.expected_s(place, full)
        error = claims.too_late(route.channel, order.model, full, wait_s)
        if wait_s > PATIENCE_S and self._backoff.others_s(order, tries, route) < wait_s:
            tries.leave(route, error, wait_s)
            return
        if wait_s >= tries.time_left_s():
            raise error
        publish(self._hooks, Waiting(wait_s, claims.waiting(route.channel, full), tries.key))
        self._give_place(tries)
        tries.number = tries.number or self._line.number()
        since_s = self._clock.monotonic_s()
        await self._line.turn(place, order.priority, tries.number, full)
        tries.turn = (place, order.priority)
        tries.waited(self._clock.monotonic_s() - since_s)

    async def _wait_for_money(self, order: Order, refused: Refused, tries: Tries) -> None:
        """Waits for what calls under way leave of a budget.

        Raises: BudgetExceeded for whoever does not wait, or where it would not be enough.
        """
        fits = refused.used + refused.needed <= refused.limit
        if not (order.waits_for_money and fits) or tries.time_left_s() <= 0:
            scopes = (refused.scope, *(other.scope for other in refused.others))
            publish(self._hooks, NoRoom(scopes))
            raise legs.refusal(refused)
        tries.polls += 1
        longest_s = min(LONGEST_POLL_S, FIRST_POLL_S * 2 ** min(tries.polls, 10))
        why = f"all of budget {refused.scope} is spent or held by calls under way"
        await self.sleep(self._random.uniform(longest_s / 2, longest_s), why, tries)

    async def _wait_for_other(self, until_ns: int, tries: Tries) -> None:
        if tries.time_left_s() <= 0:
            raise Interrupted("the same picture is still being bought by another process")
        seconds = max(0.0, (until_ns - self._clock.now_ns()) / SECOND_NS)
        await self.sleep(seconds, "the same picture is being bought elsewhere", tries)
