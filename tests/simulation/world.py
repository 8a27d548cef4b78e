"""A whole house under one seed: processes that buy, die and are followed by others, and the checks.

Everything above the disk is the shipped code: Sender, Channel, Splitter, Journal, Blobs.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import random
import shutil
import sqlite3
from dataclasses import dataclass, field, replace

from cavendish.catalog.loader import find_channel
from cavendish.channels.channel import Channel
from cavendish.client.examiner import HeaderOnly
from cavendish.core.errors import CavendishError, StorageError
from cavendish.core.request import ImageRequest
from cavendish.send.order import Order
from cavendish.send.route import Route
from cavendish.send.send import Sender
from cavendish.store.blobs import Blobs
from cavendish.store.commands import GRACE_NS, Key
from cavendish.store.database import Database
from cavendish.store.journal import Inline, Journal
from cavendish.store.migration import prepare
from simulation.oracle import ALL, Oracle, PlayedNet
from simulation.playing import (
    SECOND_NS,
    STARTS_NS,
    Crash,
    CrashingDisk,
    Edges,
    Platter,
    SeededRandom,
    VirtualClock,
    VirtualLoop,
)

TIMEOUT_S = 180.0
PROJECT = "default"
CHANNELS = [replace(find_channel("gemini"), name=name) for name in ("gemini", "second", "third")]
"""The same service by three ways; their names are their hosts."""


@dataclass
class Plan:
    """What one run does; everything else follows from `seed`."""

    seed: int
    prompts: int = 1
    channels: int = 1
    processes: int = 1
    crashes: tuple[int, ...] = ()
    kinds: dict[str, int] = field(default_factory=lambda: ALL)
    may_pay_twice: int = 0
    cancels: float = 0.0
    cancel_at: int | None = None
    disk_full: float = 0.0
    power: bool = False
    rounds: int = 14


class _Journalled(Database):
    """The shipped database, with an edge before, amid and after every commit."""

    def __init__(self, path, cross):
        super().__init__(path, synchronous="OFF")
        self._cross = cross

    def transaction(self):
        return _Transaction(super().transaction(), self._cross)


class _Transaction:
    def __init__(self, real, cross):
        self._real, self._cross = real, cross

    def __enter__(self):
        self._cross("before commit")
        return self._real.__enter__()

    def __exit__(self, kind, error, trace):
        if kind is None:
            try:
                self._cross("amid commit")
            except Crash as crash:
                self._real.__exit__(Crash, crash, None)
                raise
        found = self._real.__exit__(kind, error, trace)
        if kind is None:
            self._cross("after commit")
        return found


class _Owner:
    def __init__(self, name):
        self.id = name

    def close(self):
        """No lock to give back."""


class Process:
    """One life of the program."""

    def __init__(self, world, number, hooks=()):
        self.number, self.dead = number, False
        self.owner = world.random.token()
        self._world = world
        self._cross = lambda name: world.edges.cross(self, name)
        self._database = _Journalled(world.journal, lambda name: self._cross(f"journal {name}"))
        inline = Inline(self._database, world.clock, world.is_dead)
        self.journal = Journal(self._database, inline, _Owner(self.owner))
        self.disk = CrashingDisk(
            world.platter,
            self,
            world.edges,
            full=0.0 if world.over else world.plan.disk_full,
            watch=world.watch,
        )
        net = PlayedNet(world.oracle, self, world.edges, world.clock, world.asking)
        self.sender = Sender(
            journal=self.journal,
            blobs=Blobs(world.home, self.disk),
            channels={facts.name: Channel(
                facts, base_url=f"http://{facts.name}", secret=None, net=net, clock=world.clock,
            ) for facts in CHANNELS},
            clock=world.clock,
            random=world.random,
            files=self.disk,
            examiner=HeaderOnly(),
            known={facts.name: facts for facts in CHANNELS},
            hooks=hooks,
        )  # fmt: skip

    def die(self, where):
        """kill -9: or the plug, if the plan says so."""
        self.dead = True
        self._world.edges.killed.append(where)
        if self._world.plan.power:
            for process in self._world.processes:
                process.dead = True
            self._world.platter.lose_power()

    def bury(self):
        """Frees what a dead process's memory would free."""
        self._database.close()


