"""What the provider, the network and the disk may do: exit codes, and that nothing is lost."""

from __future__ import annotations

import logging

import pytest

from unit.apps import shapes
from unit.client.upstream import (
    CANARY,
    REJECTED_KEY,
    USAGE_USD,
    Reply,
    answer,
    as_asked,
    picture,
    pixels,
    refusal,
)

WORDS = {"promptTokenCount": 5, "candidatesTokenCount": 20, "totalTokenCount": 25}


def spent(cavendish):
    """(real money spent, held) by the report."""
    report = cavendish("cost", "report", "--json").json
    return report["total_usd"], [line["held_usd"] for line in report["lines"]]


def test_a_rejected_key(cavendish, upstream):
    upstream.always(REJECTED_KEY)
    said = cavendish("generate", "x", "-s", "1K", "--json")
    assert (said.code, said.err) == (1, "")
    shapes.check_error(said.error)
    assert (said.error["type"], said.error["category"]) == ("AuthenticationError", "auth")
    assert (said.error["billed"], said.error["http_status"]) == (False, 400)
    assert said.error["next_step"]
    assert len(said.error["attempts"]) == len(upstream.requests) == 1
    assert spent(cavendish) == ("0", ["0"])


def test_no_network(cavendish, upstream, monkeypatch):
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    said = cavendish("generate", "x", "-s", "1K", "--retries", "0", "--json")
    assert (said.code, said.err) == (1, "")
    shapes.check_error(said.error)
    assert (said.error["type"], said.error["billed"]) == ("ConnectionFailed", False)
    assert "check the network" in said.error["next_step"]
    assert spent(cavendish) == ("0", ["0"])


def test_a_picture_that_was_not_asked_for(cavendish, upstream, folder):
    upstream.always(picture(pixels(1024, 1024)))
    said = cavendish("generate", "x", "-s", "2K", "-o", "x.png", "--json")
    assert (said.code, said.err) == (4, "")
    shapes.check_error(said.error)
    assert said.error["type"] == "ContractViolation"
    assert (said.error["path"], said.error["billed"]) == ("x.png", True)
    assert said.error["cost_usd"] == USAGE_USD
    assert "asked for 2K (2048x2048), got 1K (1024x1024)" in said.error["message"]
    assert [finding["kind"] for finding in said.error["findings"]] == ["size"]
    assert (folder / "x.png").read_bytes().startswith(b"\x89PNG")
    assert spent(cavendish) == (USAGE_USD, ["0"])
    words = cavendish("generate", "x", "-s", "2K", "-o", "x.png", "--no-cache")
    assert "kept at x.png" in words.err


def test_an_error_says_where_more_is_said(cavendish, upstream):
    upstream.always(refusal(403, "PERMISSION_DENIED", "Your API key was reported as leaked. No"))
    said = cavendish("generate", "x", "-s", "1K")
    assert "  more: cavendish explain leaked-key\n" in said.err
    upstream.always(answer([], usage=WORDS, finish="IMAGE_SAFETY"))
    said = cavendish("generate", "x", "-s", "1K")
    assert "  more: cavendish explain blocked-safety\n" in said.err


def test_an_infographic_that_was_not_asked_for(cavendish, upstream, folder):
    (folder / "data.json").write_text('{"title": "T"}')
    upstream.always(picture(pixels(1024, 1024)))
    said = cavendish("infographic", "data.json", "-o", "x.jpg", "--json")
    assert (said.code, said.error["path"]) == (4, "x.jpg")
    shapes.check_error(said.error)


def test_some_fail(cavendish, upstream, folder):
    wrong = picture(pixels(512, 512))
    upstream.script = lambda number, *a: wrong if number == 1 else as_asked(number, *a)
    said = cavendish("generate", "x", "-s", "1K", "-n", "2", "-o", "x.jpg", "--json")
    assert (said.code, said.err) == (5, "")
    shapes.check_result(said.json)
    assert sorted(map(len, said.json["pictures"])) == [1, len(shapes.PICTURE)]
    assert len(list(folder.iterdir())) == 2
    total, held = spent(cavendish)
    assert (total, held) == (said.json["cost_usd"], ["0"])


