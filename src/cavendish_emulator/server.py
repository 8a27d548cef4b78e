"""The HTTP surface: Google's routes, the control routes, and how an answer is executed."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web

from cavendish_emulator import answer, picture
from cavendish_emulator.bill import Bill
from cavendish_emulator.catalog import Model
from cavendish_emulator.errors import (
    GoogleError,
    invalid,
    overloaded,
    rate_limited,
    unknown_model,
)
from cavendish_emulator.faults import Fault, FaultBoard, FaultError, described
from cavendish_emulator.request import Request, read_request
from cavendish_emulator.usage import Usage, count_usage

MAX_BODY = 25 * 1024 * 1024
_DRAWING_THREADS = 2
_log = logging.getLogger(__name__)
_HEADERS = {
    "Content-Type": "application/json; charset=UTF-8",
    "Vary": "Origin, X-Origin, Referer",
    "Server": "scaffolding on HTTPServer2",
    "X-XSS-Protection": "0",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
}


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return web.Response(status=status, body=text.encode(), headers=_HEADERS)


class Service:
    """The state behind the routes; everything but drawing happens on the event loop."""

    def __init__(self, models: dict[str, Model], faults: FaultBoard) -> None:
        self.models = models
        self.faults = faults
        self.bill = Bill()
        self.requests = 0
        self.pool = ThreadPoolExecutor(_DRAWING_THREADS, thread_name_prefix="emulator-draw")

    def application(self) -> web.Application:
        """The aiohttp application with every route."""
        app = web.Application(middlewares=[_google_shaped], client_max_size=MAX_BODY)
        app.add_routes(
            [
                web.get("/{version:v1|v1beta}/models", self.list_models),
                web.get("/{version:v1|v1beta}/models/{model:[^:/]+}", self.get_model),
                web.post("/{version:v1|v1beta}/models/{model:[^:/]+}:{method}", self.call_model),
                web.get("/_emulator/bill", self.get_bill),
                web.get("/_emulator/faults", self.get_faults),
                web.post("/_emulator/faults", self.post_faults),
                web.post("/_emulator/reset", self.post_reset),
            ]
        )
        return app

    async def list_models(self, request: web.Request) -> web.Response:
        """ListModels, with pageSize and pageToken."""
        try:
            size = int(request.query.get("pageSize") or 50)
            start = int(request.query.get("pageToken") or 0)
        except ValueError:
            raise invalid("Invalid value for pageSize or pageToken.") from None
        described_models = [_model_body(model) for model in self.models.values()]
        end = start + max(1, min(size, 1000))
        body: dict[str, Any] = {"models": described_models[start:end]}
        if end < len(described_models):
            body["nextPageToken"] = str(end)
        return _json(body)

    async def get_model(self, request: web.Request) -> web.Response:
        """GetModel."""
        return _json(_model_body(self._model(request, "GetModel")))

    async def call_model(self, request: web.Request) -> web.StreamResponse:
        """The one method image models are called by."""
        method = request.match_info["method"]
        if method != "generateContent":
            raise unknown_model(request.match_info["model"], request.match_info["version"], method)
        started = time.monotonic()
        self.requests += 1
        number = self.requests
        asked = read_request(await _body(request), self._model(request, method))
        fault = self.faults.take(
            {
                "model": asked.model.id,
                "path": request.path,
                "n": number,
                "prompt": asked.prompt,
            }
        )
        await _before(fault, asked.model)
        pieces = await self._execute(asked, fault, number)
        if fault and fault.name == "reset_after_execution":
            return _hang_up(request, web.StreamResponse())
        return await _send(request, pieces, fault, started)

    async def _execute(self, asked: Request, fault: Fault | None, number: int) -> list[bytes]:
        """Run the "model", book it, and build the answer."""
        response_id = answer.new_response_id()
        if fault and fault.name == "blocked":
            usage = count_usage(asked, blocked=True)
            self._book(asked, usage, response_id)
            reason, finish = fault.args["reason"], fault.args["finish_reason"]
            return answer.blocked_body(asked, usage, response_id, reason, finish)
        spoken = answer.spoken_text(asked)
        usage = count_usage(asked, spoken)
        loop = asyncio.get_running_loop()
        drawn = await loop.run_in_executor(self.pool, picture.draw, asked, number)
        self._book(asked, usage, response_id)
        return answer.picture_body(asked, usage, response_id, spoken, drawn)

    def _book(self, asked: Request, usage: Usage, response_id: str) -> None:
        self.bill.book(response_id, asked.model.id, usage.cost(asked.model.prices))

    def _model(self, request: web.Request, method: str) -> Model:
        name = request.match_info["model"]
        model = self.models.get(name)
        if model is None:
            raise unknown_model(name, request.match_info["version"], method)
        return model

    async def get_bill(self, _request: web.Request) -> web.Response:
        """Everything the emulator has charged since the last reset."""
        return _json(self.bill.body())

    async def get_faults(self, _request: web.Request) -> web.Response:
        """The faults there are."""
        return _json(described())

    async def post_faults(self, request: web.Request) -> web.Response:
        """Arm faults; answers with what is armed now."""
        try:
            self.faults.arm(json.loads(await _body(request)))
        except FaultError as error:
            raise invalid(str(error)) from None
        except (ValueError, RecursionError):
            raise invalid("the body is not JSON") from None
        return _json({"armed": [fault.body() for fault in self.faults.armed if fault.left != 0]})

    async def post_reset(self, _request: web.Request) -> web.Response:
        """Forget the bill, the armed faults and the request count."""
        self.bill.clear()
        self.faults.clear()
        self.requests = 0
        return _json({})


async def _body(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise invalid(f"Request payload size exceeds the limit: {MAX_BODY} bytes.") from None


async def _before(fault: Fault | None, model: Model) -> None:
    """What a fault does before the model runs."""
    if fault is None:
        return
    if fault.name == "rate_limited":
        raise rate_limited(model.id, fault.args["retry_delay_s"])
    if fault.name == "overloaded":
        raise overloaded()
    if fault.name == "slow":
        await asyncio.sleep(fault.args["seconds"])


async def _send(
    request: web.Request, pieces: list[bytes], fault: Fault | None, started: float
) -> web.StreamResponse:
    took = round((time.monotonic() - started) * 1000)
    headers = {
        **_HEADERS,
        "X-Gemini-Service-Tier": "standard",
        "Server-Timing": f"gfet4t7; dur={took}",
        "Alt-Svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    }
    limit = None
    if fault and fault.name == "cut":
        total = sum(map(len, pieces))
        wanted = fault.args["bytes"]
        limit = min(total, int(total * fault.args["fraction"]) if wanted is None else wanted)
    response = web.StreamResponse(headers=headers)
    response.enable_chunked_encoding()
    await response.prepare(request)
    for part in answer.slices(pieces, limit):
        await response.write(part)
    if limit is not None:
        return _hang_up(request, response, gently=True)
    await response.write_eof()
    return response


def _hang_up(
    request: web.Request, response: web.StreamResponse, *, gently: bool = False
) -> web.StreamResponse:
    """Close the connection under the client; gently lets what was written go out first."""
    transport = request.transport
    if transport is not None:
        if gently:
            transport.close()
        else:
            raw = transport.get_extra_info("socket")
            if raw is not None and raw.family in {socket.AF_INET, socket.AF_INET6}:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
    return response


def _model_body(model: Model) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": f"models/{model.id}",
        "version": "emulated",
        "displayName": model.name,
        "description": "Drawn by the Cavendish emulator, not by a model.",
        "inputTokenLimit": model.input_limit,
        "outputTokenLimit": model.output_limit,
        "supportedGenerationMethods": ["generateContent"],
        "thinking": True,
    }
    bounds = model.parameters.get("temperature")
    if isinstance(bounds, list):
        body |= {"temperature": 1, "maxTemperature": bounds[1]}
    return body


@web.middleware
async def _google_shaped(request: web.Request, handler: Any) -> web.StreamResponse:
    """Every refusal leaves in Google's shape."""
    try:
        answered: web.StreamResponse = await handler(request)
    except GoogleError as error:
        return _json(error.body(), error.code)
    except web.HTTPException as error:
        code = error.status if error.status in {400, 403} else 404
        text = f"The requested URL {request.path} was not found on this server."
        return _json(GoogleError(code, text).body(), code)
    except Exception:  # noqa: BLE001 - a fault of the emulator still answers in shape
        _log.exception("the emulator failed to answer %s", request.path)
        text = "An internal error has occurred. Please retry."
        return _json(GoogleError(500, text).body(), 500)
    return answered
