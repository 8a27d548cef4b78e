"""One paid call: intent, call, judgement, settlement, and what follows. The only loop that buys."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.catalog import pricing
from cavendish.catalog.loader import find_model
from cavendish.channels.channel import Channel
from cavendish.core.errors import CavendishError, ContractViolation, Interrupted, StorageError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import ZERO, Money
from cavendish.core.ports import Clock, Examiner, Files, Random
from cavendish.core.result import Drawn
from cavendish.send import legs
from cavendish.send.backoff import Backoff
from cavendish.send.conclusion import Conclusion
from cavendish.send.contract import Asked, violation
from cavendish.send.decide import Again, outcome_of
from cavendish.send.events import AttemptStarted, Hook, Waiting, publish
from cavendish.send.judge import Judgement
from cavendish.send.order import Order, Sent, Tries, begun_elsewhere, ended
from cavendish.send.pause import Pause, to_its_end
from cavendish.store.blobs import Blobs
from cavendish.store.commands import (
    SECOND_NS,
    Hit,
    Inherited,
    Refused,
    Reserved,
    Wait,
)

if TYPE_CHECKING:
    from cavendish.store.journal import Journal

log = logging.getLogger(__name__)

LEASE_MARGIN_S = 30.0
"""Past its timeout an attempt needs this long at most to judge and settle."""

ROOM_BYTES = 128 * 1024 * 1024
"""Below this much free disk nothing is bought: a 4K answer must fit, and the journal too."""


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
        self._conclusion = Conclusion(blobs, examiner, known)

    def drain(self) -> None:
        """From now on nothing new is bought; calls that are paid for go on to their end."""
        self._pause.drain()

    async def recover(self) -> None:
        """Settles what processes that are gone left behind: the normal tick, at start-up."""
        lease_ns = int(LEASE_MARGIN_S * SECOND_NS)
        for orphan in await self._journal.inherit(lease_ns=lease_ns):
            try:
                await self._take_over(orphan)
            except StorageError as error:  # it stays open and is tried again; the others go on
                log.warning("attempt %s is not settled yet: %s", orphan.attempt, error)

    async def send(self, order: Order) -> Sent:
        """One picture, bought at most once (see `Order.may_pay_twice`), or found.

        Raises: BudgetExceeded, QuotaExhausted, ChannelError, NoImage, StorageError, Interrupted;
        `details["attempts"]` says what was tried, and the waits between.
        """
        tries = Tries(order, self._clock)
        try:
            return await self._buy(order, tries)
        except CavendishError as error:
            error.details.setdefault("attempts", [a.to_json() for a in tries.attempts])
            raise

    async def _buy(self, order: Order, tries: Tries) -> Sent:
        channel = self._channels[order.channel]
        body = channel.encode(order.request)
        facts = channel.facts
        model = facts.priced(find_model(order.request.model))
        reserved = pricing.estimate(order.request, model, surface=facts.surface).high
        while True:
            answer = await self._begin(order, reserved)
            match answer:
                case Hit(drawn):
                    return await self._hit(drawn, tries)
                case Wait(until_ns):
                    await self._wait_for_other(until_ns, tries)
                    continue
                case Inherited():
                    await self._take_over(answer)
                    continue
                case Refused():
                    raise legs.refusal(answer)
                case Reserved(attempt, earlier):
                    if await self._held_back(order, attempt, tries):
                        continue
                    tries.earlier(earlier if not tries.attempts else ())
                case _:
                    raise AssertionError(answer)
            started = tries.start(attempt, reserved)
            judged = await self._attempt(order, channel, body, started)
            tries.record(judged)
            again = self._backoff.react(order, tries, judged)
            if judged.drawn is not None:
                return self._sent(judged.drawn, tries, judged)
            await self._again_or_raise(judged, again, tries)

    async def _held_back(self, order: Order, attempt: str, tries: Tries) -> bool:
        """Whether a limit that is known made the call wait; nothing is held for it meanwhile.

        Raises: QuotaExhausted when the limit does not open in time.
        """
        give_back = partial(self._journal.settle, attempt, outcome="not_sent", note="a known limit")
        try:
            wait_s = self._backoff.hold_s(order, tries)
        except CavendishError:
            await to_its_end(give_back())
            raise
        if wait_s > 0:
            await to_its_end(give_back())
            await self._wait(wait_s, f"{order.channel} asked for a pause", tries)
        return wait_s > 0

    async def _wait(self, wait_s: float, why: str, tries: Tries) -> None:
        publish(self._hooks, Waiting(wait_s, why, tries.key))
        tries.waited(wait_s)
        await self._pause.sleep(wait_s)

    async def _again_or_raise(self, judged: Judgement, again: Again | None, tries: Tries) -> None:
        assert judged.error is not None
        if again is None:
            raise judged.error
        tries.replays += again.replay
        await self._wait(again.wait_s, judged.error.message, tries)

    async def _begin(self, order: Order, reserved: Money) -> object:
        self._pause.check()
        free_bytes = self._blobs.free_bytes()
        if free_bytes < ROOM_BYTES:
            raise StorageError(
                f"only {free_bytes // 2**20} MiB are free where pictures are kept; "
                f"nothing is bought below {ROOM_BYTES // 2**20} MiB",
                next_step="free some space, or point CAVENDISH_HOME at another disk",
            )
        intent = self._journal.begin(
            order.key,
            attempt=self._random.token(),
            channel=order.channel,
            model=order.request.model,
            asked=Asked.of(order.request).to_row(),
            holds=legs.holds(
                reserved,
                project=order.key.project,
                tags=order.tags,
                run=order.run,
                run_limit=order.run_limit,
            ),
            lease_ns=int((order.timeout_s + LEASE_MARGIN_S) * SECOND_NS),
            tags=order.tags,
        )
        begun = asyncio.ensure_future(intent)
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:  # nothing has left: what was held is given back
            if isinstance(answer := await begun, Reserved):
                await self._journal.settle(answer.attempt, outcome="not_sent", note="cancelled")
            raise

    async def _attempt(
        self, order: Order, channel: Channel, body: bytes, started: AttemptStarted
    ) -> Judgement:
        """Calls, judges and settles.

        Only a StorageError leaves the attempt open: its answer may be whole in the spool, and is
        then adopted when the attempt is inherited.
        """
        publish(self._hooks, started)
        spool = self._blobs.spool(started.attempt)
        try:
            reply = await channel.call(
                order.wire_id or started.model, body, spool,
                timeout_s=order.timeout_s, tier=order.request.tier,
            )  # fmt: skip
        except StorageError as error:
            error.billed = None
            raise
        except CavendishError as error:
            judged = Judgement(outcome_of(error), ZERO, error=error)
            await to_its_end(self._settle(started, judged))
            return judged
        except BaseException as error:
            judged = Judgement("unknown", ZERO, error=Interrupted(f"interrupted: {error!r}"))
            await to_its_end(self._settle(started, judged))
            raise
        conclude = partial(
            self._conclusion.of,
            spool,
            reply.rest,
            Asked.of(order.request),
            started,
            [reference.data for reference in order.request.references],
        )
        judged = await to_its_end(self._concluded(started, conclude))
        return replace(judged, rate_limit=reply.rate_limit)

    async def _take_over(self, orphan: Inherited) -> None:
        """Settles an attempt whose process died, by what it left in the spool."""
        spool = self._blobs.spool(orphan.attempt)
        asked, started = Asked.from_row(orphan.asked), begun_elsewhere(orphan)
        conclude = partial(self._conclusion.of, spool, None, asked, started)
        await self._concluded(started, conclude)

    async def _concluded(
        self, started: AttemptStarted, conclude: Callable[[], Judgement]
    ) -> Judgement:
        try:
            judged = await self._files.off_loop(conclude)
        except StorageError as error:
            error.billed = None
            raise
        await self._settle(started, judged)
        return judged

    async def _settle(self, started: AttemptStarted, judged: Judgement) -> None:
        await self._journal.settle(
            started.attempt,
            outcome=judged.outcome,
            cost_nanos=judged.cost.nanos,
            certain=judged.certain,
            drawn=judged.drawn,
            note=judged.error.message if judged.error else "",
        )
        await self._files.off_loop(lambda: self._blobs.discard(started.attempt))
        publish(self._hooks, ended(started, judged, self._clock.monotonic_s()))

    async def _hit(self, drawn: Drawn, tries: Tries) -> Sent:
        path = await self._files.off_loop(lambda: self._blobs.verified(drawn.sha256))
        publish(self._hooks, tries.found(drawn))
        return Sent(
            drawn,
            path,
            tuple(tries.attempts),
            cached=True,
            others=self._others(drawn),
            warnings=drawn.warnings,
            violation=violation(drawn, ZERO),
        )

    def _sent(self, drawn: Drawn, tries: Tries, judged: Judgement) -> Sent:
        error = judged.error
        assert error is None or isinstance(error, ContractViolation)
        return Sent(
            drawn,
            self._blobs.path(drawn.sha256),
            tuple(tries.attempts),
            cached=False,
            others=self._others(drawn),
            warnings=(*tries.warnings, *drawn.warnings),
            rate_limit=judged.rate_limit,
            violation=error,
        )

    def _others(self, drawn: Drawn) -> tuple[Path, ...]:
        return tuple(self._blobs.path(sha256) for sha256 in drawn.others)

    async def _wait_for_other(self, until_ns: int, tries: Tries) -> None:
        if tries.time_left_s() <= 0:
            raise Interrupted("the same picture is still being bought by another process")
        seconds = max(0.0, (until_ns - self._clock.now_ns()) / SECOND_NS)
        await self._wait(seconds, "the same picture is being bought elsewhere", tries)
