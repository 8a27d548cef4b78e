"""Reading the data of an infographic: what is taken, and how what is not taken is named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.errors import InvalidRequest
from cavendish.workflows.infographic.brief import (
    DATA_BYTES,
    METRICS,
    TEXT_LENGTH,
    Brief,
    Metric,
    parse,
    read,
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


def write(folder, text, name="data.json"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "number", ["4.80", "4.8", "1e3", "0.10", "-0", "100000000000000000000000", "1.0E+2"]
)
def test_a_number_keeps_its_spelling(tmp_path, number):
    path = write(tmp_path, f'{{"metrics": [{{"label": "a", "value": {number}}}]}}')
    assert read(path).metrics == (Metric("a", number),)


@given(st.text(max_size=30).filter(str.strip), st.integers(), st.floats(allow_nan=False))
def test_a_file_says_what_plain_data_says(tmp_path_factory, title, whole, part):
    data = {"title": title, "metrics": {"whole": whole, "part": part}}
    path = tmp_path_factory.getbasetemp() / "same.json"
    path.write_text(json.dumps(data), "utf-8")
    try:
        from_data = parse(data)
    except InvalidRequest:
        with pytest.raises(InvalidRequest):
            read(path)
    else:
        assert read(path) == from_data


def test_a_file_with_a_byte_order_mark(tmp_path):
    path = write(tmp_path, b'\xef\xbb\xbf{"title": "From Windows"}')
    assert read(path).title == "From Windows"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("title: x", "not JSON"),
        ('{"title": "x",}', "not JSON"),
        (b'\xff\xfe{\x00}\x00', "not JSON"),
        (b'{"title": "\xe9"}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"metrics": ' + '{"a":' * 5000 + "1" + "}" * 5001, "not JSON"),
        ('{"metrics": {"a": NaN}}', "not JSON"),
        ('{"metrics": {"a": -Infinity}}', "not JSON"),
        ('{"metrics": {"a": 1, "a": 2}}', "not JSON"),
        ("[1]", "must be an object, not a list"),
        ("null", "must be an object, not null"),
        ('"x"', "must be an object, not text"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_brief_is_named(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(InvalidRequest, match=message) as caught:
        read(path)
    assert caught.value.field == "data"
    assert caught.value.next_step
    if message == "not JSON":
        assert str(path) in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidRequest, match=r"data: .*gone\.json: No such file"):
        read(tmp_path / "gone.json")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(InvalidRequest, match=r"folder\.json: Is a directory"):
        read(tmp_path / "folder.json")


@pytest.mark.parametrize("name", ["data.csv", "data.yaml", "data", "json", "data.json.gz"])
def test_another_kind_of_file_is_named(tmp_path, name):
    path = write(tmp_path, "{}", name)
    with pytest.raises(InvalidRequest, match="only JSON is read") as caught:
        read(path)
    assert name in caught.value.message
    assert caught.value.next_step == "use a .json file"


def test_ten_megabytes_are_not_read(tmp_path):
    path = write(tmp_path, '{"title": "' + "x" * 10_000_000 + '"}')
    with pytest.raises(InvalidRequest, match=f"at most {DATA_BYTES:,} are read") as caught:
        read(path)
    assert caught.value.message.startswith(f"data: {path}: 10,000,013 bytes")


def test_the_ending_may_be_in_capitals(tmp_path):
    assert read(write(tmp_path, "{}", "DATA.JSON")) == DEFAULT
