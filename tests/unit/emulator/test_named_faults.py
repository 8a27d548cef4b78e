"""Every named fault answers as its description says, and bills what it should."""

import base64
import contextlib
import gzip
import http.client
import io
import json
import re
import socket
import time
import warnings
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from cavendish_emulator.faults import NAMED
from cavendish_emulator.faults.framing import FRAMING
from cavendish_emulator.faults.network import NETWORK
from cavendish_emulator.faults.pictures import PICTURES
from cavendish_emulator.faults.refusals import REFUSALS
from cavendish_emulator.faults.replies import REPLIES
from cavendish_emulator.faults.shapes import SHAPES
from cavendish_emulator.faults.vices import VICES
from cavendish_emulator.faults.withheld import BLOCK_REASONS, FINISH_REASONS, WITHHELD

PRO = "gemini-3-pro-image"
PATH = f"/v1beta/models/{PRO}:generateContent"
BODY = {
    "contents": [{"parts": [{"text": "a cat"}]}],
    "generationConfig": {
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "8:1", "imageSize": "1K"},
    },
}
LITE = "/v1beta/models/gemini-3.1-flash-lite-image:generateContent"
TYPES = "type.googleapis.com/google.rpc."
CODES = {
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
    "INVALID_ARGUMENT": 400,
}


def arm(client, name, **args):
    status, body = client("POST", "/_emulator/faults", [{"fault": name, "args": args}])
    assert status == 200, body


def met(client, name, body=BODY, **args):
    arm(client, name, **args)
    return client.raw("POST", LITE, body)


def answered(client, name, body=BODY, **args):
    status, _, raw = met(client, name, body, **args)
    assert status == 200
    return json.loads(raw)


def bill(client):
    return client("GET", "/_emulator/bill")[1]["executions"]


def parts_of(body):
    return body["candidates"][0]["content"]["parts"]


def picture_of(client, name, **args):
    (part,) = [p for p in parts_of(answered(client, name, **args)) if "inlineData" in p]
    data = base64.b64decode(part["inlineData"]["data"], validate=True)
    return part["inlineData"]["mimeType"], data


def image_of(client, name, **args):
    return Image.open(io.BytesIO(picture_of(client, name, **args)[1]))


def test_no_name_is_used_twice():
    tables = (REFUSALS, REPLIES, WITHHELD, SHAPES, PICTURES, NETWORK, FRAMING, VICES)
    assert len(NAMED) == sum(map(len, tables))


@pytest.mark.tree
def test_the_page_about_the_emulator_names_every_fault():
    page = (Path(__file__).parents[3] / "docs/emulator.md").read_text("utf-8")
    assert set(re.findall(r"`(\w+)`", page.split("## Faults")[1])) == set(NAMED)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_googles_shape_and_bills_nothing(client, name):
    status, headers, raw = met(client, name)
    error = json.loads(raw)["error"]
    assert set(error) - {"details"} == {"code", "message", "status"}
    assert error["code"] == status
    assert CODES.get(error["status"], status) == status
    assert error["message"]
    assert "Retry-After" not in headers
    assert all(detail["@type"].startswith(TYPES) for detail in error.get("details", []))
    assert bill(client) == []
    assert client.raw("POST", LITE, BODY)[0] == 200


def test_a_refusal_may_come_after_the_execution(client):
    assert met(client, "deadline_exceeded", executed=True)[0] == 504
    assert len(bill(client)) == 1


def details(client, name, **args):
    error = json.loads(met(client, name, **args)[2])["error"]
    return {d["@type"].rsplit(".", 1)[1]: d for d in error.get("details", [])}, error


@pytest.mark.parametrize(
    ("name", "quota", "value"),
    [
        ("rate_limited", "PerMinute", "20"),
        ("rate_limited_tokens", "InputTokens", "1000000"),
        ("rate_limited_images", "Images", "2"),
        ("daily_quota", "PerDay", "250"),
        ("quota_value_absent", "PerMinute", None),
    ],
)
def test_a_quota_is_named(client, name, quota, value):
    kinds, _ = details(client, name)
    (violation,) = kinds["QuotaFailure"]["violations"]
    assert quota in violation["quotaId"]
    assert violation.get("quotaValue") == value
    assert violation["quotaDimensions"]["model"] == "gemini-3.1-flash-lite-image"


