"""The steps, cheapest first. Each holds what comes against the catalogue; none passes the ceiling.

All money goes the way of every call: an intent in the journal, a hold on the day's budget, which
is the ceiling, and an exact bill. What the client would refuse to send takes a detour.
"""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image as Pil

from cavendish import AsyncClient, CavendishError, Estimate, Image, Money
from cavendish.catalog.loader import DEFAULT_MODEL, models
from cavendish.catalog.pricing import per_picture
from cavendish.catalog.resolution import retired
from cavendish.client.channels.access import ways
from cavendish.core.errors import (
    BadRequest,
    BillingRequired,
    ContractViolation,
    DailyQuotaExhausted,
    NotFound,
)
from cavendish.core.model import Model
from cavendish.core.money import ZERO
from live.findings import Book, Finding
from live.picture import SURFACE, compare, facts
from live.service import STREAM, Service, detour

PROMPT = "A ripe banana on a plain blue table, soft daylight"
NO_SUCH_SIZE = "3K"


@dataclass
class Step:
    """One question to the service. `asked` is what `generate` gets, if it is called; `for_nothing`
    where no money should flow, though it might."""

    title: str
    run: Callable[[Step, Finding], Awaitable[None]]
    asked: dict[str, Any] = field(default_factory=dict)
    for_nothing: bool = False
    estimate: Estimate | None = None

    @property
    def bound(self) -> Money:
        """The most it can cost."""
        return ZERO if self.estimate is None else self.estimate.cost.high

    @property
    def model(self) -> Model:
        """The model that is asked."""
        assert self.estimate is not None
        return self.estimate.intake.model


