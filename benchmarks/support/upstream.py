"""A fake Gemini API: ready-made answers over HTTP/1.1 on loopback, kept-alive, with a length.

Run as `python -m support.upstream FOLDER`; it prints its port. Every connection sends from the one
copy of a body in memory, as fast as the other side reads, so 64 at once cost it nothing.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path

from support.payload import SIDES, TINY

REQUEST_BYTES = 64 * 1024


class Upstream:
    """Serves `FOLDER/<size>.json` for whatever image size a request asks for."""

    def __init__(self, folder: Path) -> None:
        self._bodies = {
            size: memoryview((folder / f"{size}.json").read_bytes()) for size in (*SIDES, TINY)
        }

    async def serve(self) -> None:
        """Accepts until it is killed."""
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
            server.setblocking(False)
            print(server.getsockname()[1], flush=True)
            tasks = set()
            while True:
                connection, _ = await loop.sock_accept(server)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                task = asyncio.create_task(self._answer(connection))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def _answer(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with connection:
            try:
                while request := await _request(connection):
                    body = self._bodies[_size(request)]
                    head = (
                        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n"
                    )
                    await loop.sock_sendall(connection, head.encode())
                    await loop.sock_sendall(connection, body)
            except ConnectionError:
                return


async def _request(connection: socket.socket) -> bytes:
    """The body of the next request; empty when the other side has gone."""
    loop, said = asyncio.get_running_loop(), b""
    while True:
        head, found, body = said.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            return body
        piece = await loop.sock_recv(connection, REQUEST_BYTES)
        if not piece:
            return b""
        said += piece


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _size(request: bytes) -> str:
    said = json.loads(request)
    if said["contents"][0]["parts"][0]["text"].startswith(TINY):
        return TINY
    return str(said["generationConfig"]["imageConfig"]["imageSize"])


if __name__ == "__main__":
    asyncio.run(Upstream(Path(sys.argv[1])).serve())
