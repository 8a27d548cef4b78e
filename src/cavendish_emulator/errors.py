"""Errors in the shape Google sends them."""

from __future__ import annotations

from typing import Any

NAMES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_TYPES = "type.googleapis.com/google.rpc."


class GoogleError(Exception):
    """An answer that is an error: HTTP status, message and typed details."""

    def __init__(
        self, code: int, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON body Google would send."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": NAMES[self.code],
        }
        if self.details:
            error["details"] = self.details
        return {"error": error}


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
    return GoogleError(400, message, [{"@type": _TYPES + "BadRequest", "fieldViolations": found}])


def unknown_model(model: str, version: str, method: str) -> GoogleError:
    """The 404 for a model or method that is not there."""
    return GoogleError(
        404,
        f"models/{model} is not found for API version {version}, or is not supported for "
        f"{method}. Call ModelService.ListModels to see the list of available models and "
        "their supported methods.",
    )


def rate_limited(model: str, retry_delay_s: float) -> GoogleError:
    """The 429 of a per-minute quota, with QuotaFailure and RetryInfo."""
    metric = "generativelanguage.googleapis.com/generate_requests_per_model"
    quota = {
        "quotaMetric": metric,
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": "20",
    }
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more "
        "information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. "
        "To monitor your current usage, head to: https://ai.dev/rate-limit. \n"
        f"* Quota exceeded for metric: {metric}, limit: 20, model: {model}\n"
        f"Please retry in {retry_delay_s:.9f}s."
    )
    links = [
        {
            "description": "Learn more about Gemini API quotas",
            "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
        }
    ]
    return GoogleError(
        429,
        message,
        [
            {"@type": _TYPES + "Help", "links": links},
            {"@type": _TYPES + "QuotaFailure", "violations": [quota]},
            {"@type": _TYPES + "RetryInfo", "retryDelay": f"{retry_delay_s:g}s"},
        ],
    )


def overloaded() -> GoogleError:
    """The 503 of a busy model."""
    return GoogleError(
        503,
        "This model is currently experiencing high demand. Spikes in demand are usually "
        "temporary. Please try again later.",
    )
