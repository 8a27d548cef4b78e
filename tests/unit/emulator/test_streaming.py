"""The streaming form, countTokens, keys, and methods nobody should use."""

import base64
import http.client
import io
import json

import pytest
from PIL import Image

from cavendish_emulator import Emulator

PRO = "gemini-3-pro-image"
BASE = f"/v1beta/models/{PRO}"
BODY = {"contents": [{"parts": [{"text": "a cat"}]}]}


def events(raw):
    found = raw.decode().split("\r\n\r\n")
    assert found.pop() == ""
    assert all(event.startswith("data: ") for event in found)
    return [json.loads(event.removeprefix("data: ")) for event in found]


def parts_of(chunk):
    return chunk["candidates"][0]["content"].get("parts", [])


def check(chunks):
    *body, last = chunks
    spoken = [p for c in body for p in parts_of(c) if "text" in p]
    texts = [p["text"] for p in spoken]
    assert len(texts) > 1
    assert "not by a model" in "".join(texts)
    pictures = [p["inlineData"] for c in body for p in parts_of(c) if "inlineData" in p]
    (picture,) = pictures
    assert Image.open(io.BytesIO(base64.b64decode(picture["data"]))).size == (1408, 768)
    assert not any("finishReason" in c["candidates"][0] for c in body)
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert not any("thoughtSignature" in part for part in spoken), "the ending holds it"
    (ending,) = parts_of(last)
    assert ending["text"] == ""
    assert ending["thoughtSignature"]
    totals = [c["usageMetadata"]["totalTokenCount"] for c in chunks]
    assert totals == sorted(totals)
    assert len({c["responseId"] for c in chunks}) == 1


def test_server_sent_events(client):
    status, headers, raw = client.raw("POST", f"{BASE}:streamGenerateContent?alt=sse", BODY)
    assert (status, headers["Content-Type"]) == (200, "text/event-stream")
    check(events(raw))
    assert len(client("GET", "/_emulator/bill")[1]["executions"]) == 1


def test_an_array_without_alt(client):
    status, headers, raw = client.raw("POST", f"{BASE}:streamGenerateContent", BODY)
    assert (status, headers["Content-Type"]) == (200, "application/json; charset=UTF-8")
    check(json.loads(raw))
    assert raw.endswith(b"]"), "clients of google-api-core refuse anything behind it"


@pytest.mark.parametrize("model", [PRO, "gemini-2.5-flash-image"])
@pytest.mark.parametrize("modalities", [["IMAGE"], ["TEXT", "IMAGE"]])
def test_every_chunk_has_parts(client, model, modalities):
    """The chats of the official SDKs forget the whole turn for one chunk that has none."""
    body = {**BODY, "generationConfig": {"responseModalities": modalities}}
    path = f"/v1beta/models/{model}:streamGenerateContent?alt=sse"
    chunks = events(client.raw("POST", path, body)[2])
    assert all(parts_of(chunk) for chunk in chunks)
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks][-1] == "STOP"
    *_, picture = [part for chunk in chunks for part in parts_of(chunk) if "inlineData" in part]
    assert ("thoughtSignature" in picture) == (model == PRO)


def test_errors_in_both_forms(client):
    _, headers, raw = client.raw("POST", f"{BASE}:streamGenerateContent?alt=sse", {})
    assert headers["Content-Type"] == "text/event-stream"
    assert json.loads(raw)["error"]["code"] == 400
    status, _, raw = client.raw("POST", f"{BASE}:streamGenerateContent", {})
    assert status == 400
    assert json.loads(raw)[0]["error"]["status"] == "INVALID_ARGUMENT"
    _, _, raw = client.raw("POST", "/v1beta/models/gone:streamGenerateContent?alt=sse", BODY)
    assert "is not supported for generateContent" in json.loads(raw)["error"]["message"]


