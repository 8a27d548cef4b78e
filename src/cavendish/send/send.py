"""One paid call: intent, call, judgement, settlement, and what follows. The only loop that buys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cavendish.catalog import pricing
from cavendish.catalog.loader import find_model
from cavendish.channels.channel import Channel
from cavendish.core.errors import CavendishError, Interrupted, StorageError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.core.ports import Clock, Examiner, Files, Random
from cavendish.send import legs
from cavendish.send.backoff import Backoff
from cavendish.send.conclusion import Conclusion
from cavendish.send.contract import Asked
from cavendish.send.decide import NEVER_S, outcome_of
from cavendish.send.delivery import Delivery
from cavendish.send.events import AttemptStarted, Hook, NoRoom, Waiting, publish
from cavendish.send.gate import Gate
from cavendish.send.intents import Intents
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Sent, Tries
from cavendish.send.pause import Pause, to_its_end
from cavendish.send.route import Route
from cavendish.send.settlement import Settlement
from cavendish.store.blobs import Blobs
from cavendish.store.commands import SECOND_NS, Hit, Inherited, Refused, Reserved, Wait

if TYPE_CHECKING:
    from cavendish.store.journal import Journal
    from cavendish.wire.message import Message

log = logging.getLogger(__name__)

HASTY_CONNECT_S = 1.5
"""Where another channel can be asked, a connection that takes longer is not waited for."""


class Sender:
    """Buys pictures through the journal: never without an intent, never unsettled."""

    def __init__(
        self,
        *,
        journal: Journal,
        blobs: Blobs,
        channels: Mapping[str, Channel],
        clock: Clock,
        random: Random,
        files: Files,
        examiner: Examiner,
        known: Mapping[str, ChannelFacts],
        hooks: Sequence[Hook] = (),
    ) -> None:
        """`channels` are open and can be asked; `known` are all whose answers can be judged."""
        self._journal, self._blobs, self._channels = journal, blobs, channels
        self._clock, self._random, self._files = clock, random, files
        self._hooks = hooks
        self._pause = Pause(clock)
        self._backoff = Backoff(clock, random)
        self._gate = Gate()
        self._intents = Intents(journal, blobs, random)
        self._delivery = Delivery(blobs, files, hooks)
        self._settlement = Settlement(
            journal, blobs, Conclusion(blobs, examiner, known), clock=clock, files=files,
            hooks=hooks,
        )  # fmt: skip
        self._under_way: set[asyncio.Task[Judgement]] = set()

    def drain(self) -> None:
        """From now on nothing new is bought; calls that are paid for go on to their end."""
        self._pause.drain()

    def leave(self) -> None:
        """Cuts calls off that are under way: nobody will know what became of them."""
        self._pause.drain()
        for call in self._under_way:
            call.cancel()

    async def close(self) -> None:
        """Waits for calls that are paid for; when that is cancelled, leaves."""
        self._pause.drain()
        while self._under_way:
            try:
                await asyncio.wait(self._under_way)
            except asyncio.CancelledError:
                self.leave()
                await asyncio.wait(self._under_way)
                raise

    async def recover(self) -> None:
        """Settles what processes that are gone left behind: the normal tick, at start-up."""
        await self._settlement.recover()

    async def send(self, order: Order) -> Sent:
        """One picture, bought at most once (see `Order.may_pay_twice`), or found.

        A call that is paid for goes on though nobody waits for it any more; whoever asks again
        finds it. Raises: BudgetExceeded, QuotaExhausted, ChannelError, NoImage, StorageError,
        Interrupted; `details["attempts"]` says what was tried, and the waits between.
        """
        tries = Tries(order, self._clock)
        try:
            return await self._buy(order, tries)
        except CavendishError as error:
            error.details.setdefault("attempts", [a.to_json() for a in tries.attempts])
            for said in tries.said_before():
                error.add(said)
            raise
        finally:
            if tries.has_place:
                self._gate.give()

    async def _buy(self, order: Order, tries: Tries) -> Sent:
        messages: dict[Route, Message] = {}
        while True:
            standing = self._backoff.choose(order, tries)
            route = standing.route
            if tries.is_held and standing.wait_s > 0:  # it is not bought yet: no need to look again
                await self._hold(order, route, tries)
                continue
            try:
                if route not in messages:
                    asked = self._channels[route.channel]
                    messages[route] = asked.encode(route.request, route.wire_id)
                reserved = self._most(route)
            except CavendishError as error:
                self._pass_over(order, route, error, tries)
                continue
            self._pause.check()
            answer = await self._intents.begin(order, route, self._asked(route), reserved)
            match answer:
                case Hit(drawn):
                    return await self._delivery.found(drawn, tries)
                case Wait(until_ns):
                    await self._wait_for_other(until_ns, tries)
                    continue
                case Inherited():
                    await self._settlement.take_over(answer)
                    continue
                case Refused():
                    scopes = (answer.scope, *(other.scope for other in answer.others))
                    publish(self._hooks, NoRoom(scopes))
                    raise legs.refusal(answer)
                case Reserved(attempt, earlier):
                    if await self._held_back(order, route, attempt, tries):
                        continue
                    tries.earlier(earlier if not tries.attempts else ())
                case _:
                    raise AssertionError(answer)
            started = tries.start(attempt, route, reserved)
            judged = await self._paid(self._attempt(order, route, messages[route], started))
            if judged.error is not None:
                self._channels[route.channel].in_own_words(judged.error)
            tries.record(route, judged)
            again = self._backoff.react(order, tries, route, judged)
            if judged.drawn is not None:
                return self._delivery.bought(judged.drawn, route, tries, judged)
            assert judged.error is not None
            if again is None:
                raise judged.error
            tries.replays += again.replay
            await self._wait(again.wait_s, judged.error.message, tries)

    def _asked(self, route: Route) -> Asked:
        return Asked.of(route.request, self._channels[route.channel].facts.dialect)

    def _most(self, route: Route) -> Money:
        """The most the route can cost. Raises: UnknownPrice."""
        facts = self._channels[route.channel].facts
        model = facts.priced(find_model(route.request.model))
        return pricing.estimate(route.request, model, surface=facts.surface).high

    def _pass_over(self, order: Order, route: Route, error: CavendishError, tries: Tries) -> None:
        """Another route is taken. Raises: the error, when there is none left."""
        tries.leave(route, error)
        if self._backoff.choose(order, tries).wait_s == NEVER_S:
            raise error

    async def _held_back(self, order: Order, route: Route, attempt: str, tries: Tries) -> bool:
        """Whether a limit that is known keeps the call here, or sends it by another route; nothing
        is held for it meanwhile.

        Raises: QuotaExhausted, Overloaded when the limit does not open in time.
        """
        give_back = partial(self._journal.settle, attempt, outcome="not_sent", note="a known limit")
        if not tries.has_place and not self._gate.take(order.priority):
            await to_its_end(give_back())
            await self._gate.wait(order.priority)
            tries.has_place = True
            return True
        tries.has_place = True
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

    async def _hold(self, order: Order, route: Route, tries: Tries) -> None:
        wait_s = self._backoff.hold_s(order, tries, route)
        await self._wait_for(route, wait_s, order, tries)

    async def _wait_for(self, route: Route, wait_s: float, order: Order, tries: Tries) -> None:
        """Waits for the route, unless another can be taken sooner."""
        if self._backoff.choose(order, tries).route == route:
            await self._wait(wait_s, f"{route.channel} is left alone for a while", tries)

    async def _wait(self, wait_s: float, why: str, tries: Tries) -> None:
        publish(self._hooks, Waiting(wait_s, why, tries.key))
        tries.waited(wait_s)
        if tries.has_place:
            tries.has_place = False
            self._gate.give()
        await self._pause.sleep(wait_s)

    async def _paid(self, call: Coroutine[Any, Any, Judgement]) -> Judgement:
        """Waits for a call that is paid for; it outlives whoever waits."""
        task = asyncio.ensure_future(call)
        self._under_way.add(task)
        task.add_done_callback(self._has_ended)
        return await asyncio.shield(task)

    def _has_ended(self, task: asyncio.Task[Judgement]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a call ended without its settlement: %r", error)

    async def _attempt(
        self, order: Order, route: Route, message: Message, started: AttemptStarted
    ) -> Judgement:
        """Calls, judges and settles.

        Only a StorageError leaves the attempt open: an answer in the spool is adopted later.
        """
        publish(self._hooks, started)
        spool = self._blobs.spool(started.attempt)
        try:
            channel = self._channels[route.channel]
            reply = await channel.call(
                message, spool, timeout_s=order.timeout_s,
                connect_s=HASTY_CONNECT_S if len(order.routes) > 1 else None,
            )  # fmt: skip
            spool.charged = reply.charged
        except StorageError as error:
            error.billed = None
            raise
        except CavendishError as error:
            judged = Judgement(outcome_of(error), ZERO, error=error)
            await to_its_end(self._settlement.settle(started, judged))
            return judged
        except BaseException as error:
            judged = Judgement("unknown", ZERO, error=Interrupted(f"interrupted: {error!r}"))
            await to_its_end(self._settlement.settle(started, judged))
            raise
        references = [reference.data for reference in route.request.references]
        asked = self._asked(route)
        concluding = self._settlement.conclude(spool, reply.rest, asked, started, references)
        return replace(await to_its_end(concluding), rate_limit=reply.rate_limit)

    async def _wait_for_other(self, until_ns: int, tries: Tries) -> None:
        if tries.time_left_s() <= 0:
            raise Interrupted("the same picture is still being bought by another process")
        seconds = max(0.0, (until_ns - self._clock.now_ns()) / SECOND_NS)
        await self._wait(seconds, "the same picture is being bought elsewhere", tries)