def test_several_quotas_and_no_entitlement(client):
    several, _ = details(client, "several_quotas")
    names = [v["quotaId"] for v in several["QuotaFailure"]["violations"]]
    assert len(names) == 3
    assert any("PerDay" in name for name in names)
    none, error = details(client, "no_entitlement")
    assert all("quotaValue" not in v for v in none["QuotaFailure"]["violations"])
    assert "limit: 0" in error["message"]
    assert none["RetryInfo"]["retryDelay"] == "34.4s"


def test_retry_info_can_be_anything(client):
    kinds, _ = details(client, "rate_limited", retry_info="NaNs")
    assert kinds["RetryInfo"]["retryDelay"] == "NaNs"
    kinds, _ = details(client, "quota_without_retry")
    assert "RetryInfo" not in kinds


@pytest.mark.parametrize(
    ("name", "status", "start"),
    [
        ("redirect", 307, b"<a>"),
        ("payload_too_large", 413, b"<!DOCTYPE html>"),
        ("relay_rate_limited", 429, b'{"error"'),
        ("bad_gateway", 502, b"<!DOCTYPE html>"),
        ("gateway_timeout", 504, b"<!DOCTYPE html>"),
        ("relay_overloaded", 529, b'{"error"'),
        ("relay_error", 502, b'{"error"'),
        ("html_page", 200, b"<!DOCTYPE html>"),
        ("empty_body", 200, b""),
        ("not_json", 200, b"upstream"),
        ("error_array", 429, b'[{"error"'),
        ("nested_error", 429, b'{"error"'),
        ("error_under_200", 200, b'{"error"'),
    ],
)
def test_a_reply_of_somebody_else(client, name, status, start):
    got, _, raw = met(client, name)
    assert got == status
    assert raw.startswith(start)
    assert bool(raw) == bool(start)
    assert bill(client) == []


def test_what_a_reply_carries(client):
    assert met(client, "redirect", location="https://a.invalid/x")[1]["Location"].endswith("/x")
    headers = met(client, "relay_rate_limited", retry_after="9")[1]
    assert headers["Retry-After"] == "9"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    nested = json.loads(met(client, "nested_error")[2])
    inner = json.loads(json.loads(nested["error"]["message"])["error"]["message"])
    assert inner["error"]["status"] == "RESOURCE_EXHAUSTED"


@pytest.mark.parametrize("reason", [*FINISH_REASONS, "unknown"])
def test_every_finish_reason(client, reason):
    body = answered(client, f"finish_{reason.lower()}", ratings=True, message="Because.")
    (candidate,) = body["candidates"]
    wanted = "IMAGE_OF_TOMORROW" if reason == "unknown" else reason
    assert candidate["finishReason"] == wanted
    assert candidate["finishMessage"] == "Because."
    assert candidate["safetyRatings"][0]["blocked"] is True
    assert candidate["content"] == {"role": "model"}
    assert "candidatesTokensDetails" not in body["usageMetadata"]
    assert len(bill(client)) == 1


@pytest.mark.parametrize("reason", [*BLOCK_REASONS, "unknown"])
def test_every_block_reason(client, reason):
    body = answered(client, f"blocked_{reason.lower()}", ratings=True, message="Because.")
    feedback = body["promptFeedback"]
    assert feedback["blockReason"] == ("TOMORROW" if reason == "unknown" else reason)
    assert feedback["blockReasonMessage"] == "Because."
    assert feedback["safetyRatings"]
    assert "candidates" not in body


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ("absent", "absent"),
        ("empty", {}),
        ("null", None),
        ("null_parts", {"parts": None}),
        ("empty_parts", {"parts": [], "role": "model"}),
    ],
)
def test_what_is_left_of_the_content(client, content, seen):
    (candidate,) = answered(client, "finish", reason="NEW", content=content)["candidates"]
    assert candidate.get("content", "absent") == seen
    assert candidate["finishReason"] == "NEW"


