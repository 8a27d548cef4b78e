"""The HTTP surface: Google's routes, and the way of one request through them."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from cavendish_emulator import delivery, relays
from cavendish_emulator.calls import SMALL_BODY, Calls, read_body, whole
from cavendish_emulator.catalog import Model
from cavendish_emulator.control import Control, json_response
from cavendish_emulator.delivery import EVENTS, HEADERS
from cavendish_emulator.faults.refusals import REFUSALS
from cavendish_emulator.faults.replies import Reply, reply_of
from cavendish_emulator.google import streaming, vertex
from cavendish_emulator.google.absent import absent
from cavendish_emulator.google.counting import count_contents
from cavendish_emulator.google.errors import (
    NO_KEY,
    GoogleError,
    bad_key,
    overloaded,
    unknown_model,
)
from cavendish_emulator.google.files import Files, is_transfer, owner_of
from cavendish_emulator.google.identity import Identity
from cavendish_emulator.google.listing import model_body, models_page, page
from cavendish_emulator.google.request import Opened, Request, no_file

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
        self.calls = Calls(models, control)
        self.surfaces = relays.Surfaces(self.calls)

    def application(self) -> web.Application:
        """The aiohttp application with every route."""
        app = web.Application(middlewares=[self._google_shaped], client_max_size=SMALL_BODY)
        app.add_routes(
            [
                web.get("/{version:v1|v1beta|v1alpha}/models", self.list_models),
                web.get("/{version:v1|v1beta|v1alpha}/models/{model:[^:/]+}", self.get_model),
                web.post(
                    "/{version:v1|v1beta|v1alpha}/models/{model:[^:/]+}:{method}", self.call_model
                ),
                web.post(relays.NATIVE_PATH, self.call_model),
                web.get(relays.LIST_PATH, self.list_models),
                web.get(relays.LIST_PATH + "/{model:[^:/]+}", self.get_model),
                *(web.post(path, self.call_model) for path in vertex.PATHS),
                *self.surfaces.routes(),
                *Files(self.calls).routes(),
                web.get(vertex.LIST_PATH, self.list_publisher_models),
                web.get(vertex.LOOK_PATH, self.get_publisher_model),
                *self.identity.routes(),
                *self.control.routes(),
            ]
        )
        return app

    async def list_models(self, request: web.Request) -> web.StreamResponse:
        """ListModels, with pageSize and pageToken."""
        if (refused := await self.calls.aside(request)) is not None:
            return refused
        if relays.is_openai(request):
            return await self.surfaces.models_list(request)
        return json_response(models_page(self.models, request.query))

    async def get_model(self, request: web.Request) -> web.StreamResponse:
        """GetModel."""
        if (refused := await self.calls.aside(request)) is not None:
            return refused
        if relays.is_openai(request):
            return await self.surfaces.model(request)
        return json_response(model_body(self._model(request, "GetModel")))

    async def list_publisher_models(self, request: web.Request) -> web.StreamResponse:
        """Vertex AI's ListPublisherModels."""
        if (refused := await self.calls.aside(request)) is not None:
            return refused
        sold = self.sold.get(vertex.surface(request), {}).values()
        every = [vertex.names(model) for model in sold]
        return json_response(page("publisherModels", every, request.query))

    async def get_publisher_model(self, request: web.Request) -> web.StreamResponse:
        """Vertex AI's GetPublisherModel."""
        if (refused := await self.calls.aside(request)) is not None:
            return refused
        return json_response(vertex.names(self._model(request, "GetPublisherModel")))

    async def call_model(self, request: web.Request) -> web.StreamResponse:
        """The methods of a model: generateContent, streamGenerateContent and countTokens."""
        method = request.match_info["method"]
        if method == "countTokens":
            return await self._count_tokens(request)
        if method not in {"generateContent", _STREAM}:
            if (missing := absent(request.path)) is not None:
                raise missing
            self._model(request, method)
            raise unknown_model(request.match_info["model"], request.match_info["version"], method)
        started = time.monotonic()
        model = self._model(request, method)
        raw = await read_body(request, self.control.switches.request_bytes)
        if vertex.is_vertex(request):
            raw = vertex.translated(raw, request.headers)
        sale = relays.sale(request, model, self.control, request.match_info["model"])
        signed = self.control.switches.enforce_signatures
        sale = replace(sale, opened=self._opened(request), signed=signed)
        ran = await self.calls.run(request, model, raw, sale)
        if isinstance(ran, web.StreamResponse):
            return ran
        (answer,), asked, fault = ran.answers, ran.asked, ran.fault
        dialect = relays.dialect_of(request)
        own = _headers(asked, started) if dialect is None else {}
        usual = HEADERS if dialect is None else dialect.headers()
        headers = {**own, **ran.sale.headers()}
        if vertex.is_vertex(request):
            vertex.given(answer, asked.tier, self.control.clock.now())
            headers = {k: v for k, v in headers.items() if k not in vertex.UNSAID}
        pieces = answer.pieces()
        if method == _STREAM:
            error = fault is not None and fault.name == "error_in_stream"
            broken = overloaded().body() if error else None
            if request.query.get("alt") == "sse":
                headers |= {"Content-Type": EVENTS, "Content-Disposition": "attachment"}
                pieces = streaming.event_stream(answer, broken)
            else:
                pieces = streaming.array_stream(answer, broken)
        return await delivery.send(request, pieces, headers, fault, usual)

    async def _count_tokens(self, request: web.Request) -> web.StreamResponse:
        if (refused := await self.calls.aside(request)) is not None:
            return refused
        model = self._model(request, "countTokens")
        raw = await read_body(request, self.control.switches.request_bytes)
        text, pictures, characters = count_contents(raw, model, self._opened(request))
        details = [{"modality": "TEXT", "tokenCount": text}]
        if pictures:
            details.append({"modality": "IMAGE", "tokenCount": pictures})
        counted = {"totalTokens": text + pictures, "promptTokensDetails": details}
        billable = {"totalBillableCharacters": characters} if vertex.is_vertex(request) else {}
        return json_response({**counted, **billable})

    def _opened(self, request: web.Request) -> Opened:
        """How the files of this request are read; only the Gemini API has them."""
        if vertex.is_vertex(request):
            return vertex.no_file
        if relays.dialect_of(request) is not None:
            return no_file
        return partial(self.control.uploads.read, owner=owner_of(request))

    def _model(self, request: web.Request, method: str) -> Model:
        name = request.match_info["model"]
        sold = self.sold.get(vertex.surface(request), {})
        model = sold.get(name) if vertex.is_vertex(request) else self.models.get(name)
        if model is None and vertex.is_vertex(request):
            raise vertex.unknown(request)
        model = model or relays.stand_in(request, name, self.models, self.control)
        if model is None:
            raise unknown_model(name, request.match_info["version"], method)
        return model

    def _authenticate(self, request: web.Request) -> None:
        """Refuse the wrong key in the service's words, where a key is required at all."""
        if (dialect := relays.dialect_of(request)) is not None:
            dialect.authenticate(request, self.require_key)
            return
        if "project" in request.match_info or vertex.is_vertex(request):
            authorization = request.headers.get("Authorization", "")
            if authorization or "project" in request.match_info:
                self.identity.check(authorization)
                return
        if self.require_key is None or request.path.startswith(_KEYLESS) or is_transfer(request):
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
                return web.Response(
                    status=204, headers={"Allow": "GET, HEAD, POST, DELETE, OPTIONS"}
                )
            self._authenticate(request)
            answered: web.StreamResponse = await handler(request)
        except GoogleError as error:
            return _refused(request, error)
        except web.HTTPException as error:
            code = error.status if error.status in {400, 403} else 404
            text = f"The requested URL {request.path} was not found on this server."
            if relays.dialect_of(request) is not None:
                return _refused(request, relays.OwnError(code, text))
            return _refused(request, absent(request.path) or GoogleError(code, text))
        except ConnectionError:
            return delivery.hang_up(request)  # the other side has gone, and nobody is to be told
        except Exception:  # noqa: BLE001 - a fault of the emulator still answers in shape
            _log.exception("the emulator failed to answer %s", request.path)
            text = "An internal error has occurred. Please retry."
            return _refused(request, GoogleError(500, text))
        return answered


def _headers(asked: Request, started: float) -> dict[str, str]:
    took = round((time.monotonic() - started) * 1000)
    return {
        "X-Gemini-Service-Tier": asked.tier,
        "Server-Timing": f"gfet4t7; dur={took}",
        "Alt-Svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    }


def _refused(request: web.Request, error: GoogleError) -> web.Response:
    """An error; in a stream it keeps the stream's content type, or stands in an array."""
    if (dialect := relays.dialect_of(request)) is not None:
        return dialect.refused(error)
    if request.match_info.get("method") != _STREAM:
        return whole(reply_of(error))
    if request.query.get("alt") == "sse":
        reply = reply_of(error)
        return whole(Reply(reply.status, reply.body, {"Content-Type": EVENTS}))
    text = json.dumps([error.body()], indent=2, ensure_ascii=False) + "\n"
    return whole(Reply(error.code, text.encode("utf-8", "replace")))
