"""Calls of a model, whoever took them: admitted, met by a fault, executed, booked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from cavendish_emulator import delivery
from cavendish_emulator.catalog import Model
from cavendish_emulator.control import Control
from cavendish_emulator.execution import Executor
from cavendish_emulator.faults import NAMED, Fault
from cavendish_emulator.faults.refusals import Refusal
from cavendish_emulator.faults.replies import Answered, Reply
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.google.errors import GoogleError, invalid
from cavendish_emulator.google.request import Request
from cavendish_emulator.sale import Sale
from cavendish_emulator.usage import Usage, count_usage

SMALL_BODY = 25 * 1024 * 1024  # what third parties take
_APART = 7_000_003  # keeps the numbers of one request's executions away from other requests'


@dataclass(frozen=True)
class Ran:
    """What came of a call that was executed: an answer for every picture it asked for."""

    asked: Request
    answers: list[Answer]
    fault: Fault | None
    sale: Sale


class Calls:
    """Executes, and books what it executed; everything but drawing is on the event loop."""

    def __init__(self, models: Mapping[str, Model], control: Control) -> None:
        self.models = models
        self.control = control
        self.executor = Executor(self._book, control.switches)

    async def run(
        self, request: web.Request, model: Model, raw: bytes, sale: Sale, pictures: int = 1
    ) -> Ran | web.StreamResponse:
        """Run a native body, or answer as a fault does. Raises: GoogleError."""
        self.control.requests += 1
        number = self.control.requests
        asked = sale.read(raw, model, self.models)
        for _ in range(pictures):
            self._admit(asked)
        met = self.control.faults.take(
            {"model": model.id, "path": request.path, "n": number, "prompt": asked.prompt}
        )
        if (knowing := sale.knowing(met)) is not sale:
            sale = knowing
            asked = sale.read(raw, model, self.models)
        fault = sale.fault(met)
        refused = await self.before(request, fault, asked.model.id, asked, sale)
        if refused is not None:
            return refused
        await asyncio.sleep(sale.pause_s)
        numbers = [number + i * _APART for i in range(pictures)]
        answers = [await self.executor.run(asked, fault, n, sale) for n in numbers]
        for answer in answers:
            sale.sign(answer)
        return Ran(asked, answers, fault, sale)

    async def aside(self, request: web.Request) -> web.StreamResponse | None:
        """What a fault armed for this very path does to a request that runs no model."""
        fault = self.control.faults.take_at(request.path, self.control.requests)
        return await self.before(request, fault, request.match_info.get("model", ""))

    async def before(
        self,
        request: web.Request,
        fault: Fault | None,
        model: str,
        asked: Request | None = None,
        sale: Sale | None = None,
    ) -> web.StreamResponse | None:
        """What a fault does before, or instead of, an answer; nothing for most of them."""
        if fault is None:
            return None
        entry = NAMED[fault.name]
        if fault.args.get("executed") and asked is not None and sale is not None:
            self.executor.run_unseen(asked, sale)
        if isinstance(entry, Refusal):
            raise entry.build(model, fault.args)
        if isinstance(entry, Answered):
            return whole(entry.build(model, fault.args))
        if fault.name == "slow":
            await asyncio.sleep(fault.args["seconds"])
        if fault.name == "reset_before_execution":
            return delivery.hang_up(request)
        return None

    def _admit(self, asked: Request) -> None:
        usage = count_usage(asked, pictures=0)
        tokens = usage.prompt_text + usage.prompt_image
        if tokens > asked.model.input_limit:
            raise invalid(
                f"The input token count ({tokens}) exceeds the maximum number of tokens allowed "
                f"({asked.model.input_limit})."
            )
        self.control.quotas.admit(asked.model.id, tokens, self.control.clock.now_s())

    def _book(self, asked: Request, usage: Usage, response_id: str, sale: Sale) -> int:
        control, model = self.control, asked.model.id
        charges = sale.charges(asked, usage)
        for nano_usd in charges:
            control.bill.book(response_id, model, nano_usd, control.clock.now(), sale.channel)
        control.quotas.spend(model, sum(charges), control.clock.now_s())
        return sum(charges)


async def read_body(request: web.Request, limit_bytes: int = SMALL_BODY) -> bytes:
    """The body of a request. Raises: GoogleError where it is too large."""
    said = request.content_length
    body = bytearray()
    if said is None or said <= limit_bytes:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > limit_bytes:
                break
        else:
            return bytes(body)
    raise too_large(limit_bytes)


def too_large(limit_bytes: int) -> GoogleError:
    """The 400 for a body that is larger than is taken."""
    return invalid(f"Request payload size exceeds the limit: {limit_bytes} bytes.")


def whole(reply: Reply) -> web.Response:
    """A reply as it goes out."""
    headers = {**delivery.HEADERS, **reply.headers}
    return web.Response(status=reply.status, body=reply.body, headers=headers)
