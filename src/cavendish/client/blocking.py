"""The blocking client: the asynchronous one, run on a loop of its own. No logic lives here.

Its loop runs in its own thread, so it works in scripts, in notebooks and inside a running loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property, wraps
from typing import Concatenate, Generic, ParamSpec, Self, TypeVar, cast

from cavendish.client.aio import AsyncClient
from cavendish.client.budgets import Budgets
from cavendish.client.cache import Cache
from cavendish.client.channels.desk import Channels, ChannelState
from cavendish.client.chats.chat import Chat
from cavendish.client.chats.desk import Chats
from cavendish.client.ledger import Ledger
from cavendish.client.models import Models
from cavendish.client.process import Process
from cavendish.client.quota import Quota
from cavendish.client.references.desk import References
from cavendish.client.settings import Settings
from cavendish.core.conversation import Exchange
from cavendish.core.errors import UsageError
from cavendish.core.money import Money
from cavendish.send.events import Hook

SETTLING_S = 5.0
"""An interrupted call gets this long to note that its outcome is unknown."""

P = ParamSpec("P")
R = TypeVar("R")
Twin_co = TypeVar("Twin_co", covariant=True)


class _Loop:
    """An event loop in a thread, for as long as a client lives."""

    def __init__(self) -> None:
        self._process = Process()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="cavendish-loop", daemon=True
        )
        self._thread.start()

    def run(self, call: Callable[[], Awaitable[R]]) -> R:
        """Runs one call to its end; an interrupt in the caller's thread cancels it."""
        self._process.check()
        if not self.runs:
            raise UsageError("this client is closed", next_step="make a new one")
        if threading.current_thread() is self._thread:
            raise UsageError(
                "a blocking client cannot be called from its own listener: both would wait",
                next_step="use AsyncClient, or call it from another thread",
            )

        ended = threading.Event()

        async def body() -> R:
            try:
                return await call()
            finally:
                ended.set()

        future = asyncio.run_coroutine_threadsafe(body(), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            ended.wait(SETTLING_S)
            raise

    def run_soon(self, what: Callable[[], None]) -> None:
        """Has something done on the loop, whatever else runs there."""
        if self.runs:
            self._loop.call_soon_threadsafe(what)

    @property
    def runs(self) -> bool:
        """Whether the loop is still there."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Face(Generic[Twin_co]):
    """Something that blocks in front of its asynchronous twin."""

    def __init__(self, twin: Twin_co, loop: _Loop) -> None:
        self._twin, self._loop = twin, loop


def _blocking(
    method: Callable[Concatenate[Twin_co, P], Awaitable[R]],
) -> Callable[Concatenate[_Face[Twin_co], P], R]:
    """The same method, waiting for its result."""

    @wraps(method)
    def wait(self: _Face[Twin_co], *args: P.args, **kwargs: P.kwargs) -> R:
        return self._loop.run(lambda: method(self._twin, *args, **kwargs))

    return cast("Callable[Concatenate[_Face[Twin_co], P], R]", wait)


class BlockingChat(_Face[Chat]):
    """`Chat`, waiting for results."""

    @property
    def id(self) -> str:
        """Eight hexadecimal digits, the same on every machine."""
        return self._twin.id

    @property
    def turns(self) -> tuple[Exchange, ...]:
        """The turns that count, from the first to the last."""
        return self._twin.turns

    @property
    def beside(self) -> tuple[Exchange, ...]:
        """The turns that were taken back, or that another process was quicker than."""
        return self._twin.beside

    @property
    def cost(self) -> Money:
        """What all its pictures cost when they were bought."""
        return self._twin.cost

    send = _blocking(Chat.send)
    estimate = _blocking(Chat.estimate)
    undo = _blocking(Chat.undo)


class BlockingBudgets(_Face[Budgets]):
    """`Budgets`, waiting for results."""

    set = _blocking(Budgets.set)
    remove = _blocking(Budgets.remove)
    list = _blocking(Budgets.list)
    alerts = _blocking(Budgets.alerts)
    zone = _blocking(Budgets.zone)
    room = _blocking(Budgets.room)


class BlockingCache(_Face[Cache]):
    """`Cache`, waiting for results."""

    stats = _blocking(Cache.stats)
    clear = _blocking(Cache.clear)


class BlockingLedger(_Face[Ledger]):
    """`Ledger`, waiting for results."""

    verify = _blocking(Ledger.verify)
    audit = _blocking(Ledger.audit)
    reconcile = _blocking(Ledger.reconcile)


class BlockingChannels(_Face[Channels]):
    """`Channels`, waiting for results."""

    compare = _blocking(Channels.compare)
    plan_probe = _blocking(Channels.plan_probe)
    probe = _blocking(Channels.probe)
    plan_evaluation = _blocking(Channels.plan_evaluation)
    evaluate = _blocking(Channels.evaluate)

    def list(self) -> tuple[ChannelState, ...]:
        """Every channel: Google's own first, then drafts, then third parties. Nothing is sent."""
        return self._twin.list()


class BlockingQuota(_Face[Quota]):
    """`Quota`, waiting for results."""

    show = _blocking(Quota.show)
    tiers = _blocking(Quota.tiers)
    dossier = _blocking(Quota.dossier)


class BlockingReferences(_Face[References]):
    """`References`, waiting for results."""

    check = _blocking(References.check)


class Client(_Face[AsyncClient]):
    """`AsyncClient`, waiting for results. Use it as a context manager, or call `close`."""

    def __init__(self, settings: Settings | None = None, *, hooks: Sequence[Hook] = ()) -> None:
        super().__init__(AsyncClient(settings, hooks=hooks), _Loop())

    generate = _blocking(AsyncClient.generate)
    infographic = _blocking(AsyncClient.infographic)
    estimate = _blocking(AsyncClient.estimate)
    estimate_infographic = _blocking(AsyncClient.estimate_infographic)
    advise = _blocking(AsyncClient.advise)
    plan = _blocking(AsyncClient.plan)
    report = _blocking(AsyncClient.report)
    explain = _blocking(AsyncClient.explain)
    doctor = _blocking(AsyncClient.doctor)
    prune = _blocking(AsyncClient.prune)
    backup = _blocking(AsyncClient.backup)
    restore = _blocking(AsyncClient.restore)

    @property
    def settings(self) -> Settings:
        """What this client took from its surroundings."""
        return self._twin.settings

    def chat(self, chat_id: str | None = None) -> BlockingChat:
        """A new chat, or the one with this id. Raises: InvalidRequest, StorageError."""
        return BlockingChat(self._twin.chat(chat_id), self._loop)

    @property
    def chats(self) -> Chats:
        """The chats of this home: `list`, `show`, `undo`, `export_to`, `import_from`."""
        return self._twin.chats.blocking

    @cached_property
    def cache(self) -> BlockingCache:
        """What was bought before and is kept: `stats`, `clear`."""
        return BlockingCache(self._twin.cache, self._loop)

    @cached_property
    def budgets(self) -> BlockingBudgets:
        """Limits on real money: `set`, `remove`, `list`, `zone`, `room`, `alerts`."""
        return BlockingBudgets(self._twin.budgets, self._loop)

    @cached_property
    def ledger(self) -> BlockingLedger:
        """The ledger: `verify`, `audit`, `reconcile`."""
        return BlockingLedger(self._twin.ledger, self._loop)

    @cached_property
    def quota(self) -> BlockingQuota:
        """What a project may do: `show`, `tiers`, `dossier`."""
        return BlockingQuota(self._twin.quota, self._loop)

    @cached_property
    def references(self) -> BlockingReferences:
        """What references are worth: `check`."""
        return BlockingReferences(self._twin.references, self._loop)

    @cached_property
    def channels(self) -> BlockingChannels:
        """The ways to pictures: `list`, `compare`, `probe`, `evaluate`."""
        return BlockingChannels(self._twin.channels, self._loop)

    @property
    def models(self) -> Models:
        """The catalogue: `list`, `show`."""
        return self._twin.models

    def drain(self) -> None:
        """Stops gently: nothing new is bought, paid calls go on to their end."""
        self._twin.drain()

    def leave(self) -> None:
        """Stops at once: calls under way are cut off, and nobody will know what became of them."""
        self._loop.run_soon(self._twin.leave)

    def close(self) -> None:
        """Waits for calls that are paid for, then closes the journal, sockets and emulator."""
        if self._loop.runs:
            self._loop.run(self._twin.close)
            self._loop.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
