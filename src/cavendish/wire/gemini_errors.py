"""What an answer other than 200 means, by its status and details; one table per question.

Classes follow HTTP status, the google.rpc status and the typed details. Texts are read only where
the service sends nothing else, and then only from their first word. Sources, checked 2026-11-22:
https://ai.google.dev/gemini-api/docs/troubleshooting, https://google.aip.dev/193 and
https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.core.errors import (
    AuthenticationError,
    BadRequest,
    BillingRequired,
    ChannelError,
    DailyQuotaExhausted,
    DeadlineExceeded,
    InternalError,
    NotFound,
    Overloaded,
    PermissionDenied,
    ProtocolError,
    RateLimited,
)
from cavendish.wire.gemini_fault import Fault, clean, fault_in, read_fault, retry_after_s

__all__ = ["classify", "error_inside"]

_RATE_LIMITS = "https://ai.google.dev/gemini-api/docs/rate-limits"
_BILLING = "https://ai.google.dev/gemini-api/docs/billing"
_KEYS = "https://aistudio.google.com/apikey"
_TROUBLE = "https://ai.google.dev/gemini-api/docs/troubleshooting"

_ADVICE: Final[Mapping[type[ChannelError], tuple[str, str, str]]] = {
    # class: scope, next step, documentation
    AuthenticationError: ("key", f"check GEMINI_API_KEY; create a key at {_KEYS}", _KEYS),
    PermissionDenied: (
        "project",
        "check that the Gemini API is enabled for the key's project and offered in your region",
        "https://ai.google.dev/gemini-api/docs/available-regions",
    ),
    BillingRequired: (
        "project",
        "turn on billing or add credit for the key's project; waiting does not help",
        _BILLING,
    ),
    NotFound: (
        "model",
        "check the model's name and that this key may use it",
        "https://ai.google.dev/gemini-api/docs/models",
    ),
    BadRequest: ("request", "change the request; the service's message says what", _TROUBLE),
    RateLimited: (
        "project",
        "wait, or spread the calls; see the limits in AI Studio",
        _RATE_LIMITS,
    ),
    DailyQuotaExhausted: (
        "project",
        "wait for midnight Pacific time, or ask for a higher quota",
        _RATE_LIMITS,
    ),
    Overloaded: ("model", "ask again later; the service has no capacity now", _TROUBLE),
    InternalError: ("request", "ask again; report it to the service if it stays", _TROUBLE),
    DeadlineExceeded: (
        "request",
        "look in the provider's console whether the call was billed before asking again",
        _TROUBLE,
    ),
    ProtocolError: (
        "channel",
        "check the channel's base URL: this is not the Gemini API",
        _TROUBLE,
    ),
}

_BY_STATUS: Final[Mapping[int, type[ChannelError]]] = {
    401: AuthenticationError,
    402: BillingRequired,
    403: PermissionDenied,
    404: NotFound,
    408: DeadlineExceeded,
    499: DeadlineExceeded,
    501: BadRequest,
    503: Overloaded,
    504: DeadlineExceeded,
    529: Overloaded,
}

_BY_REASON: Final[Mapping[tuple[int, str], type[ChannelError]]] = {
    (400, "API_KEY_INVALID"): AuthenticationError,
    (400, "API_KEY_EXPIRED"): AuthenticationError,
    (400, "BILLING_DISABLED"): BillingRequired,
    (403, "BILLING_DISABLED"): BillingRequired,
}

# seen without any typed detail; the words are compared from the first letter on
_LAST_RESORT: Final[tuple[tuple[int, str, str, type[ChannelError]], ...]] = (
    (400, "INVALID_ARGUMENT", "API key not valid.", AuthenticationError),
    (400, "INVALID_ARGUMENT", "API key expired.", AuthenticationError),
    (400, "FAILED_PRECONDITION", "Gemini API free tier is not available", BillingRequired),
    (429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", BillingRequired),
)

_KNOWN_REFUSALS: Final = frozenset({500, 501, 503, 529, 301, 307, 308})
_UNKNOWN_OUTCOMES: Final = frozenset({408, 499})

_CODES: Final[Mapping[str, int]] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


def classify(http_status: int, body: bytes, headers: Mapping[str, str]) -> ChannelError:
    """The error that an answer with a status other than 200 is. It is returned, not raised.

    `body` may be anything; only a JSON error is read. `headers` may have names in any case; read
    are Retry-After and Location. `billed` is False where the service refused, None where nobody
    knows whether it executed.
    """
    return _error(http_status, read_fault(body), {k.lower(): v for k, v in headers.items()})


def error_inside(document: object) -> ChannelError | None:
    """The error that came in place of an answer under HTTP 200, or None when it is an answer.

    An object with candidates is an answer whatever else it holds.
    """
    if isinstance(document, Mapping) and document.get("candidates"):
        return None
    fault = fault_in(document)
    if fault is None:
        return None
    code = fault.code if fault.code is not None and 400 <= fault.code <= 599 else None
    return _error(code or _CODES.get(fault.status, 200), fault, {})


def _error(http_status: int, fault: Fault, headers: Mapping[str, str]) -> ChannelError:
    kind = _class(http_status, fault)
    scope, next_step, docs_url = _ADVICE[kind]
    message = fault.message or f"the service answered HTTP {http_status}"
    if 300 <= http_status <= 399:
        message = f"the service redirects to {_host(headers)}; redirects are not followed"
    wait_s = retry_after_s(fault, headers)
    details: dict[str, Any] = {}
    if fault.quota_ids:
        scope = fault.quota_ids[0]
        details["quota_ids"] = list(fault.quota_ids)
    if kind in {DailyQuotaExhausted, BillingRequired}:
        wait_s = None  # the service still advises seconds here, and they do not help
    return kind(
        message,
        next_step=next_step,
        billed=False if _refused(http_status) else None,
        scope=scope,
        retry_after_s=wait_s,
        http_status=http_status,
        vendor_code=fault.reason or fault.status or None,
        docs_url=fault.help_url or docs_url,
        details=details,
    )


def _class(http_status: int, fault: Fault) -> type[ChannelError]:
    if by_reason := _BY_REASON.get((http_status, fault.reason)):
        return by_reason
    if not fault.has_details:
        for status, google_status, words, kind in _LAST_RESORT:
            known = http_status == status and fault.status == google_status
            if known and fault.message.startswith(words):
                return kind
    if http_status == 429:
        if fault.without_entitlement:
            return BillingRequired
        return DailyQuotaExhausted if fault.per_day else RateLimited
    if http_status == 400 and fault.status == "FAILED_PRECONDITION":
        return PermissionDenied
    if by_status := _BY_STATUS.get(http_status):
        return by_status
    if http_status < 400:
        return ProtocolError
    return BadRequest if http_status < 500 else InternalError


def _refused(http_status: int) -> bool:
    if http_status in _UNKNOWN_OUTCOMES:
        return False
    return 400 <= http_status <= 499 or http_status in _KNOWN_REFUSALS


def _host(headers: Mapping[str, str]) -> str:
    try:
        host = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        host = None
    return clean(host)[:100] if host else "an unnamed place"
