"""What can be asked of a client and buys nothing: what a picture would cost, what size suffices,
what was spent, what an error means, what is wrong here."""

from __future__ import annotations

import asyncio
from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack

from cavendish.catalog import presets
from cavendish.catalog.resolution import resolve
from cavendish.catalog.uses import find_use
from cavendish.client.calls.enquiry import choose, foresee
from cavendish.client.calls.options import RequestOptions
from cavendish.client.house import House
from cavendish.client.ledger import Ledger
from cavendish.client.result import Estimate
from cavendish.client.settings import Settings
from cavendish.workflows.infographic.order import Data, brief_of, shape_of
from cavendish.workflows.infographic.prompt import compose

if TYPE_CHECKING:
    from cavendish.core.errors import CavendishError
    from cavendish.insight.advise import Advice
    from cavendish.insight.doctor import Diagnosis
    from cavendish.insight.explain import Explained
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

    async def report(self, by: str = "day") -> Report:
        """What was spent, by day, model, channel, project or tag.

        Raises: InvalidRequest for another grouping, StorageError.
        """
        from cavendish.insight.report import check_by, report

        self._house.check()
        check_by(by)
        journal = await self._house.journal()
        return await journal.read(partial(report, by=by))

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger: `verify`."""
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
