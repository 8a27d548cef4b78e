"""Faults that answer with something Google does not send: relays, proxies and front ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cavendish_emulator.faults.entry import Args, Entry
from cavendish_emulator.faults.refusals import EXECUTED, RPM
from cavendish_emulator.google.errors import GoogleError, quota_exceeded

_JSON = "application/json; charset=UTF-8"
_HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Reply:
    """A whole answer, ready to be sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered(Entry):
    """A fault that answers with bytes of its own; nothing runs unless `executed` says so."""

    build: Callable[[str, Args], Reply] = lambda _model, _args: Reply(500, b"")


def _json(status: int, body: Any, **headers: str) -> Reply:
    return Reply(status, json.dumps(body).encode() + b"\n", {"Content-Type": _JSON, **headers})


def _page(status: int, title: str) -> Reply:
    text = f"<!DOCTYPE html><html lang=en><title>{title}</title><p><b>{status}.</b> {title}</html>"
    return Reply(status, text.encode(), {"Content-Type": _HTML})


def _limited(model: str) -> dict[str, Any]:
    return quota_exceeded([RPM], model, 1).body()


def _relay_limited(_model: str, args: Args) -> Reply:
    body = {"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": "429"}}
    return _json(
        429,
        body,
        **{
            "Retry-After": args["retry_after"],
            "x-ratelimit-limit-requests": "20",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "7s",
        },
    )


def _redirect(_model: str, args: Args) -> Reply:
    return Reply(
        args["status"], b"<a>Moved</a>\n", {"Content-Type": _HTML, "Location": args["location"]}
    )


def _nested(model: str, _args: Args) -> Reply:
    inner = json.dumps(_limited(model), indent=2)
    twice = json.dumps({"error": {"message": inner, "code": 429, "status": "Too Many Requests"}})
    return _json(429, {"error": {"message": twice, "code": 429, "status": "Too Many Requests"}})


def _under_200(model: str, _args: Args) -> Reply:
    return _json(200, _limited(model))


def _relay_error(_model: str, args: Args) -> Reply:
    error = {"message": "upstream error", "type": "new_api_error", "param": "", "code": None}
    return _json(args["status"], {"error": error})


_STATUS = {"status": ("integer", 502), **EXECUTED}

REPLIES: dict[str, Answered] = {
    "redirect": Answered(
        "A redirect; the key must not follow it.",
        {
            "status": ("integer", 307),
            "location": ("string", "https://example.invalid/elsewhere"),
            **EXECUTED,
        },
        _redirect,
    ),
    "payload_too_large": Answered(
        "413 with the front end's HTML page.",
        dict(EXECUTED),
        lambda _model, _args: _page(413, "Your client issued a request that was too large."),
    ),
    "relay_rate_limited": Answered(
        "429 as a relay sends it, with Retry-After and x-ratelimit headers.",
        {"retry_after": ("string", "7"), **EXECUTED},
        _relay_limited,
    ),
    "bad_gateway": Answered(
        "502 with a proxy's HTML page.",
        dict(EXECUTED),
        lambda _model, _args: _page(502, "Bad Gateway"),
    ),
    "gateway_timeout": Answered(
        "504 with a proxy's HTML page.",
        dict(EXECUTED),
        lambda _model, _args: _page(504, "Gateway Time-out"),
    ),
    "relay_overloaded": Answered(
        "529, which no Google service sends.",
        dict(EXECUTED),
        lambda _model, _args: _json(529, {"error": {"type": "overloaded_error", "message": ""}}),
    ),
    "relay_error": Answered("An error in another dialect.", _STATUS, _relay_error),
    "html_page": Answered(
        "An HTML page, under 200 unless told otherwise.",
        {"status": ("integer", 200), **EXECUTED},
        lambda _model, args: _page(args["status"], "Sign in"),
    ),
    "empty_body": Answered(
        "Not a byte of body, under 200 unless told otherwise.",
        {"status": ("integer", 200), **EXECUTED},
        lambda _model, args: Reply(args["status"], b"", {"Content-Type": _JSON}),
    ),
    "not_json": Answered(
        "Plain words under the content type of JSON.",
        {"status": ("integer", 200), **EXECUTED},
        lambda _model, args: Reply(args["status"], b"upstream error", {"Content-Type": _JSON}),
    ),
    "error_array": Answered(
        "429, the error in an array.",
        dict(EXECUTED),
        lambda model, _args: _json(429, [_limited(model)]),
    ),
    "nested_error": Answered(
        "429, the error's JSON twice in its message.", dict(EXECUTED), _nested
    ),
    "error_under_200": Answered("A whole error, under status 200.", dict(EXECUTED), _under_200),
}


def reply_of(error: GoogleError) -> Reply:
    """A refusal as a whole answer."""
    text = json.dumps(error.body(), indent=2, ensure_ascii=False) + "\n"
    return Reply(error.code, text.encode("utf-8", "replace"), {"Content-Type": _JSON})
