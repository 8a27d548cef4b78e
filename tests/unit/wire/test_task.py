"""Providers that answer with a task: it is said plainly, and what it costs is not known."""

from __future__ import annotations

import pytest

from cavendish.core.errors import ProtocolError
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini import answer as gemini
from cavendish.wire.openai import answer as openai_answer
from cavendish.wire.task import task_in

TASKS = [
    {"code": 200, "data": [{"status": "submitted", "task_id": "task_01KA"}]},
    {"code": 200, "msg": "success", "data": {"taskId": "task_01KA"}},
    {"task_id": "task_01KA"},
]


@pytest.mark.parametrize("document", TASKS)
@pytest.mark.parametrize("decode", [gemini.decode, openai_answer.decode])
def test_a_task_is_named_and_may_cost(document, decode):
    with pytest.raises(ProtocolError, match="task_01KA") as caught:
        decode(document, [])
    assert "tasks, which are not spoken here" in caught.value.message
    assert "fetch the picture" in caught.value.next_step
    assert outcome_of(caught.value) == "unknown"


def test_a_picture_that_came_is_a_picture():
    answer = openai_answer.decode({"data": [{"b64_json": 0, "task_id": "t"}]}, [(3, "0")])
    assert len(answer.pictures) == 1


@pytest.mark.parametrize(
    "document",
    [None, [], {"data": None}, {"task_id": True}, {"task_id": ""}, {"data": ["task_id"]}],
)
def test_what_is_no_task(document):
    assert task_in(document) is None
