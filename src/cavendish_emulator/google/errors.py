"""Errors in the shape Google sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
TYPES = "type.googleapis.com/google.rpc."
SERVICE = "generativelanguage.googleapis.com"
NO_KEY = (
    "Method doesn't allow unregistered callers (callers without established identity). Please "
    "use API Key or other form of API consumer identity to call this API."
)
BAD_KEY = "API key not valid. Please pass a valid API key."
UNFETCHED = "Cannot fetch content from the provided URL."
OVERLOADED = (
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. "
    "Please try again later."
)
_QUOTA_EXCEEDED = (
    "You exceeded your current quota, please check your plan and billing details. For more "
    "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. "
    "To monitor your current usage, head to: https://ai.dev/rate-limit. "
)


class GoogleError(Exception):
    """An answer that is an error: HTTP status, message and typed details."""

    def __init__(
        self,
        code: int,
        message: str,
        details: list[dict[str, Any]] | None = None,
        *,
        status: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.status = status or NAMES[code]

    def body(self) -> dict[str, Any]:
        """The JSON body Google would send."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


@dataclass(frozen=True)
class Violation:
    """One quota that was exceeded; `limit` is None where the service leaves quotaValue out."""

    metric: str
    quota_id: str
    limit: int | None

    def detail(self, model: str) -> dict[str, Any]:
        """The entry of a QuotaFailure."""
        entry: dict[str, Any] = {
            "quotaMetric": f"{SERVICE}/{self.metric}",
            "quotaId": self.quota_id,
            "quotaDimensions": {"location": "global", "model": model},
        }
        if self.limit:
            entry["quotaValue"] = str(self.limit)
        return entry


def invalid(message: str) -> GoogleError:
    """A plain 400 INVALID_ARGUMENT."""
    return GoogleError(400, message)


def bad_fields(violations: list[tuple[str, str]]) -> GoogleError:
    """A 400 whose details name the fields; `violations` are (field, description) pairs."""
    found: list[dict[str, str]] = []
    for field, description in violations:
        entry = {"description": description}
        found.append({"field": field, **entry} if field else entry)
    message = "\n".join(description for _, description in violations)
    return GoogleError(400, message, [{"@type": TYPES + "BadRequest", "fieldViolations": found}])


def error_info(reason: str, **metadata: str) -> dict[str, Any]:
    """An ErrorInfo of Google's own domain."""
    facts = {"service": SERVICE, **metadata}
    info = {"@type": TYPES + "ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    return {**info, "metadata": facts}


def bad_key(message: str = BAD_KEY) -> GoogleError:
    """The 400 for a key that is not one: an argument that is invalid, and not a 401."""
    said = {"@type": TYPES + "LocalizedMessage", "locale": "en-US", "message": message}
    return GoogleError(400, message, [error_info("API_KEY_INVALID"), said])


def unknown_model(model: str, version: str, method: str) -> GoogleError:
    """The 404 for a model or method that is not there."""
    method = "generateContent" if method == "streamGenerateContent" else method
    return GoogleError(
        404,
        f"models/{model} is not found for API version {version}, or is not supported for "
        f"{method}. Call ModelService.ListModels to see the list of available models and "
        "their supported methods.",
    )


def overloaded() -> GoogleError:
    """The 503 of a busy model."""
    return GoogleError(503, OVERLOADED)


def quota_exceeded(
    violations: Sequence[Violation],
    model: str,
    retry_delay_s: float | None,
    retry_info: str | None = None,
) -> GoogleError:
    """The 429 of a quota; `retry_info` replaces the text of RetryInfo.retryDelay."""
    message = _QUOTA_EXCEEDED + "".join(
        f"\n* Quota exceeded for metric: {SERVICE}/{v.metric}, limit: {v.limit or 0}, "
        f"model: {model}"
        for v in violations
    )
    help_link = {
        "description": "Learn more about Gemini API quotas",
        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
    }
    details: list[dict[str, Any]] = [
        {"@type": TYPES + "Help", "links": [help_link]},
        {"@type": TYPES + "QuotaFailure", "violations": [v.detail(model) for v in violations]},
    ]
    if retry_delay_s is not None:
        message += f"\nPlease retry in {retry_delay_s:.9f}s."
        delay = f"{retry_delay_s:g}s" if retry_info is None else retry_info
        details.append({"@type": TYPES + "RetryInfo", "retryDelay": delay})
    return GoogleError(429, message, details)