def test_too_few_tokens_end_without_a_picture(client):
    body = {**BODY, "generationConfig": {"maxOutputTokens": 900}}
    _, _, raw = client.raw("POST", LITE, body)
    assert json.loads(raw)["candidates"][0]["finishReason"] == "MAX_TOKENS"


def kinds_of(parts):
    return [
        ("thought " if p.get("thought") else "") + ("picture" if "inlineData" in p else "text")
        for p in parts
    ]


@pytest.mark.parametrize(
    ("name", "args", "kinds", "pictures"),
    [
        ("text_only", {}, ["text"], 0),
        ("link_only", {}, ["text"], 1),
        ("thoughts_only", {}, ["thought text"], 0),
        ("thought_pictures_only", {"count": 2}, ["thought picture"] * 2, 0),
        ("thought_pictures_before", {"count": 2}, ["thought picture"] * 2 + ["picture"], 1),
        ("thought_pictures_after", {}, ["picture", "thought picture"], 1),
        ("text_after", {}, ["picture", "text"], 1),
        ("several_pictures", {"count": 3}, ["picture"] * 3, 3),
    ],
)
def test_the_parts_there_are(client, name, args, kinds, pictures):
    body = answered(client, name, **args)
    assert kinds_of(parts_of(body)) == kinds
    counted = body["usageMetadata"].get("candidatesTokensDetails", [{"tokenCount": 0}])
    assert counted[0]["tokenCount"] == 1120 * pictures
    shown = [p["inlineData"]["data"] for p in parts_of(body) if "inlineData" in p]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("parts_null", {"parts": None, "role": "model"}),
        ("parts_empty", {"parts": [], "role": "model"}),
        ("content_absent", "absent"),
        ("content_null", None),
        ("content_empty", {}),
        ("content_role_only", {"role": "model"}),
    ],
)
def test_content_that_is_not_there(client, name, content):
    (candidate,) = answered(client, name)["candidates"]
    assert candidate.get("content", "absent") == content


def test_usage_that_cannot_be_believed(client):
    def usage(name):
        return answered(client, name).get("usageMetadata")

    assert usage("usage_missing") is None
    assert usage("usage_empty") == {}
    assert usage("usage_negative")["candidatesTokensDetails"][0]["tokenCount"] == -1120
    assert usage("usage_string")["candidatesTokensDetails"][0]["tokenCount"] == "1120"
    assert usage("usage_huge")["totalTokenCount"] == 10**15
    odd = usage("usage_contradictory")
    assert odd["candidatesTokensDetails"][0]["tokenCount"] > odd["totalTokenCount"]
    assert not any(key.endswith("Details") for key in usage("usage_undetailed"))
    assert len({entry["usd"] for entry in bill(client)}) == 1


def test_names_types_and_ids(client):
    snaked = answered(client, "snake_case")
    inline = snaked["candidates"][0]["content"]["parts"][0]["inline_data"]
    assert inline["mime_type"] == "image/jpeg"
    assert snaked["usage_metadata"]["candidates_tokens_details"][0]["token_count"] == 1120
    (part,) = parts_of(answered(client, "mime_missing"))
    assert set(part["inlineData"]) == {"data"}
    assert parts_of(answered(client, "mime_jpg"))[0]["inlineData"]["mimeType"] == "image/jpg"
    assert parts_of(answered(client, "mime_wrong"))[0]["inlineData"]["mimeType"] == "image/webp"
    assert "responseId" not in answered(client, "no_response_id")
    assert "modelVersion" not in answered(client, "no_model_version")
    assert answered(client, "other_model_version")["modelVersion"] == "gemini-2.5-flash-image"
    assert "thoughtSignature" not in parts_of(answered(client, "no_signature"))[0]
    assert "finishReason" not in answered(client, "no_finish_reason")["candidates"][0]
    assert len(answered(client, "several_candidates")["candidates"]) == 2
    assert "candidates" not in answered(client, "no_candidates")
    assert answered(client, "no_candidates", empty=True)["candidates"] == []
    assert "tomorrow" in answered(client, "unknown_fields")["candidates"][0]


