"""Ways to keep to a quota, each as people would use it. Run as a worker, by the Python that has it.

`python -m support.quota_buyers NAME BASE_URL HOME` answers `buy` (some calls, so many at once) and
`watch` (one call now and then, and how long it took). Seconds that a peer waits by its own plan
(backoff, minutes) are shortened like the upstream's minute: `scale` is its window over 60 s.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

MODEL = "gemini-3-pro-image"
KEY = "AIza" + "q" * 35
GUIDE_S = 10.0
"""The guide waits 2**n times this."""
TRIES = 5


@dataclass(frozen=True)
class Case:
    """What a buyer is told. `limit` is for all `processes` together, None where it is unknown."""

    base_url: str
    home: Path
    window_s: float = 60.0
    limit: int | None = None
    processes: int = 4

    @property
    def scale(self) -> float:
        """How much shorter than a minute the window is."""
        return self.window_s / 60

    @property
    def share(self) -> float:
        """This process's part of the limit."""
        assert self.limit is not None
        return self.limit / self.processes


class Buyer(Protocol):
    """Buys pictures; raises when it gives one up."""

    async def buy(self, prompt: str) -> None:
        """One picture."""
        ...

    async def close(self) -> None:
        """Gives sockets and files back."""
        ...


class Cavendish:
    """The library as anybody uses it; all processes share a home, or the journal that is set."""

    def __init__(self, case: Case) -> None:
        from cavendish import AsyncClient
        from cavendish.client.settings import Settings

        kept = ("CAVENDISH_JOURNAL", "CAVENDISH_BLOBS")
        environment = {
            "HOME": str(case.home),
            "CAVENDISH_HOME": str(case.home / "state"),
            "GOOGLE_GEMINI_BASE_URL": case.base_url,
            "GEMINI_API_KEY": KEY,
            **{name: os.environ[name] for name in kept if name in os.environ},
        }
        settings = Settings.load(environment, case.home)
        self._client = AsyncClient(replace(settings, examine="header"))
        self._limited = False

    async def buy(self, prompt: str) -> None:
        if not self._limited:
            await self._client.budgets.set("day", 1_000_000)
            self._limited = True
        await self._buy(prompt)

    async def _buy(self, prompt: str) -> None:
        await self._client.generate(prompt, model=MODEL, size="1K", aspect_ratio="1:1")

    async def close(self) -> None:
        await self._client.close()


class Bulk(Cavendish):
    """The same for work that gives way to people."""

    async def _buy(self, prompt: str) -> None:
        from cavendish.client.calls.enquiry import enquire
        from cavendish.client.calls.purchase import Purchase
        from cavendish.client.calls.terms import Terms

        house = self._client._house  # noqa: SLF001 - bulk work has no public door yet
        call = await enquire(house, prompt, model=MODEL, size="1K", aspect_ratio="1:1")
        await Purchase(house, call, Terms(title=prompt, priority=1)).make()


class GenAi:
    """Google's SDK, asynchronous; `tries` is None for no retry options at all."""

    def __init__(self, case: Case, tries: int | None = None) -> None:
        from google import genai
        from google.genai import types

        retry = None
        if tries is not None:  # the SDK's own defaults, in shorter seconds
            retry = types.HttpRetryOptions(
                attempts=tries, initial_delay=case.scale, max_delay=60 * case.scale,
                jitter=case.scale,
            )  # fmt: skip
        options = types.HttpOptions(base_url=case.base_url, retry_options=retry)
        self._client = genai.Client(api_key=KEY, http_options=options)
        self._config = types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="1:1", image_size="1K"),
        )

    async def buy(self, prompt: str) -> None:
        answer = await self._client.aio.models.generate_content(
            model=MODEL, contents=prompt, config=self._config
        )
        assert answer.candidates[0].content.parts[0].inline_data.data

    async def close(self) -> None:
        await self._client.aio.aclose()


class Guide(GenAi):
    """The SDK in the guide's loop: after a 429 wait 2**n * 10 s, and in the end give up."""

    def __init__(self, case: Case, tries: int) -> None:
        super().__init__(case)
        self._tries, self._scale = tries, case.scale

    async def buy(self, prompt: str) -> None:
        from google.genai.errors import APIError

        for turn in range(self._tries):
            try:
                await super().buy(prompt)
            except APIError as error:
                if error.code != 429 or turn == self._tries - 1:
                    raise
                await asyncio.sleep(2**turn * GUIDE_S * self._scale)
            else:
                return


