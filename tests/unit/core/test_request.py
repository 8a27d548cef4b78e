"""The digest of a request: any change of any field changes it."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.request import ImageRequest, ModelTurn, Reference, UserTurn

REFERENCES = st.builds(
    Reference, st.sampled_from(["image/png", "image/jpeg"]), st.binary(max_size=4), st.text()
)
TURNS = st.builds(UserTurn, st.text(max_size=2), st.lists(REFERENCES, max_size=1).map(tuple)) | (
    st.builds(ModelTurn, st.binary(max_size=2))
)
REQUESTS = st.builds(
    ImageRequest,
    model=st.sampled_from(["a", "b"]),
    prompt=st.text(max_size=4),
    size=st.sampled_from(["1K", "2K"]),
    aspect_ratio=st.sampled_from(["1:1", "16:9"]),
    references=st.lists(REFERENCES, max_size=2).map(tuple),
    text=st.booleans(),
    temperature=st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    seed=st.none() | st.integers(0, 3),
    thinking=st.none() | st.sampled_from(["minimal", "high"]),
    thoughts=st.booleans(),
    search=st.sampled_from([(), ("web",), ("web", "image")]),
    safety=st.sampled_from([(), (("harassment", "none"),)]),
    tier=st.sampled_from(["standard", "flex"]),
    history=st.lists(TURNS, max_size=2).map(tuple),
    kept_for=st.sampled_from(["", "gemini"]),
)
ONE = ImageRequest(
    model="m", prompt="p", size="1K", aspect_ratio="1:1",
    references=(Reference("image/png", b"1"), Reference("image/png", b"2")),
)  # fmt: skip
CHANGES = {
    "model": ["n", "M", ""],
    "prompt": ["q", "p ", "P", "p\n", ""],
    "size": ["2K", ""],
    "aspect_ratio": ["2:3"],
    "references": [
        (),
        ONE.references[:1],
        ONE.references[::-1],
        (*ONE.references, ONE.references[0]),
        (Reference("image/jpeg", b"1"), ONE.references[1]),
        (Reference("image/png", b"3"), ONE.references[1]),
        (Reference("image/png", b"12"),),
    ],
    "text": [True],
    "temperature": [0.0, 1.0],
    "seed": [0, 1],
    "thinking": ["minimal", ""],
    "thoughts": [True],
    "search": [("web",), ("image",), ("web", "image")],
    "safety": [(("harassment", "none"),), (("harassment", "few"),), (("sexual", "none"),)],
    "tier": ["flex", "priority", ""],
    "history": [
        (UserTurn("p"),),
        (ModelTurn(b"p"),),
        (UserTurn("p"), ModelTurn(b"q")),
        (ModelTurn(b"q"), UserTurn("p")),
        (UserTurn("p", ONE.references),),
    ],
    "kept_for": ["gemini", "vertex"],
}


def facts(request):
    """What a request says, the file names of its references apart."""
    said = {name: getattr(request, name) for name in ImageRequest.__slots__}
    history = [
        (turn.prompt, [(r.mime, r.data) for r in turn.references])
        if isinstance(turn, UserTurn)
        else turn.content
        for turn in request.history
    ]
    shown = [(r.mime, r.data) for r in request.references]
    return {**said, "references": shown, "history": history}


def test_every_field_has_its_changes():
    assert set(CHANGES) == {field.name for field in dataclasses.fields(ImageRequest)}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in CHANGES.items() for value in values]
)
def test_a_change_of_a_field_changes_the_digest(name, value):
    """T97."""
    assert dataclasses.replace(ONE, **{name: value}).digest != ONE.digest


@given(REQUESTS, REQUESTS)
def test_digests_are_equal_exactly_when_requests_are(one, other):
    assert (one.digest == other.digest) == (facts(one) == facts(other))


@given(REQUESTS)
def test_a_digest_is_sha256_and_does_not_depend_on_the_object(request_):
    again = dataclasses.replace(request_)
    assert again is not request_
    assert again.digest == request_.digest
    assert len(bytes.fromhex(request_.digest)) == 32


def test_what_was_bought_before_there_were_tiers_and_searches_is_still_found():
    said = {
        "aspect_ratio": "1:1", "model": "m", "prompt": "p", "seed": None, "size": "1K",
        "references": [[r.mime, r.sha256] for r in ONE.references],
        "temperature": None, "text": False, "thinking": None,
    }  # fmt: skip
    canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == ONE.digest


def test_a_file_name_is_no_part_of_the_request():
    named = Reference("image/png", b"1", "holiday.png")
    assert dataclasses.replace(ONE, references=(named, ONE.references[1])).digest == ONE.digest


def test_a_reference_knows_its_digest_and_does_not_print_its_bytes():
    reference = Reference("image/png", b"secret pixels", "x.png")
    assert reference.sha256 == hashlib.sha256(b"secret pixels").hexdigest()
    assert "secret" not in repr(reference)


def test_a_prompt_with_lone_surrogates_still_has_a_digest():
    assert dataclasses.replace(ONE, prompt="\ud800").digest != ONE.digest
