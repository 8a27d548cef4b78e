"""Raw servers: each connection is given to a script that says exactly what goes over the wire."""

from __future__ import annotations

import asyncio
import contextlib
import socket


class Asked:
    """One request as it came."""

    def __init__(self, head, body):
        line, *fields = head.decode("latin-1").split("\r\n")
        self.line, self.body = line, body
        named = [field.partition(":") for field in fields if field]
        self.names = [name.strip().lower() for name, *_ in named]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in named}


async def read_request(reader):
    """A whole request with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    asked = Asked(head[:-4], b"")
    asked.body = await reader.readexactly(int(asked.headers.get("content-length", 0)))
    return asked


@contextlib.asynccontextmanager
async def listening(talk, *, ssl=None):
    """A loopback server's port; at the end no task and no socket of it is left."""
    tasks, writers = set(), []

    async def keep(reader, writer):
        tasks.add(asyncio.current_task())
        writers.append(writer)
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=ssl)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def serving(script):
    """A loopback server; `script(reader, writer)` talks, then the connection is closed."""
    async with listening(script) as port:
        yield f"http://127.0.0.1:{port}"


def answering(data, *, pause_s=0.0, seen=None):
    """A script: one request in, `data` out, byte for byte."""

    async def script(reader, writer):
        while True:
            asked = await read_request(reader)
            if seen is not None:
                seen.append(asked)
            await asyncio.sleep(pause_s)
            writer.write(data)
            await writer.drain()
            if b"keep-alive" not in data.lower():
                return

    return script


def response(body=b"{}", status="200 OK", **headers):
    """A plain HTTP answer."""
    fields = {"Content-Length": len(body), "Content-Type": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def reset(writer):
    """RST instead of FIN."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    writer.transport.abort()


def unused_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def deaf():
    """A listener whose queue is full: connecting to it never ends."""
    with socket.socket() as listener, contextlib.ExitStack() as fill:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            one = fill.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
