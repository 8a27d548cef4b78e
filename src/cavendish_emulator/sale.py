"""How one call is sold: by whom, with which vices, and what is booked for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cavendish_emulator.catalog import Model
from cavendish_emulator.faults import NAMED, Fault
from cavendish_emulator.faults.entry import Args
from cavendish_emulator.faults.vices import Vice
from cavendish_emulator.google.answer import Answer, spoken_text
from cavendish_emulator.google.request import Opened, Request, no_file, parse, read_request
from cavendish_emulator.google.schema import normalise
from cavendish_emulator.usage import Usage, count_usage

_NO_PICTURE = Fault("finish_no_image", {"message": None, "ratings": False, "content": "role"})


@dataclass(frozen=True)
class Sale:
    """One call's seller, as the bill names it, and the faults that are its habits."""

    channel: str
    wanted: str  # the model as it was asked for
    habits: tuple[Fault, ...] = ()
    opened: Opened = no_file
    signed: bool = False  # holds turns of the model to their signatures

    def knowing(self, fault: Fault | None) -> Sale:
        """This sale with one vice more, where the fault is one."""
        if fault is None or not isinstance(NAMED[fault.name], Vice):
            return self
        return replace(self, habits=(*self.habits, fault))

    @property
    def vices(self) -> list[tuple[Vice, Args]]:
        """The habits that change the call or its price."""
        found = [(NAMED[habit.name], habit.args) for habit in self.habits]
        return [(entry, args) for entry, args in found if isinstance(entry, Vice)]

    @property
    def pause_s(self) -> float:
        """Seconds that a slow seller takes beside the rest."""
        return sum(float(habit.args["seconds"]) for habit in self.habits if habit.name == "slow")

    def args(self, name: str) -> Args | None:
        """The arguments of a habit, or nothing where the seller has it not."""
        return next((habit.args for habit in self.habits if habit.name == name), None)

    def fault(self, met: Fault | None) -> Fault | None:
        """The fault this call meets: the one it met, else the first habit that is no vice."""
        if self.args("charges_without_picture") is not None:
            return _NO_PICTURE
        if met is not None and not isinstance(NAMED[met.name], Vice):
            return met
        rest = (h for h in self.habits if h.name != "slow" and not isinstance(NAMED[h.name], Vice))
        return next(rest, None)

    def read(self, raw: bytes, model: Model, models: Mapping[str, Model]) -> Request:
        """What is executed for a native body. Raises: GoogleError."""
        other = self.args("other_model")
        if other is not None:
            model = models.get(other["model"], model)
        rewriting = [(vice, args) for vice, args in self.vices if vice.rewrite is not Vice.rewrite]
        if rewriting:
            body = normalise(parse(raw))
            for vice, args in rewriting:
                vice.rewrite(body, args)
            raw = json.dumps(body).encode()
        return read_request(raw, model, self.opened, signed=self.signed)

    def drawn(self, asked: Request) -> Request:
        """What is drawn for a request."""
        for vice, _ in self.vices:
            asked = vice.draw(asked)
        return asked

    def charges(self, asked: Request, usage: Usage) -> list[int]:
        """Nano-USD to be booked for an execution, an entry each."""
        full = {"charges_without_picture", "charges_empty"}
        if not usage.picture and any(habit.name in full for habit in self.habits):
            usage = count_usage(asked, spoken_text(asked))
        charges = [usage.cost(asked.model)]
        # A flat price comes before what doubles it.
        for vice, args in sorted(self.vices, key=lambda known: "usd" not in known[0].args):
            charges = [booked for nano in charges for booked in vice.charge(nano, args)]
        return charges

    def headers(self) -> dict[str, str]:
        """What the seller says beside its answer."""
        return {name: text for vice, args in self.vices for name, text in vice.says(args).items()}

    def sign(self, answer: Answer) -> None:
        """Name the model that was asked for, where the seller lies about which one answered."""
        other = self.args("other_model")
        lies = (other is not None and other["lies"]) or self.args("answers_dead_ids") is not None
        body: Any = answer.body
        if lies and isinstance(body, dict) and "modelVersion" in body:
            body["modelVersion"] = self.wanted
