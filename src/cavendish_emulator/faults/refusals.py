"""Faults that are errors in Google's shape: one table, in the order of their status.

The texts are those of https://ai.google.dev/gemini-api/docs/troubleshooting and of recorded or
quoted answers, checked 2026-11-22; where none was ever seen the description says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cavendish_emulator.faults.entry import Args, Entry
from cavendish_emulator.google.errors import (
    BAD_KEY,
    NO_KEY,
    OVERLOADED,
    TYPES,
    GoogleError,
    Violation,
    bad_fields,
    bad_key,
    error_info,
    quota_exceeded,
    unknown_model,
)

EXECUTED = {"executed": ("boolean", False)}
_DELAY = {"retry_delay_s": ("number", 1), "retry_info": ("string", None)}
_PREPAID = (
    "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects "
    "to manage your project and billing."
)
_UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
    "or other valid authentication credential. See "
    "https://developers.google.com/identity/sign-in/web/devconsole-project."
)
_SPENT = (
    "Your project has exceeded its spend limit for the last 10 minutes. Please try again later or "
    "go to AI Studio at https://ai.studio/projects to manage your project and billing."
)

RPM = Violation("generate_requests_per_model", "GenerateRequestsPerMinutePerProjectPerModel", 20)
TPM = Violation(
    "generate_content_paid_tier_input_token_count",
    "GenerateContentPaidTierInputTokensPerModelPerMinute",
    1_000_000,
)
IPM = Violation("generate_images_per_model", "GenerateImagesPerMinutePerProjectPerModel", 2)
RPD = Violation(
    "generate_requests_per_model_per_day", "GenerateRequestsPerDayPerProjectPerModel", 250
)
FREE = (
    ("generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
    ("generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
    (
        "generate_content_free_tier_input_token_count",
        "GenerateContentInputTokensPerModelPerMinute-FreeTier",
    ),
)


@dataclass(frozen=True)
class Refusal(Entry):
    """A fault that answers with an error; nothing runs unless `executed` says so."""

    build: Callable[[str, Args], GoogleError] = lambda _model, _args: GoogleError(500, "")


def _say(
    about: str,
    code: int,
    message: str,
    *details: dict[str, Any],
    status: str | None = None,
) -> Refusal:
    def build(model: str, _args: Args) -> GoogleError:
        text = message.replace("{model}", model)
        return GoogleError(code, text, list(details), status=status)

    return Refusal(about, dict(EXECUTED), build)


def _over(about: str, *violations: Violation, delay_s: float = 1) -> Refusal:
    def build(model: str, args: Args) -> GoogleError:
        return quota_exceeded(violations, model, args["retry_delay_s"], args["retry_info"])

    delays = {**_DELAY, "retry_delay_s": ("number", delay_s)}
    return Refusal(about, {**delays, **EXECUTED}, build)


def spend_exceeded() -> GoogleError:
    """The 429 of the spend limit; nobody has published its text, so the words are ours."""
    return GoogleError(429, _SPENT)


def _help(text: str, url: str) -> dict[str, Any]:
    return {"@type": TYPES + "Help", "links": [{"description": text, "url": url}]}


_CONSOLE = "https://console.developers.google.com/apis/api/generativelanguage.googleapis.com"
_DISABLED = (
    "Generative Language API has not been used in project 0 before or it is disabled. Enable it "
    f"by visiting {_CONSOLE} then retry. If you enabled this API recently, wait a few minutes for "
    "the action to propagate to our systems and retry."
)
_BLOCKED = (
    "Requests to this API generativelanguage.googleapis.com method "
    "google.ai.generativelanguage.v1beta.GenerativeService.GenerateContent are blocked."
)
_IAM = (
    "Permission 'aiplatform.endpoints.predict' denied on resource "
    "'//aiplatform.googleapis.com/projects/p/locations/global/publishers/google/models/{model}' "
    "(or it may not exist)."
)
_FIELD = (
    "Invalid JSON payload received. Unknown name \"x\" at 'generation_config': Cannot find field."
)

REFUSALS: dict[str, Refusal] = {
    "invalid_argument": _say(
        "400 INVALID_ARGUMENT that says nothing more.", 400, "Request contains an invalid argument."
    ),
    "unknown_field": Refusal(
        "400 with BadRequest.fieldViolations.",
        dict(EXECUTED),
        lambda _model, _args: bad_fields([("generation_config", _FIELD)]),
    ),
    "bad_image": _say("400: the input image is no image.", 400, "Unable to process input image"),
    "too_many_tokens": _say(
        "400: more input than the model reads.",
        400,
        "The input token count (200000) exceeds the maximum number of tokens allowed (65536).",
    ),
    "signature_missing": _say(
        "400: a turn of the model came back without its thought signature.",
        400,
        "Image part is missing a thought_signature in content position 2, part position 1.",
    ),
    "bad_key": Refusal(
        "400 with ErrorInfo API_KEY_INVALID: Google's answer to a wrong key.",
        dict(EXECUTED),
        lambda _model, _args: bad_key(BAD_KEY),
    ),
    "expired_key": Refusal(
        "400: the key has expired.",
        dict(EXECUTED),
        lambda _model, _args: bad_key("API key expired. Please renew the API key."),
    ),
    "location_unsupported": _say(
        "400 FAILED_PRECONDITION: not from this country.",
        400,
        "User location is not supported for the API use.",
        status="FAILED_PRECONDITION",
    ),
    "billing_disabled": _say(
        "400 FAILED_PRECONDITION: no free tier in this country.",
        400,
        "Gemini API free tier is not available in your country. Please enable billing on your "
        "project in Google AI Studio.",
        status="FAILED_PRECONDITION",
    ),
    "unauthenticated": _say(
        "401 with ErrorInfo ACCESS_TOKEN_EXPIRED, as OAuth is answered.",
        401,
        _UNAUTHENTICATED,
        error_info("ACCESS_TOKEN_EXPIRED"),
    ),
    "credentials_missing": _say(
        "401 with ErrorInfo CREDENTIALS_MISSING.",
        401,
        "Request is missing required authentication credential. Expected OAuth 2 access token, "
        "login cookie or other valid authentication credential.",
        error_info("CREDENTIALS_MISSING"),
    ),
    "prepayment_402": _say(
        "402: the prepaid credit is used up, by the status one report saw.",
        402,
        _PREPAID,
        status="FAILED_PRECONDITION",
    ),
    "no_key": _say("403: no key was sent.", 403, NO_KEY),
    "service_disabled": _say(
        "403 with ErrorInfo SERVICE_DISABLED and Help.",
        403,
        _DISABLED,
        error_info("SERVICE_DISABLED", consumer="projects/0", activationUrl=_CONSOLE),
        _help("Google developers console API activation", _CONSOLE),
    ),
    "leaked_key": _say(
        "403: Google found the key in public and stopped it.",
        403,
        "Your API key was reported as leaked. Please use another API key.",
    ),
    "blocked_key": _say(
        "403 with ErrorInfo API_KEY_SERVICE_BLOCKED: the key may not call this service.",
        403,
        _BLOCKED,
        error_info("API_KEY_SERVICE_BLOCKED"),
    ),
    "permission_denied": _say(
        "403 with ErrorInfo IAM_PERMISSION_DENIED, as Vertex AI answers.",
        403,
        _IAM,
        {
            "@type": TYPES + "ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "domain": "aiplatform.googleapis.com",
            "metadata": {"permission": "aiplatform.endpoints.predict"},
        },
    ),
    "model_not_found": Refusal(
        "404: the model is not there, or not any more.",
        dict(EXECUTED),
        lambda model, _args: unknown_model(model, "v1beta", "generateContent"),
    ),
    "publisher_model_not_found": _say(
        "404 as Vertex AI says it.",
        404,
        "Publisher Model `projects/p/locations/global/publishers/google/models/{model}` not found.",
    ),
    "rate_limited": _over("429: requests a minute, with QuotaFailure and RetryInfo.", RPM),
    "rate_limited_tokens": _over("429: input tokens a minute.", TPM, delay_s=48.9),
    "rate_limited_images": _over(
        "429: images a minute; its quotaId was never published and is ours.", IPM, delay_s=30
    ),
    "daily_quota": _over(
        "429: requests a day, with a RetryInfo of seconds that is not to be believed.",
        RPD,
        delay_s=36,
    ),
    "several_quotas": _over(
        "429: minute and day at once, the free tier's way.",
        *(Violation(metric, name, 10) for metric, name in FREE),
        delay_s=5,
    ),
    "no_entitlement": _over(
        "429 with limit 0 and no quotaValue: no free tier for this model. Never helps to wait.",
        *(Violation(metric, name, None) for metric, name in FREE),
        delay_s=34.4,
    ),
    "quota_value_absent": _over(
        "429: requests a minute of a paid tier, quotaValue left out.",
        Violation(RPM.metric, RPM.quota_id, None),
    ),
    "quota_without_retry": Refusal(
        "429: QuotaFailure, and nothing about when.",
        dict(EXECUTED),
        lambda model, _args: quota_exceeded([RPM], model, None),
    ),
    "prepayment_depleted": _say("429: the prepaid credit is used up.", 429, _PREPAID),
    "spend_limit": Refusal(
        "429: the spend limit of 10 minutes; its text was never published and is ours.",
        dict(EXECUTED),
        lambda _model, _args: spend_exceeded(),
    ),
    "exhausted": _say(
        "429 without details.", 429, "Resource has been exhausted (e.g. check quota)."
    ),
    "pool_exhausted": _say(
        "429 of Vertex AI's shared pool, without details.",
        429,
        "Resource exhausted. Please try again later. Please refer to "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.",
    ),
    "cancelled": _say("499 CANCELLED.", 499, "The operation was cancelled."),
    "internal": _say(
        "500 INTERNAL.",
        500,
        "An internal error has occurred. Please retry or report in "
        "https://developers.generativeai.google/guide/troubleshooting",
    ),
    "overloaded": _say("503 UNAVAILABLE, in the words of 2026.", 503, OVERLOADED),
    "overloaded_old": _say(
        "503 UNAVAILABLE, in the older words.",
        503,
        "The model is overloaded. Please try again later.",
    ),
    "deadline_exceeded": _say(
        "504 DEADLINE_EXCEEDED.", 504, "Deadline expired before operation could complete."
    ),
}
