"""An answer kept as a turn, and sent back: what came goes back byte for byte."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.catalog.loader import models
from cavendish.core.errors import ProtocolError
from cavendish.core.request import ImageRequest, ModelTurn, Reference, UserTurn
from cavendish.wire.gemini import request as gemini_request
from cavendish.wire.gemini.turn import held, kept, written
from cavendish.wire.reading import Reading

PRO = models()["gemini-3-pro-image"]
ASKED = ImageRequest(model=PRO.id, prompt="now at night", size="2K", aspect_ratio="1:1")
PICTURE, SIGNATURE = b"\x89PNG not really", base64.b64encode(b"thinking" * 4000).decode()


class Pictures:
    """A sink that holds what comes."""

    def __init__(self):
        self.data = []

    def begin(self, _):
        self.data.append(b"")

    def write(self, piece):
        self.data[-1] += piece

    def end(self, index):
        assert index == len(self.data) - 1


def inline(picture=PICTURE, **more):
    said = {"mimeType": "image/png", "data": base64.b64encode(picture).decode()}
    return {"inlineData": said, **more}


def answer(*parts, **more):
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, **more}]}


def read(text, step=1000):
    """What remains of an answer, signatures and all, and its pictures."""
    sink = Pictures()
    reading = Reading(sink, keep_signatures=True)
    for at in range(0, len(text), step):
        reading.feed(text[at : at + step])
    return reading.finish().json, sink.data


def again(text, final=0, step=1000):
    """The parts that go back, as text."""
    rest, pictures = read(text, step)
    turn = kept(rest, [hashlib.sha256(one).hexdigest() for one in pictures], final)
    if turn is None:
        return None
    shown = tuple(Reference("image/png", pictures[index]) for index in turn.pictures)
    body = b"".join(written(ModelTurn(turn.json, shown)))
    head, tail = b'{"role":"model","parts":[', b"]}"
    assert body.startswith(head)
    assert body.endswith(tail)
    return body[len(head) : -len(tail)]


TEXTS = st.text(max_size=30) | st.sampled_from(
    ['":"' + "a" * 64 + '"', "\\", '"', "\u2028", "\U0001f98a", '{"data":0}', "data"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS,
        "thoughtSignature": st.binary(max_size=600).map(lambda b: base64.b64encode(b).decode()),
        "partMetadata": VALUES,
    },
)


@given(
    st.lists(PARTS, max_size=3), PARTS, st.lists(PARTS, max_size=3), st.binary(min_size=1),
    st.sampled_from([(None, (", ", ": ")), (None, (",", ":")), (2, (",", ": "))]),
    st.booleans(), st.integers(1, 999),
)  # fmt: skip
def test_parts_signatures_and_pictures_come_back_byte_for_byte(
    before, beside, after, picture, style, ascii_only, step
):
    parts = [*before, {**inline(picture), **beside}, *after]
    said = {"indent": style[0], "separators": style[1], "ensure_ascii": ascii_only}
    texts = [json.dumps(part, **said).encode() for part in parts]
    between = b" ,\n " if style[0] else b","
    text = b'{"candidates": [{"content": {"parts": [ %s ], "role": "model"}}]}'
    assert again(text % between.join(texts), step=step) == b",".join(texts)


def test_escapes_and_other_spellings_are_left_as_they_are():
    part = (
        rb'{"inline_data":{"mime_type":"image\/png","data": "%s" },'
        rb'"thought_signature":"a\/b\u002b==", "x" : 1.50e+3}' % base64.b64encode(PICTURE)
    )
    assert again(b'{"candidates":[{"content":{"parts":[%s]}}]}' % part) == part


def test_a_megabyte_of_signature_comes_back():
    large = base64.b64encode(bytes(range(256)) * 4500).decode()
    said = json.dumps(answer(inline(thoughtSignature=large))).encode()
    (part,) = json.loads(b"[" + again(said, step=65536) + b"]")
    assert part == inline(thoughtSignature=large)


def test_thoughts_without_a_signature_need_not_come_back():
    said = answer(
        {"thought": True, "text": "hm"},
        {"thought": True, **inline(b"a draft")},
        {"text": "there", "thoughtSignature": SIGNATURE},
        inline(thoughtSignature=SIGNATURE),
        {"thought": True, "text": "signed", "thoughtSignature": "QQ=="},
    )
    found = json.loads(b"[" + again(json.dumps(said).encode(), final=1) + b"]")
    assert [part.get("text") for part in found] == ["there", None, "signed"]


def test_the_chunks_of_a_stream_are_one_turn():
    chunks = [answer({"text": "a "}), answer({"text": "fox"}), answer(inline()), answer()]
    chunks[-1]["candidates"][0]["content"]["parts"] = [{"text": "", "thoughtSignature": "QQ=="}]
    stream = "".join(f"data: {json.dumps(one)}\n\n" for one in chunks).encode()
    found = json.loads(b"[" + again(stream) + b"]")
    assert found == [part for one in chunks for part in one["candidates"][0]["content"]["parts"]]


@pytest.mark.parametrize("name", ["response", "data", "result"])
def test_an_envelope_is_opened(name):
    assert again(json.dumps({name: answer(inline())}).encode()) is not None


def test_the_candidate_with_the_picture_is_the_turn():
    said = answer({"text": "no"})
    said["candidates"] += answer(inline(), {"text": "yes"})["candidates"]
    assert b"yes" in again(json.dumps(said).encode())
    assert b'"no"' not in again(json.dumps(said).encode())


def test_a_picture_where_none_belongs_makes_no_turn():
    assert again(json.dumps({**answer({"text": "x"}), "more": inline()}).encode()) is None


def test_what_a_kept_turn_holds():
    digest = hashlib.sha256(PICTURE).hexdigest()
    rest, _ = read(json.dumps(answer({"text": "a "}, inline(), {"text": "b"})).encode())
    found = held(kept(rest, [digest], 0).json)
    assert found.pictures == ((digest, "image/png"),)
    assert found.text == "a b"


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"role":"model","parts":[]}', b'{"role":"user","parts":[{"text":"x"}]}',
     b'{"role":"model","parts":[1]}', b'{"role":"model","parts":[{"inlineData":{"data":"AA=="}}]}',
     b'{"role":"model","parts":[{"inlineData":3}]}', b"\xff"],
)  # fmt: skip
def test_what_is_no_kept_turn_is_refused(content):
    with pytest.raises(ProtocolError):
        held(content)


def test_turns_go_before_the_prompt_and_their_pictures_as_base64():
    digest = hashlib.sha256(PICTURE).hexdigest()
    content = json.dumps(
        {"role": "model", "parts": [{"inlineData": {"data": digest}, "thoughtSignature": "QQ=="}]}
    ).encode()
    history = (
        UserTurn("a fox", (Reference("image/jpeg", b"jpeg"),)),
        ModelTurn(content, (Reference("image/png", PICTURE),)),
    )
    said = json.loads(gemini_request.encode(replace(ASKED, history=history), PRO))
    first, model, last = said["contents"]
    assert first["parts"][0] == {"text": "a fox"}
    assert base64.b64decode(first["parts"][1]["inlineData"]["data"]) == b"jpeg"
    assert base64.b64decode(model["parts"][0]["inlineData"]["data"]) == PICTURE
    assert model["parts"][0]["thoughtSignature"] == "QQ=="
    assert last == {"role": "user", "parts": [{"text": "now at night"}]}


def test_without_turns_the_body_is_as_it_was():
    assert gemini_request.encode(replace(ASKED, kept_for="gemini"), PRO) == (
        gemini_request.encode(ASKED, PRO)
    )
