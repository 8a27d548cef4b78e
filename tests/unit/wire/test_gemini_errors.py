"""What each answer other than 200 means, and that no text can change it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core import errors
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini.errors import classify

RPC = "type.googleapis.com/google.rpc."


def body(code, status="", message="words", *details):
    error = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = list(details)
    return json.dumps({"error": error}).encode()


def info(reason):
    return {"@type": RPC + "ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def quota(*violations):
    return {"@type": RPC + "QuotaFailure", "violations": list(violations)}


def violation(quota_id, value="10"):
    said = {"quotaMetric": "m", "quotaId": quota_id}
    return said if value is None else {**said, "quotaValue": value}


def retry(delay):
    return {"@type": RPC + "RetryInfo", "retryDelay": delay}


MINUTE = violation("GenerateRequestsPerMinutePerProjectPerModel")
DAY = violation("GenerateRequestsPerDayPerProjectPerModel")
REGION = "User location is not supported for the API use."
TABLE = [
    (400, body(400, "INVALID_ARGUMENT"), "BadRequest", "rejected"),
    (
        400,
        body(400, "INVALID_ARGUMENT", "?", info("API_KEY_INVALID")),
        "AuthenticationError",
        "rejected",
    ),
    (
        400,
        body(400, "INVALID_ARGUMENT", "API key expired. Please renew"),
        "AuthenticationError",
        "rejected",
    ),
    (400, body(400, "FAILED_PRECONDITION", REGION), "PermissionDenied", "rejected"),
    (
        400,
        body(400, "FAILED_PRECONDITION", "Gemini API free tier is not available in your country."),
        "BillingRequired",
        "rejected",
    ),
    (401, body(401, "UNAUTHENTICATED"), "AuthenticationError", "rejected"),
    (402, b"", "BillingRequired", "rejected"),
    (403, body(403, "PERMISSION_DENIED"), "PermissionDenied", "rejected"),
    (
        403,
        body(403, "PERMISSION_DENIED", "?", info("BILLING_DISABLED")),
        "BillingRequired",
        "rejected",
    ),
    (404, body(404, "NOT_FOUND"), "NotFound", "rejected"),
    (405, b"", "BadRequest", "rejected"),
    (408, b"", "DeadlineExceeded", "unknown"),
    (413, b"<html>", "BadRequest", "rejected"),
    (429, b"", "RateLimited", "rejected"),
    (429, body(429, "RESOURCE_EXHAUSTED"), "RateLimited", "rejected"),
    (429, body(429, "RESOURCE_EXHAUSTED", "x", quota(MINUTE), retry("9s")), "RateLimited", None),
    (429, body(429, "RESOURCE_EXHAUSTED", "x", quota(MINUTE, DAY)), "DailyQuotaExhausted", None),
    (
        429,
        body(429, "RESOURCE_EXHAUSTED", "x", quota(DAY, violation("AFreeTier", "0"))),
        "BillingRequired",
        None,
    ),
    (429, body(429, "X", "x", quota(violation("PerMinute-FreeTier", None))), "BillingRequired", ""),
    (429, body(429, "X", "x", quota(violation("PerMinute", None))), "RateLimited", "rejected"),
    (
        429,
        body(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted. Please go"),
        "BillingRequired",
        "rejected",
    ),
    (499, body(499, "CANCELLED"), "DeadlineExceeded", "unknown"),
    (500, body(500, "INTERNAL"), "InternalError", "rejected"),
    (501, body(501, "UNIMPLEMENTED"), "BadRequest", "rejected"),
    (502, b"<html>Bad Gateway</html>", "InternalError", "unknown"),
    (503, body(503, "UNAVAILABLE"), "Overloaded", "rejected"),
    (504, body(504, "DEADLINE_EXCEEDED"), "DeadlineExceeded", "unknown"),
    (520, b"", "InternalError", "unknown"),
    (302, b"", "ProtocolError", "unknown"),
    (307, b"", "ProtocolError", "rejected"),
    (204, b"", "ProtocolError", "unknown"),
]


@pytest.mark.parametrize(("status", "text", "kind", "known"), TABLE)
def test_the_table(status, text, kind, known):
    error = classify(status, text, {})
    assert type(error).__name__ == kind
    assert error.http_status == status
    assert error.message
    assert error.next_step
    assert error.docs_url.startswith("https://")
    assert error.scope
    assert outcome_of(error) == (known or "rejected")


def test_facts_of_a_quota_error():
    help_ = {"@type": RPC + "Help", "links": [{"url": "https://ai.google.dev/x"}]}
    error = classify(
        429, body(429, "RESOURCE_EXHAUSTED", "m", help_, quota(MINUTE), retry("48.5s")), {}
    )
    assert error.scope == MINUTE["quotaId"]
    assert error.details["quota_ids"] == [MINUTE["quotaId"]]
    assert (error.retry_after_s, error.vendor_code) == (48.5, "RESOURCE_EXHAUSTED")
    assert error.docs_url == "https://ai.google.dev/x"
    daily = classify(429, body(429, "RESOURCE_EXHAUSTED", "m", quota(DAY), retry("48s")), {})
    assert daily.retry_after_s is None
    denied = classify(400, body(400, "INVALID_ARGUMENT", "m", info("API_KEY_INVALID")), {})
    assert denied.vendor_code == "API_KEY_INVALID"


@pytest.mark.parametrize(
    "url", ["http://ai.google.dev/", "https://evil.com/ai.google.dev", "https://agoogle.com", "x"]
)
def test_only_googles_own_help_is_passed_on(url):
    help_ = {"@type": RPC + "Help", "links": [{"url": url}]}
    assert classify(429, body(429, "X", "m", help_), {}).docs_url.endswith("rate-limits")


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("53.016s", 53.016), ("0s", 0.0), ("999999s", 3600.0), ("1.123456789s", 1.123456789)]
    + [
        (bad, None)
        for bad in ("", "-5s", "1e9s", "NaNs", "９s", "9", "9 s", "9s\n", ".5s", "1.s", "1234567s")
    ]
    + [(bad, None) for bad in (9, None, True, ["9s"])],
)
def test_retry_delay_has_a_strict_grammar(delay, seconds):
    """T51."""
    text = body(429, "RESOURCE_EXHAUSTED", "retry in 7s", retry(delay))
    assert classify(429, text, {}).retry_after_s == seconds
    expected = 4.0 if seconds is None else seconds
    assert classify(429, text, {"Retry-After": "4"}).retry_after_s == expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("99999", 3600.0),
        ("-1", None),
        ("1.5", None),
        ("９", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 42.0),
        ("Wed, 21 Oct 2026 09:28:00 GMT", 3600.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", None),
        ("Wed, 31 Feb 2026 07:28:00 GMT", None),
        ("Wed, 21 Oct 2026 07:28:00 +0200", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_plain_seconds_or_a_date(header, seconds):
    """T51."""
    now = {"Date": "Wed, 21 Oct 2026 07:27:18 GMT"}
    assert classify(503, b"", {"retry-after": header, **now}).retry_after_s == seconds
    if not header.isdigit():
        assert classify(503, b"", {"retry-after": header}).retry_after_s is None


def test_arrays_and_errors_nested_as_text():
    inner = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m"}}
    inner["error"]["details"] = [quota(DAY)]
    once = {"error": {"message": json.dumps(inner), "code": 429, "status": "Too Many Requests"}}
    twice = {"error": {"message": json.dumps([once]), "code": 429}}
    for document in (inner, [inner], once, twice, [twice]):
        error = classify(429, json.dumps(document).encode(), {})
        assert type(error) is errors.DailyQuotaExhausted
        assert error.message == "m"


def test_a_redirect_names_its_host_only():
    """T36."""
    error = classify(302, b"", {"Location": "https://user:pw@evil.example/a?key=secret"})
    assert "evil.example" in error.message
    assert "secret" not in error.message
    assert "pw" not in error.message
    assert "unnamed" in classify(302, b"", {"Location": "https://[bad"}).message


@pytest.mark.parametrize(
    "secret",
    [
        "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
        "AQ." + "Ab8RN6K_abcdefghij-klmnop",
        "https://x/?key=hunter2hunter2&y",
        "Authorization: Bearer abc.def-ghi",
        "ya29.a0AfH6SMB",
    ],
)
def test_credentials_and_controls_never_stand_in_a_message(secret):
    message = f"bad\x1b[31m\n{secret}\u202e end"
    error = classify(403, body(403, "PERMISSION_DENIED", message), {})
    assert "[removed]" in error.message
    for word in ("SyA", "Ab8RN6K", "hunter2", "abc.def", "a0AfH"):
        assert word not in error.message
    assert error.message.isprintable()
    assert error.message.endswith("end")
    assert len(classify(400, body(400, "X", "a" * 9999), {}).message) == 500


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[" * 99999,
        b"null",
        b"[]",
        b'"x"',
        b'{"error":null}',
        b'{"error":"plain"}',
        b'{"error":{"details":{"@type":5}}}',
        b'{"error":{"message":7,"status":[],"code":"x"}}',
        b'{"error":{"details":[{"@type":"%sQuotaFailure","violations":[5]}]}}' % RPC.encode(),
    ],
)
def test_any_body_is_classified_by_status(text):
    assert type(classify(503, text, {})) is errors.Overloaded


@given(
    st.sampled_from([400, 401, 403, 404, 413, 429, 500, 502, 503, 504]),
    st.text() | st.sampled_from(["500", "quota 0", "limit: 0", "240x240", "API key", "PerDay"]),
)
def test_no_text_changes_the_class(status, message):
    plain = classify(status, body(status, "S", ""), {})
    error = classify(status, body(status, "S", message), {})
    assert (type(error), error.billed) == (type(plain), plain.billed)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_classify_never_raises(text, status):
    assert isinstance(classify(status, text, {"retry-after": "x"}), errors.ChannelError)
