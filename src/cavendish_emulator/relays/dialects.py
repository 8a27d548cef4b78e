"""Whose words a request is answered in: keys, errors and headers of every third party.

Shapes: https://platform.openai.com/docs/guides/error-codes,
https://openrouter.ai/docs/api/reference/errors-and-debugging and recorded traffic of OpenRouter
(August 2026), checked 2026-11-25.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from cavendish_emulator.google.errors import GoogleError

PREFIX = "/relay"
PROVIDER = "Google AI Studio"
_USER = "user_emulated"
_JSON = "application/json"
_PLATFORM = "https://platform.openai.com/account/api-keys"
# status -> OpenAI's type and code
_KINDS: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("insufficient_quota", "insufficient_quota"),
    403: ("invalid_request_error", "permission_denied"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
_SPENT = ("prepayment", "spend limit")


class OwnError(GoogleError):
    """A refusal of the third party itself, and not of the service behind it."""

    def __init__(
        self, code: int, message: str, *, name: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(code, message, status="")
        self.name = name or _KINDS.get(code, ("", None))[1]
        self.param = param
        self.kind = _KINDS.get(code, ("server_error", None))[0]


@dataclass(frozen=True)
class Dialect:
    """How one kind of third party speaks; `name` is its channel in the bill."""

    name: str
    headers: Callable[[], dict[str, str]]
    error: Callable[[GoogleError], tuple[int, dict[str, Any]]]
    keyless: Callable[[], OwnError] | None  # said to whoever sends no key; None lets them in
    stranger: Callable[[str], OwnError]

    def authenticate(self, request: web.Request, required: str | None) -> None:
        """Raises `OwnError` unless the key will do: any, or the `required` one."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        key = token.strip() if kind.lower() == "bearer" else ""
        if self is RELAY:
            key = key or request.headers.get("x-goog-api-key", "")
        missing = self.keyless
        if missing is None and (required or request.path.startswith(PREFIX)):
            missing = _keyless_openai
        if not key and missing is not None:
            raise missing()
        if required is not None and key != required:
            raise self.stranger(key)

    def refused(self, error: GoogleError) -> web.Response:
        """An error as this third party sends it."""
        status, body = self.error(error)
        headers = self.headers()
        if (wait_s := _retry_after_s(error)) is not None:
            headers["Retry-After"] = str(wait_s)
        text = json.dumps(body, ensure_ascii=False)
        return web.Response(status=status, body=text.encode("utf-8", "replace"), headers=headers)


def dialect_of(request: web.Request) -> Dialect | None:
    """The third party a request is meant for; nobody where it is Google's."""
    path = request.path
    if path.startswith("/api/v1/"):
        return OPENROUTER
    inner = path.removeprefix(PREFIX)
    if inner.startswith(("/v1/images/", "/v1/chat/")):
        return OPENAI
    if inner == "/v1/models" or inner.startswith("/v1/models/"):
        bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
        google = "x-goog-api-key" in request.headers or "key" in request.query or ":" in inner
        if bearer and not google:
            return OPENAI
    return RELAY if inner != path else None


def is_openai(request: web.Request) -> bool:
    """Whether a request is OpenAI's, on a path that is Google's too."""
    return dialect_of(request) is OPENAI


def request_id() -> str:
    """A fresh id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def _openai_headers() -> dict[str, str]:
    return {
        "Content-Type": _JSON,
        "x-request-id": f"req_{request_id()}",
        "openai-version": "2020-10-01",
        "X-Content-Type-Options": "nosniff",
        "Server": "cloudflare",
    }


def _openrouter_headers() -> dict[str, str]:
    return {
        "Content-Type": _JSON,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "X-Generation-Id,X-Provider-Name,cf-ray",
        "Referrer-Policy": "no-referrer, strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
        "Server": "cloudflare",
    }


def _relay_headers() -> dict[str, str]:
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Server": "nginx",
        "X-Oneapi-Request-Id": request_id(),
    }


def _openai_error(error: GoogleError) -> tuple[int, dict[str, Any]]:
    if isinstance(error, OwnError):
        kind, name, param, status = error.kind, error.name, error.param, error.code
    else:
        status = 401 if "API_KEY_INVALID" in str(error.details) else error.code
        kind, name = _KINDS.get(status, ("server_error", None))
        param = None
        if status == 429 and any(word in error.message for word in _SPENT):
            kind, name = _KINDS[402]
    said = {"message": error.message, "type": kind, "param": param, "code": name}
    return status, {"error": said}


def _openrouter_error(error: GoogleError) -> tuple[int, dict[str, Any]]:
    if isinstance(error, OwnError):
        return error.code, {"error": {"message": error.message, "code": error.code}}
    status = 502 if error.code == 500 else error.code
    metadata = {"raw": json.dumps(error.body(), indent=2), "provider_name": PROVIDER}
    said = {"message": "Provider returned error", "code": status, "metadata": metadata}
    return status, {"error": said, "user_id": _USER}


def _relay_error(error: GoogleError) -> tuple[int, dict[str, Any]]:
    if not isinstance(error, OwnError):
        return error.code, error.body()
    said = {"message": error.message, "type": "new_api_error", "param": "", "code": ""}
    return error.code, {"error": said}


def _retry_after_s(error: GoogleError) -> int | None:
    """What RetryInfo says, in whole seconds."""
    if isinstance(error, OwnError):
        return None
    for detail in error.details or []:
        delay = str(detail.get("retryDelay", "")).removesuffix("s")
        if delay.replace(".", "", 1).isdigit():
            return math.ceil(float(delay))
    return None


def _keyless_openai() -> OwnError:
    text = (
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
    )
    return OwnError(401, text)


def _stranger_openai(key: str) -> OwnError:
    shown = f"{key[:4]}****{key[-4:]}" if len(key) > 12 else "****"
    return OwnError(
        401, f"Incorrect API key provided: {shown}. You can find your API key at {_PLATFORM}."
    )


OPENAI = Dialect("openai", _openai_headers, _openai_error, None, _stranger_openai)
OPENROUTER = Dialect(
    "openrouter",
    _openrouter_headers,
    _openrouter_error,
    lambda: OwnError(401, "Missing Authentication header"),
    lambda _key: OwnError(401, "User not found."),
)
RELAY = Dialect(
    "relay",
    _relay_headers,
    _relay_error,
    lambda: OwnError(401, "No token was given"),
    lambda _key: OwnError(401, "Invalid token"),
)
