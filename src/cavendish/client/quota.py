"""`client.quota`: what a project may do, and which tier a workload needs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, find_channel
from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import resolve
from cavendish.client.house import House
from cavendish.client.models import SURFACE
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.request import ImageRequest

if TYPE_CHECKING:
    from cavendish.insight.quota import Tiers


class Quota:
    """`client.quota`: what a project may do, and what it takes to be allowed more."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def tiers(
        self,
        *,
        rpm: int | None = None,
        rpd: int | None = None,
        images_per_month: int | None = None,
        model: str | None = None,
        size: str | None = None,
    ) -> Tiers:
        """The Gemini API's quota tiers, which of them so many requests a minute and a day or
        pictures a month need, and the step that gets it; the original guide's beside.

        Today's limits are on money, so they depend on what a picture of `model` and `size` costs.
        Our own use is that of the journal. Nothing is sent. Raises: InvalidRequest, UnknownModel.
        """
        from cavendish.catalog.tiers import batch_limits, tier_lists
        from cavendish.insight.quota import Need, Tiers, ladder
        from cavendish.insight.use import use

        house = self._house
        house.check()
        need = Need(rpm, rpd, images_per_month)
        name = house.settings.model_or(model)
        resolved = resolve(name, find_channel(SURFACE), house.today())
        found = resolved.model
        size = size or found.default_size(SURFACE)
        if size not in found.sizes:
            why = f"{found.id} does not draw {size!r}"
            raise InvalidRequest("size", why, accepts=found.sizes)
        request = ImageRequest(
            found.id, "", size, DEFAULT_ASPECT_RATIO, thinking=found.least_thinking
        )
        each = estimate(request, found, surface=SURFACE)
        seen, warnings = None, [resolved.notice] if resolved.notice else []
        try:
            journal = await house.journal()
            asked = partial(use, channel=SURFACE, now_ns=house.clock.now_ns())
            seen = await journal.read(asked)
        except StorageError as error:
            warnings.append(f"nothing is known of our own use: {error.message}")
        ladders = tuple(ladder(one, need, each, seen) for one in tier_lists().values())
        return Tiers(
            need, found, size, each, seen, ladders, batch_limits()[SURFACE], tuple(warnings)
        )
