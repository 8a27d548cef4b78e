"""Uploads in pieces that stop, go on, and are wrong; switches that do not exist."""

import http.client
import json

import pytest

GRAIN = 1 << 18


@pytest.fixture
def upload(emulator, client):
    """Begins an upload; gives what sends a command to its address."""
    host = emulator.url.removeprefix("http://")

    def post(path, body, **headers):
        connection = http.client.HTTPConnection(host, timeout=10)
        sent = {f"X-Goog-Upload-{name.replace('_', '-')}": str(v) for name, v in headers.items()}
        connection.request("POST", path, body, sent)
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(raw)

    def begin(size, **said):
        status, headers, _ = post(
            "/upload/v1beta/files", json.dumps({"file": said}), Protocol="resumable",
            Command="start", Header_Content_Length=size, Header_Content_Type="image/png",
        )  # fmt: skip
        assert (status, headers["X-Goog-Upload-Status"]) == (200, "active")
        path = headers["X-Goog-Upload-URL"].partition(host)[2]
        return lambda command, body=b"", **more: post(path, body, Command=command, **more)

    return begin


def test_an_upload_stops_is_asked_after_and_goes_on(upload):
    go = upload(GRAIN + 3)
    status, headers, _ = go("upload", bytes(GRAIN), Offset=0)
    assert (status, headers["X-Goog-Upload-Status"]) == (200, "active")
    _, headers, _ = go("query")
    assert headers["X-Goog-Upload-Size-Received"] == str(GRAIN)
    status, headers, body = go("upload, finalize", b"end", Offset=GRAIN)
    assert (status, headers["X-Goog-Upload-Status"]) == (200, "final")
    assert (body["file"]["sizeBytes"], body["file"]["state"]) == (str(GRAIN + 3), "ACTIVE")


@pytest.mark.parametrize(
    "command, body, offset, says",
    [
        ("upload", b"x" * GRAIN, 5, "Invalid offset: 0 bytes"),
        ("upload", b"x" * 7, 0, "multiple of 262144"),
        ("upload, finalize", b"x" * 7, 0, "300000 bytes were declared, 7 received"),
        ("upload, finalize", b"x" * 300_001, 0, "larger than 300000 bytes"),
        ("dance", b"", 0, "Invalid X-Goog-Upload-Command"),
    ],
)
def test_a_wrong_piece_is_refused_and_says_why(upload, command, body, offset, says):
    status, headers, said = upload(300_000)(command, body, Offset=offset)
    assert status == 400
    assert says in said["error"]["message"]
    assert headers["X-Goog-Upload-Status"] == "active"


def test_a_cancelled_upload_takes_no_more(upload):
    go = upload(3)
    assert go("cancel")[1]["X-Goog-Upload-Status"] == "cancelled"
    assert (
        "already been terminated" in go("upload, finalize", b"abc", Offset=0)[2]["error"]["message"]
    )


def test_a_project_holds_so_much_and_no_more(upload, client):
    client("POST", "/_emulator/switches", {"project_bytes": 10})
    upload(6)("upload, finalize", b"abcdef", Offset=0)
    with pytest.raises(AssertionError, match="400"):
        upload(6)
    client("POST", "/_emulator/reset", {})


def test_a_file_that_is_no_picture_is_not_worked_on(upload, client):
    body = upload(3)("upload, finalize", b"abc", Offset=0)[2]
    part = {"fileData": {"fileUri": body["file"]["uri"], "mimeType": "image/png"}}
    asked = {"contents": [{"parts": [{"text": "x"}, part]}]}
    status, said = client("POST", "/v1beta/models/gemini-3-pro-image:generateContent", asked)
    assert (status, said["error"]["message"]) == (400, "Unable to process input image")


@pytest.mark.parametrize(
    "given, says",
    [
        ({"request_byte": 1}, "there is no switch 'request_byte'"),
        ({"request_bytes": "1"}, "request_bytes is a whole number"),
        ({"enforce_signatures": 1}, "enforce_signatures is true or false"),
        ([], "switches are an object"),
    ],
)
def test_a_switch_that_cannot_be_thrown_is_named(client, given, says):
    status, body = client("POST", "/_emulator/switches", given)
    assert status == 400
    assert says in body["error"]["message"]
