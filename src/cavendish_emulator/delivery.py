"""How an answer goes out on the line, and what a fault of the line does to it."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Iterable, Mapping

from aiohttp import web

from cavendish_emulator.faults import NAMED, Fault
from cavendish_emulator.faults.framing import Framed
from cavendish_emulator.google.answer import slices

JSON = "application/json; charset=UTF-8"
EVENTS = "text/event-stream"
HEADERS = {
    "Content-Type": JSON,
    "Vary": "Origin, X-Origin, Referer",
    "Server": "scaffolding on HTTPServer2",
    "X-XSS-Protection": "0",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
}
_MEGABYTE = 1 << 20
_TICK_S = 0.05
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: with a gzip header


async def send(
    request: web.Request,
    pieces: list[bytes],
    headers: Mapping[str, str],
    fault: Fault | None,
    usual: Mapping[str, str] = HEADERS,
) -> web.StreamResponse:
    """Send a body as the fault says; without one, whole and at once."""
    name = fault.name if fault else ""
    args = fault.args if fault else {}
    if name == "reset_after_execution":
        return hang_up(request)
    if fault is not None and isinstance(framed := NAMED[fault.name], Framed):
        return _by_hand(request, framed.frame(b"".join(pieces), args))
    said = {**usual, **headers}
    if name in {"gzip", "gzip_bomb", "wrong_encoding"}:
        said["Content-Encoding"] = "gzip"
    if name == "gzip":
        pieces = [gzip.compress(b"".join(pieces), 1)]
    response = web.StreamResponse(headers=said)
    if request.version >= (1, 1):
        response.enable_chunked_encoding()
    await response.prepare(request)
    total = sum(map(len, pieces))
    if name == "heartbeat":
        beat = b": \r\n\r\n" if said["Content-Type"] == EVENTS else b" "
        return await _beat(request, response, beat, args["every_s"])
    if name == "gzip_bomb":
        await _write(response, _bomb(args["megabytes"]))
    elif name == "cut":
        wanted = args["bytes"]
        limit = min(total, int(total * args["fraction"]) if wanted is None else wanted)
        await _write(response, slices(pieces, limit))
        return hang_up(request, response, gently=True)
    elif name == "stall":
        await _write(response, slices(pieces, int(total * args["fraction"])))
        return await _beat(request, response, b"", _TICK_S)
    elif name == "trickle":
        async for part in _slowly(pieces, args["bytes_per_second"]):
            await response.write(part)
    else:
        await _write(response, slices(pieces))
    await response.write_eof()
    return response


def _by_hand(request: web.Request, frames: Iterable[bytes]) -> web.StreamResponse:
    """Write to the line past every rule of HTTP, then close it."""
    if request.transport is not None:
        request.transport.writelines(list(frames))
    return hang_up(request, gently=True)


async def _write(response: web.StreamResponse, parts: Iterable[bytes | memoryview]) -> None:
    for part in parts:
        await response.write(part)


def _bomb(megabytes: int) -> Iterable[bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    for _ in range(megabytes):
        yield packer.compress(b" " * _MEGABYTE)
    yield packer.flush()


async def _slowly(pieces: list[bytes], bytes_per_second: float) -> AsyncIterator[memoryview]:
    step = max(1, int(bytes_per_second * _TICK_S))
    pause_s = step / max(bytes_per_second, _TICK_S)
    for piece in pieces:
        view = memoryview(piece)
        for start in range(0, len(view), step):
            yield view[start : start + step]
            await asyncio.sleep(pause_s)


async def _beat(
    request: web.Request, response: web.StreamResponse, beat: bytes, every_s: float
) -> web.StreamResponse:
    """Send the same again and again until the other side has gone."""
    while request.transport is not None and not request.transport.is_closing():
        if beat:
            await response.write(beat)
        await asyncio.sleep(max(every_s, 0.001))
    return response


def hang_up(
    request: web.Request, response: web.StreamResponse | None = None, *, gently: bool = False
) -> web.StreamResponse:
    """Close the connection under the client; gently lets what was written go out first."""
    transport = request.transport
    if transport is not None:
        if gently:
            transport.close()
        else:
            raw = transport.get_extra_info("socket")
            if raw is not None and raw.family in {socket.AF_INET, socket.AF_INET6}:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
    return response or web.StreamResponse()
