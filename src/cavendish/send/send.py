"""One paid call: intent, call, judgement, settlement, and what follows. The only loop that buys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cavendish.catalog import pricing
from cavendish.catalog.loader import find_model
from cavendish.channels.channel import Channel
from cavendish.core.errors import CavendishError, Interrupted, StorageError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO
from cavendish.core.ports import Clock, Examiner, Files, Random
from cavendish.send import claims
from cavendish.send.admission import Admission, Ready
from cavendish.send.backoff import Backoff
from cavendish.send.conclusion import Conclusion
from cavendish.send.contract import Asked
from cavendish.send.decide import NEVER_S, outcome_of
from cavendish.send.delivery import Delivery
from cavendish.send.events import AttemptStarted, Hook, publish
from cavendish.send.intents import Intents
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Sent, Tries
from cavendish.send.pause import Pause, to_its_end
from cavendish.send.route import Route
from cavendish.send.settlement import Settlement
from cavendish.store.blobs import Blobs
from cavendish.store.commands import Hit, Inherited, Reserved

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
        self._blobs, self._channels, self._clock = blobs, channels, clock
        self._hooks = hooks
        self._pause = Pause(clock)
        self._backoff = Backoff(clock, random)
        self._admission = Admission(
            journal, Intents(journal, blobs, random), self._backoff, self._pause, clock=clock,
            random=random, hooks=hooks,
        )  # fmt: skip
        self._delivery = Delivery(journal, blobs, files, hooks)
        self._settlement = Settlement(
            journal, blobs, Conclusion(blobs, examiner, known), clock=clock, files=files,
            hooks=hooks,
        )  # fmt: skip
        self._under_way: set[asyncio.Task[Judgement]] = set()

    def drain(self) -> None:
        """From now on nothing new is bought; calls that are paid for go on to their end."""
        self._admission.drain()

    def leave(self) -> None:
        """Cuts calls off that are under way: nobody will know what became of them."""
        self._admission.drain()
        for call in self._under_way:
            call.cancel()

    async def close(self) -> None:
        """Waits for calls that are paid for; when that is cancelled, leaves."""
        self._admission.drain()
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
            self._admission.leave(tries)

    async def _buy(self, order: Order, tries: Tries) -> Sent:
        ready: dict[Route, Ready] = {}
        while True:
            standing = self._backoff.choose(order, tries)
            route = standing.route
            if tries.is_held and standing.wait_s > 0:  # it is not bought yet: no need to look again
                await self._admission.hold(order, route, tries)
                continue
            try:
                if route not in ready:
                    ready[route] = self._ready(order, route)
            except CavendishError as error:
                self._pass_over(order, route, error, tries)
                continue
            goods = ready[route]
            answer = await self._admission.ask(order, route, self._asked(route), goods, tries)
            match answer:
                case Hit():
                    found = await self._delivery.found(answer, tries)
                    if found is not None:
                        return found
                    continue
                case Inherited():
                    await self._settlement.take_over(answer)
                    continue
                case Reserved(attempt, earlier):
                    if await self._admission.holds_back(order, route, goods, attempt, tries):
                        continue
                    tries.earlier(earlier if not tries.attempts else ())
                case _:
                    await self._admission.wait(order, route, answer, tries)
                    continue
            started = tries.start(attempt, route, goods.reserved, goods.claims)
            judged = await self._paid(self._attempt(order, route, goods.message, started))
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
            await self._admission.sleep(again.wait_s, judged.error.message, tries)

    def _ready(self, order: Order, route: Route) -> Ready:
        """The route's message, the most it can cost, and what it takes of limits.

        Raises: UnknownPrice, InvalidRequest.
        """
        channel = self._channels[route.channel]
        message, facts = channel.encode(route.request, route.wire_id), channel.facts
        model = facts.priced(find_model(route.request.model))
        reserved = pricing.estimate(route.request, model, surface=facts.surface).high
        claimed = claims.claims(
            route.pool.name or route.channel, route.pool.limits, order.model,
            reserved=reserved, probe_s=order.waits.quota_s,
            tokens=pricing.input_tokens(route.request, model, surface=facts.surface),
        )  # fmt: skip
        return Ready(message, reserved, claimed)

    def _asked(self, route: Route) -> Asked:
        return Asked.of(route.request, self._channels[route.channel].facts.dialect)

    def _pass_over(self, order: Order, route: Route, error: CavendishError, tries: Tries) -> None:
        """Another route is taken. Raises: the error, when there is none left."""
        tries.leave(route, error)
        if self._backoff.choose(order, tries).wait_s == NEVER_S:
            raise error

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
        return await to_its_end(
            self._settlement.conclude(
                spool, reply.rest, asked, started, references, reply.rate_limit
            )
        )
