"""What can be asked of a client and buys nothing: what a picture would cost, what size suffices,
what a month comes to, what was spent, what an error means, what is wrong here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack

from cavendish.catalog import presets
from cavendish.catalog.loader import find_channel
from cavendish.catalog.resolution import resolve
from cavendish.catalog.uses import find_use
from cavendish.client import rates as rates_of
from cavendish.client.calls.enquiry import choose, foresee
from cavendish.client.calls.options import RequestOptions
from cavendish.client.house import House
from cavendish.client.ledger import Ledger
from cavendish.client.models import SURFACE
from cavendish.client.result import Estimate
from cavendish.client.settings import Settings
from cavendish.core.money import Money
from cavendish.workflows.infographic.order import Data, brief_of, shape_of
from cavendish.workflows.infographic.prompt import compose

if TYPE_CHECKING:
    from cavendish.core.errors import CavendishError
    from cavendish.insight.advise import Advice
    from cavendish.insight.doctor import Diagnosis
    from cavendish.insight.explain import Explained
    from cavendish.insight.plan import Plan
    from cavendish.insight.report import Report


class Questions:
    """The half of `AsyncClient` that sends nothing to be paid for."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def settings(self) -> Settings:
        """What this client took from its surroundings."""
        return self._house.settings

    async def estimate(
        self,
        prompt: str,
        *,
        size: str | None = None,
        aspect_ratio: str | None = None,
        prices: str = "today",
        **options: Unpack[RequestOptions],
    ) -> Estimate:
        """What `generate` would send with these arguments, and what it would cost.

        `prices` is today or guide, the dated list of the original guide. Sends nothing, opens
        nothing. Raises: UsageError, UnknownPrice.
        """
        call = await foresee(self._house, prompt, size=size, aspect_ratio=aspect_ratio, **options)
        found = Estimate(call, self._house.today(), prices)
        presets.sheet(call.intake.model, found.surface, prices)
        return found

    async def estimate_infographic(
        self,
        data: Data,
        *,
        aspect_ratio: str | None = None,
        size: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Estimate:
        """What `infographic` would send and cost; `options` as in `estimate`."""
        prompt = compose(brief_of(data))
        ratio, size = shape_of(aspect_ratio, size, options.get("exact"))
        return await self.estimate(prompt, aspect_ratio=ratio, size=size, **options)

    async def advise(
        self,
        use: str,
        *,
        model: str | None = None,
        aspect_ratio: str | None = None,
        exact: str | tuple[int, int] | None = None,
        print_width_mm: float | None = None,
        dpi: int | None = None,
        n: int = 1,
        channel: str | None = None,
    ) -> Advice:
        """Which size, ratio and model suffice for a use, with the reason and what it saves.

        `use` is thumbnail, web, print-a4, large or training; `exact` says the pixels in its
        place, `print_width_mm` and `dpi` change what is printed. Raises: UsageError.
        """
        from cavendish.insight.advise import advise

        facts, today = choose(self._house, channel)[0].facts, self._house.today()
        only = None if model is None else resolve(model, facts, today)
        return advise(
            find_use(use), channel=facts, today=today, only=only,
            aspect_ratio=aspect_ratio, exact=exact, print_width_mm=print_width_mm, dpi=dpi, n=n,
        )  # fmt: skip

    async def plan(
        self,
        *,
        realtime: int = 0,
        batch: int = 0,
        size: str | None = None,
        model: str | None = None,
        input_tokens: int = 0,
        references: int = 0,
        rates: Mapping[str, str | int | Money | None] | None = None,
        prices: str = "today",
        channel: str = "gemini",
        deadline_s: int | None = None,
    ) -> Plan:
        """What a month costs, line by line: pictures at once (`realtime`) and by `batch` jobs.

        Each picture has a prompt of `input_tokens` and so many `references`. `prices` is today or
        guide, the dated list of the original guide, with today's beside it; `channel` says whose.
        `rates` are third parties at USD per call, or None for what they list; `deadline_s` is how
        long a batch picture may take. Nothing is sent. Raises: UsageError, UnknownPrice.
        """
        from cavendish.insight.month import Demand
        from cavendish.insight.plan import plan

        house = self._house
        house.check()
        facts = find_channel(channel, house.settings.channels)
        name = house.settings.model_or(model)
        resolved = resolve(name, facts, house.today())
        found = resolved.model
        demand = Demand(
            found, size or found.default_size(SURFACE), realtime, batch, input_tokens, references,
            deadline_s,
        )  # fmt: skip
        said = (rates or {}).items()
        at = {other: rates_of.rate(house, other, usd, found, prices) for other, usd in said}
        notices = [resolved.notice] if resolved.notice else []
        for other, usd in at.items():
            notices += rates_of.beside(house, other, usd, found)
        return plan(demand, facts, prices=prices, rates=at, notices=notices)

    async def report(
        self,
        by: str = "day",
        *,
        since: str | date | None = None,
        until: str | date | None = None,
    ) -> Report:
        """What was spent, by day, model, channel, project, tag or category, and what was saved
        against list price; `since` and `until` are days in UTC, both included.

        Raises: InvalidRequest for another grouping or no day, StorageError.
        """
        from cavendish.insight.report import Period, check_by, report

        self._house.check()
        check_by(by)
        period, known = Period.of(since, until), self.settings.channels
        journal = await self._house.journal()
        return await journal.read(partial(report, by=by, period=period, known=known))

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: `verify`, `audit`, `reconcile`."""
        return Ledger(self._house)

    async def explain(self, error: str | CavendishError) -> Explained:
        """What an error means, whether it cost money, and what to do; it may be one that was
        raised, or a status, code, class, reason, quotaId or a whole body as text.

        Raises: InvalidRequest when nothing in it is known, with the nearest names.
        """
        from cavendish.insight.explain import explain

        return explain(error)

    async def doctor(self) -> Diagnosis:
        """Looks at keys, settings, home and machine. Sends, spends and makes nothing.

        `cavendish.client.doctor.examine` does the same where no client can be made.
        """
        from cavendish.client.doctor import examine

        return await asyncio.to_thread(
            examine, self.settings.environment, home=self.settings.home,
            journal=self.settings.journal,
        )  # fmt: skip
