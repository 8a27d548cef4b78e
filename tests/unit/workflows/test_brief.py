"""Reading the data of an infographic: what is taken, and how what is not taken is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.errors import InvalidRequest
from cavendish.workflows.infographic.brief import (
    METRICS,
    TEXT_LENGTH,
    Brief,
    Metric,
    parse,
)

DEFAULT = Brief("Data Visualization", (), "modern corporate", "blue and white")
M = Metric


def listed(*metrics):
    return {"metrics": list(metrics)}


@pytest.mark.parametrize(
    ("data", "brief"),
    [
        ({}, DEFAULT),
        ({"title": None, "metrics": None, "style": None, "colors": None}, DEFAULT),
        ({"title": "", "style": " ", "colors": "\n"}, DEFAULT),
        ({"title": "  Q3 \n results "}, Brief("Q3 results")),
        ({"colors": "red"}, Brief(colors="red")),
        ({"colours": "red"}, Brief(colors="red")),
        ({"style": "flat"}, Brief(style="flat")),
        ({"metrics": []}, DEFAULT),
        ({"metrics": {}}, DEFAULT),
        (listed({"label": "Sales", "value": "5"}), Brief(metrics=(M("Sales", "5"),))),
        (listed({"name": "Sales", "value": "5"}), Brief(metrics=(M("Sales", "5"),))),
        (listed({"value": 5, "name": "Sales"}), Brief(metrics=(M("Sales", "5"),))),
        ({"metrics": {"A": "1", "B": 2}}, Brief(metrics=(M("A", "1"), M("B", "2")))),
        (listed({"label": "R", "value": 2.5}), Brief(metrics=(M("R", "2.5"),))),
        (listed({"label": "Z", "value": 0}), Brief(metrics=(M("Z", "0"),))),
        (listed({"label": "€", "value": "−4 %"}), Brief(metrics=(M("€", "−4 %"),))),
        (listed({"label": "Z", "value": 10**40}), Brief(metrics=(M("Z", "1" + "0" * 40),))),
        ({"metrics": (Metric("A", "1"),)}, Brief(metrics=(M("A", "1"),))),
    ],
)
def test_what_is_taken(data, brief):
    assert parse(data) == brief


OK = {"label": "a", "value": "1"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "data: must be an object, not a list"),
        ("text", "data: must be an object, not text"),
        (None, "data: must be an object, not null"),
        (True, "data: must be an object, not true or false"),
        (7, "data: must be an object, not int"),
        ({"titel": "x"}, "data: there is no field 'titel'"),
        ({"colors": "a", "colours": "b"}, "colors: is given twice, as colors and as colours"),
        ({"title": ["x"]}, "title: must be text, not a list"),
        ({"title": {}}, "title: must be text, not dict"),
        ({"style": True}, "style: must be text, not true or false"),
        ({"title": "x" * 201}, "title: has 201 characters"),
        ({"metrics": "x"}, "metrics: must be a list, not text"),
        ({"metrics": 7}, "metrics: must be a list, not int"),
        ({"metrics": [OK] * 25}, "metrics: 25 given"),
        (listed("x"), "metrics[0]: must be an object, not text"),
        (listed(OK, OK, None), "metrics[2]: must be an object, not null"),
        (listed(OK, {}), "metrics[1]: has nothing"),
        (listed({"label": "a"}), "metrics[0]: has label"),
        (listed({"value": "a"}), "metrics[0]: has value"),
        (listed({"label": "a", "name": "b", "value": "1"}), "metrics[0]: has label, name, value"),
        (listed({**OK, "unit": "%"}), "metrics[0]: has label, value, unit"),
        (listed(OK, OK, {"label": "a", "value": []}), "metrics[2].value: must be text, not a list"),
        (listed({"label": "a", "value": None}), "metrics[0].value: is empty"),
        (listed({"label": "a", "value": " "}), "metrics[0].value: is empty"),
        (listed({"label": "", "value": "1"}), "metrics[0].label: is empty"),
        (listed({"name": "", "value": "1"}), "metrics[0].name: is empty"),
        (listed({"label": 5, "value": "1"}), "metrics[0].label: must be text, not int"),
        (listed({"label": "a", "value": True}), "metrics[0].value: must be text, not true or"),
        (listed({"label": "x" * 201, "value": "1"}), "metrics[0].label: has 201 characters"),
        ({"metrics": {"a": {"x": 1}}}, "metrics[0].value: must be text, not dict"),
        (listed({"label": "a", "value": float("nan")}), "metrics[0].value: is not a number"),
        (listed({"label": "a", "value": float("inf")}), "metrics[0].value: is not a number"),
        (listed({"label": "a", "value": 10**400}), "metrics[0].value: has 401 characters"),
        ({"title": "a\x00b"}, "title: holds a control character"),
        (listed({"label": "a", "value": "\x1b[2J"}), "metrics[0].value: holds a control character"),
        (listed({"label": "\ud800", "value": "1"}), "metrics[0].label: is not valid Unicode"),
    ],
)
def test_what_is_not_taken_is_named(data, message):
    with pytest.raises(InvalidRequest) as caught:
        parse(data)
    assert caught.value.message.startswith(message)
    assert caught.value.message.startswith(f"{caught.value.field}:")
    assert (caught.value.exit_code, caught.value.billed) == (2, False)
    assert caught.value.next_step.startswith("use ")


def test_the_limits_themselves_are_taken():
    brief = parse({"title": "x" * TEXT_LENGTH, "metrics": [OK] * METRICS})
    assert len(brief.title) == TEXT_LENGTH
    assert len(brief.metrics) == METRICS


@given(st.text(max_size=40))
def test_no_text_breaks_out_of_its_line(text):
    try:
        brief = parse({"title": text, "metrics": {text: text}})
    except InvalidRequest:
        return
    for said in (brief.title, *(s for m in brief.metrics for s in (m.label, m.value))):
        assert said.splitlines() == [said]
