"""What an answer other than 200 means: the first row of the table of errors that holds for it.

Status, the google.rpc status and the typed details decide; texts only from their first words, and
over the class only where nothing typed is there. The rows: `catalog/errors.toml`. Shapes:
https://google.aip.dev/193, checked 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.catalog.error_rows import ErrorRow, Sign, error_rows
from cavendish.core.errors import CavendishError
from cavendish.wire.gemini.fault import (
    Fault,
    clean,
    fault_in,
    read_fault,
    retry_after_s,
    stranger,
)
from cavendish.wire.task import task_in, unspoken

__all__ = ["classify", "error_inside", "error_of", "error_of_stranger", "row_of"]

_KNOWN_REFUSALS: Final = frozenset({500, 501, 503, 529, 301, 307, 308})
_UNKNOWN_OUTCOMES: Final = frozenset({408, 499})

STATUSES: Final[Mapping[str, int]] = {
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
"""The HTTP status of each google.rpc status."""


def classify(http_status: int, body: bytes, headers: Mapping[str, str]) -> CavendishError:
    """The error that an answer with a status other than 200 is. It is returned, not raised.

    `body` may be anything; only a JSON error is read. `headers` may have names in any case; read
    are Retry-After with Date, and Location. `billed` is False where the service refused, None where
    nobody knows whether it executed. It is a ChannelError, or Blocked where a relay says SAFETY.
    """
    return error_of(http_status, read_fault(body), {k.lower(): v for k, v in headers.items()})


def error_inside(document: object) -> CavendishError | None:
    """The error that came in place of an answer under HTTP 200, or None when it is an answer.

    An object with candidates is an answer whatever else it holds.
    """
    if isinstance(document, Mapping) and document.get("candidates"):
        return None
    fault = fault_in(document)
    if fault is None:
        return None
    status = _status(fault.code) or STATUSES.get(fault.status) or _status(fault.outer_code)
    return error_of(status or 200, fault, {})


def error_of_stranger(document: Mapping[str, Any]) -> CavendishError:
    """The error that a document of another dialect is under HTTP 200."""
    task = task_in(document)
    if task is not None:
        return unspoken(clean(task))
    fault = stranger(document)
    if not fault.message:
        held = clean(", ".join(document))[:100]
        fault = replace(fault, message=f"the answer holds neither candidates nor an error: {held}")
    return error_of(200, fault, {})


def row_of(http_status: int, fault: Fault) -> ErrorRow:
    """The row of the table that holds: by what is typed, refined by the message's first words."""
    rows = error_rows().values()
    typed = next(r for r in rows if any(_holds(s, http_status, fault) for s in r.signs))
    for row in rows:
        if any(s.words and _holds(s, http_status, fault, words=True) for s in row.signs):
            return row if not fault.details or row.kind is typed.kind else typed
    return typed


def error_of(http_status: int, fault: Fault, headers: Mapping[str, str]) -> CavendishError:
    """The error of a fault that came with this status; `headers` have lower-case names.

    Where a relay wrapped the typed error of who stands behind it, that one says what it is, and
    whether it was executed.
    """
    came, http_status = http_status, _behind(fault) or http_status
    row = row_of(http_status, fault)
    page = f": {fault.page}" if fault.page else ""
    message = fault.message or f"the service answered HTTP {http_status}{page}"
    if 300 <= http_status <= 399:
        message = f"the service redirects to {_host(headers)}; redirects are not followed"
    details: dict[str, Any] = {"row": row.name}
    if fault.quota_ids:
        details["quota_ids"] = list(fault.quota_ids)
    if row.opens:
        details["opens"] = row.opens
    if row.unit:
        details["unit"] = row.unit
    # a 503 that says its deadline ran out does not say what was done until then
    lapsed = http_status >= 500 and row.billed == "unknown"
    refused = _refused(http_status) and (http_status < 500 or _refused(came) or _is_google(fault))
    # What waiting does not mend comes with seconds all the same; they are not to be believed.
    waits = row.kind.retryable or row.kind.category == "retryable"
    return row.kind(
        message,
        next_step=row.advice(fault.facts),
        billed=False if refused and not lapsed else None,
        scope=fault.quota_ids[0] if fault.quota_ids else row.scope,
        retry_after_s=retry_after_s(fault, headers) if waits else None,
        http_status=came,
        vendor_code=fault.reason or fault.status or None,
        docs_url=fault.help_url or row.docs_url,
        details=details,
    )


def _behind(fault: Fault) -> int | None:
    """The status of a wrapped error; None where it is none, or says neither code nor status."""
    return (_status(fault.code) or STATUSES.get(fault.status)) if fault.wrapped else None


def _status(code: int | None) -> int | None:
    return code if code is not None and 400 <= code <= 599 else None


def _is_google(fault: Fault) -> bool:
    return fault.status in STATUSES


def _holds(sign: Sign, http_status: int, fault: Fault, *, words: bool = False) -> bool:
    """Whether every field of the sign holds; one with words holds only where words are asked."""
    if (sign.finish or sign.block) or (sign.words and not words):
        return False
    status = http_status if isinstance(sign.status, int) else f"{http_status // 100}xx"
    return (
        sign.status in {None, status}
        and sign.code in {"", fault.status}
        and (not sign.name or any(fnmatchcase(name, sign.name) for name in fault.names))
        and (not sign.zero or fault.without_entitlement)
        and sign.detail in {"", *fault.details}
        and (not sign.quota or any(_all_in(sign.quota, name) for name in fault.quota_ids))
        and (not sign.words or fault.message.startswith(sign.words))
    )


def _all_in(fragments: tuple[str, ...], name: str) -> bool:
    return all(fragment in name for fragment in fragments)


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
