"""Evaluating channels: the same prompts through each, under one budget."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any, Final, TypedDict

from cavendish.catalog.pricing import CostRange, estimate
from cavendish.client.budgets import check_room
from cavendish.client.calls.call import Call, natural
from cavendish.client.calls.call import pictures as count
from cavendish.client.calls.enquiry import enquire
from cavendish.client.calls.purchase import Purchase
from cavendish.client.calls.terms import Terms
from cavendish.client.house import House
from cavendish.client.image import Image
from cavendish.client.money import money, paid_for
from cavendish.client.output import check_output, new_file
from cavendish.core.errors import (
    BudgetExceeded,
    CavendishError,
    ContractViolation,
    InvalidRequest,
)
from cavendish.core.money import ZERO, Money
from cavendish.core.result import UNDECODABLE
from cavendish.imaging.contact_sheet import contact_sheet
from cavendish.imaging.inspect import EXTENSIONS
from cavendish.send.events import Notice, Ordered
from cavendish.workflows.evaluation.page import page
from cavendish.workflows.evaluation.prompts import prompts
from cavendish.workflows.evaluation.report import Evaluation, EvaluationPlan, Share
from cavendish.workflows.evaluation.rows import Row, Standing, to_csv

DOCUMENT: Final = "evaluation.json"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every channel."""

    prompts: str | Path | Sequence[str | Path]
    channels: str | Sequence[str]
    model: str | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    n: int = 1
    require: Sequence[str] = ()
    budget: str | int | Money | None = None
    project: str | None = None
    retries: int = 0


class EvaluationOptions(TypedDict, total=False):
    """What may be said beside prompts and channels; as in `evaluate`."""

    model: str | None
    size: str | None
    aspect_ratio: str | None
    n: int
    require: Sequence[str]
    budget: str | int | Money | None
    project: str | None
    retries: int