@pytest.mark.parametrize("query", ["?alt=sse", ""])
def test_an_error_in_the_middle(client, query):
    client("POST", "/_emulator/faults", {"fault": "error_in_stream"})
    status, _, raw = client.raw("POST", f"{BASE}:streamGenerateContent{query}", BODY)
    first, error = events(raw) if query else json.loads(raw)
    assert status == 200
    assert parts_of(first)
    assert error["error"]["status"] == "UNAVAILABLE"


@pytest.mark.parametrize("fault", ["parts_null", "no_candidates", "blocked", "finish"])
def test_odd_answers_stream_as_one_chunk(client, fault):
    client("POST", "/_emulator/faults", {"fault": fault})
    _, _, raw = client.raw("POST", f"{BASE}:streamGenerateContent?alt=sse", BODY)
    assert len(events(raw)) == 1


def test_names_in_snake_case(client):
    client("POST", "/_emulator/faults", {"fault": "snake_case"})
    _, _, raw = client.raw("POST", f"{BASE}:streamGenerateContent?alt=sse", BODY)
    *_, picture, last = events(raw)
    assert "inline_data" in parts_of(picture)[0]
    assert last["candidates"][0]["finish_reason"] == "STOP"


def test_tokens_are_counted_in_both_forms(client):
    plain = client("POST", f"{BASE}:countTokens", BODY)
    wrapped = {"generateContentRequest": {"model": f"models/{PRO}", **BODY}}
    assert client("POST", f"{BASE}:countTokens", wrapped) == plain
    details = [{"modality": "TEXT", "tokenCount": 2}]
    assert plain == (200, {"totalTokens": 2, "promptTokensDetails": details})
    _, answer = client("POST", f"{BASE}:generateContent", BODY)
    assert answer["usageMetadata"]["promptTokenCount"] == 2
    assert client("POST", f"{BASE}:countTokens", {})[0] == 400
    assert len(client("GET", "/_emulator/bill")[1]["executions"]) == 1


@pytest.fixture(scope="module")
def locked(catalog):
    with Emulator(catalog=catalog, require_key="the-key") as running:
        yield running


@pytest.mark.parametrize(
    ("query", "headers", "code", "said"),
    [
        ("", {"x-goog-api-key": "the-key"}, 200, None),
        ("?key=the-key", {}, 200, None),
        ("", {}, 403, "Method doesn't allow unregistered callers"),
        ("", {"x-goog-api-key": "other"}, 400, "API key not valid. Please pass a valid API key."),
        ("?key=other", {}, 400, "API key not valid. Please pass a valid API key."),
        ("", {"Authorization": "Bearer x"}, 401, "Request had invalid authentication"),
    ],
)
def test_a_key_that_is_required(locked, query, headers, code, said):
    connection = http.client.HTTPConnection(locked.url.removeprefix("http://"), timeout=10)
    connection.request("GET", f"/v1beta/models{query}", headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    assert answer.status == code
    if said:
        assert body["error"]["message"].startswith(said)
    if code == 400:
        info, _ = body["error"]["details"]
        assert info["reason"] == "API_KEY_INVALID"
    connection.request("GET", "/_emulator/bill")
    assert connection.getresponse().status == 200
    connection.close()


def test_head_and_options(client):
    status, headers, raw = client.raw("HEAD", "/v1beta/models")
    assert (status, raw) == (200, b"")
    assert int(headers["Content-Length"]) > 0
    status, headers, _ = client.raw("OPTIONS", "/v1beta/models")
    assert status == 204
    assert "POST" in headers["Allow"]


def test_an_old_client_gets_an_answer_without_chunks(client):
    import socket

    host, port = client.address.split(":")
    body = json.dumps(BODY)
    with socket.create_connection((host, int(port)), timeout=10) as line:
        head = f"POST {BASE}:generateContent HTTP/1.0\r\nContent-Length: {len(body)}"
        line.sendall(f"{head}\r\n\r\n{body}".encode())
        received = b"".join(iter(lambda: line.recv(1 << 20), b""))
    head, text = received.split(b"\r\n\r\n", 1)
    assert b"chunked" not in head
    assert json.loads(text)["candidates"]
