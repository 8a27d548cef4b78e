"""The HTTP surface: shapes of answers, errors and control routes."""

import base64
import concurrent.futures
import io
import json
from fractions import Fraction

import pytest
from PIL import Image

PRO = "gemini-3-pro-image"


def test_an_answer_has_the_shape_of_the_service(client):
    status, headers, raw = client.raw(
        "POST",
        f"/v1beta/models/{PRO}:generateContent",
        {"contents": [{"parts": [{"text": "a cat"}]}]},
    )
    assert status == 200
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert headers["X-Gemini-Service-Tier"] == "standard"
    assert headers["Transfer-Encoding"] == "chunked"
    assert headers["Server-Timing"].startswith("gfet4t7; dur=")
    assert not [name for name in headers if name.lower().startswith("x-ratelimit")]
    assert raw.startswith(b'{\n  "candidates": [\n    {\n      "content": {\n        "parts": [')
    body = json.loads(raw)
    assert list(body) == ["candidates", "usageMetadata", "modelVersion", "responseId"]
    assert body["modelVersion"] == PRO
    candidate = body["candidates"][0]
    assert candidate["finishReason"] == "STOP"
    assert candidate["index"] == 0
    assert candidate["content"]["role"] == "model"
    text, picture = candidate["content"]["parts"]
    assert "not by a model" in text["text"]
    assert picture["inlineData"]["mimeType"] == "image/jpeg"
    assert len(base64.b64decode(picture["thoughtSignature"], validate=True)) == 825_000
    image = Image.open(io.BytesIO(base64.b64decode(picture["inlineData"]["data"], validate=True)))
    assert (image.format, image.size) == ("JPEG", (1408, 768))


def test_only_a_picture_when_only_a_picture_is_asked_for(client):
    _, body = client.generate(responseModalities=["IMAGE"], imageConfig={"aspectRatio": "1:1"})
    parts = body["candidates"][0]["content"]["parts"]
    assert [sorted(part) for part in parts] == [["inlineData", "thoughtSignature"]]


def test_thoughts_are_shown_when_asked_for(client):
    _, body = client.generate(thinkingConfig={"includeThoughts": True})
    assert [p.get("thought") for p in body["candidates"][0]["content"]["parts"]] == [
        True,
        None,
        None,
    ]


@pytest.mark.parametrize("version", ["v1", "v1beta", "v1alpha"])
def test_an_unknown_model(client, version):
    status, body = client(
        "POST",
        f"/{version}/models/gemini-9:generateContent",
        {"contents": [{"parts": [{"text": "x"}]}]},
    )
    assert (status, body["error"]["status"]) == (404, "NOT_FOUND")
    assert body["error"]["message"] == (
        f"models/gemini-9 is not found for API version {version}, or is not supported for "
        "generateContent. Call ModelService.ListModels to see the list of available models and "
        "their supported methods."
    )


def test_an_unsupported_method(client):
    status, body = client("POST", f"/v1beta/models/{PRO}:predict", {})
    assert status == 404
    assert "is not supported for predict" in body["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/v2/models"), ("DELETE", "/_emulator/bill")]
)
def test_an_unknown_route(client, method, path):
    status, body = client(method, path)
    assert (status, body["error"]["code"], body["error"]["status"]) == (404, 404, "NOT_FOUND")


def test_a_body_that_is_too_large(client):
    assert client("GET", "/_emulator/switches")[1]["request_bytes"] == 100_000_000
    client("POST", "/_emulator/switches", {"request_bytes": 1 << 20})
    status, body = client("POST", f"/v1beta/models/{PRO}:generateContent", b"x" * (2 << 20))
    client("POST", "/_emulator/reset", {})
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert body["error"]["message"].startswith("Request payload size exceeds the limit")


def test_the_models(client, models):
    status, body = client("GET", "/v1beta/models")
    assert status == 200
    assert {m["name"] for m in body["models"]} == {f"models/{name}" for name in models}
    found, token = [], ""
    while token is not None:
        _, page = client("GET", f"/v1beta/models?pageSize=2&pageToken={token}")
        assert len(page["models"]) <= 2
        found += page["models"]
        token = page.get("nextPageToken")
    assert found == body["models"]
    assert client("GET", "/v1beta/models?pageSize=many")[0] == 400
    status, one = client("GET", f"/v1beta/models/{PRO}")
    assert one == next(m for m in body["models"] if m["name"] == f"models/{PRO}")
    assert one["supportedGenerationMethods"] == ["generateContent", "countTokens"]
    assert client("GET", "/v1beta/models/nothing")[0] == 404


def test_the_bill_lists_every_execution(client):
    answers = [client.generate(f"cat {i}")[1] for i in range(3)]
    _, bill = client("GET", "/_emulator/bill")
    assert [e["id"] for e in bill["executions"]] == [a["responseId"] for a in answers]
    assert {e["channel"] for e in bill["executions"]} == {"gemini"}
    assert all(e["at"].endswith("Z") for e in bill["executions"])
    total = sum(Fraction(e["usd"]) for e in bill["executions"])
    assert Fraction(bill["total_usd"]) == total
    assert all("e" not in e["usd"].lower() for e in bill["executions"])
    client("POST", "/_emulator/reset")
    assert client("GET", "/_emulator/bill")[1] == {"executions": [], "total_usd": "0.00"}


def test_a_refused_request_is_not_billed(client):
    assert client.generate("")[0] == 400
    assert client.generate(model="gemini-9")[0] == 404
    assert client("GET", "/_emulator/bill")[1]["executions"] == []


def test_repeated_requests_differ_in_id_and_picture(client):
    first, second = (client.generate("the same")[1] for _ in range(2))
    assert first["responseId"] != second["responseId"]
    assert first["usageMetadata"] == second["usageMetadata"]
    assert first["candidates"] != second["candidates"]


def test_sixteen_at_once(client):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda i: client.generate(f"cat {i}")[0], range(16)))
    assert results == [200] * 16
    assert len(client("GET", "/_emulator/bill")[1]["executions"]) == 16


def test_an_infographic_without_typst_is_refused_before_it_is_billed(client, monkeypatch):
    monkeypatch.setattr("cavendish_emulator.drafts.typeset.available", lambda: False)
    status, body = client.generate('Infographic "A"\n- Users: 5')
    assert (status, body["error"]["status"]) == (501, "UNIMPLEMENTED")
    assert "pip install 'cavendish[render]'" in body["error"]["message"]
    assert client("GET", "/_emulator/bill")[1]["executions"] == []
    assert client.generate("a cat")[0] == 200


def test_an_internal_fault_has_googles_shape(client, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr("cavendish_emulator.picture.draw", broken)
    status, body = client.generate()
    assert (status, body["error"]["status"]) == (500, "INTERNAL")
    assert "no ink" not in body["error"]["message"]
    assert client("GET", "/_emulator/bill")[1]["executions"] == []
