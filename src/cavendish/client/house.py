"""The composition root: which real things stand behind the ports, opened when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cavendish.channels.channel import Channel
from cavendish.channels.google_tokens import GoogleTokens
from cavendish.channels.transport import Transport
from cavendish.channels.way import Way
from cavendish.client.alerts.watch import Watch
from cavendish.client.channels.access import Access
from cavendish.client.channels.latencies import Latencies
from cavendish.client.examiner import Decoders, HeaderOnly
from cavendish.client.offline import BASE_URL, OfflineNet
from cavendish.client.process import Process
from cavendish.client.references.shown import Ready
from cavendish.client.settings import Settings
from cavendish.client.system import Disk, SystemClock, SystemRandom, day, stamp
from cavendish.client.zone import agree
from cavendish.core.errors import StorageError, UsageError
from cavendish.core.ports import Net
from cavendish.send import logbook
from cavendish.send.events import Event, Hook, publish
from cavendish.send.send import Sender
from cavendish.store.address import PostgresAddress
from cavendish.store.blobs import Blobs
from cavendish.store.owners import Owner
from cavendish.store.shelf import Shelf

if TYPE_CHECKING:
    from cavendish.store.journal import Journal


class House:
    """Everything one client owns: journal, blobs, channels. Belongs to one process and one loop."""

    def __init__(self, settings: Settings, hooks: Sequence[Hook] = ()) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.random = SystemRandom()
        self.files = Disk()
        self._examiner: HeaderOnly | Decoders = HeaderOnly()
        if settings.examine == "full":
            self._examiner = Decoders(most=settings.decoders)
        self.latencies = Latencies(settings.home, self.files, self.clock)
        self.watch = Watch(self._look, self.clock)
        own = (logbook.note, self.latencies.heed, self.watch.heed)
        self._hooks: Sequence[Hook] = (*own, *hooks)
        self._process = Process()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = asyncio.Lock()
        self._journal: Journal | None = None
        self._sender: Sender | None = None
        self._channels: dict[str, Channel] = {}
        self._agreed = False
        self._draining = False
        self._closed = False

    @property
    def made_ready(self) -> Ready:
        """Decodes a reference and makes it ready; blocks."""
        return self._examiner.made_ready

    def check(self) -> None:
        """Refuses use where sockets, locks and the writer thread would not be ours.

        Raises: UsageError after a fork, after `close`, or in a second event loop.
        """
        self._process.check()
        if self._closed:
            raise UsageError("this client is closed", next_step="make a new one")
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            raise UsageError(
                "this client is in use in another event loop",
                next_step="make one AsyncClient per event loop, or use Client",
            )

    def today(self) -> date:
        """The day it is, UTC."""
        return day(self.clock)

    def stamp(self) -> str:
        """The second it is, UTC, as reports write it: 2026-11-25T01:02:03Z."""
        return stamp(self.clock)

    async def journal(self, *, any_zone: bool = False) -> Journal:
        """The journal, opened (and created) at the first call.

        Raises: SettingsError where it ends a budget's day in another zone than the settings,
        unless `any_zone` will do.
        """
        async with self._opening:
            if self._journal is None:
                self._journal = await asyncio.to_thread(self._open_journal)
            if not (self._agreed or any_zone):
                await agree(self._journal, self.settings.budget_zone)
                self._agreed = True
        return self._journal

    async def sender(self, ways: Sequence[Access]) -> Sender:
        """The sender, with these channels open; what a crash left is settled first."""
        journal = await self.journal()
        for access in ways:
            self.channel(access)
        if self._sender is None:
            await asyncio.to_thread(Shelf(self.settings.blobs).claim, str(self.settings.journal))
            self._sender = Sender(
                journal=journal,
                blobs=Blobs(self.settings.blobs, self.files),
                channels=self._channels,
                clock=self.clock,
                random=self.random,
                files=self.files,
                examiner=self._examiner,
                known=self.settings.channels,
                hooks=self._hooks,
            )
            await self._sender.recover()
        if self._draining:
            self._sender.drain()
        return self._sender

    def channel(self, access: Access) -> Channel:
        """The channel of `access`, open."""
        name = access.facts.name
        if name not in self._channels:
            net: Net = OfflineNet()
            if access.base_url is not None:
                net = Transport(way=self._way() if access.facts.realm == "real" else Way())
            base_url, tokens = access.base_url or BASE_URL, None
            if access.account is not None:
                host = urlsplit(base_url).netloc
                tokens = GoogleTokens(
                    access.account.file, project=access.account.project, host=host, net=net
                )
            self._channels[name] = Channel(
                access.facts,
                base_url=base_url,
                secret=access.secret,
                net=net,
                clock=self.clock,
                tokens=tokens,
            )
        return self._channels[name]

    def net(self) -> Net:
        """A way of its own to real hosts; who asks for it closes it."""
        return Transport(way=self._way())

    def tell(self, *events: Event) -> None:
        """Says something to whoever listens."""
        for event in events:
            publish(self._hooks, event)

    def drain(self) -> None:
        """Nothing new is bought from now on; paid calls go on to their end."""
        self._draining = True
        if self._sender is not None:
            self._sender.drain()

    async def close(self) -> None:
        """Gives everything back, once calls that are paid for have ended.

        A second time there is nothing left to give.
        """
        self._closed = True
        try:
            if self._sender is not None:
                await self._sender.close()
            await self.watch.close()
        finally:
            await self._give_back()

    def leave(self) -> None:
        """Cuts off calls that are paid for: nobody will know what became of them."""
        if self._sender is not None:
            self._sender.leave()
        self.watch.leave()

    async def _give_back(self) -> None:
        for channel in self._channels.values():
            await channel.close()
        self._channels.clear()
        if self._journal is not None:
            await asyncio.to_thread(self._journal.close)
            self._journal = None
        self._sender = None
        await asyncio.to_thread(self._examiner.close)

    async def _look(self, full: frozenset[str]) -> bool:
        """Looks for alerts; whether one is still owed."""
        from cavendish.client.alerts.look import Look, telling

        alerting = self.settings.alerts
        by = telling(alerting, self.settings.environment, self.net)
        return await Look(await self.journal(), alerting, by, self.clock, self.tell)(full)

    def _open_journal(self) -> Journal:
        from cavendish.store.journal import Journal  # SQLAlchemy: 0.12 s that a dry run never needs

        where, owner_id = self.settings.journal, self.random.token()
        if isinstance(where, PostgresAddress):
            return Journal.on_postgres(where, clock=self.clock, owner_id=owner_id)
        try:
            owner = Owner(where.with_name(where.name + ".owners"), owner_id)
        except OSError as error:
            raise StorageError(
                f"the journal {where} cannot be used: {error.strerror}",
                next_step="point CAVENDISH_HOME at a folder you can write to",
            ) from error
        try:
            return Journal.open(where, clock=self.clock, owner=owner)
        except BaseException:
            owner.close()
            raise

    def _way(self) -> Way:
        """The way to real channels, by the standard names of the environment and our settings."""
        env, said = self.settings.environment, self.settings
        return Way(
            ca_file=said.ca_file and str(Path(said.ca_file).expanduser()),
            authorities=env.get("SSL_CERT_FILE") or None,
            proxy=env.get("HTTPS_PROXY") or env.get("https_proxy") or said.proxy,
            no_proxy=env.get("NO_PROXY") or env.get("no_proxy") or "",
        )
