"""Whatever a person pastes is explained by the row a call would have met."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.error_rows import error_rows
from cavendish.core import errors
from cavendish.core.errors import InvalidRequest
from cavendish.insight.explain import explain, nearest
from cavendish.insight.explanation import Explanation
from cavendish.wire.gemini.errors import STATUSES, classify
from unit.wire.test_error_table import SEEN

ROWS = [Explanation.of(row) for row in error_rows().values()]


def first(text):
    return explain(text).explanations[0]


def names(text):
    return [one.name for one in explain(text).explanations]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_explained_by_its_name_in_sentences(row):
    (found,) = explain(row.name).explanations
    assert found == row
    for sentence in (row.cause, row.money, row.retry):
        assert sentence[0].isupper()
        assert sentence.endswith((".", ")"))
    assert row.next_step
    assert set(row.to_json()) == {
        "name", "title", "type", "category", "cause", "billed", "money", "retryable", "retry",
        "next_step", "docs_url", "known_by",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [name for name in errors.__all__ if name != "Category"])
def test_every_class(kind):
    found = first(kind)
    assert found.type == kind
    assert first(kind.lower()) == found


@pytest.mark.parametrize("word", ["Any", "Mapping", "Sequence", "Category", "type", "__name__"])
def test_a_type_that_is_no_error_of_ours_is_the_services(word):
    body = json.dumps({"error": {"type": word, "message": "x", "code": 429}})
    assert first(body).type == "RateLimited"


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 408, 413, 429, 431, 499, 500,
                                    501, 502, 503, 504, 524, 529])  # fmt: skip
def test_every_status(status):
    for text in (f"{status}", f"HTTP {status}", f"error: status code {status}"):
        assert first(text).type == type(classify(status, b"", {})).__name__


@pytest.mark.parametrize("word", STATUSES)
def test_every_google_code(word):
    assert first(word).type == first(str(STATUSES[word])).type or word == "FAILED_PRECONDITION"


def test_429_says_what_else_it_can_be():
    found = names("429")
    assert found[0] == "rate-limited"
    assert {"daily-quota", "no-entitlement", "prepayment-depleted", "spend-limit"} <= set(found)


@pytest.mark.parametrize(("text", "name"), [
    ("IMAGE_SAFETY", "blocked-safety"), ("image safety", "blocked-safety"),
    ("recitation", "blocked-recitation"), ("NO_IMAGE", "no-image"), ("SAFETY", "blocked-safety"),
    ("JAILBREAK", "blocked-armor"), ("INVALID_IMAGE_SIZE", "image-size"),
    ("INVALID_ASPECT_RATIO", "aspect-ratio"), ("QUOTA_EXCEEDED", "rate-limited"),
    ("SAFETY_BLOCKED", "safety-refused"), ("API_KEY_INVALID", "invalid-key"),
    ("API_KEY_SERVICE_BLOCKED", "restricted-key"), ("SERVICE_DISABLED", "api-disabled"),
    ("GenerateRequestsPerMinutePerProjectPerModel", "rate-requests"),
    ("GenerateRequestsPerDayPerProjectPerModel", "daily-quota"),
    ("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "no-entitlement"),
    ("Daily Quota", "daily-quota"), ("429 RESOURCE_EXHAUSTED", "rate-limited"),
    ("The model is overloaded. (503 UNAVAILABLE)", "high-demand"),
    ("Error: User location is not supported for the API use.", "region"),
    ("google.genai.errors.ClientError: 400 API key not valid. Please pass", "invalid-key"),
    ("✗ BudgetExceeded: budget day is $10.00: $9.99 spent", "budget"),
    ("quota: GenerateImagesPerMinutePerProject is used up", "rate-images"),
    ("at https://x.example/v1beta/models/m: [503] The model is overloaded.", "high-demand"),
    ("models/m is not found for API version v1beta", "model-not-served"),
    ("httpx.ReadTimeout", "deadline"), ("TypeError: fetch failed, port 443", "no-connection"),
    ("RefreshError: ('invalid_grant', {'error': 'invalid_grant'})", "expired-token"),
    ("metric: generate_content_free_tier_requests, limit: 0, model: m", "no-entitlement"),
    ("metric: generate_requests_per_model_per_day, limit: 250", "daily-quota"),
    ("Text part is missing a thought_signature", "turn-without-signature"),
    ("407 Proxy Authentication Required", "proxy-login"),
])  # fmt: skip
def test_words_and_messages(text, name):
    assert names(text)[0] == name


@pytest.mark.parametrize(("name", "answer"), [s for s in SEEN if s[1][1].startswith(b"{")])
def test_a_whole_body_is_explained_as_a_call_would_judge_it(name, answer):
    status, body = answer
    document = json.loads(body)
    document["error"]["code"] = document["error"].get("code") or status
    if not isinstance(document["error"]["code"], int):
        text = f"HTTP {status} {body.decode()}"
    else:
        text = json.dumps(document)
    pasted = [text, f"{status} X. {json.loads(body)!r}"]
    if isinstance(document["error"]["code"], int):  # else it says nothing of its status
        pasted.append(f"[{text}]")
    for one in pasted:
        assert first(one).name == name


def test_our_own_document_is_explained():
    for name, answer in SEEN:
        error = classify(*answer, {})
        assert first(json.dumps({"error": error.to_json()})).type == type(error).__name__
        assert explain(error).explanations[0].name == name
    refused = errors.BudgetExceeded("budget day is $10")
    assert explain(refused).explanations[0].name == "budget"
    blocked = errors.Blocked("no", vendor_code="image_safety")
    assert explain(blocked).explanations[0].name == "blocked-safety"


@pytest.mark.parametrize(("answer", "name"), [
    ({"candidates": [{"content": {}, "finishReason": "IMAGE_OTHER"}]}, "image-other"),
    ({"promptFeedback": {"blockReason": "MODEL_ARMOR"}}, "blocked-armor"),
    ({"candidates": [{"finishReason": "BRAND_NEW"}]}, "image-other"),
])  # fmt: skip
def test_an_answer_without_a_picture(answer, name):
    assert first(json.dumps(answer)).name == name


def test_what_is_unknown_names_the_nearest():
    with pytest.raises(InvalidRequest, match="nothing is known of 'DailyQuotaExausted'") as caught:
        explain("DailyQuotaExausted")
    assert caught.value.exit_code == 2
    assert "cavendish explain DailyQuotaExhausted" in caught.value.next_step
    assert nearest("high demnd") == ["high-demand"]
    assert "high-demand" in nearest("the thing is overloaded again")
    assert "prepayment-depleted" in nearest("my credit is gone")
    for text in ("", "   ", "zzzzqqq", "a red fox", "{", "[1]", "{}", "null", '{"x": 1}'):
        with pytest.raises(InvalidRequest):
            explain(text)


def test_a_key_in_what_is_pasted_is_not_said_again():
    found = explain("API key not valid. key=AIzaSyA-1234567890abcdefg")
    assert "1234567" not in json.dumps(found.to_json())


@given(
    st.text()
    | st.sampled_from(["[" * 50_000, "{" * 3000 + "}" * 3000, "9" * 6000, "\ud800", "{'\\d': 1}"])
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "status", "message", "details", "type", "candidates",
                             "finishReason", "promptFeedback", "blockReason", "@type"]),
            inner, max_size=4),
        max_leaves=12,
    ).map(json.dumps)
)  # fmt: skip
def test_whatever_is_pasted_is_explained_or_refused(text):
    try:
        found = explain(text)
    except InvalidRequest:
        return
    assert found.explanations
    json.dumps(found.to_json())
