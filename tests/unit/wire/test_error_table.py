"""Bodies as they were seen, and the row of the table each must meet."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.error_rows import error_rows
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini.errors import classify, error_inside
from unit.wire.test_gemini_errors import DAY, MINUTE, RPC, body, info, quota, retry, violation

INVALID = (400, "INVALID_ARGUMENT")
DENIED = (403, "PERMISSION_DENIED")
EXHAUSTED = (429, "RESOURCE_EXHAUSTED")
PRECONDITION = (400, "FAILED_PRECONDITION")
MISSING = (404, "NOT_FOUND")
BUSY = "This model is currently experiencing high demand. Spikes in demand are usually temporary."

ADC = "Your application is authenticating by using local Application Default Credentials"


def fields(*violations):
    return {"@type": RPC + "BadRequest", "fieldViolations": list(violations)}


def seen(at, message, *details):
    return at[0], body(*at, message, *details)


def relay(http, **error):
    return http, json.dumps({"error": error}).encode()


SEEN = [
    (
        "invalid-key",
        seen(INVALID, "API key not valid. Please pass a valid API key.", info("API_KEY_INVALID")),
    ),
    ("invalid-key", seen(INVALID, "API Key not found. Please pass a valid API key.")),
    ("expired-key", seen(INVALID, "API key expired. Please renew the API key.")),
    (
        "leaked-key",
        seen(DENIED, "Your API key was reported as leaked. Please use another API key."),
    ),
    (
        "suspended-key",
        seen(
            DENIED,
            "Permission denied: Consumer 'api_key:AIzaX' has been suspended.",
            info("CONSUMER_SUSPENDED"),
        ),
    ),
    (
        "restricted-key",
        seen(
            DENIED, "Requests to this API x method y are blocked.", info("API_KEY_SERVICE_BLOCKED")
        ),
    ),
    (
        "restricted-key",
        seen(
            DENIED,
            "Requests to this API generativelanguage.googleapis.com method "
            "google.ai.GenerateContent are blocked.",
        ),
    ),
    (
        "no-key-sent",
        seen(
            DENIED,
            "Method doesn't allow unregistered callers (callers without "
            "established identity). Please use API Key or other form of API consumer "
            "identity to call this API.",
        ),
    ),
    (
        "api-disabled",
        seen(DENIED, "Generative Language API has not been used", info("SERVICE_DISABLED")),
    ),
    (
        "missing-permission",
        seen(
            DENIED,
            "Permission 'aiplatform.endpoints.predict' denied",
            info("IAM_PERMISSION_DENIED"),
        ),
    ),
    ("expired-token", seen((401, "UNAUTHENTICATED"), "x", info("ACCESS_TOKEN_EXPIRED"))),
    ("unauthenticated", seen((401, "UNAUTHENTICATED"), "x", info("CREDENTIALS_MISSING"))),
    ("unauthenticated", relay(401, type="authentication_error", message="no")),
    ("no-billing", seen(PRECONDITION, "Gemini API free tier is not available in your country.")),
    ("no-billing", seen(DENIED, "x", info("BILLING_DISABLED"))),
    (
        "no-entitlement",
        seen(EXHAUSTED, "x", quota(DAY, violation("RequestsPerDay-FreeTier", None)), retry("30s")),
    ),
    ("prepayment-depleted", seen(EXHAUSTED, "Your prepayment credits are depleted. Please go")),
    ("prepayment-depleted", seen((402, ""), "Your prepayment credits are depleted. Please go")),
    ("spending-cap", seen(EXHAUSTED, "Your project has exceeded its monthly spending cap. Please")),
    ("payment-required", relay(402, message="Insufficient credits", code=402)),
    (
        "payment-required",
        relay(429, message="x", type="insufficient_quota", code="insufficient_quota"),
    ),
    ("daily-quota", seen(EXHAUSTED, "x", quota(MINUTE, DAY), retry("7s"))),
    ("rate-requests", seen(EXHAUSTED, "x", quota(MINUTE), retry("7s"))),
    (
        "rate-tokens",
        seen(
            EXHAUSTED,
            "x",
            quota(violation("GenerateContentPaidTierInputTokensPerModelPerMinute", "1000000")),
        ),
    ),
    ("rate-images", seen(EXHAUSTED, "x", quota(violation("GenerateImagesPerMinutePerProject")))),
    ("spend-limit", seen(EXHAUSTED, "x", quota(violation("SpendPerTenMinutesPerTier")))),
    (
        "shared-quota",
        seen(EXHAUSTED, "Resource exhausted. Please try again later. Please refer to"),
    ),
    ("resource-exhausted", seen(EXHAUSTED, "Resource has been exhausted (e.g. check quota).")),
    ("rate-limited", seen(EXHAUSTED, "You exceeded your current quota, please check your plan")),
    ("rate-limited", relay(400, message="x", code="QUOTA_EXCEEDED")),
    ("region", seen(PRECONDITION, "User location is not supported for the API use.")),
    ("region", seen(DENIED, "x", info("LOCATION_POLICY_VIOLATED"))),
    ("org-policy", seen(DENIED, "x", info("LOCATION_ORG_POLICY_VIOLATED"))),
    ("org-policy", seen(PRECONDITION, "Organization Policy constraint `x` violated for `p`")),
    ("perimeter", seen(DENIED, "Request is prohibited by organization's policy. x: y")),
    ("wrong-project", seen(DENIED, "x", info("CONSUMER_INVALID"))),
    ("wrong-project", seen(DENIED, "Permission denied on resource project nobody-1.")),
    ("quota-project", seen(DENIED, "x", info("USER_PROJECT_DENIED"))),
    ("quota-project", seen(DENIED, f"{ADC}. The API requires a quota project.")),
    ("quota-project", seen(DENIED, f"{ADC}. x", info("SERVICE_DISABLED"))),
    ("precondition", seen(PRECONDITION, "The File is not in an ACTIVE state.")),
    ("safety-refused", relay(400, message="x", status="SAFETY_BLOCKED")),
    ("safety-refused", relay(400, message="x", code="content_policy_violation")),
    ("image-size", relay(400, message="x", code="INVALID_IMAGE_SIZE")),
    ("aspect-ratio", relay(422, message="x", status="INVALID_ASPECT_RATIO")),
    (
        "unknown-field",
        seen(
            INVALID,
            "Invalid JSON payload received. Unknown name \"x\" at 'y'",
            fields({"field": "y"}),
        ),
    ),
    ("bad-image", seen(INVALID, "Unable to process input image. Please retry or report")),
    ("bad-image", seen(INVALID, "Cannot fetch content from the provided URL. Please")),
    ("too-many-tokens", seen(INVALID, "The input token count (70000) exceeds the maximum number")),
    ("role-missing", seen(INVALID, "Please use a valid role: user, model.")),
    (
        "bad-field",
        seen(INVALID, "* contents[0].parts[0].data: required oneof", fields({"field": "d"})),
    ),
    ("model-not-served", seen(MISSING, "models/x is not found for API version v1beta, or is not")),
    (
        "model-not-served",
        seen(MISSING, "Publisher Model `projects/p/locations/l/models/x` not found."),
    ),
    ("relay-without-channel", relay(503, code="model_not_found", type="new_api_error")),
    (
        "relay-without-channel",
        relay(503, type="new_api_error", message="No available channels for model  in group x"),
    ),
    ("relay-lost-answer", relay(500, code="bad_response_body", type="new_api_error")),
    ("not-found", seen(MISSING, "Requested entity was not found.")),
    ("too-large", (413, b"<html>")),
    ("too-large", (431, b"")),
    ("unimplemented", seen((501, "UNIMPLEMENTED"), "Operation is not implemented")),
    ("unimplemented", (405, b"")),
    ("high-demand", seen((503, "UNAVAILABLE"), BUSY)),
    ("high-demand", seen((503, "UNAVAILABLE"), "The model is overloaded. Please try again later.")),
    ("high-demand", relay(529, type="overloaded_error", message="Overloaded")),
    ("deadline", seen((503, "UNAVAILABLE"), "Deadline expired before operation could complete.")),
    ("turn-without-signature", seen(INVALID, "Image part is missing a thought_signature in x.")),
    ("api-disabled", seen(DENIED, "Generative Language API has not been used in project 1")),
    ("missing-permission", seen(DENIED, "Permission 'aiplatform.endpoints.predict' denied on x")),
    ("deadline", seen((504, "DEADLINE_EXCEEDED"), "Deadline expired before operation")),
    ("deadline", (408, b"")),
    ("cancelled", seen((499, "CANCELLED"), "The operation was cancelled.")),
    ("internal", seen((500, "INTERNAL"), "An internal error has occurred. Please retry")),
    ("bad-gateway", (502, b"<html>Bad Gateway")),
    ("bad-gateway", (524, b"")),
    ("redirect", (302, b"")),
    ("proxy-login", (407, b"Proxy Authentication Required")),
    ("region", (451, b"")),
    ("not-found", (410, b"")),
    ("permission-denied", seen(DENIED, "The caller does not have permission")),
    ("bad-request", seen(INVALID, "Request contains an invalid argument.")),
    ("bad-request", relay(400, type="invalid_request_error", message="no")),
    ("not-the-api", (204, b"")),
]


@pytest.mark.parametrize(("name", "answer"), SEEN, ids=[name for name, _ in SEEN])
def test_each_answer_meets_its_row(name, answer):
    error = classify(*answer, {})
    row = error_rows()[name]
    assert (error.details["row"], type(error)) == (name, row.kind)
    assert error.next_step == row.advice({}) or "{" in row.next_step
    assert error.docs_url == row.docs_url


@pytest.mark.parametrize(("name", "answer"), SEEN, ids=[name for name, _ in SEEN])
def test_the_table_and_the_ledger_agree_about_money(name, answer):
    """T55."""
    said = error_rows()[name].billed
    known = {"no": "rejected", "unknown": "unknown"}[said]
    assert outcome_of(classify(*answer, {})) == known
    if name == "redirect":  # one that keeps the method was not executed, and is released
        assert outcome_of(classify(307, b"", {})) == "rejected"


def test_every_row_from_outside_was_met():
    met = {name for name, _ in SEEN}
    http = {r.name for r in error_rows().values() if any(not s.finish + s.block for s in r.signs)}
    assert http == met


def test_a_disabled_api_names_the_command_that_enables_it():
    told = {**info("SERVICE_DISABLED"), "metadata": {
        "service": "aiplatform.googleapis.com", "consumer": "projects/1234"}}  # fmt: skip
    error = classify(*seen(DENIED, "x", told), {})
    assert error.next_step == "run: gcloud services enable aiplatform.googleapis.com --project 1234"


def test_a_missing_permission_is_named():
    told = {**info("IAM_PERMISSION_DENIED"), "metadata": {
        "permission": "aiplatform.endpoints.predict", "resource": "projects/p"}}  # fmt: skip
    error = classify(*seen(DENIED, "x", told), {})
    assert "grant aiplatform.endpoints.predict" in error.next_step
    assert "add-iam-policy-binding p " in error.next_step


@pytest.mark.parametrize(
    "bad", ["a; rm -rf /", "$(id)", "-x", "a b", "`id`", "é", "{project}", 5, None]
)
def test_what_could_steer_a_shell_is_not_put_into_a_command(bad):
    told = {**info("SERVICE_DISABLED"), "metadata": {"service": bad, "consumer": f"projects/{bad}"}}
    error = classify(*seen(DENIED, "x", told), {})
    assert "enable generativelanguage.googleapis.com --project" in error.next_step
    assert "rm -rf" not in error.next_step


def test_errors_of_relays_nested_in_text_and_in_arrays():
    inner = body(*EXHAUSTED, "x", quota(DAY)).decode()
    outer = json.dumps([{"error": {"code": 429, "message": inner, "status": "Too Many Requests"}}])
    assert classify(429, outer.encode(), {}).details["row"] == "daily-quota"
    assert classify(503, b'{"error": "model is busy"}', {}).message == "model is busy"


def test_an_error_under_status_200():
    error = error_inside({"error": {"code": "SAFETY_ERROR", "message": "no"}})
    assert (error.category, error.billed) == ("safety", None)
    busy = error_inside({"error": {"code": "503", "message": "busy"}})
    assert busy.details["row"] == "high-demand"
    assert (
        error_inside({"error": {"status": "RESOURCE_EXHAUSTED"}}).details["row"] == "rate-limited"
    )


WORDS = [s.words for row in error_rows().values() for s in row.signs if s.words]


@given(
    st.sampled_from([answer for _, answer in SEEN if b'"details"' in answer[1]]),
    st.sampled_from(WORDS) | st.sampled_from(["500", "240x240", "quota", "PerDay", "limit: 0"]),
    st.text(),
)
def test_no_words_change_what_details_say(answer, words, more):
    """T59: also the table's own words do not, where the answer is typed."""
    status, text = answer
    plain = classify(status, text, {})
    document = json.loads(text)
    document["error"]["message"] = words + more
    error = classify(status, json.dumps(document).encode(), {})
    assert (type(error), error.billed) == (type(plain), plain.billed)
    assert error.details.get("opens") == plain.details.get("opens")


