"""Faults of HTTP itself: heads and lengths that no server should send. The model ran and bills."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cavendish_emulator.faults.entry import Args, Entry

Frame = Callable[[bytes, Args], Iterable[bytes]]
_MEGABYTE = 1 << 20
_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"


def _nothing(_body: bytes, _args: Args) -> Iterable[bytes]:
    return ()


@dataclass(frozen=True)
class Framed(Entry):
    """A fault that writes the whole answer itself, byte by byte; then the connection closes."""

    frame: Frame = _nothing


def _length(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


def _header_flood(body: bytes, args: Args) -> Iterator[bytes]:
    yield _OK
    for i in range(args["count"]):
        yield b"X-Flood-%d: 1\r\n" % i
    yield _length(len(body)) + b"\r\n"
    yield body


def _header_huge(body: bytes, args: Args) -> Iterator[bytes]:
    yield _OK + b"X-Huge: "
    for _ in range(args["megabytes"]):
        yield b"x" * _MEGABYTE
    yield b"\r\n" + _length(len(body)) + b"\r\n"
    yield body


def _informational_flood(body: bytes, args: Args) -> Iterator[bytes]:
    for _ in range(args["count"]):
        yield b"HTTP/1.1 103 Early Hints\r\n\r\n"
    yield _OK + _length(len(body)) + b"\r\n"
    yield body


def _lengths(*changes: Callable[[int], int], chunked: bool = False) -> Frame:
    def frame(body: bytes, _args: Args) -> Iterator[bytes]:
        head = b"".join(_length(change(len(body))) for change in changes)
        yield _OK + head + (b"Transfer-Encoding: chunked\r\n" if chunked else b"") + b"\r\n"
        yield b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body

    return frame


def _bad_chunk(body: bytes, _args: Args) -> Iterator[bytes]:
    half = len(body) // 2
    yield _OK + b"Transfer-Encoding: chunked\r\n\r\n"
    yield b"%x\r\n%b\r\nzz\r\n" % (half, body[:half])
    yield body[half:]


FRAMING: dict[str, Framed] = {
    "header_flood": Framed("Very many headers.", {"count": ("integer", 100_000)}, _header_flood),
    "header_huge": Framed("One very long header.", {"megabytes": ("integer", 10)}, _header_huge),
    "informational_flood": Framed(
        "Very many 103 answers before the real one.",
        {"count": ("integer", 10_000)},
        _informational_flood,
    ),
    "length_too_long": Framed(
        "A Content-Length the body does not reach.", {}, _lengths(lambda n: n + 1000)
    ),
    "length_too_short": Framed(
        "A Content-Length in the middle of the body.", {}, _lengths(lambda n: n // 2)
    ),
    "length_twice": Framed(
        "Two Content-Lengths that differ.", {}, _lengths(lambda n: n, lambda n: n // 2)
    ),
    "length_and_chunks": Framed(
        "Content-Length and chunks at once.", {}, _lengths(lambda n: n // 2, chunked=True)
    ),
    "bad_chunk": Framed("A chunk whose size is no number.", {}, _bad_chunk),
    "no_head": Framed("A body without status and headers.", {}, lambda body, _args: (body,)),
}