@pytest.mark.parametrize(
    ("reply", "kind", "category", "billed"),
    [
        (refusal(503, "UNAVAILABLE", "busy"), "Overloaded", "retryable", False),
        (refusal(500, "INTERNAL", "oops"), "InternalError", "retryable", False),
        (refusal(400, "INVALID_ARGUMENT", "no"), "BadRequest", "invalid", False),
        (refusal(403, "PERMISSION_DENIED", "no"), "PermissionDenied", "auth", False),
        (refusal(404, "NOT_FOUND", "models/x is not found"), "NotFound", "invalid", False),
        (refusal(429, "RESOURCE_EXHAUSTED", "later"), "RateLimited", "quota", False),
        (Reply(200, b"<html>captive portal</html>"), "ProtocolError", "fatal", None),
        (Reply(502, b"<html>bad gateway</html>"), "InternalError", "retryable", None),
        (Reply(None), "ConnectionFailed", "retryable", None),
        (answer([{"text": "no"}], usage=WORDS), "NoImage", "invalid", True),
        (answer([], usage=WORDS, finish="IMAGE_SAFETY"), "Blocked", "safety", True),
    ],
)
def test_every_failure_is_one_document(
    cavendish, upstream, tmp_path, reply, kind, category, billed
):
    """T22."""
    upstream.always(reply)
    said = cavendish("generate", "x", "-s", "1K", "--retries", "0", "--json")
    assert (said.code, said.err) == (1, "")
    shapes.check_error(said.error)
    if kind:
        assert (said.error["type"], said.error["category"]) == (kind, category)
    assert said.error["billed"] is billed
    total, (held,) = spent(cavendish)
    assert (total != "0", held != "0") == (billed is True, billed is None)
    assert not [p for p in (tmp_path / "home").rglob("*") if p.parent.name == "spool"]


def leaks(text_or_bytes):
    raw = text_or_bytes if isinstance(text_or_bytes, bytes) else text_or_bytes.encode()
    return CANARY.encode() in raw


@pytest.mark.parametrize(
    "reply",
    [
        REJECTED_KEY,
        refusal(403, "PERMISSION_DENIED", f"Consumer 'api_key:{CANARY}' has been suspended."),
        Reply(403, f"key={CANARY}".encode()),
        Reply(200, f'{{"error": {{"code": 400, "message": "bad key {CANARY}"}}}}'.encode()),
        Reply(200, f"not JSON {CANARY}".encode()),
        Reply(302, b"", headers={"Location": f"http://127.0.0.1:9/?key={CANARY}"}),
        Reply(None),
        answer([{"text": "no picture today"}], usage=WORDS),
    ],
)
def test_a_key_is_nowhere(cavendish, upstream, tmp_path, folder, caplog, reply):
    upstream.always(reply)
    with caplog.at_level(logging.DEBUG):
        for tokens in (["--json"], []):
            said = cavendish("generate", "x", "-s", "1K", "--retries", "0", *tokens)
            assert said.code == 1
            assert not leaks(said.out + said.err)
        assert not leaks(cavendish("cost", "report", "--json").out)
    assert not leaks(caplog.text)
    assert len(upstream.requests) == 2  # no redirect is followed either
    for place in (tmp_path / "home", folder):
        assert not [p for p in place.rglob("*") if p.is_file() and leaks(p.read_bytes())]


def test_words_from_outside_do_not_steer_the_terminal(cavendish, upstream):
    upstream.always(picture(pixels(1024, 1024), text="a \x1b]0;title\x07 \x1b[2J fox\x9b5n"))
    said = cavendish("generate", "x", "-s", "1K", "-o", "x.jpg", "--text")
    assert said.code == 0
    assert "fox" in said.out
    assert not set(said.out + said.err) & {"\x1b", "\x07", "\x9b"}
