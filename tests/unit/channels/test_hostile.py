"""Upstreams that mean harm, or are broken as if they did: bounded, typed, and given up in time."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import resource
import socket
import threading
import time
import zlib

import pytest

from cavendish.catalog.loader import find_channel
from cavendish.channels import transport
from cavendish.channels.channel import Channel
from cavendish.channels.transport import Transport
from cavendish.client.system import SystemClock
from cavendish.core.errors import ChannelError, ConnectionFailed, DeadlineExceeded
from cavendish.core.secret import Secret
from cavendish.wire.message import Message
from unit.channels.test_channel import Sink
from unit.channels.wires import answering, deaf, read_request, response, serving

KEY = "AIzaCanary-0123456789abcdefghijklmnopqrs"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Closing(Transport):
    """A transport for `aclosing`."""

    aclose = Transport.close


async def ask(url, *, timeout_s=5.0):
    """One call over the real transport; the rest of its answer."""
    secret = Secret(KEY, host=url.partition("//")[2])
    channel = Channel(
        find_channel("gemini"), base_url=url, secret=secret, net=Transport(), clock=SystemClock()
    )
    try:
        reply = await channel.call(Message("/m", b"{}"), Sink(), timeout_s=timeout_s)
        return reply.rest
    finally:
        await channel.close()


def fails(script, **options):
    async def run():
        async with serving(script) as url:
            return await ask(url, **options)

    with pytest.raises(ChannelError) as caught:
        asyncio.run(run())
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def saying(*pieces, times=1, pause_s=0.0):
    """A script: one request in, then the pieces, over and over."""

    async def script(reader, writer):
        await read_request(reader)
        for _ in range(times):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)

    return script


FOR_EVER = 10**9


def test_a_stream_of_heartbeats_ends_at_the_deadline():
    """T34."""
    head = HEAD.replace(b"application/json", b"text/event-stream") + b"\r\n"
    beats = saying(*[head], *[b": alive\n\n"] * 5000, pause_s=0.01)
    error = fails(beats, timeout_s=2)
    assert isinstance(error, DeadlineExceeded)
    assert error.billed is None


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_given_up_at_64_mib(encoding):
    """T35."""
    zeros, mould = bytes(2**20), b'{"a":"'
    press = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    bomb = press.compress(mould) + b"".join(press.compress(zeros) for _ in range(160))
    bomb += press.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = fails(saying(response(bomb, Content_Encoding=encoding)), timeout_s=60)
    assert error.billed is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_the_bound_of_what_inflates_is_the_transports_own():
    """T35."""
    body = gzip.compress(b" " * (transport.INFLATED_BYTES + 2**20))

    async def run():
        async with (
            contextlib.aclosing(Closing()) as net,
            serving(saying(response(body, Content_Encoding="gzip"))) as url,
            net.post(url, headers={}, body=b"", timeout_s=60) as incoming,
        ):
            async for _ in incoming.chunks():
                pass

    with pytest.raises(ConnectionFailed, match="64 MiB") as caught:
        asyncio.run(run())
    assert caught.value.billed is None


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip", "x-none"])
def test_a_wrong_encoding_is_a_typed_error(encoding):
    """T35."""
    assert fails(saying(response(b"\x1f\x8bno", Content_Encoding=encoding))).billed is None


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P", "300 C", "304 N"])
def test_nothing_is_followed_and_the_key_goes_nowhere_else(status):
    """T36."""
    seen = []

    async def run():
        async with serving(answering(response(), seen=seen)) as elsewhere:
            bomb = gzip.compress(bytes(2**24))
            answer = response(bomb, status, Location=f"{elsewhere}/x", Content_Encoding="gzip")
            async with serving(saying(answer)) as url:
                await ask(url)

    with pytest.raises(ChannelError) as caught:
        asyncio.run(run())
    assert "127.0.0.1" in str(caught.value)
    assert not seen


@pytest.mark.parametrize(
    "script",
    [
        saying(HEAD + b"Content-Length: 400000\r\n\r\n" + b" " * 399_000, pause_s=30),
        saying(HEAD + b"Content-Length: 400\r\n\r\n", pause_s=30),
    ],
    ids=["at 99 %", "after the headers"],
)
def test_an_answer_that_stalls_is_given_up(monkeypatch, script):
    """T42."""
    monkeypatch.setattr(transport, "IDLE_S", 0.3)
    began_s = time.monotonic()
    error = fails(script, timeout_s=20)
    assert isinstance(error, ConnectionFailed)
    assert error.billed is None
    assert time.monotonic() - began_s < 10


def test_a_picture_that_trickles_is_given_up(monkeypatch):
    """T42."""
    monkeypatch.setattr(transport, "IDLE_S", 0.3)
    head = HEAD + b"Content-Length: 400000\r\n\r\n" + b" " * 70_000

    async def script(reader, writer):
        await read_request(reader)
        writer.write(head)
        for _ in range(1000):
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    error = fails(script, timeout_s=15)
    assert isinstance(error, ConnectionFailed)
    assert "bytes in" in str(error)


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "10 MB in one header": saying(HEAD + b"X-A: ", *[b"x" * 65536] * 160),
    "10 MB of headers": saying(HEAD, *[b"X-A: " + b"x" * 8000 + b"\r\n"] * 1250),
    "100,000 headers": saying(HEAD, *[b"X-A: b\r\n" * 1000] * 100),
    "headers for ever": saying(HEAD, b"X-A: b\r\n" * 1000, times=FOR_EVER),
    "an endless first line": saying(b"HTTP/1.1 200 ", *[b"x" * 65536] * 100),
    "no chunk size": saying(CHUNKED + b"zz\r\n{}"),
    "a huge chunk size": saying(CHUNKED + b"f" * 20 + b"\r\n{}"),
    "a negative chunk size": saying(CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n"),
    "a size too short": saying(CHUNKED + b"1\r\n{}\r\n0\r\n\r\n"),
    "an endless extension": saying(CHUNKED + b"2;" + b"x" * 20_000),
    "100,000 trailers": saying(CHUNKED + b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 100_000 + b"\r\n"),
    "both lengths": saying(
        HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "two lengths": saying(HEAD + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}{}"),
    "a negative length": saying(HEAD + b"Content-Length: -2\r\n\r\n{}"),
    "a length of 25 digits": saying(HEAD + b"Content-Length: " + b"9" * 25 + b"\r\n\r\n{}"),
    "a length too long": saying(HEAD + b"Content-Length: 10\r\n\r\n{}"),
    "a length too short": saying(HEAD + b"Content-Length: 1\r\n\r\n{}"),
    "HTTP/0.9": saying(b"{}"),
    "HTTP/2": saying(b"HTTP/2 200\r\n\r\n{}"),
    "a zero byte": saying(HEAD + b"X-A: \x00\r\n\r\n{}"),
    "a key thrown back": saying(b"HTTP/1.1 " + KEY.encode() + b"\r\n\r\n"),
    "a key in a header": saying(HEAD + b"X-A: " + KEY.encode() * 300 + b"\r\n\r\n{}"),
    "not JSON": saying(HEAD + b"\r\n" + b"<html>" + KEY.encode()),
}  # fmt: skip
BEGUN = CHUNKED + b"5\r\n{    \r\n"
BROKEN |= {
    f"{name}, after a good chunk": saying(BEGUN, bad, pause_s=0.05)
    for name, bad in {
        "no chunk size": b"zz\r\n{}",
        "a huge chunk size": b"f" * 20 + b"\r\n{}",
        "a negative chunk size": b"-1\r\n{}\r\n0\r\n\r\n",
        "a size too short": b"1\r\n{}\r\n0\r\n\r\n",
        "an endless extension": b"2;" + b"x" * 20_000,
        "100,000 trailers": b"1\r\n}\r\n0\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        "no more": b"",
    }.items()
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN)
def test_what_breaks_the_rules_is_typed_at_once(script):
    """T45: bounded in memory, and nobody waits for the deadline."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began_s = time.monotonic()
    error = fails(script, timeout_s=30)
    assert error.billed is None
    assert not isinstance(error, DeadlineExceeded)
    assert time.monotonic() - began_s < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_an_answer_that_broke_before_it_was_looked_at_is_typed_at_once():
    """T45."""
    bad = [BEGUN, b"zz\r\n"]

    async def run():
        async with (
            contextlib.aclosing(Closing()) as net,
            serving(saying(*bad, pause_s=0.02)) as url,
            net.post(url, headers={}, body=b"", timeout_s=30) as incoming,
        ):
            await asyncio.sleep(0.2)
            async with asyncio.timeout(5):
                return [chunk async for chunk in incoming.chunks()]

    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(run())
    assert caught.value.billed is None


