"""Buying what a call asks for, picture by picture."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cavendish.client.call import Call, label, natural, positive
from cavendish.client.house import House
from cavendish.client.image import Image, image_of, unsaved
from cavendish.client.money import money
from cavendish.client.output import check_format, check_output, place
from cavendish.client.result import Result, gathered
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.money import Money
from cavendish.send.decide import Waits
from cavendish.send.order import Order
from cavendish.send.send import Sender
from cavendish.store.commands import Key

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Terms:
    """How to buy and where to put it, as the caller said it; see `AsyncClient.generate`."""

    timeout_s: float | None
    retries: int | None
    budget: str | int | Money | None
    project: str | None
    tags: Mapping[str, str] | None
    cache: bool
    may_pay_twice: int
    output: str | Path | None
    title: str
    format: str | None


class Purchase:
    """One call's pictures. Everything the caller said is checked before anything is sent."""

    def __init__(self, house: House, call: Call, terms: Terms) -> None:
        settings, random = house.settings, house.random
        self._house, self._call, self._terms = house, call, terms
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._run = random.token()
        self._fresh = "" if terms.cache else f"{random.token()}-"
        self._limit = None if terms.budget is None else money("budget", terms.budget)
        self._project = label(
            "project", settings.project if terms.project is None else terms.project
        )
        self._tags = {label("tag", k): label("tag", v) for k, v in (terms.tags or {}).items()}
        self._timeout_s = positive(
            "timeout_s", terms.timeout_s, settings.timeout_s, call.intake.timeout_s
        )
        self._retries = natural(
            "retries", settings.retries if terms.retries is None else terms.retries
        )
        self._waits = Waits(
            rate_s=positive("wait_rate_s", settings.wait_rate_s),
            server_s=positive("wait_server_s", settings.wait_server_s),
            quota_s=positive("wait_quota_s", settings.wait_quota_s),
        )
        self._may_pay_twice = natural("may_pay_twice", terms.may_pay_twice)
        self._format = check_format(terms.format)
        if call.intake.exact is not None and self._format == "original":
            raise InvalidRequest(
                "format", "original keeps the pixels that exact cuts", accepts="png, jpeg, webp"
            )

    async def make(self) -> Result:
        """The pictures, bought or found. Raises: see `AsyncClient.generate`."""
        call, output = self._call, self._terms.output
        where = None
        if output is not None:
            where = await asyncio.to_thread(check_output, output, self._format)
        sender = await self._house.sender(call.access)
        drawing = [self._picture(sender, where, number) for number in range(1, call.pictures + 1)]
        outcomes = await gathered(drawing)
        return Result(tuple(outcomes), call.access.facts.realm, call.warnings, call.notes)

    def _order(self, number: int) -> Order:
        asked, variant = divmod(number - 1, self._call.n)
        intake, facts = self._call.intakes[asked], self._call.access.facts
        return Order(
            intake.request,
            key=Key(facts.realm, self._project, intake.request.digest, f"{self._fresh}{variant}"),
            channel=facts.name,
            timeout_s=self._timeout_s,
            retries=self._retries,
            may_pay_twice=self._may_pay_twice,
            run=self._run,
            run_limit=self._limit,
            tags=self._tags,
            wire_id=intake.resolved.wire_id,
            waits=self._waits,
        )

    async def _picture(self, sender: Sender, where: Path | None, number: int) -> Image:
        order = self._order(number)
        async with self._gate:
            started_s = self._house.clock.monotonic_s()
            sent = await sender.send(order)
        elapsed_s = self._house.clock.monotonic_s() - started_s
        image = image_of(sent, order, elapsed_s, self._call.intake.exact)
        if where is not None and sent.drawn.opens:
            path = place(
                where, number, title=self._terms.title, key_id=order.key.id,
                mime=image.mime_as(self._format), realm=order.key.realm,
                kept=self._format == "original",
            )  # fmt: skip
            try:
                saving = asyncio.to_thread(image.save, path, format=self._format)
                image = image.saved(await saving, self._format)
            except StorageError as error:
                if sent.violation is None:
                    raise unsaved(error, image) from error
        if sent.violation is not None:
            sent.violation.details.update(
                path=str(image.path or image.original_path),
                attempts=[attempt.to_json() for attempt in image.attempts],
            )
            raise sent.violation
        return image
