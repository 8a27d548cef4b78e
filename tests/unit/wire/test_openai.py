"""OpenAI's dialects: a request keeps its meaning or is refused, an answer is read in any shape."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import fields, replace
from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import find_channel, find_model, models
from cavendish.core.errors import (
    BillingRequired,
    Blocked,
    CavendishError,
    InvalidRequest,
    ProtocolError,
    RateLimited,
)
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest, Reference
from cavendish.core.result import Usage
from cavendish.wire.dialect import DIALECTS, carried, dialect, unsaid
from cavendish.wire.gemini.errors import classify
from cavendish.wire.openai.answer import decode
from cavendish.wire.reading import Reading

IMAGES, CHAT, GEMINI = (find_channel(n) for n in ("openrouter", "openrouter-chat", "gemini"))
PAIR = replace(
    IMAGES, name="litellm", path="/v1/images/generations", edits_path="/v1/images/edits",
    drops=frozenset({"seed"}),
)  # fmt: skip
FIVE = replace(PAIR, name="five", pixels={"1:1": "1024x1024", "16:9": "1792x1024"})
NEW_API = replace(CHAT, places={"image_config": "extra_body.google.image_config"})
LITELLM = replace(CHAT, places={"image_config": "imageConfig"})
PNG, JPEG = b"\x89PNG" + bytes(range(200)), b"\xff\xd8\xff" + bytes(range(255, 50, -1))
REFERENCE = Reference("image/png", b"\x89PNG-reference")


class Sink:
    def __init__(self):
        self.pictures, self.whole = [], 0

    def begin(self, index):
        assert index == len(self.pictures)
        self.pictures.append(b"")

    def write(self, piece):
        self.pictures[-1] += piece

    def end(self, index):
        self.whole += 1


def asked(**changes):
    return ImageRequest("gemini-3-pro-image", "a cat", "1K", "1:1", **changes)


def encode(request, facts):
    model = find_model(request.model)
    wire_id = facts.ids.get(request.model, request.model)
    return dialect(facts.dialect).encode(request, model, facts, wire_id)


def read(body, step=None, **how):
    """The remainder and the pictures of an answer that comes in pieces of `step` bytes."""
    sink, step = Sink(), step or len(body)
    reading = Reading(sink, openai=True, **how)
    for at in range(0, len(body), step):
        reading.feed(body[at : at + step])
    rest = reading.finish()
    assert sink.whole == len(sink.pictures) == rest.pictures
    return rest.parse(), sink.pictures


def answer(document, step=None):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    rest, pictures = read(body, step)
    said = decode(rest, [(len(p), str(n)) for n, p in enumerate(pictures)])
    return said, pictures


def b64(data):
    return base64.b64encode(data).decode()


def url(data, mime="image/png"):
    return f"data:{mime};base64,{b64(data)}"


def chat(message, **beside):
    return {
        "id": "gen-1", "model": "google/gemini-3-pro-image",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}], **beside,
    }  # fmt: skip


# ------------------------------------------------------------------------------------ requests


def test_openrouters_images_are_asked_in_its_words():
    request = asked(references=(REFERENCE, REFERENCE), seed=7)
    message = encode(request, IMAGES)
    assert message.path == "/api/v1/images"
    assert json.loads(message.body) == {
        "model": "google/gemini-3-pro-image", "prompt": "a cat", "n": 1, "seed": 7,
        "aspect_ratio": "1:1", "resolution": "1K",
        "input_references": [
            {"type": "image_url", "image_url": {"url": url(REFERENCE.data)}}
        ] * 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "place", "config"),
    [
        (CHAT, ["image_config"], {"aspect_ratio": "1:1", "image_size": "1K"}),
        (LITELLM, ["imageConfig"], {"aspectRatio": "1:1", "imageSize": "1K"}),
        (
            NEW_API,
            ["extra_body", "google", "image_config"],
            {"aspect_ratio": "1:1", "image_size": "1K"},
        ),
    ],
)
def test_a_chat_says_prompt_then_references_and_the_picture_where_the_relay_looks(
    facts, place, config
):
    message = encode(asked(references=(REFERENCE,), temperature=0.5), facts)
    said = json.loads(message.body)
    assert said["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "a cat"},
                {"type": "image_url", "image_url": {"url": url(REFERENCE.data)}},
            ],
        }
    ]
    assert (said["modalities"], said["temperature"]) == (["image", "text"], 0.5)
    for name in place:
        said = said[name]
    assert said == config


def test_openrouter_is_told_how_hard_to_think():
    request = replace(asked(thinking="high"), model="gemini-nano-banana-2.1")
    assert json.loads(encode(request, CHAT).body)["reasoning"] == {"effort": "high"}


def test_edits_are_a_form_with_the_files_as_they_are():
    message = encode(asked(references=(REFERENCE, REFERENCE)), PAIR)
    assert message.path == "/v1/images/edits"
    said = message_from_bytes(
        b"Content-Type: " + message.content_type.encode() + b"\r\n\r\n" + message.body
    )
    assert len(said.get_boundary()) <= 70
    found = {}
    for part in said.get_payload():
        name = part.get_param("name", header="content-disposition")
        found.setdefault(name, []).append(part.get_payload(decode=True))
    assert found == {
        "model": [b"google/gemini-3-pro-image"], "prompt": [b"a cat"], "n": [b"1"],
        "size": [b"1024x1024"], "image[]": [REFERENCE.data] * 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts", "field"),
    [
        ({"temperature": 1.0}, IMAGES, "temperature"),
        ({"text": True}, IMAGES, "text"),
        ({"thinking": "high"}, IMAGES, "thinking"),
        ({"safety": (("harassment", "none"),)}, CHAT, "safety"),
        ({"search": ("web",)}, CHAT, "search"),
        ({"tier": "flex"}, CHAT, "tier"),
        ({"thoughts": True}, CHAT, "thoughts"),
        ({"seed": 1}, PAIR, "seed"),
        ({"seed": 1}, replace(CHAT, drops=frozenset({"seed"})), "seed"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(changes, facts, field):
    assert unsaid(asked(**changes), facts) == (field,)
    with pytest.raises(InvalidRequest) as caught:
        encode(asked(**changes), facts)
    assert field in str(caught.value)


REQUESTS = st.builds(
    ImageRequest,
    st.sampled_from(sorted(models())),
    st.text(min_size=1, max_size=20),
    st.sampled_from(["512", "1K", "2K", "4K"]),
    st.sampled_from(["1:1", "16:9", "9:16", "21:9", "1:8"]),
    st.lists(st.builds(Reference, st.just("image/png"), st.binary(min_size=1)), max_size=3).map(
        tuple
    ),
    text=st.booleans(),
    temperature=st.none() | st.floats(0, 2),
    seed=st.none() | st.integers(0, 2**31),
    thinking=st.sampled_from([None, "minimal", "high"]),
)


@given(REQUESTS, st.sampled_from([GEMINI, IMAGES, CHAT, NEW_API, LITELLM, PAIR, FIVE]))
def test_a_request_keeps_its_meaning_or_is_refused_by_the_fields_name(request, facts):
    model = find_model(request.model)
    if request.aspect_ratio not in model.pixels.get(request.size, {}):
        return
    try:
        message = encode(request, facts)
    except InvalidRequest as error:
        field = str(error).partition(":")[0]
        could = {"size", "aspect_ratio"} if facts is FIVE else set()
        assert field in {f.name for f in fields(ImageRequest)} - (carried(facts) - could)
        return
    body, width_height = message.body, model.pixels[request.size][request.aspect_ratio]
    said = body.decode("utf-8", "surrogateescape")
    if message.content_type == "application/json":
        flat = json.dumps(json.loads(body))
        assert json.dumps(request.prompt)[1:-1] in flat
        at = [flat.index(b64(r.data)) for r in request.references]
        assert at == sorted(at) or len(set(request.references)) < len(request.references)
        said = flat
    else:
        assert request.prompt.encode() in body
        assert all(r.data in body for r in request.references)
    if facts is FIVE:
        assert FIVE.pixels[request.aspect_ratio] in said
        assert request.size == "1K"
    elif facts is PAIR:
        assert f"{width_height[0]}x{width_height[1]}" in said
    else:
        assert f'"{request.aspect_ratio}"' in said
        assert not model.takes_size or f'"{request.size}"' in said
    if request.seed is not None:
        assert f'"seed": {request.seed}' in said
    if request.thinking is not None:
        assert re.search(rf'"{request.thinking}"', said, re.IGNORECASE)


# ------------------------------------------------------------------------------------- answers


OPENROUTER = {
    "created": 0,
    "data": [{"b64_json": b64(JPEG), "media_type": "image/jpeg"}],
    "usage": {
        "prompt_tokens": 5, "completion_tokens": 1537, "total_tokens": 1542,
        "cost": 0.03422675, "is_byok": False,
        "cost_details": {"upstream_inference_cost": 0.03422675},
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 1120},
    },
}  # fmt: skip
SHAPES = {
    "images": OPENROUTER,
    "images with an address beside": {
        "data": [{"url": "", "b64_json": b64(JPEG), "revised_prompt": ""}], "usage": {},
    },
    "images as a data URL": {"data": [{"url": url(JPEG), "b64_json": ""}]},
    "chat": chat({"content": "", "images": [
        {"type": "image_url", "image_url": {"url": url(JPEG, "image/jpeg")}, "index": 0}
    ]}),
    "chat in parts": chat({"content": [
        {"type": "text", "text": "Here."}, {"type": "image_url", "image_url": {"url": url(JPEG)}}
    ]}),
    "chat in words": chat({"content": f"Here: ![image]({url(JPEG)})\nDone."}),
    "chat that is one address": chat({"content": url(JPEG)}),
    "chat with signatures": chat({
        "content": "", "images": [{"image_url": {"url": url(JPEG)}}],
        "reasoning_details": [{"type": "reasoning.encrypted", "data": "A" * 3000}],
        "provider_specific_fields": {"thought_signatures": ["B" * 3000, "C" * 3000]},
    }),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 250, 10**6])
def test_a_picture_is_found_wherever_it_stands(name, step):
    said, pictures = answer(SHAPES[name], step)
    assert pictures == [JPEG]
    assert said.final.index == 0
    assert "base64" not in said.text
    assert len(json.dumps(read(json.dumps(SHAPES[name]).encode())[0])) < 800


def test_an_answer_says_its_type_words_usage_and_price():
    said, _ = answer(OPENROUTER)
    assert said.final.mime == "image/jpeg"
    assert said.usage == Usage(5, 0, 417, 0, 1120)
    assert said.cost == Money(34_226_750)
    said, _ = answer(SHAPES["chat in words"])
    assert (said.text, said.final.mime) == ("Here: \nDone.", "image/png")
    assert (said.finish, said.response_id) == ("stop", "gen-1")


@pytest.mark.parametrize(
    ("usage", "nanos"),
    [
        ({"cost": 0}, 0),
        ({"cost": "0.04"}, 40_000_000),
        ({"cost": 1e-05}, 10_000),
        ({"cost": 0.1}, 100_000_000),
        ({"cost": 0.0000000001}, 1),
        ({"cost": 0.002, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.04}},
         42_000_000),
        ({"cost": -1}, None), ({"cost": True}, None), ({"cost": "much"}, None),
        ({"cost": 1e300}, None), ({}, None),
    ],
)  # fmt: skip
def test_what_was_charged_is_exact(usage, nanos):
    said, _ = answer({**OPENROUTER, "usage": usage})
    assert said.cost == (None if nanos is None else Money(nanos))


def test_a_charge_keeps_every_digit():
    body = json.dumps(OPENROUTER).encode().replace(b"0.03422675,", b"0.123456789012345678901,", 1)
    assert answer(body)[0].cost == Money(123_456_790)


def test_uncounted_pictures_are_counted_as_all_that_was_drawn():
    said, _ = answer(
        chat({"content": url(PNG)}, usage={"prompt_tokens": 9, "completion_tokens": 1290})
    )
    assert said.usage == Usage(9, 0, 0, 0, 1290)


def test_no_picture_is_an_answer_with_words_and_a_reason():
    said, pictures = answer(chat({"content": "I cannot draw that.", "images": []}))
    assert (pictures, said.final, said.text) == ([], None, "I cannot draw that.")
    blocked = chat({"content": None, "refusal": "No."})
    blocked["choices"][0] |= {
        "finish_reason": "content_filter",
        "native_finish_reason": "IMAGE_SAFETY",
    }
    said, _ = answer(blocked)
    assert (said.finish, said.message) == ("image_safety", "No.")
    assert answer({"created": 1, "data": []})[0].final is None


@pytest.mark.parametrize(
    "document",
    [
        {"data": [{"url": "https://cdn.example/1.png", "b64_json": ""}]},
        {"data": [{"url": "https://cdn.example/1.png", "b64_json": None}]},
        chat({"content": "![image](https://cdn.example/1.png)"}),
        chat({"images": [{"image_url": {"url": "https://cdn.example/1.png"}}]}),
    ],
)
def test_a_link_is_words_and_is_not_followed(document):
    said, pictures = answer(document)
    assert (pictures, said.final) == ([], None)
    assert "https://cdn.example/1.png" in said.text


@pytest.mark.parametrize("step", [1, 5, 10**6])
def test_a_stream_of_whole_pictures_is_one_answer(step):
    picture = {"images": [{"type": "image_url", "image_url": {"url": url(PNG)}}]}
    chunks = [
        {"choices": [{"delta": {"role": "assistant", "content": "Here "}}]},
        {"choices": [{"delta": picture}]},
        {"choices": [{"delta": {"content": f"and ![b]({url(JPEG)})"}}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}],
         "usage": {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0.01}},
    ]  # fmt: skip
    body = b": OPENROUTER PROCESSING\n\n" + b"".join(
        b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks
    )
    said, pictures = answer(body + b"data: [DONE]\n\n", step)
    assert pictures == [PNG, JPEG]
    assert (said.text, said.finish, said.cost) == ("Here and", "stop", Money(10_000_000))
    broken = b"".join(
        b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in (chunks[0], chunks[0])
    )
    with pytest.raises(ProtocolError):
        answer(broken)


def test_an_envelope_without_data_is_the_error_in_it():
    with pytest.raises(ProtocolError, match="token is wrong"):
        answer({"code": 401, "msg": "token is wrong", "data": None})


def test_strings_of_digits_are_counts():
    counted = {"prompt_tokens": "7", "completion_tokens": "1120"}
    assert answer(chat({"content": url(PNG)}, usage=counted))[0].usage == Usage(7, 0, 0, 0, 1120)


def test_words_about_data_urls_stay_words():
    words = "write data:image/png;base64,iVBORw0KGgo... into your page, or data: nothing"
    said, pictures = answer(chat({"content": words}))
    assert (pictures, said.text) == ([], words)


@pytest.mark.parametrize("written", ["\\/", "\\u002f", "\\u002F"])
@pytest.mark.parametrize("step", [1, 3, 11, 10**6])
def test_escaped_slashes_are_read(written, step):
    data = bytes(range(256)) * 4
    body = json.dumps(chat({"content": f"![x]({url(data)})\n{url(JPEG)}"})).encode()
    assert answer(body.replace(b"/", written.encode()), step)[1] == [data, JPEG]


def test_a_large_picture_among_words_stays_out_of_memory():
    data = bytes(range(256)) * 40_000  # 10 MB
    body = json.dumps(chat({"content": f"![image]({url(data)})"})).encode()
    rest, pictures = read(body, 65536)
    assert pictures == [data]
    assert len(json.dumps(rest)) < 300


@pytest.mark.parametrize(
    "broken",
    [
        b'{"choices":[{"message":{"content":"![i](data:image/png;base64,' + b"A" * 65,
        b'{"choices":[{"message":{"content":"![i](data:image/png;base64,' + b"A" * 65 + b')"}}]}',
        b'{"choices":[{"message":{"content":"data:image/png;base64,' + b"A" * 70 + b'\\',
        b'{"data":[{"b64_json":"',
        b'{"data":[{"b64_json":5}]}',
        b'{"data":[{"b64_json":["AAAA"]}]}',
        b'[]', b'"x"', b'5',
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 9, 10**6])
def test_what_is_broken_is_one_error(broken, step):
    with pytest.raises(CavendishError) as caught:
        answer(broken, step)
    assert isinstance(caught.value, ProtocolError)


SEEDS = [json.dumps(shape).encode() for shape in SHAPES.values()]


@given(st.data())
def test_mutated_answers_are_read_alike_in_any_pieces_or_are_one_error(data):
    body = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b'"', b"\\", b"data:image/png;base64,", b")", b"{", b"\\u002f", b"="])
        )
    found = []
    for step in (data.draw(st.integers(1, 40)), len(body)):
        try:
            found.append(answer(bytes(body), step))
        except CavendishError as error:
            assert error.billed is not True
            found.append(type(error))
    assert found[0] == found[1]


# -------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("status", "error", "kind", "words"),
    [
        (429, {"code": 429, "message": "Provider returned error", "metadata": {
            "provider_name": "Google AI Studio", "raw": "google/x is temporarily rate-limited",
        }}, RateLimited, "temporarily rate-limited"),
        (429, {"code": 429, "message": "Provider returned error", "metadata": {"raw": json.dumps(
            {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "Slow down."}}
        )}}, RateLimited, "Slow down."),
        (402, {"code": 402, "message": "Insufficient credits"}, BillingRequired, "credits"),
        (403, {"code": 403, "message": "Input was flagged", "metadata": {
            "reasons": ["violence"], "flagged_input": "a ...", "provider_name": "Google",
        }}, Blocked, "flagged"),
        (400, {"message": "rejected", "type": "invalid_request_error",
               "code": "content_policy_violation", "param": None}, Blocked, "rejected"),
    ],
)  # fmt: skip
def test_errors_of_relays_and_of_who_stands_behind_them(status, error, kind, words):
    found = classify(status, json.dumps({"error": error, "user_id": "u"}).encode(), {})
    assert isinstance(found, kind)
    assert words in found.message


def test_an_error_under_200_is_an_error_also_inside_a_choice():
    with pytest.raises(RateLimited):
        answer({"error": {"code": 429, "message": "slow down"}})
    inside = chat({"content": ""})
    inside["choices"][0]["error"] = {"code": 429, "message": "slow down"}
    with pytest.raises(RateLimited):
        answer(inside)


def test_every_dialect_has_a_name_and_a_path():
    for name, one in DIALECTS.items():
        assert (one.name, one.path[0]) == (name, "/")
        assert {"model", "prompt", "size", "aspect_ratio", "references"} <= one.carries