@pytest.mark.parametrize("line", [b"100 Continue", b"102 Processing", b"103 Early Hints"])
def test_promises_without_end_end_at_the_deadline(line):
    """T45: nothing but 1xx is no answer, and takes no memory."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error = fails(saying(b"HTTP/1.1 %b\r\n\r\n" % line * 100, times=FOR_EVER), timeout_s=1.0)
    assert isinstance(error, DeadlineExceeded)
    assert error.billed is None
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def answers(monkeypatch, work):
    """What the system says to a name, played by `work(host, port)`."""
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *rest, **named):
        return work(port) if host == "service.test" else real(host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def address(ip, port):
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    place = (ip, port, 0, 0) if ":" in ip else (ip, port)
    return (family, socket.SOCK_STREAM, 6, "", place)


def raising(number):
    def work(port):
        raise socket.gaierror(number, "said the name server")

    return work


@pytest.mark.parametrize(
    "work",
    [
        raising(socket.EAI_NONAME),
        raising(socket.EAI_AGAIN),
        raising(socket.EAI_FAIL),
        raising(-5),
    ],  # EAI_NODATA
    ids=["no such name", "servers fail", "failed for good", "nothing"],
)
def test_a_name_that_is_not_found_was_not_sent(monkeypatch, work):
    """T46."""
    answers(monkeypatch, work)
    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(ask("http://service.test:1"))
    assert caught.value.billed is False


def test_a_name_server_that_does_not_answer_in_time_was_not_sent(monkeypatch):
    """T46."""
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT_S", 0.2)
    over = threading.Event()

    def hang(port):
        over.wait(5)
        return []

    answers(monkeypatch, hang)

    async def run():
        try:
            await ask("http://service.test:1", timeout_s=4)
        finally:
            over.set()

    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(run())
    assert caught.value.billed is False


def test_an_address_that_swallows_everything_does_not_keep_from_one_that_lives(monkeypatch):
    """T46: the other is tried after a quarter of a second, not after the first has timed out."""
    with deaf() as url:
        hole = int(url.rpartition(":")[2])
        answers(monkeypatch, lambda port: [address("127.0.0.1", hole), address("127.0.0.1", port)])

        async def run():
            async with serving(saying(response(b"{}"))) as url:
                return await ask(url.replace("127.0.0.1", "service.test"))

        began_s = time.monotonic()
        assert asyncio.run(run()) == b"{}"
        assert time.monotonic() - began_s < 4


def test_a_name_that_was_not_found_is_looked_up_again_at_once(monkeypatch):
    """T46: no failure of a name server is remembered."""
    found = []

    def first_fails(port):
        found.append(port)
        if len(found) == 1:
            raise socket.gaierror(socket.EAI_AGAIN, "said the name server")
        return [address("127.0.0.1", port)]

    answers(monkeypatch, first_fails)

    async def run():
        async with (
            contextlib.aclosing(Closing()) as net,
            serving(answering(response(b"{}"))) as url,
        ):
            said = []
            for _ in range(2):
                try:
                    async with net.post(
                        url.replace("127.0.0.1", "service.test"),
                        headers={},
                        body=b"",
                        timeout_s=5,
                    ) as incoming:
                        said.append(incoming.status)
                except ConnectionFailed as error:
                    said.append(error.billed)
            return said

    assert asyncio.run(run()) == [False, 200]


def test_an_address_that_is_dead_does_not_keep_from_one_that_lives(monkeypatch):
    """T46."""
    answers(monkeypatch, lambda port: [address("::1", port), address("127.0.0.1", port)])

    async def run():
        async with serving(saying(response(b"{}"))) as url:
            return await ask(url.replace("127.0.0.1", "service.test"))

    assert asyncio.run(run()) == b"{}"