class World:
    """A home, a service, a clock; `run` plays the plan, `check` looks at what is left."""

    def __init__(self, plan, folder, template):
        self.plan = plan
        self.rng = random.Random(plan.seed)
        self.clock, self.random = VirtualClock(), SeededRandom(plan.seed)
        self.edges = Edges(plan.crashes, plan.cancel_at)
        self.platter = Platter(self.rng)
        self.home = folder / "home"
        self.journal = folder / f"{plan.seed}.db"
        shutil.copyfile(template, self.journal)
        self._looking = sqlite3.connect(self.journal)
        self.oracle = Oracle(self.rng, self.clock, plan.kinds, self._intent)
        self.asking = contextvars.ContextVar("asking", default=None)
        self.processes = []
        self.whole = {}
        self.full = set()
        self.got = {}
        self.errors = []
        self.cancelled = self.lost = 0
        self.over, self.played = False, 0

    def run(self):
        """Plays the plan to its end, past grace."""
        loop = VirtualLoop(self.clock)
        try:
            loop.run_until_complete(self._play())
        finally:
            loop.run_until_complete(sweep(loop))
            loop.close()

    def close(self):
        self._looking.close()
        for process in self.processes:
            process.bury()
        self.journal.unlink(missing_ok=True)

    def is_dead(self, owner):
        return all(p.dead for p in self.processes if p.owner == owner)

    def watch(self, what, path):
        """Sees answers become whole, and disks that were full."""
        if what == "full":
            self.full.add(path.parent.name)
        elif path.name == "answer.json":
            self.whole[path.parent.name] = self.clock.now_ns()

    def rows(self, query, *values):
        """What an outsider finds in the journal's file."""
        return self._looking.execute(query, values).fetchall()

    def key(self, prompt):
        return Key("real", PROJECT, request(prompt).digest, "1")

    def _intent(self, process, prompt):
        found = self.rows(
            "SELECT id FROM attempts WHERE state='open' AND owner=? AND key=?",
            process.owner, self.key(prompt).id,
        )  # fmt: skip
        return next((row[0] for row in found if row[0] not in self.oracle.attempts), None)

    async def _play(self):
        prompts = [f"seed {self.plan.seed} prompt {n}" for n in range(self.plan.prompts)]
        for _ in range(self.plan.rounds):
            missing = [p for p in prompts if p not in self.got]
            if not missing:
                break
            lives = []
            for _ in range(self.plan.processes):
                process = Process(self, len(self.processes) + 1)
                self.processes.append(process)
                lives.append(self._live(process, missing))
            for found in await asyncio.gather(*lives, return_exceptions=True):
                if isinstance(found, BaseException) and not isinstance(found, Crash):
                    raise found
            for process in self.processes:
                process.dead = True
        await self._after_all()

    async def _live(self, process, prompts):
        try:
            await process.sender.recover()
        except StorageError as error:
            self.errors.append(("recovery", error))
            return
        asks = [asyncio.ensure_future(self._ask(process, prompt)) for prompt in prompts]
        self.edges.cancel = lambda: (process.sender.leave(), asks[0].cancel())
        if self.rng.random() < self.plan.cancels:
            loop, victim = asyncio.get_running_loop(), self.rng.choice(asks)
            loop.call_later(self.rng.uniform(0, 25), victim.cancel)
        answers = await asyncio.gather(*asks, return_exceptions=True)
        await process.sender.close()
        for prompt, found in zip(prompts, answers, strict=True):
            if isinstance(found, asyncio.CancelledError):
                self.cancelled += 1
            elif isinstance(found, CavendishError):
                self.errors.append((prompt, found))
            elif isinstance(found, Crash):
                process.dead = True
            elif isinstance(found, BaseException):
                raise found

    async def _ask(self, process, prompt):
        self.asking.set(object())
        order = Order(
            key=self.key(prompt),
            routes=tuple(
                route(request(prompt), facts.name) for facts in CHANNELS[: self.plan.channels]
            ),
            timeout_s=TIMEOUT_S,
            may_pay_twice=self.plan.may_pay_twice,
            tags={"who": f"p{process.number % 2}"},
        )
        sent = await process.sender.send(order)
        first = self.got.setdefault(prompt, sent.drawn.sha256)
        assert first == sent.drawn.sha256 or not sent.cached, "what is stored does not change"
        inode = self.platter.files[sent.path]
        assert hashlib.sha256(inode.data).hexdigest() == sent.drawn.sha256

    async def _after_all(self):
        """Two more lives that buy nothing: the first inherits, the second finds it fallen due."""
        self.over, self.played = True, self.edges.count
        self.edges.crashes.clear()
        for _ in range(2):
            process = Process(self, len(self.processes) + 1)
            self.processes.append(process)
            await process.sender.recover()
            process.dead = True
            self.clock.seconds += 2 * TIMEOUT_S + GRACE_NS / SECOND_NS + 60


async def sweep(loop):
    """What the dead left behind in this loop."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await loop.shutdown_asyncgens()


def request(prompt):
    """What is asked for, of a few words."""
    return ImageRequest("gemini-3-pro-image", prompt, "1K", "1:1")


def route(asked, channel="gemini"):
    """The way to a request, through one channel."""
    return Route(channel, asked, asked.model)


def template(folder):
    """An empty journal, made once and copied for each run."""
    path = folder / "template.db"
    database = Database(path, synchronous="OFF")
    prepare(database, STARTS_NS)
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE budgets SET limit_nanos = 10000000000000")
    database.close()
    return path
