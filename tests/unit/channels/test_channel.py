"""A channel: where its key may go, what it reads of an error, what it makes of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import time
from dataclasses import replace
from email.utils import formatdate

import pytest

from cavendish.catalog.loader import find_channel
from cavendish.channels import channel as channel_module
from cavendish.channels.channel import ERROR_BODY_BYTES, Channel
from cavendish.client.system import SystemClock
from cavendish.core.errors import (
    ChannelError,
    ConnectionFailed,
    InvalidRequest,
    ProtocolError,
    RateLimited,
)
from cavendish.core.request import ImageRequest, Reference
from cavendish.core.secret import Secret
from cavendish.wire.gemini.answer import decode
from cavendish.wire.message import Message
from simulation.oracle import answer_body, png

FACTS = find_channel("gemini")
URL = "https://service.example:8443/prefix"
REQUEST = ImageRequest("gemini-3-pro-image", "a cat", "1K", "1:1")


class Incoming:
    def __init__(self, status, headers, pieces):
        self.status, self.headers, self.pieces, self.read = status, headers, pieces, 0

    async def chunks(self):
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            self.read += len(piece)
            yield piece


class Net:
    def __init__(self, status=200, pieces=(), headers=None):
        self.answer = Incoming(status, headers or {}, pieces)
        self.sent, self.closed, self.takes_s = [], False, 0

    @contextlib.asynccontextmanager
    async def post(self, url, *, headers, body, timeout_s, connect_s=None):
        self.sent.append((url, dict(headers), body, timeout_s))
        await asyncio.sleep(self.takes_s)
        yield self.answer

    async def close(self):
        self.closed = True


class Sink:
    def __init__(self):
        self.pictures = []

    def begin(self, index):
        self.pictures.append(b"")

    def write(self, data):
        self.pictures[-1] += data

    def end(self, index):
        assert index == len(self.pictures) - 1


def channel(net, *, secret=None, url=URL, facts=FACTS):
    return Channel(facts, base_url=url, secret=secret, net=net, clock=SystemClock())


def call(net, sink=None, **options):
    found = channel(net, **options)
    message = found.encode(REQUEST)
    return asyncio.run(found.call(message, sink or Sink(), timeout_s=179.2)).rest


def test_a_call_goes_where_the_facts_say():
    """T41, T121."""
    net = Net(pieces=[b"{}"])
    assert call(net, secret=Secret("key", host="service.example:8443")) == b"{}"
    ((url, headers, body, timeout_s),) = net.sent
    assert url == f"{URL}/v1beta/models/gemini-3-pro-image:generateContent"
    assert headers == {
        "Content-Type": "application/json", "X-Server-Timeout": "174", "x-goog-api-key": "key",
    }  # fmt: skip
    assert json.loads(body)["contents"][0]["parts"][0]["text"] == "a cat"
    assert timeout_s == 179.2
    assert "key" not in url


@pytest.mark.parametrize(
    "host", ["service.example", "service.example:443", "SERVICE.example:8443", "evil.example:8443"]
)
def test_a_key_is_for_one_host_and_port_only(host):
    """T121."""
    net = Net()
    with pytest.raises(PermissionError):
        call(net, secret=Secret("key", host=host))
    assert not net.sent


def test_a_key_shows_itself_to_nobody():
    secret = Secret("swordfish", host="h")
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{secret:>9}"):
        assert "swordfish" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(PermissionError) as caught:
        secret.reveal("other")
    assert "swordfish" not in str(caught.value)


def test_a_model_name_cannot_leave_its_place_in_the_path():
    net = Net(pieces=[b"{}"])
    found = channel(net)
    asyncio.run(found.call(found.encode(REQUEST, "../../x?y#z"), Sink(), timeout_s=1))
    assert net.sent[0][0] == f"{URL}/v1beta/models/..%2F..%2Fx%3Fy%23z:generateContent"


@pytest.mark.parametrize("size", [1, 7, 4096, 10**6])
def test_pictures_go_to_the_sink_and_the_rest_comes_back(size):
    picture = png(1024, 1024, "x")
    body = answer_body([picture], prompt_tokens=1, image_tokens=1120, thoughts=0)
    sink = Sink()
    rest = call(Net(pieces=[body[at : at + size] for at in range(0, len(body), size)]), sink)
    assert sink.pictures == [picture]
    assert json.loads(rest)["candidates"][0]["content"]["parts"][0]["inlineData"]["data"] == 0


@pytest.mark.parametrize("pieces", [[], [b""], [b"{"], [b"<html>"], [b'{"a":"'], [b"{}", b"x"]])
def test_an_answer_that_is_none_is_of_unknown_price(pieces):
    with pytest.raises(ProtocolError) as caught:
        call(Net(pieces=pieces))
    assert caught.value.billed is None


@pytest.mark.parametrize("status", [201, 203, 206])
def test_an_answer_may_come_under_any_status_of_success(status):
    body = b'{"candidates": [{"content": {}}]}'
    assert call(Net(status, [body])) == body


def test_a_web_page_is_named_by_its_title_and_sends_to_the_address():
    page = b"\r\n<!DOCTYPE html><html><head><title>Hotel WiFi</title></head></html>"
    with pytest.raises(ProtocolError, match=r"a web page came .*: Hotel WiFi") as caught:
        call(Net(pieces=[page]))
    assert (caught.value.billed, caught.value.details["row"]) == (None, "not-the-api")
    assert "GOOGLE_GEMINI_BASE_URL" in caught.value.next_step


def test_an_error_is_read_and_classified():
    body = b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"slow down"}}'
    with pytest.raises(RateLimited, match="slow down") as caught:
        call(Net(429, [body], {"retry-after": "7"}))
    assert (caught.value.billed, caught.value.http_status) == (False, 429)
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("status", "takes_s", "billed"),
    [(503, 0, False), (500, 0.97, None), (503, 0.97, None), (429, 0.97, False)],
)
def test_a_failure_at_the_very_deadline_says_nothing_of_the_money(status, takes_s, billed):
    """T41."""
    net = Net(status, [b"{}"])
    net.takes_s = takes_s
    with pytest.raises(ChannelError) as caught:
        asyncio.run(channel(net).call(Message("/m", b""), Sink(), timeout_s=1.0))
    assert caught.value.billed is billed


def test_a_failure_when_a_front_end_gives_up_says_nothing_either(monkeypatch):
    """T41."""
    monkeypatch.setattr(channel_module, "FRONT_END_S", 0.3)
    net = Net(503, [b"{}"])
    net.takes_s = 0.3
    with pytest.raises(ChannelError) as caught:
        asyncio.run(channel(net).call(Message("/m", b""), Sink(), timeout_s=90.0))
    assert caught.value.billed is None


def streamed(*, ending=True):
    """An answer as events: words, then the picture, then the ending."""
    picture = png(64, 64, "x")
    whole = json.loads(answer_body([picture], prompt_tokens=1, image_tokens=1120, thoughts=0))
    last = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": whole["usageMetadata"]}
    whole["candidates"][0].pop("finishReason")
    chunks = [{"candidates": [{"content": {"parts": [{"text": "here"}]}}]}, whole]
    chunks += [last] * ending
    return picture, b"".join(b"data: " + json.dumps(c).encode() + b"\r\n\r\n" for c in chunks)


@pytest.mark.parametrize("size", [1, 50, 10**6])
def test_a_stream_is_read_although_nobody_asked_for_one(size):
    picture, body = streamed()
    sink = Sink()
    rest = call(Net(pieces=[body[at : at + size] for at in range(0, len(body), size)]), sink)
    assert sink.pictures == [picture]
    assert decode(json.loads(rest), [(len(picture), "x")]).finish == "stop"


def test_a_stream_that_breaks_off_after_its_picture_keeps_it():
    picture, body = streamed(ending=False)
    sink = Sink()
    broken = [body, b'data: {"cand', ConnectionFailed("reset", billed=None)]
    rest = call(Net(pieces=broken), sink)
    answer = decode(json.loads(rest), [(len(picture), "x")])
    assert answer.final is not None
    assert answer.usage is None, "the counts that came were not the last"


def test_a_pause_until_a_date_is_read_where_the_answer_has_no_date_of_its_own():
    """T51."""
    until = formatdate(time.time() + 90, usegmt=True)
    with pytest.raises(ChannelError) as caught:
        call(Net(429, [b"{}"], {"retry-after": until}))
    assert 60 < caught.value.retry_after_s <= 90


@pytest.mark.parametrize(
    ("name", "said"), [("own", "base_url in own.toml"), ("laozhang", "LAOZHANG_BASE_URL")]
)
def test_the_next_step_names_the_channels_own_address_and_models(name, said):
    facts = find_channel("laozhang")
    if name == "own":
        facts = replace(facts, name=name, title="Own", base_url_env=None)
    for net, words in (
        (Net(307, [], {"location": "https://elsewhere.example"}), said),
        (Net(pieces=[b"<html><title>Welcome</title>"]), said),
        (Net(404, [b'{"error": {"message": "no such model"}}']), f"models {facts.title} has"),
        (Net(401, [b"{}"]), f"check LAOZHANG_API_KEY and the account behind it at {facts.title}"),
    ):
        with pytest.raises(ChannelError) as caught:
            call(net, facts=facts)
        channel(net, facts=facts).in_own_words(caught.value)
        assert words in caught.value.next_step
        assert "GEMINI" not in caught.value.next_step


def test_a_stream_that_breaks_off_before_its_picture_is_unknown():
    _, body = streamed(ending=False)
    for cut in (10, len(body) // 2, len(body) - 20):
        with pytest.raises(ConnectionFailed) as caught:
            call(Net(pieces=[body[:cut], ConnectionFailed("reset", billed=None)]))
        assert caught.value.billed is None


def test_of_an_endless_error_only_the_beginning_is_read():
    piece = b"x" * 100_000
    net = Net(503, [piece] * 1000)
    with pytest.raises(Exception, match="503"):
        call(net)
    assert net.answer.read <= ERROR_BODY_BYTES + len(piece)


def test_a_request_the_channel_does_not_take_is_refused_before_it_is_sent():
    small = replace(FACTS, request_bytes=1000, files=None)
    big = replace(REQUEST, references=(Reference("image/png", bytes(1000)),))
    with pytest.raises(InvalidRequest, match="1,000"):
        channel(Net(), facts=small).encode(big)


def test_closing_closes_the_network():
    net = Net()
    asyncio.run(channel(net).close())
    assert net.closed
