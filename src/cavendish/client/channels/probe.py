"""Probing a channel: a few calls through the ordinary purchase, one after the other."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from cavendish.catalog.pricing import CostRange, estimate
from cavendish.client.budgets import check_room
from cavendish.client.calls.call import Call
from cavendish.client.calls.enquiry import choose, enquire
from cavendish.client.calls.purchase import Purchase
from cavendish.client.calls.terms import Terms
from cavendish.client.channels.locations import NEAREST
from cavendish.client.house import House
from cavendish.client.image import Image
from cavendish.client.money import money, paid_for
from cavendish.client.output import new_file
from cavendish.core.errors import BudgetExceeded, CavendishError, ContractViolation, InvalidRequest
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.core.result import UNDECODABLE
from cavendish.imaging.fingerprint import fingerprint
from cavendish.imaging.provenance import marks
from cavendish.imaging.swatch import stripes
from cavendish.send.events import Notice, Ordered
from cavendish.workflows.probe.billing import bill, billing, no_picture
from cavendish.workflows.probe.plan import Step, plan
from cavendish.workflows.probe.report import Probe, ProbePlan, Record
from cavendish.workflows.probe.seen import Seen
from cavendish.workflows.probe.verdict import verdict

FOLDER: Final = "probes"


class Probing:
    """One probe of one channel. Everything is checked, and its price known, before it begins."""

    def __init__(self, house: House, channel: str, model: str | None) -> None:
        self._house, self._channel, self._model = house, channel, model
        self._calls: dict[str, Call] = {}
        self._run = house.random.token()

    async def plan(self, budget: str | int | Money | None) -> ProbePlan:
        """The calls and what they cost. Raises: UsageError, UnknownPrice."""
        facts = self._facts()
        first = await enquire(self._house, "x", channel=self._channel, model=self._model)
        steps = []
        for step in plan(first.intake.model, self._run, self._house.random.uniform):
            self._calls[step.name] = call = await self._call(step)
            intake = call.intake
            cost = estimate(intake.request, intake.model, surface=facts.surface)
            steps.append((step, cost))
        most = Money.total(cost.high for _, cost in steps)
        ceiling = most if budget is None else money("budget", budget)
        model = first.intake.request.model
        return ProbePlan(facts.name, facts.title, model, facts.realm, tuple(steps), ceiling)

    async def run(self, budget: str | int | Money | None, project: str | None) -> Probe:
        """Asks, and judges what came. Raises: BudgetExceeded before anything is sent where the
        ceiling or a standing budget has no room for all calls; what the first call raises when
        nothing at all came of it."""
        found = await self.plan(budget)
        await self._check(found, project or self._house.settings.project)
        self._house.tell(Ordered(len(found.steps)))
        calls: list[Seen] = []
        stopped = None
        for step, cost in found.steps:
            spent = Money.total(seen.cost + seen.held for seen in calls)
            if spent + cost.high > found.ceiling:
                stopped = f"{step.name} was not asked: {spent} of the ceiling is spent or held"
                break
            self._house.tell(Notice(f"call {len(calls) + 1} of {len(found.steps)}: {step.why}"))
            seen = await self._ask(step, cost, found.ceiling, project)
            if (error := seen.error) is not None and not seen.answered and _ends(step, error):
                if not calls:
                    raise error
                stopped = f"{step.name}: {error.message}"
                calls.append(seen)
                break
            calls.append(seen)
        facts = self._facts()
        graded = verdict(calls, self._calls["plain"].intake.model, facts)
        findings = (*graded, no_picture(calls, facts), billing(calls, facts))
        probe = Probe(
            found, self._house.stamp(), tuple(calls), findings,
            tuple(bill(calls, facts)), stopped,
        )  # fmt: skip
        await asyncio.to_thread(_keep, self._house.settings.home, probe)
        return probe

    async def _call(self, step: Step) -> Call:
        shown = (stripes(step.reference),) if step.reference else ()
        call = await enquire(
            self._house, step.prompt, size=step.size, aspect_ratio=step.aspect_ratio,
            text=step.text, references=shown, channel=self._channel, model=self._model,
        )  # fmt: skip
        if step.wire_id is None:
            return call
        ((route,),) = call.routes
        return replace(call, routes=((replace(route, wire_id=step.wire_id),),))

    def _facts(self) -> ChannelFacts:
        ways = choose(self._house, self._channel)
        if len(ways) != 1 or ways[0].facts.location == NEAREST:
            raise InvalidRequest("channel", "a probe is of one channel", accepts="one name")
        return ways[0].facts

    async def _check(self, found: ProbePlan, project: str) -> None:
        if found.most > found.ceiling:
            raise BudgetExceeded(
                f"a probe of {found.channel} can cost {found.most}, and {found.ceiling} is its "
                "ceiling; nothing was sent",
                next_step=f"use --budget {found.most.usd}, or a cheaper model with --model",
                scope="probe",
            )
        await check_room(self._house, found.realm, project, found.most)

    async def _ask(self, step: Step, cost: CostRange, ceiling: Money, project: str | None) -> Seen:
        terms = Terms(
            retries=0, budget=ceiling, project=project, tags={"probe": self._channel}, cache=False,
            title=step.name, run=self._run,
        )  # fmt: skip
        began_s = self._house.clock.monotonic_s()
        seen = Seen(step, self._house.stamp(), 0.0, cost.high)
        try:
            result = await Purchase(self._house, self._calls[step.name], terms).make()
        except ContractViolation as error:
            paid = paid_for(error)
            seen = await asyncio.to_thread(_with, seen, error.details["image"], paid, error)
        except CavendishError as error:
            paid = paid_for(error)
            charged = bool(error.details.get("charged"))
            seen = replace(seen, error=error, cost=paid, charged=charged)
        else:
            seen = await asyncio.to_thread(_with, seen, result.image, result.cost, None)
        return replace(seen, elapsed_s=self._house.clock.monotonic_s() - began_s)


def last(home: Path, channel: str) -> Record | None:
    """What is remembered of the last probe of a channel, or None."""
    try:
        said = json.loads(_place(home, channel).read_text("utf-8"))
        return Record.from_json(said)
    except (OSError, ValueError, KeyError, TypeError):  # never probed, or not ours to read
        return None


def _ends(step: Step, error: CavendishError) -> bool:
    """Whether what failed will fail again: only a refusal of an invented id says nothing."""
    return step.wire_id is None and error.category in {"auth", "quota", "fatal", "retryable"}


def _with(seen: Seen, image: Image, paid: Money, error: ContractViolation | None) -> Seen:
    """With what the picture shows. Blocks: it is read and, where it may be, decoded."""
    kinds = {finding["kind"] for finding in error.details["findings"]} if error else set()
    return replace(
        seen,
        cost=paid,
        width=image.width,
        height=image.height,
        mime=image.original_mime,
        sha256=image.sha256,
        path=str(image.original_path),
        grid=b"" if kinds & UNDECODABLE else fingerprint(image.pil),
        marks=marks(image.bytes),
        model_version=image.model_version,
        charged=image.charged,
        usage=image.usage,
        rate_limit=image.rate_limit,
        findings=(error.message,) if error else (),
        error=error,
    )


def _keep(home: Path, probe: Probe) -> None:
    with new_file(_place(home, probe.plan.channel)) as file:
        file.write(json.dumps(probe.to_json(), indent=2).encode())


def _place(home: Path, channel: str) -> Path:
    return home / FOLDER / f"{channel}.json"
