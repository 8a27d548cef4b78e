"""Conversations: which turns count, and what is believed of a file."""

from __future__ import annotations

import dataclasses
import json

import pytest

from cavendish.core.conversation import Conversation, Exchange, NotAConversation, Seen

A, B, C = "a" * 64, "b" * 64, "c" * 64
ONE = Exchange(
    id=A, parent=None, prompt="a fox", sent="a fox",
    references=(Seen(B, "image/png", "hat.png", "object", 0.5),),
    fresh=True, answer=C, picture=B, mime="image/png", width=1, height=2, size="1K",
    aspect_ratio="1:1", text=None, path=None, cost_nanos=7, channel="gemini", model="m", at_ns=1,
)  # fmt: skip
EMPTY = Conversation("0123abcd", "real", 5)


def turn(name, parent, **more):
    return dataclasses.replace(ONE, id=name * 64, parent=parent and parent * 64, **more)


def test_turns_go_from_the_first_to_the_head():
    chat = EMPTY.with_turn(ONE).with_turn(turn("d", "a"))
    assert [one.id[0] for one in chat.turns] == ["a", "d"]
    assert chat.beside == ()


def test_a_turn_that_was_taken_back_stays_beside_and_is_found_again():
    chat = EMPTY.with_turn(ONE).with_turn(turn("d", "a"))
    back = dataclasses.replace(chat, head=A)
    assert [one.id[0] for one in back.beside] == ["d"]
    assert back.cost == chat.cost
    assert back.with_turn(turn("d", "a")) == chat


def test_whoever_is_slower_is_kept_beside_the_chat():
    chat = EMPTY.with_turn(ONE).with_turn(turn("d", "a")).with_turn(turn("e", "a"))
    assert chat.head == "d" * 64
    assert [one.id[0] for one in chat.beside] == ["e"]


def test_two_who_asked_the_same_made_one_turn():
    chat = EMPTY.with_turn(ONE).with_turn(turn("d", "a"))
    assert chat.with_turn(turn("d", "a")) == chat


def test_it_is_read_as_it_was_written():
    chat = EMPTY.with_turn(ONE).with_turn(turn("d", "a", answer=None, text="hm", path="/x.png"))
    assert Conversation.from_row(json.loads(json.dumps(chat.to_row()))) == chat


HARM = {
    "version": [0, 2, "1", None], "id": ["../../etc", "0123ABCD", "", 5, "0123abcd\n"],
    "realm": ["", "unreal", None], "created_ns": [-1, 1.5, True, 2**70, "1"],
    "head": [B, "x", 5, []], "turns": [None, {}, "x", [None], [[]]],
}  # fmt: skip
HARM_IN_A_TURN = {
    "id": ["../x", A[:-1], None, A + "\n"], "parent": [A, B, 1], "prompt": [None, 5, ["x"]],
    "sent": [None], "references": [None, {}, [1], [{}]], "fresh": [0, None], "answer": ["x", 1],
    "picture": [None, "/etc/passwd"], "mime": [None], "width": [-1, 1.5, True], "cost_nanos": [-1],
    "channel": [None, "x" * 5000], "at_ns": ["1", 2**64], "text": [4], "path": [4],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in HARM.items() for v in vs])
def test_what_is_no_conversation_is_refused(name, value):
    row = {**EMPTY.with_turn(ONE).to_row(), name: value}
    with pytest.raises(NotAConversation):
        Conversation.from_row(row)


@pytest.mark.parametrize(
    ("name", "value"), [(n, v) for n, vs in HARM_IN_A_TURN.items() for v in vs]
)
def test_what_is_no_turn_is_refused_by_its_field(name, value):
    row = EMPTY.with_turn(ONE).to_row()
    row["turns"][0][name] = value
    with pytest.raises(NotAConversation, match=r"turns\[0\]|head"):
        Conversation.from_row(row)


@pytest.mark.parametrize("weight", [float("nan"), 2, -0.1, "1", True])
def test_a_weight_is_a_number_from_0_to_1(weight):
    row = EMPTY.with_turn(ONE).to_row()
    row["turns"][0]["references"][0]["weight"] = weight
    with pytest.raises(NotAConversation, match="weight"):
        Conversation.from_row(row)


def test_turns_in_a_circle_are_refused():
    row = EMPTY.with_turn(ONE).with_turn(turn("d", "a")).to_row()
    row["turns"][0]["parent"] = "d" * 64
    with pytest.raises(NotAConversation):
        Conversation.from_row(row)


@pytest.mark.parametrize("row", [None, [], {}, "x", {"version": 1}])
def test_what_is_no_object_is_refused(row):
    with pytest.raises(NotAConversation):
        Conversation.from_row(row)