def test_how_json_and_base64_are_written(client):
    raw = {name: met(client, name)[2] for name in ("compact", "pretty", "escaped_slashes", "bom")}
    assert raw["compact"].startswith(b'{"candidates":[{"content":{"parts":[{"inlineData":')
    assert raw["pretty"].startswith(b'{\n  "candidates"')
    assert b"image\\/jpeg" in raw["escaped_slashes"]
    assert b"/" not in raw["escaped_slashes"].replace(b"\\/", b"")
    assert raw["bom"].startswith(b"\xef\xbb\xbf{")
    data = {
        name: parts_of(answered(client, name))[0]["inlineData"]["data"]
        for name in ("base64_url_safe", "base64_unpadded", "base64_lines", "base64_garbage")
    }
    assert not set(data["base64_url_safe"]) & set("+/")
    assert "=" not in data["base64_unpadded"]
    assert base64.b64decode(data["base64_lines"])[:2] == b"\xff\xd8"
    assert "\n" in data["base64_lines"]
    assert "!*(" in data["base64_garbage"]


def test_pictures_of_other_sizes(client):
    assert image_of(client, "half_size").size == (1536, 192)
    assert image_of(client, "wrong_ratio").size == (1376, 768)
    assert image_of(client, "wrong_ratio", ratio="1:1").size == (1024, 1024)
    body = {**BODY, "generationConfig": {"imageConfig": {"aspectRatio": "1:1", "imageSize": "2K"}}}
    arm(client, "one_k")
    _, answer = client("POST", PATH, body)
    part = parts_of(answer)[-1]
    assert Image.open(io.BytesIO(base64.b64decode(part["inlineData"]["data"]))).size == (1024, 1024)


def test_pictures_one_sees_nothing_on(client):
    assert max(ImageStat.Stat(image_of(client, "blank")).stddev) == 0
    assert image_of(client, "transparent").getchannel("A").getextrema() == (0, 0)
    assert image_of(client, "grey").mode == "L"


def test_pictures_of_other_kinds(client):
    deep = picture_of(client, "sixteen_bit")[1]
    assert deep[24] == 16
    Image.open(io.BytesIO(deep)).load()
    assert image_of(client, "cmyk").mode == "CMYK"
    turned = image_of(client, "exif_rotated")
    assert (turned.size, turned.getexif()[0x0112]) == ((384, 3072), 6)
    for kind in ("png", "webp", "gif"):
        assert image_of(client, "animated", format=kind).n_frames == 2
    assert picture_of(client, "png")[0] == "image/png"
    assert picture_of(client, "webp")[1][8:12] == b"WEBP"
    assert picture_of(client, "jpeg")[0] == "image/jpeg"
    mime, data = picture_of(client, "png_for_jpeg")
    assert (mime, data[:4]) == ("image/jpeg", b"\x89PNG")
    mime, data = picture_of(client, "jpeg_for_png")
    assert (mime, data[:2]) == ("image/png", b"\xff\xd8")


def test_pictures_that_are_broken(client):
    whole = picture_of(client, "trailing_bytes", bytes=100)[1]
    assert b"\xff\xd9<html>" in whole
    with pytest.raises(OSError, match="truncated"):
        image_of(client, "truncated").load()
    assert picture_of(client, "corrupt")[1][-2:] == b"\xff\xd9"
    assert picture_of(client, "empty_picture")[1] == b""
    assert picture_of(client, "not_a_picture")[1].startswith(b"<!DOCTYPE")
    bomb = picture_of(client, "pixel_bomb")[1]
    assert len(bomb) < 10_000
    with warnings.catch_warnings(), pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(bomb))


def test_a_copy_of_the_input(client):
    out = io.BytesIO()
    Image.effect_mandelbrot((60, 40), (-2, -1, 1, 1), 20).save(out, "PNG")
    part = {
        "inlineData": {"mimeType": "image/png", "data": base64.b64encode(out.getvalue()).decode()}
    }
    body = {**BODY, "contents": [{"parts": [{"text": "a cat"}, part]}]}
    (shown,) = parts_of(answered(client, "copy_of_input", body))
    assert base64.b64decode(shown["inlineData"]["data"]) == out.getvalue()
    (shown,) = parts_of(answered(client, "copy_of_input", body, fitted=True))
    assert Image.open(io.BytesIO(base64.b64decode(shown["inlineData"]["data"]))).size == (3072, 384)


