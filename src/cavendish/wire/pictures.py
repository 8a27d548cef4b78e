"""The pictures of one answer on their way into a sink, one after the other."""

from __future__ import annotations

from typing import Protocol

from cavendish.wire import caps
from cavendish.wire.base64_stream import Base64Stream
from cavendish.wire.remainder import malformed

__all__ = ["Pictures", "Sink"]


class Sink(Protocol):
    """Where pictures go, one after the other, `index` from 0 in the order of arrival.

    After an error the picture that was being written gets no `end`.
    """

    def begin(self, index: int) -> None:
        """A picture begins."""
        ...

    def write(self, piece: bytes) -> None:
        """The next bytes of the picture that began last; 48 KiB where chunks are 64 KiB."""
        ...

    def end(self, index: int) -> None:
        """The picture is whole, as far as base64 can tell."""
        ...


class Pictures:
    """Decodes base64 into `sink`; `count` are the pictures that are whole. Raises ProtocolError."""

    def __init__(self, sink: Sink, first: int) -> None:
        self.count = first
        self._sink = sink
        self._stream = Base64Stream(sink.write)

    def begin(self, at_byte: int) -> None:
        """The next picture begins."""
        if self.count >= caps.PICTURES:
            raise malformed(f"more than {caps.PICTURES} pictures", at_byte)
        self._stream = Base64Stream(self._sink.write)
        self._sink.begin(self.count)

    def feed(self, chunk: bytes, start: int, stop: int, base: int) -> None:
        """Takes `chunk[start:stop]`; the chunk begins at byte `base` of the answer."""
        for at in range(start, stop, caps.PIECE_CHARS):
            end = min(at + caps.PIECE_CHARS, stop)
            self._stream.feed(chunk, at, end, base + at)

    def end(self, at_byte: int) -> None:
        """The picture has ended."""
        self._stream.close(at_byte)
        self._sink.end(self.count)
        self.count += 1
