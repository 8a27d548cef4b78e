"""`client.quota`: what a project may do, and which tier a workload needs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO, find_channel
from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import resolve
from cavendish.client.dossiers import DossierOptions, check_paper, gathered, written
from cavendish.client.house import House
from cavendish.client.models import SURFACE
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.core.request import ImageRequest

if TYPE_CHECKING:
    from cavendish.insight.dossier.dossier import Dossier
    from cavendish.insight.limits import Limitations
    from cavendish.insight.quota import Tiers


class Quota:
    """`client.quota`: what a project may do, and what it takes to be allowed more."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, *, channel: str | None = None) -> Limitations:
        """Every limit of a channel that is told, by the settings or the channel's file, and every
        one that answers showed: used, measured, and until when it is closed.

        Nothing is sent. Raises: UnknownChannel, StorageError.
        """
        from cavendish.client.limits import told
        from cavendish.insight.limits import Limitations, standings

        house = self._house
        house.check()
        limits, warnings = told(house.settings, channel)
        journal = await house.journal()
        asked = partial(standings, told=limits, now_ns=house.clock.now_ns())
        found = await journal.read(asked)
        return Limitations(
            tuple(one for one in found if channel in {None, one.channel}), tuple(warnings)
        )

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

    async def dossier(
        self,
        output: str | Path | None = None,
        *,
        model: str | None = None,
        size: str | None = None,
        channel: str = "gemini",
        paper: str = "a4",
        dry_run: bool = False,
        **options: Unpack[DossierOptions],
    ) -> Dossier:
        """A request for higher limits, written from the ledger: history, projection, the limits
        asked for held against it, cost, care taken, where to submit it, the enterprise variant.

        `output` is FILE.md (its plots go into FILE.assets) or FILE.pdf on `paper` a4 or letter;
        without it, or with `dry_run`, nothing is written. `model` is the one the ledger has most
        of unless said. What nobody said is a blank to fill; no prompt, key or file name is in it.

        Raises: InvalidRequest, UnknownModel, UnknownChannel, UsageError, StorageError.
        """
        path = None if output is None else check_paper(output, paper)
        found = await gathered(self._house, options, model=model, size=size, channel=channel)
        return found if path is None or dry_run else await written(found, path, paper)
