"""One played world and a script for the service: what a test of a single call needs."""

from __future__ import annotations

from dataclasses import replace

from cavendish.send.order import Order
from simulation.playing import VirtualLoop
from simulation.world import Plan, Process, World, request, route, sweep, template

PROMPT = "a cat"


class Shop:
    """One world, one process unless a test makes more, and a script for the service."""

    def __init__(self, folder):
        self.world = World(Plan(1, kinds={"answer": 1}), folder, template(folder))
        self.heard = []
        self.first = self.process()

    def process(self):
        found = Process(self.world, len(self.world.processes) + 1, [self.heard.append])
        self.world.processes.append(found)
        return found

    def order(self, prompt=PROMPT, **more):
        usual = Order(self.world.key(prompt), (route(request(prompt)),), timeout_s=180.0)
        return replace(usual, **more)

    def play(self, body, *script):
        self.world.oracle.script = list(script)
        loop = VirtualLoop(self.world.clock)
        try:
            return loop.run_until_complete(body)
        finally:
            loop.run_until_complete(sweep(loop))
            loop.close()

    def buy(self, *script, **more):
        return self.play(self.first.sender.send(self.order(**more)), *script)

    @property
    def kinds(self):
        return [call.kind for call in self.world.oracle.calls]

    def heard_of(self, kind):
        return [event for event in self.heard if isinstance(event, kind)]
