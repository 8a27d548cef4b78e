"""Who draws a picture: a bare socket, Cavendish, its peers. Run as a worker.

`python -m support.contenders NAME BASE_URL HOME` answers `draw` (CPU and wall time of single calls,
one after the other) and `peak` (growth of resident memory while some calls run at once).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pybase64

from support.consumption import CpuWatch, children, peak_mb, resident_mb, restart_peak
from support.payload import MODEL, TINY, body_of
from support.peers import KEY, GenAi, GenAiBlocking, Httpx
from support.worker import serve

BUFFER_BYTES = 64 * 1024 * 1024
READ_BYTES = 256 * 1024


class Contender(Protocol):
    """One way from a prompt to a file."""

    async def draw(self, prompt: str, size: str) -> Path:
        """Asks for a picture; returns its file."""
        ...

    def clear(self) -> None:
        """Removes the files of earlier calls."""
        ...

    async def close(self) -> None:
        """Gives sockets and files back."""
        ...


class Floor:
    """What cannot be avoided: receive, find the quotes, decode, write; all on a warm buffer."""

    def __init__(self, base_url: str, home: Path, *, digest: bool, sync: bool) -> None:
        self._where = urlsplit(base_url)
        self._file = home / "picture"
        self._digest, self._sync = digest, sync
        self._buffer = bytearray(BUFFER_BYTES)
        self._socket = socket.create_connection((self._where.hostname, self._where.port))

    async def draw(self, prompt: str, size: str) -> Path:
        body = body_of(prompt, size)
        path = f"/v1beta/models/{MODEL}:generateContent"
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        start, end = self._receive()
        first = self._buffer.index(b'"data": "', start, end) + 9
        view = memoryview(self._buffer)[first : self._buffer.index(b'"', first, end)]
        picture = pybase64.b64decode(view, validate=True)
        if self._digest:
            hashlib.sha256(picture).hexdigest()
        fd = os.open(self._file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        try:
            os.write(fd, picture)
            if self._sync:
                os.fsync(fd)
        finally:
            os.close(fd)
        return self._file

    def _receive(self) -> tuple[int, int]:
        """Reads one answer into the buffer; returns where its body starts and ends."""
        view, have = memoryview(self._buffer), 0
        while (blank := self._buffer.find(b"\r\n\r\n", 0, have)) < 0:
            have += self._socket.recv_into(view[have : have + READ_BYTES])
        head = bytes(view[:blank]).lower()
        end = blank + 4 + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        while have < end:
            have += self._socket.recv_into(view[have : min(end, have + READ_BYTES)])
        return blank + 4, end

    def clear(self) -> None:
        self._file.unlink(missing_ok=True)

    async def close(self) -> None:
        self._socket.close()


class Cavendish:
    """The library as anybody uses it: journal, budget, fsync and all."""

    def __init__(
        self, base_url: str, home: Path, *, output: bool = False, examine: str = "full"
    ) -> None:
        from cavendish import AsyncClient
        from cavendish.client.settings import Settings

        self._home = home
        self._output = home / "out" if output else None
        environment = {
            "HOME": str(home),
            "CAVENDISH_HOME": str(home / "state"),
            "GOOGLE_GEMINI_BASE_URL": base_url,
            "GEMINI_API_KEY": KEY,
        }
        self._client = AsyncClient(replace(Settings.load(environment, home), examine=examine))
        self._limited = False

    async def draw(self, prompt: str, size: str) -> Path:
        if not self._limited:
            await self._client.budgets.set("day", 1_000_000)
            self._limited = True
        result = await self._client.generate(
            prompt, model=MODEL, size=size, aspect_ratio="1:1", cache=False, output=self._output
        )
        return result.image.path or result.image.original_path

    def clear(self) -> None:
        shutil.rmtree(self._home / "state" / "blobs", ignore_errors=True)
        shutil.rmtree(self._home / "out", ignore_errors=True)

    async def close(self) -> None:
        await self._client.close()


CONTENDERS: dict[str, Callable[[str, Path], Contender]] = {
    "floor": lambda url, home: Floor(url, home, digest=False, sync=False),
    "floor + sha256": lambda url, home: Floor(url, home, digest=True, sync=False),
    "floor + sha256 + fsync": lambda url, home: Floor(url, home, digest=True, sync=True),
    "Cavendish, header only": partial(Cavendish, examine="header"),
    "Cavendish": Cavendish,
    "Cavendish, header, output=": partial(Cavendish, examine="header", output=True),
    "google-genai, async": GenAi,
    "google-genai, blocking": GenAiBlocking,
    "httpx + json": Httpx,
}


class Desk:
    """Answers the questions of the benchmark about one contender."""

    def __init__(self, contender: Contender) -> None:
        self._contender = contender
        self._runner = asyncio.Runner()
        self._calls = 0

    def answer(self, ask: str, **about: Any) -> Any:
        """`ask` is `draw` or `peak`."""
        questions: dict[str, Callable[..., Awaitable[Any]]] = {
            "draw": self._draw,
            "peak": self._peak,
        }
        return self._runner.run(questions[ask](**about))

    def close(self) -> None:
        """No more questions."""
        self._runner.run(self._contender.close())

    async def _draw(self, size: str, calls: int) -> dict[str, Any]:
        cpu_ms, wall_ms, sha256 = [], [], ""
        for _ in range(calls):
            self._contender.clear()
            prompt = self._prompt(TINY if size == TINY else "a banana")
            pixels = "1K" if size == TINY else size
            wall_s, cpu = time.perf_counter(), CpuWatch()
            path = await self._contender.draw(prompt, pixels)
            cpu_ms.append(cpu.used_ms())
            wall_ms.append((time.perf_counter() - wall_s) * 1e3)
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"cpu_ms": cpu_ms, "wall_ms": wall_ms, "sha256": sha256}

    async def _peak(self, size: str, at_once: int) -> dict[str, float]:
        await self._contender.draw(self._prompt(TINY), "1K")
        before = resident_mb()
        restart_peak()
        prompts = [self._prompt("a banana") for _ in range(at_once)]
        await asyncio.gather(*(self._contender.draw(prompt, size) for prompt in prompts))
        grown = peak_mb() - before
        decoders_mb = sum(peak_mb(child) for child in children())
        self._contender.clear()
        return {"before_mb": before, "grown_mb": grown, "decoders_mb": decoders_mb}

    def _prompt(self, about: str) -> str:
        self._calls += 1
        return f"{about}, number {self._calls}"


if __name__ == "__main__":
    name, base_url, home = sys.argv[1:]
    desk = Desk(CONTENDERS[name](base_url, Path(home)))
    serve(desk.answer)
    desk.close()