class Evaluating:
    """One evaluation. Channels are asked side by side, each one's prompts one after the other, so
    that what is measured is the channel."""

    def __init__(self, house: House, question: Question, folder: str | Path) -> None:
        self._house, self._asked, self._folder = house, question, Path(folder)
        self._run = house.random.token()
        self._calls: dict[str, tuple[Call, ...]] = {}
        self._before: dict[tuple[str, str, int], Mapping[str, Any]] = {}
        self._rows: list[Row] = []
        self._writing = asyncio.Lock()

    async def plan(self) -> EvaluationPlan:
        """What would be bought and what it costs; what lies in the folder is not bought again.

        Raises: UsageError, UnknownPrice, naming the channel.
        """
        asked = self._asked
        texts, n = await asyncio.to_thread(prompts, asked.prompts), count(asked.n)
        natural("retries", asked.retries)
        count(len(texts) * n)
        self._before = await asyncio.to_thread(_bought, self._folder)
        shares: list[Share] = []
        warnings: list[str] = []
        for name in _names(asked.channels):
            calls = [await self._enquire(name, text) for text in texts]
            self._calls[name] = tuple(calls)
            shares.append(self._share(name, calls, n))
            warnings += [f"{name}: {said}" for said in calls[0].warnings]
        budget = None if asked.budget is None else money("budget", asked.budget)
        return EvaluationPlan(texts, n, tuple(shares), budget, tuple(warnings))

    async def run(self) -> Evaluation:
        """Buys, and writes pictures, sheet, CSV and JSON. Failures are rows.

        Raises: UsageError; BudgetExceeded before anything is sent; StorageError.
        """
        plan = await self.plan()
        await self._check(plan)
        await asyncio.to_thread(check_output, f"{self._folder}/")
        self._house.tell(*map(Notice, plan.warnings))
        self._house.tell(Ordered(len(plan.prompts) * plan.n * len(plan.shares)))
        await asyncio.gather(*(self._channel(plan, share) for share in plan.shares))
        order = {name: number for number, name in enumerate(self._calls)}
        self._rows.sort(key=lambda row: (order[row.channel], row.number, row.copy))
        found = self._evaluation(plan)
        await asyncio.to_thread(_write, found)
        return found

    async def _enquire(self, name: str, text: str) -> Call:
        asked = self._asked
        try:
            return await enquire(
                self._house, text, channel=name, model=asked.model, size=asked.size,
                aspect_ratio=asked.aspect_ratio, require=asked.require,
            )  # fmt: skip
        except CavendishError as error:
            error.add(f"channel {name} cannot be evaluated so, and nothing was sent")
            raise

    def _share(self, name: str, calls: Sequence[Call], n: int) -> Share:
        first, facts = calls[0].intake, calls[0].access.facts
        costs, bought = [CostRange(ZERO, ZERO, ZERO)], 0
        for call in calls:
            intake = call.intake
            there = sum(self._earlier(call, name, copy) is not None for copy in range(1, n + 1))
            cost = estimate(intake.request, intake.model, surface=facts.surface)
            costs.append(cost.times(n - there))
            bought += there
        request = first.request
        return Share(
            name, facts.title, facts.realm, request.model, request.size, request.aspect_ratio,
            len(calls) * n - bought, bought, reduce(CostRange.plus, costs),
        )  # fmt: skip

    async def _check(self, plan: EvaluationPlan) -> None:
        if plan.budget is None:
            raise InvalidRequest(
                "budget", f"is missing; this can cost {plan.most}",
                accepts=f"budget {plan.most.usd} or less (a dry run shows the parts)",
            )  # fmt: skip
        most = max(plan.cost("real").high, plan.cost("simulated").high)
        if most > plan.budget:
            raise BudgetExceeded(
                f"this evaluation can cost {most}, and its budget is {plan.budget}; nothing was "
                "sent",
                next_step=f"use --budget {most.usd}, fewer prompts or channels, or a smaller size",
                scope="evaluation",
            )
        project = self._asked.project or self._house.settings.project
        await check_room(self._house, "real", project, plan.cost("real").high)

    async def _channel(self, plan: EvaluationPlan, share: Share) -> None:
        for number, call in enumerate(self._calls[share.channel], 1):
            for copy in range(1, plan.n + 1):
                row = await self._picture(plan, share, call, number, copy)
                self._rows.append(row)
                async with self._writing:
                    await asyncio.to_thread(_note, self._evaluation(plan), self._before)

    async def _picture(
        self, plan: EvaluationPlan, share: Share, call: Call, number: int, copy: int
    ) -> Row:
        name, request, model = share.channel, call.intake.request, call.intake.model
        row = Row(
            name, number, copy, request.prompt, request.digest,
            model.pixels[request.size][request.aspect_ratio],
        )  # fmt: skip
        terms = Terms(
            retries=self._asked.retries, budget=plan.budget, project=self._asked.project,
            tags={"evaluation": name}, title=request.prompt, run=self._run, cache="on",
            series=f"evaluation-{name}-{copy}-", priority=1,
        )  # fmt: skip
        try:
            result = await Purchase(self._house, call, terms).make()
        except ContractViolation as error:
            said = error.details
            image, paid, findings = said["image"], paid_for(error), said["findings"]
        except CavendishError as error:
            kind = type(error).__name__
            return replace(row, cost=paid_for(error), error=kind, message=error.message)
        else:
            image, paid, findings = result.image, result.cost, []
        row = self._drawn(row, call, image, paid, findings)
        if row.path is not None:
            place = self._folder / row.path
            await asyncio.to_thread(image.save, place, format="original")
        return row

    def _drawn(
        self, row: Row, call: Call, image: Image, paid: Money, findings: Sequence[dict[str, str]]
    ) -> Row:
        latency_s: float | None = image.elapsed_s
        price: Money | None = paid
        if image.cached:
            known = self._earlier(call, row.channel, row.copy) or {}
            latency_s = known.get("latency_s")
            price = image.bought_for
        opens = UNDECODABLE.isdisjoint(one["kind"] for one in findings)
        said = tuple(f"{one['kind']}: {one['got']} for {one['asked']}" for one in findings)
        path = None
        if opens:
            stem = f"{row.number:02d}" if row.copy == 1 else f"{row.number:02d}-{row.copy}"
            path = f"{row.channel}/{stem}{EXTENSIONS[image.original_mime]}"
        return replace(
            row, path=path, width=image.width, height=image.height, sha256=image.sha256,
            price=price, cost=paid, cached=image.cached, latency_s=latency_s, opens=opens,
            model_version=image.model_version, findings=said,
        )  # fmt: skip

    def _earlier(self, call: Call, channel: str, copy: int) -> Mapping[str, Any] | None:
        """What an earlier run in this folder measured of the same picture."""
        return self._before.get((channel, call.intake.request.digest, copy))

    def _evaluation(self, plan: EvaluationPlan) -> Evaluation:
        standings = [
            Standing.of(s.channel, s.realm, [r for r in self._rows if r.channel == s.channel])
            for s in plan.shares
        ]
        at = self._house.stamp()
        return Evaluation(plan, at, self._folder, tuple(self._rows), tuple(standings))


def _names(said: str | Sequence[str]) -> tuple[str, ...]:
    given = said if isinstance(said, str) else ",".join(said)
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    if not names or len(set(names)) < len(names):
        raise InvalidRequest("channels", f"{given!r}", accepts="A,B: each named once")
    return names


def _bought(folder: Path) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    """Pictures that an earlier run in this folder bought, by channel, request and copy."""
    try:
        said = json.loads((folder / DOCUMENT).read_text("utf-8"))
        rows = [row for row in said["rows"] if row["sha256"]]
        return {(row["channel"], row["digest"], row["copy"]): row for row in rows}
    except (OSError, ValueError, KeyError, TypeError):  # there was none, or it is another's file
        return {}


def _note(found: Evaluation, before: Mapping[tuple[str, str, int], Mapping[str, Any]]) -> None:
    """Keeps what was measured so far, and what was measured before and is not asked yet."""
    document = found.to_json()
    asked = {(row.channel, row.digest, row.copy) for row in found.rows}
    document["rows"] += [row for key, row in before.items() if key not in asked]
    with new_file(found.document) as file:
        file.write(json.dumps(document, indent=2, ensure_ascii=False).encode())


def _write(found: Evaluation) -> None:
    """The whole report. The sheet decodes pictures that were examined and open."""
    _note(found, {})
    with new_file(found.table) as file:
        file.write(to_csv(found.rows).encode("utf-8"))
    shown = page(found)
    sheet = contact_sheet(
        shown.title, shown.beside, shown.columns, shown.lines, shown.foot, shape=found.rows[0].asked
    )
    with new_file(found.sheet) as file:
        sheet.save(file, "PNG")
