"""The forms in which other projects keep traffic, each as the same exchange."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
import yaml

from recorded.exchanges import exchanges_in
from recorded.reading import line_of

URL = "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent"
SAID = {"candidates": [{"content": {"parts": [{"text": "no"}]}, "finishReason": "STOP"}]}
TEXT = json.dumps(SAID)
BASE64 = base64.b64encode(TEXT.encode()).decode()
LINE = "POST generateContent 200: NoImage; finish stop; 2 chars, 0 of thoughts; no usage"
JSON = "application/json"


def vcr(body):
    asked = {"method": "POST", "uri": URL, "body": ""}
    said = {"status": {"code": 200}, "headers": {"Content-Type": [JSON]}, **body}
    return {"interactions": [{"request": asked, "response": said}]}


def proxied(camel):
    names = (
        ("serverAddress", "statusCode", "bodySegments")
        if camel
        else ("", "status_code", "body_segments")
    )
    host = "generativelanguage.googleapis.com"
    asked = {"method": "POST", "url": URL.partition(host)[2], names[0]: host} if camel else {
        "method": "post", "url": URL,
    }  # fmt: skip
    said = {names[1]: 200, "headers": {"content-type": JSON}, names[2]: [SAID]}
    return {"interactions": [{"request": asked, "response": said}]}


ARCHIVE = {"log": {"entries": [{
    "request": {"method": "POST", "url": URL},
    "response": {
        "status": 200, "headers": [{"name": "Content-Type", "value": JSON}],
        "content": {"text": BASE64, "encoding": "base64"},
    },
}]}}  # fmt: skip
NOCK = [{
    "scope": URL[: URL.index("/v1")], "method": "POST", "path": URL[URL.index("/v1") :],
    "status": 200, "response": SAID, "rawHeaders": ["Content-Type", JSON],
}]  # fmt: skip
MOCK = {"when": {"path": "/v1beta/models/m:generateContent", "method": "POST"},
        "then": {"status": 200, "header": [{"name": "a", "value": "b"}], "body": TEXT}}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.yaml", vcr({"parsed_body": SAID})),
        ("a.yaml", vcr({"body": {"string": TEXT}})),
        ("a.yaml", vcr({"body": {"string": gzip.compress(TEXT.encode())}})),
        ("a.yml", {"http_interactions": vcr({"body": {"base64_string": BASE64}})["interactions"]}),
        ("a.json", vcr({"body": {"string": TEXT}})),
        ("a.yaml", MOCK),
        ("a.json", proxied(True)),
        ("a.json", proxied(False)),
        ("a.har", ARCHIVE),
        ("a.json", NOCK),
    ],
)  # fmt: skip
def test_every_form_is_the_same_exchange(tmp_path, name, kept):
    path = tmp_path / name
    path.write_text(yaml.dump(kept) if name[2] == "y" else json.dumps(kept))
    assert [line_of(one) for one in exchanges_in(path)] == [LINE]


def test_a_body_alone_and_what_a_notebook_printed(tmp_path):
    alone, printed = tmp_path / "a.json", tmp_path / "b.outputs.json"
    alone.write_text(TEXT)
    printed.write_text(json.dumps([{"output_text": f"said: {TEXT}\nand [ so on"}]))
    for path, call in ((alone, "body"), (printed, "printed")):
        (only,) = exchanges_in(path)
        assert line_of(only) == LINE.replace("POST generateContent", call)
