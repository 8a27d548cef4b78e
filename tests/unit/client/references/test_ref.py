"""FILE[:role[:weight]], and what roles and weights say in the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish import Ref
from cavendish.client.references.phrases import STRENGTHS, phrase, worded
from cavendish.core.errors import InvalidRequest
from cavendish.core.request import Reference


@pytest.fixture(autouse=True)
def _in_the_folder(folder):
    """No test here sees another's files."""


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("a.png", Ref(Path("a.png"))),
        ("a.png:style", Ref(Path("a.png"), "style")),
        ("a.png:object:0.5", Ref(Path("a.png"), "object", 0.5)),
        ("a.png:character:1", Ref(Path("a.png"), "character", 1.0)),
        ("C:\\a.png", Ref(Path("C:\\a.png"))),
        ("12:30.png", Ref(Path("12:30.png"))),
        ("12:30.png:style:0", Ref(Path("12:30.png"), "style", 0.0)),
        ("a.png:Style", Ref(Path("a.png:Style"))),
        ("a:0.5", Ref(Path("a:0.5"))),
        (":style", Ref(Path(":style"))),
        ("style", Ref(Path("style"))),
        ("style:style", Ref(Path("style"), "style")),
    ],
)
def test_a_suffix_is_a_role_only_if_it_is_one(text, ref):
    assert Ref.parse(text) == ref


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("a.png", Ref(Path("a.png"), "style")),
        ("a.png:0.3", Ref(Path("a.png"), "style", 0.3)),
        ("12:30.png", Ref(Path("12:30.png"), "style")),
    ],
)
def test_a_style_reference(text, ref):
    assert Ref.parse_style(text) == ref


def test_a_file_of_the_full_name_is_meant_when_only_it_is_there(folder):
    (folder / "scan:style").touch()
    (folder / "scan:1").touch()
    assert Ref.parse("scan:style") == Ref(Path("scan:style"))
    assert Ref.parse_style("scan:1") == Ref(Path("scan:1"), "style")
    (folder / "scan").touch()
    assert Ref.parse("scan:style") == Ref(Path("scan"), "style")


@pytest.mark.parametrize(
    "text", ["a.png:style:2", "a.png:style:-0.1", "a.png:object:nan", "a:style:x"]
)
def test_a_weight_is_0_to_1(text):
    with pytest.raises(InvalidRequest, match="weight") as caught:
        Ref.parse(text)
    assert caught.value.next_step == "use 0..1"


@pytest.mark.parametrize(
    "more", [{"role": "styl"}, {"weight": True}, {"weight": "1"}, {"weight": 1.1}]
)
def test_a_ref_that_is_none(more):
    with pytest.raises(InvalidRequest):
        Ref("a.png", **more)


def shown(role=None, weight=None):
    return Reference("image/png", b"", "a.png", role, weight)


def test_a_plain_reference_adds_no_words():
    assert worded("a fox\n", [shown(), shown()]) == "a fox\n"


def test_roles_and_weights_are_said_by_number():
    said = worded("a fox", [shown(), shown("style", 0.6), shown("character"), shown(None, 0.2)])
    assert said == (
        "a fox\n\n"
        "Picture 2 is a style reference: take its style, at about 60 % strength (strongly), "
        "and not its content.\n"
        "Picture 3 shows a character: keep the face, hair, build and clothes.\n"
        "Picture 4 is a reference: go by it, at about 20 % strength (lightly)."
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_weight_is_never_said_weaker(one, other):
    words = [name for _, name in STRENGTHS]

    def rank(weight):
        said = phrase(1, shown("style", weight))
        return next(place for place, name in enumerate(words) if f"({name})" in said)

    assert (rank(one) <= rank(other)) or one < other