class Recipe:
    """A plan against one client. `today` is the day that announced ends are held against."""

    def __init__(self, client: AsyncClient, book: Book, *, pictures: Path, today: date) -> None:
        self._client, self._book, self._pictures, self._today = client, book, pictures, today
        self._service: Service | None = None
        self._closed: dict[str, str] = {}
        self._over = ""

    async def plan(self) -> list[Step]:
        """Every step with what it can cost; nothing is sent."""
        lite = cheapest()
        small: dict[str, Any] = {"model": lite.id, "size": "1K", "aspect_ratio": "1:1"}
        pro = {"model": DEFAULT_MODEL, "size": "2K", "aspect_ratio": "16:9"}
        first = {"prompt": f"{PROMPT}, seen from above", **small}
        steps = [
            Step("The key is taken", self._key),
            Step("The models are as the catalogue says", self._models),
            Step("Words and pictures are counted as estimated", self._counts),
            Step(f"A size of {NO_SUCH_SIZE} is refused", self._refused,
                 {"prompt": f"{PROMPT}, in sizes nobody draws", **small}, for_nothing=True),
            Step("A picture at 1K", self._draw, first),
            Step("The same again is found", self._again, first, for_nothing=True),
            Step("A picture as a stream of events", self._stream,
                 {"prompt": f"{PROMPT}, half peeled", **small}),
            Step("A picture with words", self._words,
                 {"prompt": f"{PROMPT}; and say in one sentence what you drew",
                  "text": True, **small}),
            Step("A picture from a picture", self._draw,
                 {"prompt": f"{PROMPT}, in the greys of this picture",
                  "references": [sample()], **small}),
            Step("Pro at 2K", self._draw, {"prompt": f"{PROMPT}, seen from the side", **pro}),
        ]  # fmt: skip
        if lite.thinking_levels:
            asked = {"thinking": lite.thinking_levels[-1], "thoughts": True, **small}
            asked["prompt"] = f"{PROMPT}, under a lamp that casts the right shadow"
            steps.insert(-1, Step("Thinking, and its trace", self._thoughts, asked))
        for step in steps:
            if step.asked:
                step.estimate = await self._client.estimate(require=["real"], **step.asked)
        return steps

    async def run(self, steps: list[Step], tell: Callable[[Finding], None]) -> None:
        """Takes the steps in turn and tells each one's finding. Stops where it must."""
        await self._client.budgets.set("day", self._book.ceiling)
        for step in steps:
            finding = Finding(step.title, bound=step.bound)
            self._book.findings.append(finding)
            finding.why_not = self._over or await self._prevented(step)
            if not finding.why_not:
                await self._take(step, finding)
            tell(finding)

    async def _take(self, step: Step, finding: Finding) -> None:
        """Runs a step, and decides whether the others can follow."""
        before, began_s = await self._spent(), time.monotonic()
        try:
            await step.run(step, finding)
        except ContractViolation as error:
            pixels = f'{facts(step.model)}: [pixels."{step.asked["size"]}"]'
            for said in error.details["findings"]:
                shape = said["kind"] in {"size", "aspect ratio"}
                mend = pixels if shape else "send/contract.py, if the picture is right after all"
                finding.same(said["kind"], said["asked"], said["got"], mend)
        except CavendishError as error:
            came = f"{type(error).__name__}: {error.message}"
            finding.same("an answer", "as asked", came, error.next_step)
            if error.category == "auth" or isinstance(error, BillingRequired):
                self._over = f"{step.title!r} failed, and so would this"
            elif isinstance(error, DailyQuotaExhausted | NotFound):
                self._closed[step.model.id] = type(error).__name__
        finding.took_s = time.monotonic() - began_s
        self._book.spent, self._book.held = await self._spent(), await self._held()
        finding.paid = self._book.spent - before

    async def _prevented(self, step: Step) -> str:
        """Why a step must not be run, if it must not."""
        if step.estimate is None:
            return ""
        if (why_not := self._closed.get(step.model.id)) is not None:
            return f"{step.model.id}: {why_not}"
        # of the whole run, not of the day: midnight may come
        used, most = await self._spent() + await self._held(), self._book.ceiling
        if used + step.bound <= most:
            return ""
        return f"it may cost {step.bound}, and {used} of {most} are used"

    async def _spent(self) -> Money:
        return (await self._client.report()).total("real")

    async def _held(self) -> Money:
        """What calls of unknown outcome may have cost."""
        return Money.total(one.held for one in await self._client.budgets.list())

    async def _asking(self) -> Service:
        if self._service is None:
            self._service = Service(await _channel(self._client))
        return self._service

    async def _key(self, _step: Step, finding: Finding) -> None:
        status, _ = await (await self._asking()).listed()
        finding.same("ListModels", 200, status, "the key, its restrictions, or the address")
        if status != 200:
            self._over = "the key is not taken"

    async def _models(self, _step: Step, finding: Finding) -> None:
        service = await self._asking()
        _, listed = await service.listed()
        for model in models().values():
            status, body = await service.get(f"/v1beta/models/{model.id}")
            self._compare_model(finding, model, status, body)
        for name in sorted(set(listed) & set(retired())):
            finding.same(name, "ended", "listed", "catalog/retired.toml")
        for name in sorted(set(listed) - set(models()) - set(retired())):
            methods = listed[name].get("supportedGenerationMethods", ())
            if ("image" in name or "banana" in name) and "generateContent" in methods:
                finding.same(name, "not known", "listed", f"add catalog/models/{name}.toml")

    def _compare_model(
        self, finding: Finding, model: Model, status: int, body: dict[str, Any]
    ) -> None:
        file, end = facts(model), model.lifecycle.ends.get(SURFACE)
        said = "listed" if end is None or end > self._today else "ended"
        came = {200: "listed", 404: "ended"}.get(status, f"HTTP {status}")
        if came != "listed":
            self._closed[model.id] = "not listed"
        finding.same(model.id, said, came, f"{file}: [lifecycle] status and ends.{SURFACE}")
        if status != 200:
            return
        for name, limit in (("input", model.input_tokens), ("output", model.output_tokens)):
            finding.same(
                f"{model.id}, {name} tokens",
                limit,
                body.get(f"{name}TokenLimit"),
                f"{file}: [limits] {name}_tokens",
            )

    async def _counts(self, _step: Step, finding: Finding) -> None:
        model, text_bytes = cheapest(), len(PROMPT.encode())
        picture = {"mimeType": "image/png", "data": base64.b64encode(sample()).decode()}
        each = model.sheets[SURFACE].reference_tokens
        for what, part, low, high, mend in (
            ("tokens of the prompt", {"text": PROMPT}, text_bytes // 8, text_bytes,
             "catalog/pricing.py: estimate, text"),
            ("tokens of a picture", {"inlineData": picture}, each.low, each.high,
             f"{facts(model)}: [input_image] tokens"),
        ):  # fmt: skip
            status, body = await (await self._asking()).post(
                f"/v1beta/models/{model.id}:countTokens",
                {"contents": [{"role": "user", "parts": [part]}]},
            )
            if status == 200:
                finding.between(what, low, int(body.get("totalTokens", 0)), high, mend)
            else:
                finding.same(what, "counted", f"HTTP {status}", mend)

    async def _refused(self, step: Step, finding: Finding) -> None:
        def alter(body: dict[str, Any]) -> None:
            body["generationConfig"]["imageConfig"]["imageSize"] = NO_SUCH_SIZE

        mend = f"{facts(cheapest())}: [pixels], sizes"
        try:
            await self._generate(step, detour(self._client, alter=alter))
        except BadRequest as error:
            finding.same(f"imageSize {NO_SUCH_SIZE}", 400, error.http_status, mend)
            finding.same("billed", False, error.billed, "wire/gemini/errors.py")
        else:
            finding.same(f"imageSize {NO_SUCH_SIZE}", 400, 200, mend)

    async def _draw(self, step: Step, finding: Finding) -> None:
        await self._bought(step, finding)

    async def _words(self, step: Step, finding: Finding) -> None:
        image = await self._bought(step, finding)
        said = "some" if image.text else "none"
        finding.same("words beside the picture", "some", said, "wire/gemini/request.py: modalities")

    async def _stream(self, step: Step, finding: Finding) -> None:
        await self._bought(step, finding, detour(self._client, path=STREAM))

    async def _thoughts(self, step: Step, finding: Finding) -> None:
        image = await self._bought(step, finding)
        said = "a trace" if image.thoughts else "none"
        finding.same("thoughts", "a trace", said, f"{facts(cheapest())}: [thinking]")

    async def _again(self, step: Step, finding: Finding) -> None:
        image = await self._generate(step, nullcontext())
        finding.same("found in the journal", True, image.cached, "store/step.py: a Hit")
        finding.same("cost", ZERO.usd, image.cost.usd, "store/step.py: a Hit")

    async def _bought(
        self, step: Step, finding: Finding, way: AbstractContextManager[None] | None = None
    ) -> Image:
        before = await self._spent()
        image = await self._generate(step, way or nullcontext())
        assert step.estimate is not None
        compare(finding, image, step.estimate)
        ledger = await self._spent() - before
        finding.same("cost in the ledger", image.cost.usd, ledger.usd, "store/step.py: settlement")
        return image

    async def _generate(self, step: Step, way: AbstractContextManager[None]) -> Image:
        await _channel(self._client)
        with way:
            result = await self._client.generate(
                require=["real"], output=self._pictures, title=step.title, **step.asked
            )
        return result.image


def cheapest() -> Model:
    """The model whose 1K picture costs least, where the catalogue announces no end of it."""
    going = [one for one in models().values() if SURFACE not in one.lifecycle.ends]
    return min(going, key=lambda one: per_picture(one, surface=SURFACE)["1K"])


@cache
def sample() -> bytes:
    """A small picture to show as a reference."""
    file = io.BytesIO()
    Pil.linear_gradient("L").resize((512, 512)).convert("RGB").save(file, "PNG")
    return file.getvalue()


async def _channel(client: AsyncClient) -> Any:
    chosen = ways(None, ["real"], client.settings.environment, None)[0]
    await client._house.sender((chosen,))
    return client._house.channel(chosen)
