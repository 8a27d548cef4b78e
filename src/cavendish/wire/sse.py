"""Server-sent events as they arrive: the data of each goes through a splitter of its own.

Nobody asks for a stream here, and relays send one all the same. The framing is
https://html.spec.whatwg.org/multipage/server-sent-events.html, checked 2026-11-24: lines end in CR,
LF or CRLF, an event in an empty line, several `data` lines are one text. The last event needs no
empty line. Lines that are no field are kept aside: the service breaks off a stream with a bare
JSON error.
"""

from __future__ import annotations

from typing import Final

from cavendish.core.errors import ProtocolError
from cavendish.wire import caps
from cavendish.wire.remainder import Remainder, malformed, parse_strict
from cavendish.wire.split import Sink, Splitter

__all__ = ["EventStream"]

_CR, _LF = b"\r\n"
_DATA: Final = b"data:"
_DONE: Final = b"[DONE]"
"""How relays that speak other dialects as well end a stream."""
_OTHER_FIELDS: Final = (b":", b"event", b"id", b"retry")
_UNDECIDED, _READ, _ASIDE, _SKIP = range(4)


class EventStream:
    """A stream of answers, read with the guarantees of `Splitter`.

    What remains is a JSON array of the events' remainders; pictures are counted over all of them.
    A byte order mark is removed by `Reading`, which decides that it is a stream.
    """

    def __init__(self, sink: Sink, *, keep_signatures: bool = False, openai: bool = False) -> None:
        self._sink, self._keep_signatures, self._openai = sink, keep_signatures, openai
        self._rests: list[bytes] = []
        self._rest_bytes = 0
        self._signature_bytes = 0
        self._pictures = 0
        self._size = 0
        self._splitter: Splitter | None = None
        self._lead = b""  # the event's data while it may still be nothing, or the end of a relay's
        self._lines = 0  # data lines of the event
        self._kind = _UNDECIDED
        self._head = b""
        self._after_cr = False
        self._aside = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes, of any length. Raises ProtocolError like `Splitter.feed`."""
        if not chunk:
            return
        self._size += len(chunk)
        if self._size > caps.BODY_BYTES:
            raise malformed(f"more than {caps.BODY_BYTES} bytes", self._size)
        size, pos = len(chunk), int(self._after_cr and chunk[0] == _LF)
        self._after_cr = False
        cr = lf = -1
        while pos < size:
            cr = _next(chunk, b"\r", cr, pos)
            lf = _next(chunk, b"\n", lf, pos)
            end = min(cr, lf)
            if end > pos:
                self._take(chunk[pos:end])
            if end == size:
                return
            self._end_line()
            pos = end + 1
            if end == cr and pos < size:
                pos += chunk[pos] == _LF
            elif end == cr:
                self._after_cr = True

    def finish(self) -> Remainder:
        """The stream has ended. Raises ProtocolError where nothing came or the end is cut off."""
        self._end_line()
        self._end_event()
        return self._remainder()

    def kept(self) -> Remainder | None:
        """What the whole events say, when a picture is among them: it is paid for."""
        return self._remainder() if self._pictures else None

    def _take(self, piece: bytes) -> None:
        """The next bytes of a line."""
        if self._kind == _UNDECIDED:
            self._head += piece
            if len(self._head) <= len(_DATA) and not self._head.startswith(_OTHER_FIELDS):
                return
            piece = self._decide()
        if self._kind == _READ:
            self._data(piece)
        elif self._kind == _ASIDE:
            self._aside += piece[: caps.ASIDE_BYTES - len(self._aside)]

    def _decide(self) -> bytes:
        """Says what the line is; returns what of its beginning is content."""
        head, self._head = self._head, b""
        if head == _DATA[:-1] or head.startswith(_DATA):
            self._kind = _READ
            self._lines += 1
            if self._lines > 1:
                self._data(b"\n")
            return head[len(_DATA) :].removeprefix(b" ")
        self._kind = _SKIP if head.startswith(_OTHER_FIELDS) else _ASIDE
        return head

    def _end_line(self) -> None:
        if self._kind == _UNDECIDED and not self._head:
            self._end_event()
            return
        if self._kind == _UNDECIDED:
            rest = self._decide()
            if self._kind != _SKIP:
                self._take(rest)
        if self._kind == _ASIDE:
            self._aside += b"\n"[: caps.ASIDE_BYTES - len(self._aside)]
        self._kind = _UNDECIDED

    def _data(self, piece: bytes) -> None:
        if self._splitter is None:
            self._lead = (self._lead + piece).lstrip()
            if _DONE.startswith(self._lead):
                return
            piece, self._lead = self._lead, b""
            self._splitter = Splitter(
                self._sink,
                keep_signatures=self._keep_signatures,
                openai=self._openai,
                first_picture=self._pictures,
            )
        self._splitter.feed(piece)

    def _end_event(self) -> None:
        lead, self._lead, self._lines = self._lead, b"", 0
        splitter, self._splitter = self._splitter, None
        if splitter is None:
            if lead not in {b"", _DONE}:
                raise malformed("an event that is not JSON", self._size, lead)
            return
        rest = splitter.finish()
        self._signature_bytes += splitter.signature_bytes
        if self._signature_bytes > caps.SIGNATURE_BYTES:
            over = f"more than {caps.SIGNATURE_BYTES} bytes of thought signatures"
            raise malformed(over, self._size)
        self._rest_bytes += len(rest.json) - splitter.signature_bytes
        if self._rest_bytes > caps.REMAINDER_BYTES:
            over = f"more than {caps.REMAINDER_BYTES} bytes beside the pictures"
            raise malformed(over, self._size)
        self._rests.append(rest.json)
        self._pictures = rest.pictures

    def _remainder(self) -> Remainder:
        rests = list(self._rests)
        if (aside := bytes(self._aside).strip()) and self._is_error(aside):
            rests.append(aside)
        if not rests:
            raise malformed("it holds neither JSON nor an event", 0, aside)
        return Remainder(b"[" + b",".join(rests) + b"]", self._pictures)

    @staticmethod
    def _is_error(aside: bytes) -> bool:
        try:
            said = parse_strict(aside)
        except ProtocolError:
            return False
        said = said[0] if isinstance(said, list) and said else said
        return isinstance(said, dict) and "error" in said


def _next(chunk: bytes, ending: bytes, known: int, pos: int) -> int:
    """Where the next such byte stands, or the chunk's length; each is looked for only once."""
    if known >= pos:
        return known
    found = chunk.find(ending, pos)
    return found if found >= 0 else len(chunk)
