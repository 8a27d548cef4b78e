"""generateContent: the request as JSON, and every shape of answer seen or feared."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.errors import ChannelError, ProtocolError, RateLimited
from cavendish.core.result import Spooled, Usage
from cavendish.wire.gemini.answer import decode
from cavendish.wire.gemini.usage import usage

FULL = {
    "candidates": [
        {
            "content": {
                "parts": [
                    {"text": "I will ", "thoughtSignature": None},
                    {"inlineData": {"mimeType": "image/PNG", "data": 0}, "thought": True},
                    {"text": "hm", "thought": True},
                    {"inlineData": {"data": 1, "mimeType": "image/jpeg"}},
                    {"text": "draw."},
                    {"inlineData": {"data": 2}},
                ],
                "role": "model",
            },
            "finishReason": "STOP",
            "finishMessage": "done\x1b[0m",
            "safetyRatings": [{"category": "C", "probability": "LOW"}],
            "index": 0,
        }
    ],
    "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8},
    "modelVersion": "gemini-x",
    "responseId": "CL-x",
    "createTime": "2026-08-19T14:34:52Z",
}
SPOOL = [(10, "a"), (20, "b"), (30, "c")]


def snake(value):
    if isinstance(value, list):
        return [snake(item) for item in value]
    if isinstance(value, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in k): snake(v)
            for k, v in value.items()
        }
    return value


@pytest.mark.parametrize("document", [FULL, snake(FULL)])
def test_a_full_answer(document):
    answer = decode(document, SPOOL)
    assert answer.pictures == (
        Spooled(0, "image/png", True, 10, "a"),
        Spooled(1, "image/jpeg", False, 20, "b"),
        Spooled(2, "", False, 30, "c"),
    )
    assert answer.final == answer.pictures[2]
    assert (answer.text, answer.thoughts) == ("I will draw.", "hm")
    assert (answer.finish, answer.block, answer.message) == ("stop", None, "done [0m")
    assert answer.ratings == ({"category": "C", "probability": "LOW"},)
    assert (answer.model_version, answer.response_id) == ("gemini-x", "CL-x")
    assert answer.usage == Usage(input_text=5, output_text=3)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"candidates": None},
        {"candidates": []},
        {"candidates": {}},
        {"candidates": [None, 5, "x"]},
        {"candidates": [{}]},
        {"candidates": [{"content": None}]},
        {"candidates": [{"content": {}}]},
        {"candidates": [{"content": {"role": "model"}}]},
        {"candidates": [{"content": {"parts": None}}]},
        {"candidates": [{"content": {"parts": [None, {}, {"text": None}, {"new": {}}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": {"data": None}}]}}]},
        {"candidates": [{"content": {"parts": [{"inlineData": None}]}}], "error": {"code": 500}},
        {"promptFeedback": None, "usageMetadata": None, "error": None},
    ],
)
def test_shapes_without_a_picture(document):
    answer = decode(document, [])
    assert (answer.pictures, answer.text, answer.usage, answer.final) == ((), "", None, None)


def test_a_refused_prompt():
    document = {
        "promptFeedback": {
            "blockReason": "MODEL_ARMOR",
            "blockReasonMessage": "No.",
            "safetyRatings": [{"blocked": True}],
        },
        "usageMetadata": {"promptTokenCount": 9, "totalTokenCount": 9},
    }
    answer = decode(document, [])
    assert (answer.block, answer.message, answer.finish) == ("model_armor", "No.", None)
    assert answer.ratings == ({"blocked": True},)
    assert answer.usage == Usage(input_text=9)


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("IMAGE_SAFETY", "image_safety"), ("NEVER_SEEN", "never_seen"), (7, "7"), (True, None)],
)
def test_every_finish_is_passed_on(reason, finish):
    document = {"candidates": [{"content": {}, "finishReason": reason, "finishMessage": "m"}]}
    answer = decode(document, [])
    assert (answer.finish, answer.message) == (finish, "m")


def test_several_candidates_keep_all_pictures_in_order():
    parts = [{"content": {"parts": [{"inlineData": {"data": n}}]}} for n in (0, 1)]
    document = {"candidates": [parts[0], {**parts[1], "finishReason": "STOP"}]}
    answer = decode(document, SPOOL[:2])
    assert [p.sha256 for p in answer.pictures] == ["a", "b"]
    assert answer.finish == "stop"


def test_a_picture_where_none_belongs_is_paid_for_and_kept_before_the_named_one():
    named = {"content": {"parts": [{"inlineData": {"data": 0, "mimeType": "image/png"}}]}}
    answer = decode({"candidates": [named], "extra": [{"inlineData": {"data": 1}}]}, SPOOL[:2])
    assert [(p.index, p.mime) for p in answer.pictures] == [(1, ""), (0, "image/png")]
    assert answer.final.index == 0


@pytest.mark.parametrize("index", [3, -1, True, "0", 0.0, [], {}])
def test_an_index_that_names_no_picture(index):
    with pytest.raises(ProtocolError):
        decode({"candidates": [{"content": {"parts": [{"inlineData": {"data": index}}]}}]}, SPOOL)


@pytest.mark.parametrize("document", [None, 5, "x", [], [1, 2], [{}], [[FULL]]])
def test_what_is_no_object_is_no_answer(document):
    with pytest.raises(ProtocolError) as caught:
        decode(document, SPOOL)
    assert caught.value.billed is None


@pytest.mark.parametrize("wrap", [lambda e: {"error": e}, lambda e: [{"error": e}]])
def test_an_error_under_200_is_raised_as_what_it_is(wrap):
    with pytest.raises(RateLimited) as caught:
        decode(wrap({"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow"}), [])
    assert (caught.value.billed, caught.value.http_status) == (False, 429)
    with pytest.raises(RateLimited):
        decode(wrap({"status": "RESOURCE_EXHAUSTED"}), [])
    with pytest.raises(ProtocolError) as caught:
        decode(wrap({"message": "?"}), [])
    assert caught.value.billed is None


RECORDED_COUNTS = [
    # prompt, candidates, IMAGE, thoughts, total -> text, thinking, image
    ((5, 1518, 1120, None, 1523), (398, 0, 1120)),
    ((14, 1283, 1120, 174, 1471), (163, 174, 1120)),
    ((4, 1120, 1120, None, 1124), (0, 0, 1120)),
    ((15, 1318, 1290, None, 1333), (28, 0, 1290)),
    ((464, 0, None, 291, 755), (0, 291, 0)),
    ((464, 291, None, 291, 755), (0, 291, 0)),
    ((1119, None, None, 240, 1359), (0, 240, 0)),
    ((2658, None, None, None, 2658), (0, 0, 0)),
    ((10, 1400, 1120, 200, 1410), (80, 200, 1120)),
    ((10, 100, 1120, None, 110), (0, 0, 1120)),
    ((10, 100, None, 50, None), (100, 50, 0)),
    ((10, 100, None, 50, 135), (100, 50, 0)),
]


@pytest.mark.parametrize(("counts", "expected"), RECORDED_COUNTS)
def test_no_output_token_is_billed_twice_or_missed(counts, expected):
    prompt, candidates, image, thoughts, total = counts
    said = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": total,
        "candidatesTokensDetails": image and [{"modality": "IMAGE", "tokenCount": image}],
    }
    text, thinking, pictured = expected
    assert usage(said) == Usage(prompt, 0, text, thinking, pictured)
    strings = {k: str(v) if isinstance(v, int) else v for k, v in said.items()}
    assert usage(strings) == usage(said)


def test_the_prompt_by_modality():
    details = [
        {"modality": "IMAGE", "tokenCount": 1069},
        {"modality": "TEXT", "tokenCount": 50},
        {"modality": "IMAGE"},
    ]
    said = {"promptTokenCount": 1119, "promptTokensDetails": details}
    assert usage(said) == Usage(input_text=50, input_image=1069)
    assert usage({**said, "promptTokenCount": 1130}) == Usage(input_text=61, input_image=1069)
    assert usage({"promptTokensDetails": details}) == Usage(input_text=50, input_image=1069)
    assert usage({"promptTokenCount": 9, "toolUsePromptTokenCount": 2}) == Usage(input_text=11)


BAD_COUNTS = [-1, 1.0, True, 10**9 + 1, "-1", "1.0", "", "١", "9" * 30, [], {}]


@pytest.mark.parametrize("bad", BAD_COUNTS)
@pytest.mark.parametrize("name", ["promptTokenCount", "thoughtsTokenCount", "totalTokenCount"])
def test_a_count_that_is_none_makes_no_usage(name, bad):
    assert usage({"promptTokenCount": 1, name: bad}) is None
    details = [{"modality": "IMAGE", "tokenCount": bad}]
    assert usage({"promptTokenCount": 1, "candidatesTokensDetails": details}) is None


@pytest.mark.parametrize("said", [None, {}, [], "x", {"serviceTier": "standard"}])
def test_no_counts_are_no_usage(said):
    assert usage(said) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2000) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "candidates",
                    "content",
                    "parts",
                    "inlineData",
                    "data",
                    "thought",
                    "text",
                    "error",
                    "usageMetadata",
                    "promptTokenCount",
                    "candidatesTokensDetails",
                    "tokenCount",
                    "promptFeedback",
                    "blockReason",
                    "finishReason",
                    "safetyRatings",
                    "message",
                    "code",
                    "details",
                    "@type",
                    "violations",
                    "quotaId",
                    "status",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_an_answer_or_a_channel_error(document):
    with contextlib.suppress(ChannelError):
        decode(document, SPOOL)


@pytest.mark.parametrize(
    ("traffic", "tier"),
    [("ON_DEMAND", "standard"), ("ON_DEMAND_FLEX", "flex"), ("ON_DEMAND_PRIORITY", "priority"),
     ("PROVISIONED_THROUGHPUT", "provisioned_throughput"), ("TRAFFIC_TYPE_UNSPECIFIED", None),
     (None, None), ("", None), ([], None)],
)  # fmt: skip
def test_the_kind_of_traffic_is_a_tier(traffic, tier):
    said = {"usageMetadata": {"promptTokenCount": 1, "trafficType": traffic}}
    assert decode(said, []).tier == tier
