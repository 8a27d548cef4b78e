"""The routes of third parties: each turns an order into a native call, and its answer back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cavendish_emulator import delivery
from cavendish_emulator.calls import Calls, Ran
from cavendish_emulator.catalog import Model
from cavendish_emulator.google.answer import Answer
from cavendish_emulator.google.errors import overloaded
from cavendish_emulator.relays import images, openrouter
from cavendish_emulator.relays.chat import native_body
from cavendish_emulator.relays.completion import Completion
from cavendish_emulator.relays.dialects import (
    OPENAI,
    OPENROUTER,
    PREFIX,
    PROVIDER,
    Dialect,
    OwnError,
    request_id,
)
from cavendish_emulator.relays.images import Resolve
from cavendish_emulator.relays.order import Order, read_json
from cavendish_emulator.relays.outcome import Outcome, outcome_of
from cavendish_emulator.relays.seller import sale, stand_in

_VENDORS = ("gemini/", "vertex_ai/", "google/", "models/")


class Surfaces:
    """The third parties that sell the models of `calls`."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.models: Mapping[str, Model] = calls.models

    def routes(self) -> list[web.RouteDef]:
        """Every route; OpenAI's also stand behind the relay's prefix."""
        found = [
            web.post("/api/v1/images", self.routed_images),
            web.post("/api/v1/chat/completions", self.chat),
            web.get("/api/v1/models", self.routed_models),
            web.get("/api/v1/images/models", self.routed_image_models),
        ]
        for prefix in ("", PREFIX):
            found += [
                web.post(prefix + "/v1/images/generations", self.images),
                web.post(prefix + "/v1/images/edits", self.images),
                web.post(prefix + "/v1/chat/completions", self.chat),
            ]
        # Without the prefix Google's list stands there, and hands over what is not for it.
        list_path, model_path = PREFIX + "/v1/models", PREFIX + "/v1/models/{model:[^:/]+}"
        return [*found, web.get(list_path, self.models_list), web.get(model_path, self.model)]

    async def images(self, request: web.Request) -> web.StreamResponse:
        """OpenAI's generations and edits."""
        edits = request.path.endswith("/edits")
        order = await images.read_order(request, self._resolver(request), edits=edits)
        ran = await self._run(request, order)
        if isinstance(ran, web.StreamResponse):
            return ran
        outcomes = [outcome_of(answer) for answer in ran.answers]
        kind = f"image_{'edit' if edits else 'generation'}.completed" if order.streams else None
        answer = images.write_images(ran.asked, outcomes, self._now(), event=kind)
        pieces = _like(answer, ran).pieces()
        headers = ran.sale.headers()
        if kind is not None:
            pieces = [f"event: {kind}\ndata: ".encode(), *pieces, b"\n\n"]
            headers["Content-Type"] = delivery.EVENTS
        return await _send(request, OPENAI, pieces, headers, ran)

    async def routed_images(self, request: web.Request) -> web.StreamResponse:
        """OpenRouter's images."""
        order = await openrouter.read_order(request, self._routed)
        ran = await self._run(request, order)
        if isinstance(ran, web.StreamResponse):
            return ran
        outcome = outcome_of(ran.answers[0])
        used = openrouter.usage(outcome, ran.asked.model, chat=False)
        answer = _like(openrouter.write_images(outcome, used), ran)
        headers = openrouter.headers(openrouter.generation_id("gen-img", self._now()))
        return await _send(request, OPENROUTER, answer.pieces(), headers, ran)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Chat completions, OpenAI's and OpenRouter's."""
        routed = request.path.startswith("/api/")
        fields = await read_json(request)
        resolve = self._routed if routed else self._resolver(request)
        model = resolve(fields.get("model"))
        order = Order(model, str(fields["model"]), fields, 1, native_body(fields, model))
        if routed:
            openrouter.check_ratio(order.body, model)
        ran = await self._run(request, order)
        if isinstance(ran, web.StreamResponse):
            return ran
        outcome = outcome_of(ran.answers[0])
        made = self._completion(order, outcome, ran, routed=routed)
        headers = {**(openrouter.headers(made.id) if routed else {}), **ran.sale.headers()}
        dialect = OPENROUTER if routed else OPENAI
        if not order.streams:
            pieces = _like(made.whole(), ran).pieces()
            return await _send(request, dialect, pieces, headers, ran)
        broken = ran.fault is not None and ran.fault.name == "error_in_stream"
        error = dialect.error(overloaded())[1] if broken else None
        options = fields.get("stream_options")
        counted = routed or (isinstance(options, dict) and bool(options.get("include_usage")))
        headers |= {"Content-Type": delivery.EVENTS, "Cache-Control": "no-cache"}
        pieces = made.events(counted=counted, error=error)
        return await _send(request, dialect, pieces, headers, ran)

    async def models_list(self, _request: web.Request) -> web.StreamResponse:
        """The models as OpenAI lists them."""
        return _json({"object": "list", "data": [_model(name) for name in self.models]}, OPENAI)

    async def model(self, request: web.Request) -> web.StreamResponse:
        """One model as OpenAI shows it."""
        return _json(_model(self._resolver(request)(request.match_info["model"]).id), OPENAI)

    async def routed_models(self, _request: web.Request) -> web.StreamResponse:
        """The models as OpenRouter lists them."""
        return _json(openrouter.models_body(self.models), OPENROUTER)

    async def routed_image_models(self, _request: web.Request) -> web.StreamResponse:
        """The models as OpenRouter's images list them."""
        return _json(openrouter.image_models_body(self.models), OPENROUTER)

    async def _run(self, request: web.Request, order: Order) -> Ran | web.StreamResponse:
        raw = json.dumps(order.body).encode()
        sold = sale(request, order.model, self.calls.control, _bare(order.wanted))
        return await self.calls.run(request, order.model, raw, sold, order.pictures)

    def _completion(self, order: Order, outcome: Outcome, ran: Ran, *, routed: bool) -> Completion:
        now, tokens = self._now(), outcome.tokens
        used = openrouter.usage(outcome, ran.asked.model, chat=True)
        if used is not None and not routed and tokens is not None:
            used = {name: used[name] for name in used if not name.startswith(("cost", "is_byok"))}
        honest = outcome.model in {None, _bare(order.wanted)}
        return Completion(
            id=openrouter.generation_id("gen", now) if routed else f"chatcmpl-{request_id()}",
            model=order.wanted if honest else str(outcome.model),
            created=now,
            outcome=outcome,
            usage=used,
            provider=PROVIDER if routed else None,
            in_markdown=ran.sale.args("markdown_pictures") is not None,
        )

    def _now(self) -> int:
        return int(self.calls.control.clock.now_s())

    def _routed(self, name: Any) -> Model:
        return openrouter.resolved(name, self.models)

    def _resolver(self, request: web.Request) -> Resolve:
        def resolve(name: Any) -> Model:
            if not isinstance(name, str) or not name:
                raise OwnError(400, "you must provide a model parameter", param="model")
            model = self.models.get(_bare(name))
            model = model or stand_in(request, _bare(name), self.models, self.calls.control)
            if model is None:
                text = f"The model `{name}` does not exist or you do not have access to it."
                raise OwnError(404, text, param="model")
            return model

        return resolve


def _bare(name: str) -> str:
    """A model's id without who it is bought from."""
    for vendor in _VENDORS:
        name = name.removeprefix(vendor)
    return name


def _like(answer: Answer, ran: Ran) -> Answer:
    """The answer written as a fault wants the native one written."""
    native = ran.answers[0]
    answer.escaped, answer.before = native.escaped, native.before
    return answer


async def _send(
    request: web.Request, dialect: Dialect, pieces: list[bytes], headers: dict[str, str], ran: Ran
) -> web.StreamResponse:
    return await delivery.send(request, pieces, headers, ran.fault, dialect.headers())


def _json(body: Any, dialect: Dialect) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), headers=dialect.headers())


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "google"}
