"""T40: whatever hangs between asking and the last byte ends, each by a deadline of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from cavendish.channels import transport
from cavendish.channels.transport import Transport
from cavendish.channels.way import Way
from cavendish.core.errors import ChannelError, ConnectionFailed, DeadlineExceeded
from unit.channels.wires import deaf, listening, read_request, response

CONNECT_S, IDLE_S, WHOLE_S = 0.8, 0.8, 2.5  # far apart: the machine may be busy
BODY = b"x" * 20_000_000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def silence(reader, writer):
    await asyncio.sleep(60)


def after(data):
    """A server that reads a request, says `data`, and then nothing for ever."""

    async def talk(reader, writer):
        await read_request(reader)
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(60)

    return talk


async def keeps(reader, writer):
    """A good answer, and silence to the next request on the same connection."""
    await read_request(reader)
    writer.write(response(Connection="keep-alive"))
    await asyncio.sleep(60)


CONNECTING = {"name", "connection", "TLS", "proxy"}
SCRIPTS = {
    "TLS": silence,
    "proxy": silence,
    "the request's body": silence,
    "the first byte": after(b""),
    "the status line": after(b"HTTP/1.1 2"),
    "between headers": after(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"),
    "the body's beginning": after(response(b"x" * 100)[:-100]),
    "the body's last byte": after(response(b"x" * 100_000)[:-1]),
    "between chunks": after(CHUNKED + b"2\r\n{}\r\n"),
    "inside a chunk": after(CHUNKED + b"ff\r\n{}"),
    "the last chunk": after(CHUNKED + b"2\r\n{}\r\n0\r\n"),
    "a refusal's body": after(response(b"x" * 100, "503 Busy")[:-50]),
    "a kept connection": keeps,
}


@contextlib.asynccontextmanager
async def place(where):
    """An address at which the step hangs, and the way to it."""
    if where == "name":
        yield "http://service.test:1", Way()
    elif where == "connection":
        with deaf() as url:
            yield url, Way()
    else:
        async with listening(SCRIPTS[where]) as port:
            proxy = f"http://127.0.0.1:{port}" if where == "proxy" else None
            scheme = "https" if where in CONNECTING else "http"
            yield f"{scheme}://service.test:{port}", Way(proxy=proxy)


@pytest.fixture
def names(monkeypatch):
    """A name server that answers, or hangs for `service.test:1`."""
    real, over = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host, port, *rest, **named):
        if host == "service.test" and port == 1:
            over.wait(10)
        return real("127.0.0.1" if host == "service.test" else host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield over
    over.set()


async def ask(net, url, method, body):
    if method == "GET":
        asked = net.get(url, headers={}, timeout_s=WHOLE_S)
    else:
        asked = net.post(url, headers={}, body=body, timeout_s=WHOLE_S)
    async with asked as incoming:
        return [chunk async for chunk in incoming.chunks()]


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("where", ["name", "connection", *SCRIPTS])
def test_each_step_that_hangs_ends(monkeypatch, names, where, method):
    """T40: name, connection, TLS, proxy, request, first byte, headers, body, end."""
    if (where, method) == ("the request's body", "GET"):
        return
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT_S", CONNECT_S)
    monkeypatch.setattr(transport, "IDLE_S", IDLE_S)

    async def run():
        async with place(where) as (url, way):
            net = Transport(way=way)
            try:
                if where == "a kept connection":
                    await ask(net, url, method, b"{}")
                await ask(net, url, method, BODY if where == "the request's body" else b"{}")
            finally:
                names.set()
                await net.close()

    began_s = time.monotonic()
    with pytest.raises(ChannelError) as caught:
        asyncio.run(run())
    assert time.monotonic() - began_s < 15
    error = caught.value
    if where in CONNECTING:
        assert isinstance(error, ConnectionFailed)
        assert error.billed is False
        assert f"within {CONNECT_S:g} s" in error.message
    elif "chunk" in where or "body's" in where.replace("request's body", "request"):
        assert "brought nothing for" in error.message
        assert error.billed is None
    else:
        assert isinstance(error, ConnectionFailed | DeadlineExceeded)
        assert error.billed is None
