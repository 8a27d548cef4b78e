"""Takes an answer apart as it arrives: pictures flow to a sink, the small rest stays as JSON.

A 4K answer is 30 MB of JSON, nearly all of it base64. It never becomes a Python object: inside the
long strings only `bytes.find` runs, once per chunk, and the base64 is decoded from the chunk's own
memory. Between them a small automaton follows the grammar token by token, so that what is a
picture is decided by structure and not by what some text happens to contain.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, Protocol

from cavendish.wire import caps
from cavendish.wire.base64_stream import Base64Stream
from cavendish.wire.remainder import Remainder, malformed

__all__ = ["Sink", "Splitter"]

_MARK: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(rb'[ \t\n\r]*+([][{},:"]|[-+.0-9A-Za-z]++)')
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
_WORD: Final = re.compile(rb"[-+.0-9A-Za-z]*+")
_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)

_INLINE_KEYS: Final = frozenset({b"inlineData", b"inline_data"})
_SIGNATURE_KEYS: Final = frozenset({b"thoughtSignature", b"thought_signature"})

_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_ARRAY, _OBJECT, _INLINE = range(3)
_NO_STRING, _TEXT, _NAME, _SIGNATURE, _PICTURE = range(5)

_QUOTE, _COMMA, _COLON_SIGN = b'",:'
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = b"{}[]"


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


class Splitter:
    """One answer. `feed` its chunks as they come, then `finish`.

    Every string at key `data` directly inside an `inlineData` (or `inline_data`) object is decoded
    into the sink and becomes its index in the remainder; a null there stays, anything else is an
    error, so a number there is always an index. Every string at key `thoughtSignature` (or
    `thought_signature`) becomes null unless `keep_signatures`. The rest is kept byte for byte.

    Raises ProtocolError (`billed` None) as soon as the answer is malformed or over a bound of
    `caps`; the splitter is then spent. What the sink raises goes through.
    """

    def __init__(self, sink: Sink, *, keep_signatures: bool = False) -> None:
        self._sink = sink
        self._keep_signatures = keep_signatures
        self._remainder = bytearray()
        self._kept_signature_bytes = 0
        self._signature_bytes = 0
        self._pictures = 0
        self._tokens = 0
        self._base = 0
        self._lead: bytes | None = b""
        self._state = _VALUE
        self._stack: list[int] = []
        self._key = b""
        self._word_is_cut = False
        self._string = _NO_STRING
        self._escape_is_cut = False
        self._name = bytearray()
        self._picture = Base64Stream(sink.write)

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the answer, of any length."""
        if self._lead is not None:
            chunk = self._without_mark(self._lead + chunk)
        size = len(chunk)
        if self._base + size > caps.BODY_BYTES:
            raise malformed(f"more than {caps.BODY_BYTES} bytes", self._base)
        pos = 0
        while pos < size:
            if self._string == _NO_STRING:
                pos = self._between_strings(chunk, pos)
            elif self._string == _PICTURE:
                pos = self._inside_picture(chunk, pos)
            else:
                pos = self._inside_string(chunk, pos)
        self._base += size

    def finish(self) -> Remainder:
        """The answer has ended. Raises ProtocolError where it ends too early."""
        if self._string == _PICTURE:
            raise malformed(f"it ends inside picture {self._pictures}", self._base)
        if self._string != _NO_STRING:
            raise malformed("it ends inside a string", self._base)
        if self._stack or self._state != _AFTER:
            place = "the document" if self._base else "nothing: it is empty"
            raise malformed(f"it ends inside {place}", self._base)
        return Remainder(bytes(self._remainder), self._pictures)

    def _without_mark(self, chunk: bytes) -> bytes:
        if len(chunk) < len(_MARK) and _MARK.startswith(chunk):
            self._lead = chunk
            return b""
        self._lead = None
        if chunk.startswith(_MARK):
            self._base = len(_MARK)
            return chunk[len(_MARK) :]
        return chunk

    def _keep(self, chunk: bytes, start: int, end: int) -> None:
        size = len(self._remainder) - self._kept_signature_bytes + end - start
        if size > caps.REMAINDER_BYTES:
            over = f"more than {caps.REMAINDER_BYTES} bytes beside the pictures"
            raise malformed(over, self._base + start)
        self._remainder += memoryview(chunk)[start:end]

    def _wrong(self, chunk: bytes, pos: int) -> NoReturn:
        raise malformed("not JSON", self._base + pos, chunk[pos : pos + 20])

    def _between_strings(self, chunk: bytes, start: int) -> int:
        """Follows the grammar to the next string's first character or to the chunk's end."""
        pos = start
        if self._word_is_cut:
            pos = _WORD.match(chunk, pos).end()  # type: ignore[union-attr]
            self._word_is_cut = pos == len(chunk)
        while found := _TOKEN.match(chunk, pos):
            at, pos = found.span(1)
            self._tokens += 1
            if self._tokens > caps.TOKENS:
                raise malformed(f"more than {caps.TOKENS} tokens", self._base + at)
            if chunk[at] == _QUOTE:
                self._begin_string(chunk, at)
                replaced = self._string == _PICTURE or (
                    self._string == _SIGNATURE and not self._keep_signatures
                )
                self._keep(chunk, start, at if replaced else pos)
                return pos
            self._take(chunk, at, pos)
        blank = _SPACE.match(chunk, pos).end()  # type: ignore[union-attr]
        if blank < len(chunk):
            self._wrong(chunk, blank)
        self._keep(chunk, start, blank)
        return blank

    def _take(self, chunk: bytes, at: int, end: int) -> None:
        """One token that is not a string."""
        token, state, stack = chunk[at], self._state, self._stack
        if token == _COLON_SIGN and state == _COLON:
            self._state = _VALUE
        elif token == _COMMA and state == _AFTER and stack:
            self._state = _VALUE if stack[-1] == _ARRAY else _KEY
        elif token == _CLOSE_OBJECT and stack and stack[-1] != _ARRAY:
            if state not in {_AFTER, _FIRST_KEY}:
                self._wrong(chunk, at)
            self._leave()
        elif token == _CLOSE_ARRAY and stack and stack[-1] == _ARRAY:
            if state not in {_AFTER, _FIRST_VALUE}:
                self._wrong(chunk, at)
            self._leave()
        elif state > _FIRST_VALUE or token in b":,}]":
            self._wrong(chunk, at)
        elif self._expects_picture() and token != 0x6E:
            raise malformed("picture data that is not a string", self._base + at)
        elif token == _OPEN_OBJECT:
            inline = stack and stack[-1] != _ARRAY and self._key in _INLINE_KEYS
            self._enter(_INLINE if inline else _OBJECT, at)
        elif token == _OPEN_ARRAY:
            self._enter(_ARRAY, at)
        else:
            self._state = _AFTER
            self._word_is_cut = end == len(chunk)

    def _enter(self, kind: int, at: int) -> None:
        if len(self._stack) >= caps.DEPTH:
            raise malformed(f"nested deeper than {caps.DEPTH}", self._base + at)
        self._stack.append(kind)
        self._state = _FIRST_VALUE if kind == _ARRAY else _FIRST_KEY

    def _leave(self) -> None:
        self._stack.pop()
        self._state = _AFTER

    def _expects_picture(self) -> bool:
        return bool(self._stack) and self._stack[-1] == _INLINE and self._key == b"data"

    def _begin_string(self, chunk: bytes, at: int) -> None:
        if self._state in {_KEY, _FIRST_KEY}:
            self._string = _NAME
            self._name.clear()
            return
        if self._state > _FIRST_VALUE:
            self._wrong(chunk, at)
        if self._expects_picture():
            if self._pictures >= caps.PICTURES:
                raise malformed(f"more than {caps.PICTURES} pictures", self._base + at)
            self._string = _PICTURE
            self._picture = Base64Stream(self._sink.write)
            self._sink.begin(self._pictures)
        elif self._stack and self._stack[-1] != _ARRAY and self._key in _SIGNATURE_KEYS:
            self._string = _SIGNATURE
        else:
            self._string = _TEXT

    def _inside_picture(self, chunk: bytes, start: int) -> int:
        # base64 has no escaped quote, so the first quote ends it or it is an error either way
        quote = chunk.find(b'"', start)
        stop = len(chunk) if quote < 0 else quote
        for at in range(start, stop, caps.PIECE_CHARS):
            end = min(at + caps.PIECE_CHARS, stop)
            self._picture.feed(chunk, at, end, self._base + at)
        if quote < 0:
            return stop
        self._picture.close(self._base + quote)
        self._sink.end(self._pictures)
        self._remainder += b"%d" % self._pictures
        self._pictures += 1
        self._string = _NO_STRING
        self._state = _AFTER
        return quote + 1

    def _inside_string(self, chunk: bytes, start: int) -> int:
        quote = self._find_end(chunk, start)
        end = len(chunk) if quote < 0 else quote + 1
        if self._string == _SIGNATURE:
            self._pass_signature(chunk, start, end)
        else:
            self._keep(chunk, start, end)
        if self._string == _NAME:
            self._name += memoryview(chunk)[start : end if quote < 0 else quote]
            if len(self._name) > caps.KEY_BYTES:
                raise malformed(f"a key of more than {caps.KEY_BYTES} bytes", self._base + start)
        if quote >= 0:
            self._end_string(start)
        return end

    def _pass_signature(self, chunk: bytes, start: int, end: int) -> None:
        self._signature_bytes += end - start
        if self._signature_bytes > caps.SIGNATURE_BYTES:
            over = f"more than {caps.SIGNATURE_BYTES} bytes of thought signatures"
            raise malformed(over, self._base + start)
        if self._keep_signatures:
            self._kept_signature_bytes += end - start
            self._remainder += memoryview(chunk)[start:end]

    def _end_string(self, start: int) -> None:
        if self._string == _NAME:
            self._key = self._plain_key(start)
            self._state = _COLON
        else:
            if self._string == _SIGNATURE and not self._keep_signatures:
                self._remainder += b"null"
            self._state = _AFTER
        self._string = _NO_STRING

    def _plain_key(self, start: int) -> bytes:
        key = bytes(self._name)
        if b"\\" not in key:
            return key
        try:
            said: str = json.loads(f'"{key.decode()}"')
        except ValueError:
            raise malformed("a key that is not JSON", self._base + start, key) from None
        return said.encode("utf-8", "replace")

    def _find_end(self, chunk: bytes, start: int) -> int:
        """Where the closing quote stands, or -1 when it is not in this chunk."""
        if self._escape_is_cut:
            self._escape_is_cut = False
            start += 1
        quote = chunk.find(b'"', start)
        slash = chunk.find(b"\\", start, len(chunk) if quote < 0 else quote)
        if slash < 0:
            return quote
        end = _STRING.match(chunk, slash).end()  # type: ignore[union-attr]
        if end == len(chunk):
            return -1
        if chunk[end] == _QUOTE:
            return end
        self._escape_is_cut = True
        return -1
