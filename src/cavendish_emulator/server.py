"""The HTTP surface: Google's routes, and the way of one request through them."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any

from aiohttp import web

from cavendish_emulator import delivery, streaming, vertex
from cavendish_emulator.catalog import Model
from cavendish_emulator.control import Control, json_response
from cavendish_emulator.delivery import EVENTS, HEADERS
from cavendish_emulator.errors import (
    NO_KEY,
    GoogleError,
    bad_key,
    invalid,
    overloaded,
    unknown_model,
)
from cavendish_emulator.execution import Executor
from cavendish_emulator.faults import NAMED, Fault
from cavendish_emulator.faults.refusals import REFUSALS, Refusal
from cavendish_emulator.faults.replies import Answered, Reply, reply_of
from cavendish_emulator.identity import Identity
from cavendish_emulator.listing import model_body, models_page
from cavendish_emulator.request import Request, count_contents, read_request
from cavendish_emulator.usage import Usage, count_usage

MAX_BODY = 25 * 1024 * 1024
_STREAM = "streamGenerateContent"
_KEYLESS = ("/_emulator/", "/token", "/computeMetadata/")
_log = logging.getLogger(__name__)


class Service:
    """The state behind the routes; everything but drawing happens on the event loop."""

    def __init__(
        self,
        models: dict[str, Model],
        control: Control,
        require_key: str | None = None,
        sold: dict[str, dict[str, Model]] | None = None,
    ) -> None:
        self.models = models
        self.sold = sold or {}
        self.identity = Identity(control.clock.now_s)
        self.control = control
        self.require_key = require_key
        self.executor = Executor(self._book)

    def application(self) -> web.Application:
        """The aiohttp application with every route."""
        app = web.Application(middlewares=[self._google_shaped], client_max_size=MAX_BODY)
        app.add_routes(
            [
                web.get("/{version:v1|v1beta|v1alpha}/models", self.list_models),
                web.get("/{version:v1|v1beta|v1alpha}/models/{model:[^:/]+}", self.get_model),
                web.post(
                    "/{version:v1|v1beta|v1alpha}/models/{model:[^:/]+}:{method}", self.call_model
                ),
                *(web.post(path, self.call_model) for path in vertex.PATHS),
                web.get(vertex.LOOK_PATH, self.get_publisher_model),
                *self.identity.routes(),
                *self.control.routes(),
            ]
        )
        return app

    async def list_models(self, request: web.Request) -> web.StreamResponse:
        """ListModels, with pageSize and pageToken."""
        if (refused := await self._aside(request)) is not None:
            return refused
        return json_response(models_page(self.models, request.query))

    async def get_model(self, request: web.Request) -> web.StreamResponse:
        """GetModel."""
        if (refused := await self._aside(request)) is not None:
            return refused
        return json_response(model_body(self._model(request, "GetModel")))

    async def get_publisher_model(self, request: web.Request) -> web.StreamResponse:
        """Vertex AI's GetPublisherModel."""
        if (refused := await self._aside(request)) is not None:
            return refused
        return json_response(vertex.names(self._model(request, "GetPublisherModel")))

    async def call_model(self, request: web.Request) -> web.StreamResponse:
        """The methods of a model: generateContent, streamGenerateContent and countTokens."""
        method = request.match_info["method"]
        if method == "countTokens":
            return await self._count_tokens(request)
        if method not in {"generateContent", _STREAM}:
            raise unknown_model(request.match_info["model"], request.match_info["version"], method)
        started = time.monotonic()
        self.control.requests += 1
        number = self.control.requests
        model, raw = self._model(request, method), await _body(request)
        if vertex.is_vertex(request):
            raw = vertex.translated(raw, request.headers)
        asked = read_request(raw, model)
        self._admit(asked)
        seen = {
            "model": asked.model.id,
            "path": request.path,
            "n": number,
            "prompt": asked.prompt,
        }
        fault = self.control.faults.take(seen)
        refused = await self._before(request, fault, asked.model.id, asked)
        if refused is not None:
            return refused
        answer = await self.executor.run(asked, fault, number)
        headers = _headers(asked, started)
        if vertex.is_vertex(request):
            vertex.given(answer, asked.tier, self.control.clock.now())
            del headers["X-Gemini-Service-Tier"]
        pieces = answer.pieces()
        if method == _STREAM:
            error = fault is not None and fault.name == "error_in_stream"
            broken = overloaded().body() if error else None
            if request.query.get("alt") == "sse":
                headers |= {"Content-Type": EVENTS, "Content-Disposition": "attachment"}
                pieces = streaming.event_stream(answer, broken)
            else:
                pieces = streaming.array_stream(answer, broken)
        return await delivery.send(request, pieces, headers, fault)

    async def _count_tokens(self, request: web.Request) -> web.StreamResponse:
        if (refused := await self._aside(request)) is not None:
            return refused
        model = self._model(request, "countTokens")
        text, pictures = count_contents(await _body(request), model)
        details = [{"modality": "TEXT", "tokenCount": text}]
        if pictures:
            details.append({"modality": "IMAGE", "tokenCount": pictures})
        return json_response({"totalTokens": text + pictures, "promptTokensDetails": details})

    def _admit(self, asked: Request) -> None:
        usage = count_usage(asked, pictures=0)
        tokens = usage.prompt_text + usage.prompt_image
        if tokens > asked.model.input_limit:
            raise invalid(
                f"The input token count ({tokens}) exceeds the maximum number of tokens allowed "
                f"({asked.model.input_limit})."
            )
        self.control.quotas.admit(asked.model.id, tokens, self.control.clock.now_s())

    async def _aside(self, request: web.Request) -> web.StreamResponse | None:
        """What a fault armed for this very path does to a request that runs no model."""
        fault = self.control.faults.take_at(request.path, self.control.requests)
        return await self._before(request, fault, request.match_info.get("model", ""))

    async def _before(
        self, request: web.Request, fault: Fault | None, model: str, asked: Request | None = None
    ) -> web.StreamResponse | None:
        """What a fault does before, or instead of, an answer; nothing for most of them."""
        if fault is None:
            return None
        entry = NAMED[fault.name]
        if fault.args.get("executed") and asked is not None:
            self.executor.run_unseen(asked)
        if isinstance(entry, Refusal):
            raise entry.build(model, fault.args)
        if isinstance(entry, Answered):
            return _whole(entry.build(model, fault.args))
        if fault.name == "slow":
            await asyncio.sleep(fault.args["seconds"])
        if fault.name == "reset_before_execution":
            return delivery.hang_up(request)
        return None

    def _book(self, asked: Request, usage: Usage, response_id: str) -> None:
        control, nano_usd = self.control, usage.cost(asked.model)
        channel = asked.model.surface.partition("-")[0]
        control.bill.book(response_id, asked.model.id, nano_usd, control.clock.now(), channel)
        control.quotas.spend(asked.model.id, nano_usd, control.clock.now_s())

    def _model(self, request: web.Request, method: str) -> Model:
        name = request.match_info["model"]
        sold = self.sold.get(vertex.surface(request), {})
        model = sold.get(name) if vertex.is_vertex(request) else self.models.get(name)
        if model is None and vertex.is_vertex(request):
            raise vertex.unknown(request)
        if model is None:
            raise unknown_model(name, request.match_info["version"], method)
        return model

    def _authenticate(self, request: web.Request) -> None:
        """Refuse the wrong key in the service's words, where a key is required at all."""
        if "project" in request.match_info or vertex.is_vertex(request):
            authorization = request.headers.get("Authorization", "")
            if authorization or "project" in request.match_info:
                self.identity.check(authorization)
                return
        if self.require_key is None or request.path.startswith(_KEYLESS):
            return
        given = request.headers.get("x-goog-api-key") or request.query.get("key")
        if given == self.require_key:
            return
        if given:
            raise bad_key()
        if "Authorization" in request.headers:
            raise REFUSALS["unauthenticated"].build("", {})
        raise GoogleError(403, NO_KEY)

    @web.middleware
    async def _google_shaped(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Every refusal leaves in Google's shape."""
        try:
            if request.method == "OPTIONS":
                return web.Response(status=204, headers={"Allow": "GET, HEAD, POST, OPTIONS"})
            self._authenticate(request)
            answered: web.StreamResponse = await handler(request)
        except GoogleError as error:
            return _refused(request, error)
        except web.HTTPException as error:
            code = error.status if error.status in {400, 403} else 404
            text = f"The requested URL {request.path} was not found on this server."
            return _refused(request, GoogleError(code, text))
        except ConnectionError:
            return delivery.hang_up(request)  # the other side has gone, and nobody is to be told
        except Exception:  # noqa: BLE001 - a fault of the emulator still answers in shape
            _log.exception("the emulator failed to answer %s", request.path)
            text = "An internal error has occurred. Please retry."
            return _refused(request, GoogleError(500, text))
        return answered


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise invalid(f"Request payload size exceeds the limit: {MAX_BODY} bytes.") from None


def _headers(asked: Request, started: float) -> dict[str, str]:
    took = round((time.monotonic() - started) * 1000)
    return {
        "X-Gemini-Service-Tier": asked.tier,
        "Server-Timing": f"gfet4t7; dur={took}",
        "Alt-Svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    }


def _whole(reply: Reply) -> web.Response:
    headers = {**HEADERS, **reply.headers}
    return web.Response(status=reply.status, body=reply.body, headers=headers)


def _refused(request: web.Request, error: GoogleError) -> web.Response:
    """An error; in a stream it keeps the stream's content type, or stands in an array."""
    if request.match_info.get("method") != _STREAM:
        return _whole(reply_of(error))
    if request.query.get("alt") == "sse":
        reply = reply_of(error)
        return _whole(Reply(reply.status, reply.body, {"Content-Type": EVENTS}))
    text = json.dumps([error.body()], indent=2, ensure_ascii=False) + "\n"
    return _whole(Reply(error.code, text.encode("utf-8", "replace")))
