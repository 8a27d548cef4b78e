"""A google.rpc.Status as it comes over the wire, read without trusting any of it.

Shapes: https://google.aip.dev/193, checked 2026-11-22. It may stand in `error`, in the only entry
of an array, or, from relays, as JSON text in another error's message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.core.errors import ProtocolError
from cavendish.core.number import is_whole
from cavendish.wire import caps
from cavendish.wire.rate_limit import between_s, rate_limit
from cavendish.wire.remainder import parse_strict
from cavendish.wire.wrapped import innermost, limits_in, metadata, only

LONGEST_WAIT_S: Final = 3600.0
_DURATION: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?s", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")
_CREDENTIAL: Final = re.compile(
    r"AIza[\w-]{8,}|\bAQ\.[\w-]{8,}|\bya29\.[\w.-]+|(?i:\bbearer\s+)[\w.~+/-]+=*"
    r"|(?i:\b(?:api[_-]?)?key=)[^\s&\"'<>]+",
    re.ASCII,
)
_ADVISED: Final = re.compile(
    r"(?:^|\n)Please retry in ([0-9]{1,6}(?:\.[0-9]{1,9})?)s\.?\s*$", re.ASCII
)
_FACT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", re.ASCII)
_NESTINGS: Final = 3
_SAYING: Final = ("message", "msg", "detail", "errors", "errorMessage", "error_description")
_TITLE: Final = re.compile(r"<title[^>]*>([^<]{1,300})", re.IGNORECASE)
_PAGE_BYTES: Final = 4096
_WORD_CHARS: Final = 100
_GOOGLE_HOSTS: Final = ("google.com", "google.dev", "ai.dev")


@dataclass(frozen=True, slots=True)
class Fault:
    """The facts of an error; empty where the wire has none. `message` is safe to show and log, and
    so is `page`, what a body says that is no JSON.

    `wrapped` says that it is the error of who stands behind a relay, whose own code is
    `outer_code`; `limits` are the headers about limits that came in the body.

    `names` are the words that stand where a code belongs, in capitals: ErrorInfo's reason, the
    status, and what relays put into code and type. `without_entitlement` says that a violated limit
    is zero. `retry_delay_s` is RetryInfo's and `advised_s` the message's, from 0 to 3600. `facts`
    are a service, permission and project, fit to stand in a command line.
    """

    code: int | None = None
    wrapped: bool = False
    outer_code: int | None = None
    limits: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    message: str = ""
    page: str = ""
    reason: str = ""
    names: frozenset[str] = frozenset()
    details: frozenset[str] = frozenset()
    quota_ids: tuple[str, ...] = ()
    without_entitlement: bool = False
    retry_delay_s: float | None = None
    advised_s: float | None = None
    help_url: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def read_fault(body: bytes) -> Fault:
    """The error in a body, or an empty one when the body is anything else.

    Relays wrap it as an event where a stream was asked of them.
    """
    if len(body) > caps.REMAINDER_BYTES:
        return Fault()
    if body.lstrip().startswith((b"data:", b"event:", b":")):
        lines = [line[5:] for line in body.splitlines() if line.startswith(b"data:")]
        body = b"\n".join(lines)
    try:
        document = parse_strict(body)
    except ProtocolError:
        return Fault(page=page_words(body))
    return fault_in(document) or stranger(document)


def stranger(document: object) -> Fault:
    """What a document of another dialect says went wrong, as far as it says anything."""
    document = only(document)
    holder = document if isinstance(document, Mapping) else {}
    words = (_word(holder.get(name)) for name in ("status", "code", "type"))
    names = frozenset(word.upper() for word in words if word)
    return Fault(message=_said(document), names=names)


def _said(value: object) -> str:
    """The words in what frameworks and relays call message, detail or errors."""
    for _ in range(_NESTINGS):
        if isinstance(value, list) and value:
            value = value[0]
        if not isinstance(value, Mapping):
            break
        value = next((value[name] for name in _SAYING if value.get(name)), None)
    return clean(value)


def page_words(body: bytes) -> str:
    """The title of a web page, or the text that a body without any form is."""
    text = body[:_PAGE_BYTES].decode("utf-8", "replace").strip()
    if title := _TITLE.search(text):
        return clean(title[1])
    return "" if not text or text[0] in "<{[" or "\ufffd" in text else clean(text.split("\n")[0])


def fault_in(document: object) -> Fault | None:
    """The error that a JSON document is, or None when it is none."""
    document = only(document)
    error = document.get("error") if isinstance(document, Mapping) else None
    if isinstance(error, str) and error:
        return Fault(message=clean(error))
    if not isinstance(error, Mapping) or not error:
        return None
    outer, error = error, innermost(error)
    details = [d for d in _list(error.get("details")) if isinstance(d, Mapping)]
    violations = [
        violation
        for detail in _typed(details, "QuotaFailure")
        for violation in _list(detail.get("violations"))
        if isinstance(violation, Mapping)
    ]
    infos = _typed(details, "ErrorInfo")
    reason = next((r for info in infos if (r := _word(info.get("reason")))), "")
    words = (reason, *(_word(error.get(name)) for name in ("status", "code", "type")))
    if metadata(error).get("flagged_input"):
        words = (*words, "MODERATION_BLOCKED")
    return Fault(
        code=_code(error.get("code")),
        wrapped=error is not outer,
        outer_code=_code(outer.get("code")),
        limits=limits_in(outer) or limits_in(error),
        status=_word(error.get("status")),
        message=_message(error),
        reason=reason,
        names=frozenset(word.upper() for word in words if word),
        details=frozenset(_word(d.get("@type")).rpartition(".")[2] for d in details),
        quota_ids=tuple(name for v in violations if (name := _word(v.get("quotaId")))),
        without_entitlement=any(map(_is_zero, violations)),
        retry_delay_s=next(
            (s for d in _typed(details, "RetryInfo") if (s := _delay_s(d)) is not None), None
        ),
        advised_s=_advised_s(error.get("message")),
        help_url=_help_url(details),
        facts=_facts(infos),
    )


def retry_after_s(fault: Fault, headers: Mapping[str, str]) -> float | None:
    """How long the service asks us to wait, 0 to 3600 s: RetryInfo, else Retry-After in seconds
    or as a date, else the last line of its message, else when the limit in the body opens, where
    nothing is left.

    `headers` have lower-case names. A date counts from the answer's own (`date`): clocks differ.
    """
    if fault.retry_delay_s is not None:
        return fault.retry_delay_s
    advised = headers.get("retry-after", "").strip(" \t")
    if _SECONDS.fullmatch(advised):
        return min(float(advised), LONGEST_WAIT_S)
    until_s = between_s(headers.get("date", ""), advised)
    if until_s is not None:
        return min(until_s, LONGEST_WAIT_S)
    if fault.advised_s is not None:
        return fault.advised_s
    limit = rate_limit({"date": headers.get("date", ""), **fault.limits})
    if limit is None or limit.remaining_requests != 0 or limit.reset_s is None:
        return None
    return min(limit.reset_s, LONGEST_WAIT_S)


def clean(words: object) -> str:
    """A stranger's words: one line, without control characters and credentials, 500 at most."""
    if not isinstance(words, str):
        return ""
    line = _UNPRINTABLE.sub(" ", words[: 20 * caps.MESSAGE_CHARS])
    line = _CREDENTIAL.sub("[removed]", line).strip()
    return line if len(line) <= caps.MESSAGE_CHARS else line[: caps.MESSAGE_CHARS - 1] + "…"