@pytest.mark.parametrize("words", [w for w in WORDS if not w.startswith("Your prepayment")])
@pytest.mark.parametrize("before", ["x ", " quota 500: ", '"'])
def test_words_count_only_from_the_first_letter_on(words, before):
    """T59."""
    for status in (400, 403, 404, 429, 500, 503):
        plain = classify(status, body(status, "S", ""), {})
        said = classify(status, body(status, "S", before + words), {})
        assert said.details["row"] == plain.details["row"]


@pytest.mark.parametrize(("tail", "seconds"), [
    ("Please retry in 48.939935699s.", 48.939935699), ("Please retry in 7s", 7.0),
    ("Please retry in 0s.", 0.0), ("Please retry in 99999s.", 3600.0),
    ("Please retry in -7s.", None), ("Please retry in 1e3s.", None),
    ("Please retry in NaNs.", None),
    ("Please retry in ７s.", None), ("Please retry in s.", None), ("Please retry in 7s. No", None),
    ("retry in 7s.", None),
])  # fmt: skip
def test_advice_in_the_message_is_the_last_resort(tail, seconds):
    """T51."""
    message = f"You exceeded your current quota\n{tail}"
    status, text = seen(EXHAUSTED, message, quota(MINUTE))
    assert classify(status, text, {}).retry_after_s == seconds
    assert classify(status, text, {"Retry-After": "4"}).retry_after_s == 4.0
    both = seen(EXHAUSTED, message, retry("3.5s"))
    assert classify(*both, {"Retry-After": "4"}).retry_after_s == 3.5