def test_bodies_that_are_compressed(client):
    _, headers, raw = met(client, "gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(raw))["candidates"]
    _, headers, raw = met(client, "gzip_bomb", megabytes=3)
    assert len(raw) < 10_000
    assert gzip.decompress(raw) == b" " * (3 << 20)
    _, headers, raw = met(client, "wrong_encoding")
    assert headers["Content-Encoding"] == "gzip"
    assert raw.startswith(b"{")


def test_a_reset_before_execution_bills_nothing(client):
    arm(client, "reset_before_execution")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        client.raw("POST", LITE, BODY)
    assert bill(client) == []


@pytest.mark.parametrize(
    ("name", "args", "start"),
    [
        ("stall", {"fraction": 0.01}, b'{\n  "candi'),
        ("heartbeat", {"every_s": 0.01}, b" " * 10),
        ("trickle", {"bytes_per_second": 1000}, b'{\n  "candi'),
    ],
)
def test_answers_that_do_not_end(client, name, args, start):
    arm(client, name, **args)
    with contextlib.closing(http.client.HTTPConnection(client.address, timeout=30)) as line:
        line.request("POST", LITE, json.dumps(BODY))
        answer = line.getresponse()
        assert answer.read(10) == start
        if name == "stall":
            line.sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                answer.read()
        answer.close()
    assert len(bill(client)) == 1


def test_nobody_is_told_when_the_other_side_leaves(client, caplog):
    arm(client, "trickle", bytes_per_second=100_000)
    with contextlib.closing(http.client.HTTPConnection(client.address, timeout=5)) as line:
        line.request("POST", LITE, json.dumps(BODY))
        answer = line.getresponse()
        answer.read(10)
        answer.close()
    time.sleep(0.3)  # six writes of a trickle
    assert caplog.records == []


def on_the_line(client, name, **args):
    """Every byte of an answer, whatever it is."""
    arm(client, name, **args)
    host, port = client.address.split(":")
    body = json.dumps(BODY)
    with socket.create_connection((host, int(port)), timeout=10) as line:
        head = f"POST {LITE} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        line.sendall(f"{head}\r\n\r\n{body}".encode())
        return b"".join(iter(lambda: line.recv(1 << 20), b""))


def test_answers_against_the_rules_of_http(client):
    flood = on_the_line(client, "header_flood", count=1000)
    assert flood.count(b"\r\nX-Flood-") == 1000
    huge = on_the_line(client, "header_huge", megabytes=2)
    assert b"x" * (2 << 20) in huge
    hints = on_the_line(client, "informational_flood", count=50)
    assert hints.count(b"HTTP/1.1 103 Early Hints\r\n\r\n") == 50
    assert on_the_line(client, "no_head").startswith(b'{\n  "candidates"')
    assert b"\r\nzz\r\n" in on_the_line(client, "bad_chunk")
    sizes = {}
    for name in ("length_too_long", "length_too_short", "length_twice", "length_and_chunks"):
        head, body = on_the_line(client, name).split(b"\r\n\r\n", 1)
        told = [int(n) for n in re.findall(rb"Content-Length: (\d+)", head)]
        sizes[name] = [n - len(body) for n in told]
        assert (b"chunked" in head) == (name == "length_and_chunks")
    assert sizes["length_too_long"] == [1000]
    assert sizes["length_too_short"][0] < 0
    assert len(sizes["length_twice"]) == 2
    assert len(bill(client)) == len(FRAMING)


def test_a_fault_for_another_path_is_met_only_there(client):
    fault = {"fault": "overloaded", "match": {"path": "/v1beta/models"}}
    client("POST", "/_emulator/faults", fault)
    assert client.raw("POST", LITE, BODY)[0] == 200
    assert client("GET", "/v1beta/models")[0] == 503
    assert client("GET", "/v1beta/models")[0] == 200
    client("POST", "/_emulator/faults", {"fault": "overloaded"})
    assert client("GET", "/v1beta/models")[0] == 200