def _message(error: Mapping[str, Any]) -> str:
    """Its words, and those of who stands behind a relay where they are words only."""
    message, raw = clean(error.get("message")), clean(metadata(error).get("raw"))
    return f"{message}: {raw}"[: caps.MESSAGE_CHARS] if raw and raw not in message else message


def _typed(details: list[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [d for d in details if d.get("@type") == f"type.googleapis.com/google.rpc.{name}"]


def _is_zero(violation: Mapping[str, Any]) -> bool:
    """A limit of zero: said, or left out as proto3 leaves out zeros, on the free tier.

    Where the metric is left out as well, somebody shortened the violation, and nothing is known.
    """
    value = violation.get("quotaValue")
    if value is None:
        return "FreeTier" in _word(violation.get("quotaId")) and "quotaMetric" in violation
    return value == "0" or (is_whole(value) and value == 0)


def _delay_s(detail: Mapping[str, Any]) -> float | None:
    said = detail.get("retryDelay")
    if not isinstance(said, str) or not _DURATION.fullmatch(said):
        return None
    return min(float(said[:-1]), LONGEST_WAIT_S)


def _code(value: object) -> int | None:
    """The code as a number; relays write it as text too."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        return int(value)
    return value if is_whole(value) else None


def _advised_s(message: object) -> float | None:
    found = _ADVISED.search(message[-100:]) if isinstance(message, str) else None
    return min(float(found[1]), LONGEST_WAIT_S) if found else None


def _facts(infos: list[Mapping[str, Any]]) -> dict[str, str]:
    """What ErrorInfo says of service, permission and project, where it can stand in a command."""
    found: dict[str, str] = {}
    for info in infos:
        said = info.get("metadata")
        if not isinstance(said, Mapping):
            continue
        consumer, resource = _word(said.get("consumer")), _word(said.get("resource"))
        project = re.search(r"projects/([^/]+)", f"{consumer} {resource}")
        facts = {
            "service": _word(said.get("service")),
            "permission": _word(said.get("permission")),
            "project": project[1].strip() if project else "",
        }
        found |= {name: fact for name, fact in facts.items() if _FACT.fullmatch(fact)}
    return found


def _help_url(details: list[Mapping[str, Any]]) -> str | None:
    for detail in _typed(details, "Help"):
        for link in _list(detail.get("links")):
            url = link.get("url") if isinstance(link, Mapping) else None
            if isinstance(url, str) and len(url) <= 300 and _is_googles(url):
                return clean(url)
    return None


def _is_googles(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    known = any(host == name or host.endswith(f".{name}") for name in _GOOGLE_HOSTS)
    return parts.scheme == "https" and known


def _word(value: object) -> str:
    return clean(value)[:_WORD_CHARS] if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
