"""Data files: what is written is what is shown, and what is wrong is named with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.errors import InvalidRequest
from cavendish.workflows.infographic.brief import Brief, Metric, parse
from cavendish.workflows.infographic.datafile import DATA_BYTES, load, read

DEFAULT = Brief()


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


@pytest.mark.parametrize("name", ["data.xlsx", "data", "json", "data.json.gz"])
def test_another_kind_of_file_is_named(tmp_path, name):
    path = write(tmp_path, "{}", name)
    with pytest.raises(InvalidRequest, match="only JSON, YAML, CSV and TSV") as caught:
        read(path)
    assert name in caught.value.message
    assert caught.value.next_step.startswith("use a .json, .yaml, .csv or .tsv file")


def test_ten_megabytes_are_not_read(tmp_path):
    path = write(tmp_path, '{"title": "' + "x" * 10_000_000 + '"}')
    with pytest.raises(InvalidRequest, match=f"at most {DATA_BYTES:,} are read") as caught:
        read(path)
    assert caught.value.message.startswith(f"data: {path}: 10,000,013 bytes")


def test_the_ending_may_be_in_capitals(tmp_path):
    assert read(write(tmp_path, "{}", "DATA.JSON")) == DEFAULT


SPELLINGS = ["4.80", "+23%", "1_000", "2026-01-02", "yes", "No", "007", "0x1F", "12:30", "1e3",
             ".5", "true", "4,80 €", "-0", "0o17", "< 200ms"]  # fmt: skip


@pytest.mark.parametrize("said", SPELLINGS)
def test_every_format_shows_what_is_written(said):
    quoted = f'"{said}"'
    for kind, text in {
        "yaml": f"metrics:\n  - label: a\n    value: {said}\n  - {{label: b, value: {quoted}}}\n",
        "csv": f"label,value\na,{quoted}\nb,{quoted}\n",
        "tsv": f"a\t{said}\nb\t{said}\n",
        "json": json.dumps({"metrics": {"a": said, "b": said}}),
    }.items():
        brief = load(text.encode(), kind, "x")
        assert brief.metrics == (Metric("a", said), Metric("b", said)), kind


FULL = Brief("Q4", (Metric("Sales", "4.80"), Metric("Growth, net", "+23%")), "flat", "red")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", ("title: Q4\nmetrics:\n- {label: Sales, value: 4.80}\n"
                   "- {name: 'Growth, net', value: +23%}\nstyle: flat\ncolours: red\n")),
        ("a.YML", ("---\ntitle: Q4\nmetrics:\n  Sales: 4.80\n  Growth, net: +23%\n"
                  "style: flat\ncolors: red\n...")),
        ("a.csv", ('label,value,title,style,colors\r\nSales,4.80,Q4,flat,red\r\n'
                  '"Growth, net",+23%,,,\r\n')),
        ("a.csv", ('\n Title ,Name,Value,Style,Colours\nQ4,Sales,4.80,flat,red\n,,,,\n'
                  'Q4,"Growth, net",+23%,flat,\n')),
        ("a.tsv", ("title\tlabel\tvalue\tstyle\tcolors\nQ4\tSales\t4.80\tflat\tred\n"
                  "\tGrowth, net\t+23%\t\t")),
    ],
)  # fmt: skip
def test_the_formats_say_the_same(tmp_path, name, text):
    for mark in ("", "\ufeff"):
        assert read(write(tmp_path, mark + text, name)) == FULL


@pytest.mark.parametrize("text", ["", "---\n", "# only a remark\n", "~", "title: ~\nmetrics:\n"])
def test_a_yaml_file_may_hold_nothing(text):
    assert load(text.encode(), "yaml", "x") == DEFAULT


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("yaml", "title: a\ntitle: b", "data: f:2: not YAML: 'title' is given twice"),
        ("yaml", "metrics:\n  a: 1\n  a: 2", "data: f:3: not YAML: 'a' is given twice"),
        ("yaml", "title: &a x\nstyle: *a", "data: f:2: not YAML: an alias (*) is not read"),
        ("yaml", "a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]", "data: f:2: not YAML: an alias"),
        ("yaml", "title: !!python/object:os.system x", "data: f:1: not YAML: the tag tag:yaml"),
        ("yaml", "title: !!str 5", "data: f:1: not YAML: the tag"),
        ("yaml", "a: 1\n---\nb: 2", "data: f:2: not YAML: there is a second document"),
        ("yaml", "title: [", "data: f:2: not YAML: "),
        ("yaml", "title: x\n\tstyle: y", "data: f:2: not YAML: "),
        ("yaml", "title: \x00", "data: f: not YAML: "),
        ("yaml", "? [a]\n: b", "data: f:1: not YAML: a name must be plain text"),
        ("yaml", "metrics: " + "[" * 50_000, "data: f:1: not YAML: "),
        ("yaml", "metrics: " + "{a: " * 50_000, "data: f:1: not YAML: "),
        ("yaml", "a: " + "[" * 9 + "]" * 9, "data: f:1: not YAML: it is nested more than 8"),
        ("yaml", "- a", "data: f:1: must be an object, not a list"),
        ("yaml", "title: x\n\ntitel: y", "data: f:3: there is no field 'titel'"),
        ("yaml", "title: x\nmetrics:\n- label: a\n  value: ~", "metrics[0].value: f:4: is empty"),
        ("yaml", "metrics:\n  a: 1\n  b: [2]", "metrics[1].value: f:3: must be text, not a list"),
        ("yaml", "metrics:\n- {label: a}", "metrics[0]: f:2: has label"),
        ("csv", "", "data: f: not CSV: there is no row"),
        ("csv", "just text", "data: f:1: not CSV: 1 column and no header"),
        ("csv", "a;b", "data: f:1: not CSV: 1 column and no header"),
        ("csv", "a,b,c", "data: f:1: not CSV: 3 columns and no header"),
        ("csv", "metric,value\na,1", "data: f:1: not CSV: there is no column 'metric'"),
        ("csv", "title,value\na,1", "data: f:1: not CSV: there is no column label"),
        ("csv", "label,value,unit", "data: f:1: not CSV: there is no column 'unit'"),
        ("csv", "label,value,value", "data: f:1: not CSV: the column 'value' is there twice"),
        ("csv", "label,name,value", "data: f:1: not CSV: label and name are both there"),
        ("csv", "label,value\na,1\nb,2,3", "data: f:3: not CSV: 3 cells where the first row has 2"),
        ("csv", 'label,value\n"a\nb",1\nc', "data: f:4: not CSV: 1 cells"),
        ("csv", 'label,value\n"a"b,1', "data: f:2: not CSV: "),
        ("csv", 'label,value\n"a', "data: f:2: not CSV: "),
        ("csv", "label,value,title\na,1,x\nb,2,y", "data: f:3: not CSV: title is 'y' here and 'x'"),
        ("csv", "label,value\na,1\n\nb,", "metrics[1].value: f:4: is empty"),
        ("tsv", "a\t" + "x" * 201, "metrics[0].value: f:1: has 201 characters"),
        ("csv", "a,b\x07", "metrics[0].value: f:1: holds a control character"),
        ("xml", "<a/>", "data_format: there is no format 'xml'"),
        ("csv", "a,1\n" * 300_000, "data: f: 1,200,000 bytes; at most 1,000,000 are read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(kind, text, message):
    with pytest.raises(InvalidRequest) as caught:
        load(text.encode(), kind, "f")
    assert caught.value.message.startswith(message)
    assert caught.value.message.startswith(f"{caught.value.field}:")
    assert caught.value.next_step.startswith("use ")


@pytest.mark.parametrize("kind", ["json", "yaml", "csv", "tsv"])
def test_any_bytes_are_read_or_refused(kind):
    @given(
        st.binary(max_size=60) | st.text("{}[]:-,\"'\n\t &*!|>?%#ab1", max_size=60).map(str.encode)
    )
    def holds(content):
        try:
            brief = load(content, kind, "f")
        except InvalidRequest as error:
            assert error.next_step
        else:
            assert brief.title

    holds()


EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_the_examples_say_the_same():
    found = [read(EXAMPLES / f"q4-2025.{kind}") for kind in ("json", "yaml", "csv")]
    assert found[0] == found[1] == found[2]
    assert len(found[0].metrics) == 4