class AioLimiter(GenAi):
    """The SDK behind aiolimiter, every try of it; each process has its share of the limit."""

    def __init__(self, case: Case) -> None:
        from aiolimiter import AsyncLimiter

        super().__init__(case)
        self._limiter = AsyncLimiter(case.share, case.window_s)

    async def buy(self, prompt: str) -> None:
        from google.genai.errors import APIError

        for turn in range(TRIES):
            async with self._limiter:
                try:
                    await super().buy(prompt)
                except APIError as error:
                    if error.code != 429 or turn == TRIES - 1:
                        raise
                else:
                    return


class LiteLlm:
    """LiteLLM's router with one deployment, which knows its share of the limit.

    It counts calendar minutes, so its clock must run faster (libfaketime) where the window is less.
    """

    def __init__(self, case: Case, **how: Any) -> None:
        import litellm

        litellm.suppress_debug_info = True
        deployment = {
            "model": f"gemini/{MODEL}",
            "api_key": KEY,
            "api_base": case.base_url,
            "rpm": max(1, int(case.share)),
        }
        models = [{"model_name": "picture", "litellm_params": deployment}]
        self._router = litellm.Router(model_list=models, num_retries=TRIES, **how)

    async def buy(self, prompt: str) -> None:
        said = [{"role": "user", "content": prompt}]
        await self._router.acompletion("picture", said, modalities=["image"])

    async def close(self) -> None:
        """It keeps its sockets."""


BUYERS: dict[str, Callable[[Case], Buyer]] = {
    "Cavendish": Cavendish,
    "Cavendish, bulk": Bulk,
    "google-genai, no retries": GenAi,
    "google-genai, 5 tries": lambda case: GenAi(case, 5),
    "google-genai, 12 tries": lambda case: GenAi(case, 12),
    "guide's backoff, 3 tries": lambda case: Guide(case, 3),
    "guide's backoff, 5 tries": lambda case: Guide(case, 5),
    "LiteLLM Router, rpm": LiteLlm,
    "LiteLLM Router, usage-based": lambda case: LiteLlm(
        case, routing_strategy="usage-based-routing-v2"
    ),
    "aiolimiter + google-genai": AioLimiter,
}


class Till:
    """Answers the questions of the benchmark about one buyer."""

    def __init__(self, buyer: Buyer) -> None:
        self._buyer = buyer
        self._runner = asyncio.Runner()

    def answer(self, ask: str, **about: Any) -> Any:
        """`ask` is `buy` or `watch`."""
        return self._runner.run({"buy": self._buy, "watch": self._watch}[ask](**about))

    def close(self) -> None:
        """No more questions."""
        self._runner.run(self._buyer.close())

    async def _buy(self, prompts: str, calls: int, at_once: int) -> dict[str, Any]:
        numbers, failed = iter(range(calls)), Counter[str]()
        took_s: list[float] = []

        async def buyer() -> None:
            for number in numbers:
                began_s = time.monotonic()
                try:
                    await self._buyer.buy(f"{prompts}, number {number}")
                except Exception as error:  # noqa: BLE001 - giving up counts, whatever it is called
                    failed[f"{type(error).__name__}: {error}"[:160]] += 1
                else:
                    took_s.append(time.monotonic() - began_s)

        cpu_s = _cpu_s()
        await asyncio.gather(*(buyer() for _ in range(at_once)))
        cpu_s = _cpu_s() - cpu_s
        return {"made": len(took_s), "failed": dict(failed), "cpu_s": cpu_s, "took_s": took_s}

    async def _watch(self, prompts: str, for_s: float, every_s: float) -> list[float]:
        took_s: list[float] = []
        end_s = time.monotonic() + for_s
        while time.monotonic() < end_s:
            await asyncio.sleep(every_s)
            began_s = time.monotonic()
            await self._buyer.buy(f"{prompts}, number {len(took_s)}")
            took_s.append(time.monotonic() - began_s)
        return took_s


def _cpu_s() -> float:
    """User and system time; unlike a clock it runs no faster for those whose clocks do."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    import json

    from support.worker import serve

    name, about = sys.argv[1:]
    said = json.loads(about)
    till = Till(BUYERS[name](Case(**{**said, "home": Path(said["home"])})))
    serve(till.answer)
    till.close()
