"""The channels as users see them: whose they are, whether the key is set, what a picture costs.

Probe and evaluation are loaded when they are asked for: few programs do.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from cavendish.catalog import pricing
from cavendish.catalog.loader import DEFAULT_MODEL, find_model
from cavendish.client.channels import comparison, vertex
from cavendish.client.channels.locations import measured
from cavendish.client.house import House
from cavendish.core.errors import UnknownPrice
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money

if TYPE_CHECKING:
    from cavendish.client.channels.evaluation import EvaluationOptions
    from cavendish.insight.ways import Comparison
    from cavendish.workflows.evaluation.report import Evaluation, EvaluationPlan
    from cavendish.workflows.probe.report import Probe, ProbePlan, Record

SIZE = "2K"
"""The size at which channels are compared, of a picture from the default model."""


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel's facts, the variable that holds its key here, or None where none is set, and what
    the last probe of it found. `latencies` are seconds to its locations as last measured, None for
    one that did not answer."""

    facts: ChannelFacts
    key_name: str | None
    probed: Record | None = None
    latencies: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """direct, third party or drafts."""
        if self.facts.third_party:
            return "third party"
        return "direct" if self.facts.direct_google else "drafts"

    @property
    def key_names(self) -> tuple[str, ...]:
        """The variables that open it: those of a key, or of the project that tokens are for."""
        return vertex.PROJECTS[::-1] if self.facts.locations else self.facts.key_env

    @property
    def picture(self) -> Money | None:
        """What a 2K picture from the default model costs, its words and thoughts apart.

        None where no price is known: it is not bought there.
        """
        model = self.facts.priced(find_model(DEFAULT_MODEL))
        try:
            return pricing.per_picture(model, surface=self.facts.surface)[SIZE]
        except UnknownPrice:
            return None

    def to_json(self) -> dict[str, Any]:
        """All of it; money as decimal strings in USD."""
        facts, picture = self.facts, self.picture
        return {
            "name": facts.name,
            "title": facts.title,
            "kind": self.kind,
            "direct_google": facts.direct_google,
            "third_party": facts.third_party,
            "realm": facts.realm,
            "base_url": facts.base_url,
            "auth": {
                "header": "Authorization" if facts.locations else facts.auth_header,
                "scheme": "Bearer" if facts.locations else facts.auth_scheme,
                "variables": builtins.list(self.key_names),
                "set": self.key_name is not None if self.key_names else None,
            },
            "usd_2k_pro": None if picture is None else picture.usd,
            "usd_per_call": {model: usd.usd for model, usd in facts.per_call.items()},
            "vices": builtins.list(facts.vices),
            "checked": None if facts.checked is None else facts.checked.isoformat(),
            "sources": builtins.list(facts.sources),
            "latencies_s": dict(self.latencies),
            "file": facts.file,
            "probed": None if self.probed is None else self.probed.to_json(),
        }


class Channels:
    """`client.channels`: the catalogue's channels and the user's own."""

    def __init__(self, house: House) -> None:
        self._house = house

    def list(self) -> tuple[ChannelState, ...]:
        """Every channel: Google's own first, then drafts, then third parties. Nothing is sent."""
        from cavendish.client.channels.probe import last

        settings = self._house.settings
        env = settings.environment
        unset = [ChannelState(facts, None) for facts in settings.channels.values()]
        found = [
            replace(
                one,
                key_name=next((name for name in one.key_names if env.get(name)), None),
                probed=last(settings.home, one.facts.name),
                latencies=measured(self._house, one.facts),
            )
            for one in unset
        ]
        return tuple(sorted(found, key=lambda one: (one.kind, one.facts.name)))

    async def compare(
        self,
        *,
        model: str | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        images: int = 1,
        references: int = 0,
        channel: str | Sequence[str] | None = None,
        require: str | Sequence[str] = (),
        prices: str = "today",
    ) -> Comparison:
        """Every channel side by side for `images` pictures with so many `references` each.

        Price by tier, models, limits, what was seen of it in the journal, what its pages state of
        features and compliance, and its vices. `channel` names some of them, `require` is real or
        direct-google, `prices` is today or guide. Sends nothing. Raises: UsageError.
        """
        return await comparison.compare(
            self._house, model=model, size=size, aspect_ratio=aspect_ratio, images=images,
            references=references, channel=channel, require=require, prices=prices,
        )  # fmt: skip

    async def plan_probe(
        self, name: str, *, model: str | None = None, budget: str | int | Money | None = None
    ) -> ProbePlan:
        """The calls that `probe` would make, and the most each can cost. Nothing is sent.

        Raises: UsageError, UnknownPrice.
        """
        from cavendish.client.channels.probe import Probing

        return await Probing(self._house, name, model).plan(budget)

    async def probe(
        self,
        name: str,
        *,
        model: str | None = None,
        budget: str | int | Money | None = None,
        project: str | None = None,
    ) -> Probe:
        """Whether a channel honours size, ratio, model, references and billing, with evidence.

        At most five paid calls, one after the other, each as `generate` makes them and tagged
        `probe`; `budget` is their ceiling in USD, and the most they can cost where it is not said.
        What was found is remembered, and `list` shows it.

        Raises: UsageError; BudgetExceeded before anything is sent where the ceiling cannot be
        kept; what the first call raises when nothing came of it; StorageError.
        """
        from cavendish.client.channels.probe import Probing

        return await Probing(self._house, name, model).run(budget, project)

    async def plan_evaluation(
        self,
        prompts: str | Path | Sequence[str | Path],
        channels: str | Sequence[str],
        output: str | Path,
        **options: Unpack[EvaluationOptions],
    ) -> EvaluationPlan:
        """What `evaluate` would buy with these arguments, and what it would cost. Sends nothing.

        Raises: UsageError, UnknownPrice.
        """
        from cavendish.client.channels.evaluation import Evaluating, Question

        question = Question(prompts, channels, **options)
        return await Evaluating(self._house, question, output).plan()

    async def evaluate(
        self,
        prompts: str | Path | Sequence[str | Path],
        channels: str | Sequence[str],
        output: str | Path,
        *,
        model: str | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        n: int = 1,
        require: Sequence[str] = (),
        budget: str | int | Money | None = None,
        project: str | None = None,
        retries: int = 0,
    ) -> Evaluation:
        """The same prompts through several channels, side by side: price, latency, success, pixels.

        `prompts` is a file (one a line, or a list in .jsonl, .json or .yaml), or texts; `channels`
        are names, also third parties', as "A,B" or a list. The folder `output` gets the pictures, a
        contact sheet, CSV and JSON; with the same folder again only what is missing is bought.
        `budget`, in USD, bounds all of it. Each picture is asked for once, unless there are
        `retries`: it is the channel that is measured.

        Raises: UsageError; BudgetExceeded before anything is sent; StorageError. What fails later
        is a row with its error.
        """
        from cavendish.client.channels.evaluation import Evaluating, Question

        question = Question(
            prompts, channels, model, size, aspect_ratio, n, require, budget, project, retries
        )
        return await Evaluating(self._house, question, output).run()