def test_the_day_wins_over_the_seconds():
    """T53: whatever delay is advised, a quota of the day opens at midnight."""
    for delay in ("0s", "5.3s", "36s", "3600s"):
        error = classify(*seen(EXHAUSTED, "Please retry in 9s.", quota(DAY), retry(delay)), {})
        assert error.retry_after_s is None
        assert error.details["opens"] == "midnight America/Los_Angeles"
        assert not error.retryable


@pytest.mark.parametrize(
    ("row", "at", "reason", "command"),
    [
        ("api-disabled", DENIED, "SERVICE_DISABLED", "gcloud services enable "),
        ("missing-permission", DENIED, "IAM_PERMISSION_DENIED", "--role=roles/aiplatform.user"),
        ("no-billing", DENIED, "BILLING_DISABLED", "gcloud billing projects link "),
        ("wrong-project", DENIED, "CONSUMER_INVALID", "gcloud projects list"),
        ("quota-project", DENIED, "USER_PROJECT_DENIED", "set-quota-project "),
        ("org-policy", DENIED, "LOCATION_ORG_POLICY_VIOLATED", "gcloud org-policies describe "),
    ],
)
def test_what_google_cloud_refuses_comes_with_the_command_that_mends_it(row, at, reason, command):
    http, content = seen(at, "x", info(reason))
    error = classify(http, content, {})
    assert error.details["row"] == row
    assert command in error.next_step
    assert error.billed is False
    assert "{" not in error.next_step
