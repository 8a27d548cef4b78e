"""Errors of who stands behind a relay: they say what it is, and whether it was executed."""

from __future__ import annotations

import json

import pytest

from cavendish.core.errors import (
    BillingRequired,
    Blocked,
    DeadlineExceeded,
    InternalError,
    NotFound,
    Overloaded,
    RateLimited,
)
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini.errors import classify, error_inside

BUSY = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Resource has been exhausted."}


def google(code, status):
    return {"code": code, "status": status, "message": "x"}


def openrouter(inner, code=502):
    raw = inner if isinstance(inner, str) else json.dumps({"error": inner})
    return {"code": code, "message": "Provider returned error", "metadata": {"raw": raw}}


def classified(status, error, headers=None):
    return classify(status, json.dumps({"error": error}).encode(), headers or {})


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize(
    ("inner", "kind", "outcome"),
    [
        (BUSY, RateLimited, "rejected"),
        (google(503, "UNAVAILABLE"), Overloaded, "rejected"),
        (google(500, "INTERNAL"), InternalError, "rejected"),
        (google(404, "NOT_FOUND"), NotFound, "rejected"),
        (google(504, "DEADLINE_EXCEEDED"), DeadlineExceeded, "unknown"),
        (google(499, "CANCELLED"), DeadlineExceeded, "unknown"),
        ({"status": "RESOURCE_EXHAUSTED", "message": "x"}, RateLimited, "rejected"),
    ],
)
def test_the_error_behind_a_gateway_decides(status, inner, kind, outcome):
    error = classified(status, openrouter(inner, status))
    assert (type(error), outcome_of(error)) == (kind, outcome)
    assert error.http_status == status  # what came is what is told
    wrapped = classified(status, {"message": f"litellm.X: {json.dumps({'error': inner})}"})
    assert (type(wrapped), outcome_of(wrapped)) == (kind, outcome)


def test_raw_may_be_an_object():
    error = classified(502, {"message": "x", "metadata": {"raw": {"error": BUSY}}})
    assert (type(error), outcome_of(error)) == (RateLimited, "rejected")


@pytest.mark.parametrize(
    "inner",
    [
        {"message": "the upstream went away"},  # nothing typed
        {"code": 500, "message": "x", "type": "server_error"},  # not Google's word for it
        "Bad Gateway",
    ],
)
def test_where_nothing_typed_is_inside_a_gateway_stays_one(inner):
    assert outcome_of(classified(502, openrouter(inner))) == "unknown"


def test_a_refusal_around_a_call_that_ran_out_of_time_is_not_believed():
    error = classified(400, openrouter(google(504, "DEADLINE_EXCEEDED"), 400))
    assert (type(error), outcome_of(error)) == (DeadlineExceeded, "unknown")


def test_under_status_200_the_inner_error_decides_and_the_outer_code_is_the_last_resort():
    assert isinstance(error_inside({"error": openrouter(BUSY)}), RateLimited)
    said = error_inside({"error": openrouter({"message": "slow"}, 429)})
    assert (type(said), said.message) == (RateLimited, "slow")


RESET = {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"  # 1795521600


@pytest.mark.parametrize(
    ("limits", "headers", "wait_s"),
    [
        ({**RESET, "X-RateLimit-Reset": "1795521630000"}, {"Date": DATE}, 30.0),
        ({**RESET, "X-RateLimit-Reset": 1795521630000}, {"Date": DATE}, 30.0),
        ({**RESET, "X-RateLimit-Reset": "1795608000000"}, {"Date": DATE}, 3600.0),
        ({**RESET, "X-RateLimit-Reset": "1795521630000"}, {}, None),
        (
            {**RESET, "X-RateLimit-Reset": "1795521630000"},
            {"Date": DATE, "Retry-After": "7"},
            7.0,
        ),
        (
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "1795521630000"},
            {"Date": DATE},
            None,
        ),
        ("no headers", {"Date": DATE}, None),
    ],
)
def test_openrouters_limits_stand_in_the_body(limits, headers, wait_s):
    error = classified(429, {"code": 429, "message": "x", "metadata": {"headers": limits}}, headers)
    assert (type(error), error.retry_after_s) == (RateLimited, wait_s)


REQUEST = "(request id: 20260405075350411065637)"


@pytest.mark.parametrize(
    ("status", "error", "kind", "outcome"),
    [
        (503, {"code": "model_not_found", "type": "new_api_error",
               "message": f"No available channel for model x under group default {REQUEST}"},
         NotFound, "rejected"),
        (503, {"code": "model_not_found", "type": "packy_api_error",
               "message": f"分组 default 下模型 x 无可用渠道（distributor） {REQUEST}"},
         NotFound, "rejected"),
        (503, {"type": "one_api_error",
               "message": f"当前分组 default 下对于模型 x 无可用渠道 {REQUEST}"},
         NotFound, "rejected"),
        (503, {"type": "new_api_error", "message": f"system overloaded {REQUEST}"},
         Overloaded, "rejected"),
        (403, {"code": "insufficient_user_quota", "type": "new_api_error", "param": "",
               "message": f"user quota is not enough {REQUEST}"}, BillingRequired, "rejected"),
        (429, {"code": "insufficient_quota", "type": "insufficient_quota", "param": None,
               "message": "You exceeded your current quota"}, BillingRequired, "rejected"),
        (403, {"code": "pre_consume_token_quota_failed", "type": "new_api_error", "param": "",
               "message": "token quota is not enough"}, BillingRequired, "rejected"),
        (400, {"code": "prompt_blocked", "type": "new_api_error", "message": "x"},
         Blocked, "rejected"),
        (400, {"code": "sensitive_words_detected", "type": "new_api_error", "message": "x"},
         Blocked, "rejected"),
        # the model was asked, and the relay lost what it said: it may be charged
        (500, {"code": "bad_response_body", "type": "new_api_error", "message": "x"},
         InternalError, "unknown"),
        (500, {"code": "do_request_failed", "type": "new_api_error", "message": "x"},
         InternalError, "unknown"),
    ],
)  # fmt: skip
def test_what_new_api_says(status, error, kind, outcome):
    found = classified(status, error)
    assert (type(found), outcome_of(found)) == (kind, outcome)
    assert error["message"] in found.message
