"""Buying what a call asks for, picture by picture."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cavendish.client.calls.call import Call
from cavendish.client.calls.terms import Checked, Terms
from cavendish.client.house import House
from cavendish.client.image import Image, image_of, unsaved
from cavendish.client.output import check_output, place
from cavendish.client.result import Result, check_any, gathered
from cavendish.client.room import Spender, room
from cavendish.core.errors import BudgetExceeded, StorageError
from cavendish.core.model import channel_of
from cavendish.core.money import Money
from cavendish.send.order import Order, Sent
from cavendish.send.send import Sender
from cavendish.store.commands import Key

AT_ONCE = 8


class Purchase:
    """One call's pictures. Everything the caller said is checked before anything is sent."""

    def __init__(self, house: House, call: Call, terms: Terms) -> None:
        self._house, self._call, self._terms = house, call, terms
        self._agreed = Checked.of(house.settings, call.intake, terms)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._run = terms.run or house.random.token()
        self._fresh = terms.series if self._agreed.cache != "off" else f"{house.random.token()}-"

    async def make(self) -> Result:
        """The pictures, bought or found. Raises: see `AsyncClient.generate`."""
        call, output = self._call, self._terms.output
        where = None
        if output is not None:
            where = await asyncio.to_thread(check_output, output, self._agreed.format)
        sender = await self._house.sender(call.ways)
        drawing = [self._picture(sender, where, number) for number in range(1, call.pictures + 1)]
        outcomes = await gathered(drawing)
        await self._say_enough([one for one in outcomes if isinstance(one, BudgetExceeded)])
        check_any(outcomes)
        return Result(tuple(outcomes), call.access.facts.realm, call.warnings, call.notes)

    async def _say_enough(self, refused: Sequence[BudgetExceeded]) -> None:
        """Each of them names what is enough for itself; here they name what is enough for all."""
        if len(refused) < 2:
            return
        amounts = [Money.parse(one.details["needed_usd"]) for one in refused]
        agreed, realm = self._agreed, self._call.access.facts.realm
        spender = Spender(agreed.project, agreed.tags, agreed.key_name, agreed.limit, run=self._run)
        found = await room(self._house, realm, amounts, spender)
        for one in refused:
            one.next_step = found.refusal.next_step if found.refusal else one.next_step

    def _order(self, number: int) -> Order:
        asked, variant = divmod(number - 1, self._call.n)
        intake, facts = self._call.intakes[asked], self._call.access.facts
        return Order(
            Key(
                facts.realm, self._agreed.project, intake.request.digest, f"{self._fresh}{variant}"
            ),
            self._call.routes[asked],
            timeout_s=self._agreed.timeout_s,
            retries=self._agreed.retries,
            may_pay_twice=self._agreed.may_pay_twice,
            priority=self._terms.priority,
            run=self._run,
            run_limit=self._agreed.limit,
            key_name=self._agreed.key_name,
            tags=self._agreed.tags,
            waits=self._agreed.waits,
            max_age_s=self._agreed.max_age_s,
        )

    async def _picture(self, sender: Sender, where: Path | None, number: int) -> Image:
        order = self._order(number)
        async with self._gate:
            started_s = self._house.clock.monotonic_s()
            sent = await sender.send(order)
            if not self._will_do(sent):
                order = replace(order, key=replace(order.key, variant=f"{order.key.variant}-own"))
                sent = await sender.send(order)
            sent = self._whose(sent)
        elapsed_s = self._house.clock.monotonic_s() - started_s
        image = image_of(sent, order, elapsed_s, self._call.intake.exact)
        if where is not None and sent.drawn.opens:
            path = place(
                where, number, title=self._terms.title, key_id=order.key.id,
                mime=image.mime_as(self._agreed.format), realm=order.key.realm,
                kept=self._agreed.format == "original",
            )  # fmt: skip
            try:
                saving = asyncio.to_thread(image.save, path, format=self._agreed.format)
                image = image.saved(await saving, self._agreed.format)
            except StorageError as error:
                if sent.violation is None:
                    raise unsaved(error, image) from error
        if sent.violation is not None:
            sent.violation.details.update(
                path=str(image.path or image.original_path),
                attempts=[attempt.to_json() for attempt in image.attempts],
                image=image,
            )
            raise sent.violation
        return image

    def _will_do(self, sent: Sent) -> bool:
        """Whether a picture, which may have been bought before elsewhere, meets `require`."""
        will_do = self._call.access.will_do
        return will_do is None or channel_of(sent.drawn.channel) in will_do

    def _whose(self, sent: Sent) -> Sent:
        """With a warning where it was found, is a third party's, and another was asked."""
        facts = self._house.settings.channels.get(sent.drawn.channel)
        asked = {way.facts.name for way in self._call.ways}
        if facts is None or not facts.third_party or facts.name in asked:
            return sent
        said = (
            f"it was bought before from {facts.title}, a third party; "
            "--require direct-google buys Google's own"
        )
        return replace(sent, warnings=(*sent.warnings, said))
