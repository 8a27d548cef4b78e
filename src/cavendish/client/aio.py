"""The asynchronous client: the one body of the library. `Client` is its blocking face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Self, Unpack

from cavendish.client.budgets import Budgets
from cavendish.client.cache import Cache
from cavendish.client.calls.enquiry import enquire, gone
from cavendish.client.calls.options import CallOptions, RequestOptions
from cavendish.client.calls.purchase import Purchase
from cavendish.client.calls.terms import Terms
from cavendish.client.channels.desk import Channels
from cavendish.client.chats.chat import Chat
from cavendish.client.chats.desk import AsyncChats
from cavendish.client.house import House
from cavendish.client.models import Models
from cavendish.client.questions import Questions
from cavendish.client.quota import Quota
from cavendish.client.references.desk import References
from cavendish.client.references.ref import ReferenceLike
from cavendish.client.result import Infographic, Result
from cavendish.client.settings import Settings
from cavendish.client.upkeep import Upkeep
from cavendish.core.money import Money
from cavendish.send.events import Hook, Notice, Ordered
from cavendish.workflows.infographic.order import Data, brief_of, shape_of
from cavendish.workflows.infographic.prompt import compose


class AsyncClient(Questions, Upkeep):
    """Pictures, bought carefully. Use it as an async context manager, or call `close`.

    Without `settings` the environment and the configuration files are read
    (`Settings.load`). `hooks` are called with what happens (`cavendish.send.events`).
    One client belongs to one process and one event loop.
    """

    def __init__(self, settings: Settings | None = None, *, hooks: Sequence[Hook] = ()) -> None:
        super().__init__(House(settings or Settings.load(), hooks))

    async def generate(
        self,
        prompt: str,
        *,
        model: str | None = None,
        size: str | None = None,
        aspect_ratio: str | None = None,
        exact: str | tuple[int, int] | None = None,
        n: int = 1,
        references: Sequence[ReferenceLike] = (),
        style_references: Sequence[ReferenceLike] = (),
        split_references: bool = False,
        text: bool = False,
        temperature: float | None = None,
        seed: int | None = None,
        thinking: str | None = None,
        thoughts: bool = False,
        search: bool | str | Sequence[str] = False,
        safety: Mapping[str, str] | None = None,
        tier: str = "standard",
        timeout_s: float | None = None,
        retries: int | None = None,
        channel: str | Sequence[str] | None = None,
        require: Sequence[str] = (),
        prefer: str | None = None,
        budget: str | int | Money | None = None,
        project: str | None = None,
        tags: Mapping[str, str] | None = None,
        key_name: str | None = None,
        cache: bool | str | None = None,
        cache_ttl_s: float | None = None,
        may_pay_twice: int = 0,
        output: str | Path | None = None,
        title: str | None = None,
        format: str | None = None,  # noqa: A002 - the name users know
    ) -> Result:
        """Draws `n` pictures for `prompt`, or finds them if they were bought before.

        `size` is 1K, 2K or 4K and `aspect_ratio` such as 16:9 (see `models`); or `exact` is the
        size in pixels ("2048x1152"), cut and scaled from the nearest picture the model draws.
        `references` are files, bytes, PIL images or earlier pictures, or one of them as a `Ref`
        with a role and a weight; `style_references` give their style only; more than the model
        takes are asked for in several requests with `split_references`. `text` asks for words as
        well, `thoughts` for the trace of the thinking; `search` grounds it ("web", "image"),
        `safety` maps categories to thresholds, `tier` is standard, flex or priority.

        `channel` is one or several ("gemini,vertex"): the next is asked where one does not answer,
        in their order, or as `prefer` says (ordered, cheapest, fastest).

        `timeout_s` is one attempt's; `budget` bounds this call in USD, `project`, `tags` and
        `key_name`, who spends, say whose budgets it counts in; `cache` is on, off (False:
        another, for this call) or refresh (another, for everybody), and `cache_ttl_s` how old what
        is found may be;
        `output` is a file or a folder, in which a file is named after `title` or the prompt, and
        `format` is original, png, jpeg or webp where the name does not say it.

        Raises: UsageError before anything is sent; AdmissionError when a budget says no;
        ChannelError, NoImage or ContractViolation when nothing, no picture or the wrong one came
        (of several pictures, only if none came: else see `Result.errors`); StorageError.
        """
        asked = RequestOptions(
            n=n, channel=channel, require=require, prefer=prefer, model=model, exact=exact,
            references=references, style_references=style_references,
            split_references=split_references, text=text, temperature=temperature, seed=seed,
            thinking=thinking, thoughts=thoughts, search=search, safety=safety, tier=tier,
        )  # fmt: skip
        call = await enquire(self._house, prompt, size=size, aspect_ratio=aspect_ratio, **asked)
        terms = Terms(
            timeout_s=timeout_s, retries=retries, budget=budget, project=project, tags=tags,
            key_name=key_name, cache=cache, cache_ttl_s=cache_ttl_s, may_pay_twice=may_pay_twice,
            output=output, title=title or prompt, format=format,
        )  # fmt: skip
        purchase = Purchase(self._house, call, terms)
        if (notice := await gone(self._house, call)) is not None:
            asked["model"] = call.intake.resolved.heir
            call = await enquire(self._house, prompt, size=size, aspect_ratio=aspect_ratio, **asked)
            purchase = Purchase(self._house, replace(call, notices=(notice,)), terms)
        self._house.tell(*map(Notice, (*call.notes, *call.warnings)), Ordered(call.pictures))
        return await purchase.make()

    async def infographic(
        self,
        data: Data,
        *,
        aspect_ratio: str | None = None,
        size: str | None = None,
        output: str | Path | None = None,
        **options: Unpack[CallOptions],
    ) -> Infographic:
        """Draws an infographic from a file or plain data; `options` as in `generate`.

        A file is .json, .yaml, .csv or .tsv. `data` may hold title, metrics, style and colors;
        every field has a default. It is 9:16 at 2K unless you say otherwise. Nothing reads the
        numbers back yet: `verified` is None.
        Raises: InvalidRequest naming the data's field, and all that `generate` raises.
        """
        brief = brief_of(data)
        ratio, size = shape_of(aspect_ratio, size, options.get("exact"))
        started_s = self._house.clock.monotonic_s()
        result = await self.generate(
            compose(brief),
            aspect_ratio=ratio,
            size=size,
            output=output,
            title=brief.title,
            **options,
        )
        return Infographic(result, brief, self._house.clock.monotonic_s() - started_s)

    def chat(self, chat_id: str | None = None) -> Chat:
        """A new chat, or the one with this id. Raises: InvalidRequest, StorageError."""
        chats = self.chats.blocking
        return Chat(self._house, chats.begun() if chat_id is None else chats.known(chat_id))

    @cached_property
    def chats(self) -> AsyncChats:
        """The chats of this home: `list`, `show`, `undo`, `export_to`, `import_from`."""
        return AsyncChats(self._house)

    @cached_property
    def cache(self) -> Cache:
        """What was bought before and is kept: `stats`, `clear`."""
        return Cache(self._house)

    @cached_property
    def budgets(self) -> Budgets:
        """Limits on real money: `set`, `remove`, `list`, `zone`, `room`, `alerts`."""
        return Budgets(self._house)

    @cached_property
    def quota(self) -> Quota:
        """What a project may do: `show`, `tiers`, `dossier`."""
        return Quota(self._house)

    @cached_property
    def references(self) -> References:
        """What references are worth: `check`."""
        return References(self._house)

    @cached_property
    def channels(self) -> Channels:
        """The ways to pictures: `list`, `compare`, `probe`, `evaluate`."""
        return Channels(self._house)

    @cached_property
    def models(self) -> Models:
        """The catalogue: `list`, `show`."""
        return Models(self._house.today)

    def drain(self) -> None:
        """Stops gently: nothing new is bought, paid calls go on to their end."""
        self._house.drain()

    def leave(self) -> None:
        """Stops at once: calls under way are cut off, and nobody will know what became of them."""
        self._house.leave()

    async def close(self) -> None:
        """Waits for calls that are paid for, then closes the journal, sockets and emulator."""
        await self._house.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
