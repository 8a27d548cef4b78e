"""Takes an answer apart as it arrives: pictures flow to a sink, the small rest stays as JSON.

A 4K answer is 30 MB of JSON, nearly all of it base64. It never becomes a Python object: inside the
long strings only `bytes.find` runs, once per chunk, and the base64 is decoded from the chunk's own
memory. Between them the grammar is followed token by token, so that what is a picture is decided
by structure and not by what some text happens to contain.
"""

from __future__ import annotations

import re
from typing import Final

from cavendish.wire import caps
from cavendish.wire.data_url import Payload, cut_escape, cut_head, find_head
from cavendish.wire.grammar import (
    KEY,
    PICTURE,
    PICTURE_OR_NONE,
    SIGNATURE,
    TEXT,
    WORDS,
    Grammar,
)
from cavendish.wire.pictures import Pictures, Sink
from cavendish.wire.remainder import Remainder, malformed

__all__ = ["Sink", "Splitter"]

_MARK: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(
    rb'[ \t\n\r]*+([][{},:]|[-+.0-9A-Za-z]++|"(?:[^"\\]{0,250}+")?+)'  # a short string is one token
)
_SPACE: Final = re.compile(rb"[ \t\n\r]*+")
_WORD: Final = re.compile(rb"[-+.0-9A-Za-z]*+")
_STRING: Final = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_QUOTE: Final = 0x22
_CLOSE: Final = 0x7D


class Splitter:
    """One answer. `feed` its chunks as they come, then `finish`.

    Every string at key `data` directly inside an `inlineData` (or `inline_data`) object is decoded
    into the sink and becomes its index in the remainder; a null there stays, anything else is an
    error, so a number there is always an index. Every string at key `thoughtSignature` (or
    `thought_signature`) becomes null unless `keep_signatures`; what a dropped one says is not
    checked. The rest is kept byte for byte. Pictures are counted from `first_picture`.

    With `openai` pictures stand elsewhere: a string at `b64_json` becomes its index, and of a data
    URL in any other string the head stays and the data goes to the sink.

    Raises ProtocolError (`billed` None) as soon as the answer is malformed or over a bound of
    `caps`; the splitter is then spent. What the sink raises goes through.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        keep_signatures: bool = False,
        first_picture: int = 0,
        openai: bool = False,
    ) -> None:
        self._keep_signatures = keep_signatures
        self._grammar = Grammar(openai=openai)
        self._remainder = bytearray()
        self._kept_signature_bytes = 0
        self._signature_bytes = 0
        self._pictures = Pictures(sink, first_picture)
        self._whole = (0, 0)  # remainder and pictures up to the last whole element, or document
        self._tokens = 0
        self._base = 0
        self._lead: bytes | None = b""
        self._word_is_cut = False
        self._string = 0  # what string we are inside of, or none
        self._escape_is_cut = False
        self._held = b""  # what may be the head of a data URL, or an escape in its data
        self._url: Payload | None = None
        self._name = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the answer, of any length."""
        if self._lead is not None:
            chunk = self._without_mark(self._lead + chunk)
        if self._held:
            self._base -= len(self._held)
            chunk, self._held = self._held + chunk, b""
        size = len(chunk)
        if self._base + size > caps.BODY_BYTES:
            raise malformed(f"more than {caps.BODY_BYTES} bytes", self._base)
        pos = 0
        while pos < size:
            if not self._string:
                pos = self._between_strings(chunk, pos)
            elif self._string == PICTURE:
                pos = self._inside_picture(chunk, pos)
            elif self._string == WORDS:
                pos = self._inside_words(chunk, pos)
            elif self._string == PICTURE_OR_NONE:
                self._string = PICTURE if chunk[pos] != _QUOTE else TEXT
                if self._string == PICTURE:
                    self._pictures.begin(self._base + pos)
                else:
                    self._remainder += b'"'
            else:
                pos = self._inside_string(chunk, pos)
        self._base += size

    def finish(self) -> Remainder:
        """The answer has ended. Raises ProtocolError where it ends too early."""
        if self._string == PICTURE or self._url is not None:
            raise malformed(f"it ends inside picture {self._pictures.count}", self._base)
        if self._string:
            raise malformed("it ends inside a string", self._base)
        if not self._grammar.complete:
            place = "the document" if self._base else "nothing: it is empty"
            raise malformed(f"it ends inside {place}", self._base)
        return Remainder(bytes(self._remainder), self._pictures.count)

    def kept(self) -> Remainder | None:
        """What is whole when a picture is in it: elements of an array that is cut off, or a
        document after which something else comes."""
        end, pictures = self._whole
        rest = bytes(self._remainder[:end])
        closing = b"]" if rest.lstrip().startswith(b"[") else b""
        return Remainder(rest + closing, pictures) if pictures else None

    @property
    def signature_bytes(self) -> int:
        """How long the signatures are that were kept; they are no part of the remainder's bound."""
        return self._kept_signature_bytes

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

    def _between_strings(self, chunk: bytes, start: int) -> int:
        """Follows the grammar to the first long string's first character or the chunk's end."""
        pos, base, grammar = start, self._base, self._grammar
        if self._word_is_cut:
            pos = _WORD.match(chunk, pos).end()  # type: ignore[union-attr]
            self._word_is_cut = pos == len(chunk)
        while found := _TOKEN.match(chunk, pos):
            at, pos = found.span(1)
            self._tokens += 1
            if self._tokens > caps.TOKENS:
                raise malformed(f"more than {caps.TOKENS} tokens", base + at)
            token = chunk[at]
            if token == _QUOTE:
                kind = grammar.begin_string(base + at)
                if pos - at > 1 and kind == KEY:
                    grammar.end_key(chunk[at + 1 : pos - 1], base + at)
                elif pos - at > 1 and kind == TEXT:
                    grammar.end_value()
                else:
                    self._begin_long_string(kind, base + at)
                    replaced = kind in {PICTURE, PICTURE_OR_NONE} or (
                        kind == SIGNATURE and not self._keep_signatures
                    )
                    self._keep(chunk, start, at if replaced else at + 1)
                    if replaced and kind == SIGNATURE:
                        self._remainder += b"null"
                    return at + 1
            else:
                grammar.take(token, base + at)
                if token == _CLOSE and (grammar.between_elements or grammar.complete):
                    self._keep(chunk, start, pos)
                    start = pos
                    self._whole = (len(self._remainder), self._pictures.count)
        if pos == len(chunk) and chunk[pos - 1] not in b' \t\n\r]}[{,:"':
            self._word_is_cut = True
        blank = _SPACE.match(chunk, pos).end()  # type: ignore[union-attr]
        if blank < len(chunk):
            raise malformed("not JSON", base + blank, chunk[blank : blank + 20])
        self._keep(chunk, start, blank)
        return blank

    def _begin_long_string(self, kind: int, at_byte: int) -> None:
        self._string = kind
        if kind == KEY:
            self._name.clear()
        elif kind == PICTURE:
            self._pictures.begin(at_byte)

    def _inside_words(self, chunk: bytes, start: int) -> int:
        """Words up to their closing quote, or to the data of a data URL."""
        if self._url is not None:
            return self._inside_url(self._url, chunk, start)
        quote = self._find_end(chunk, start)
        end = len(chunk) if quote < 0 else quote + 1
        head = find_head(chunk, start, end)
        if head >= 0:
            self._keep(chunk, start, head)
            self._escape_is_cut = False
            self._url = Payload()
            self._pictures.begin(self._base + head)
            return head
        if quote < 0 and (cut := cut_head(chunk, start)) < end:
            self._keep(chunk, start, cut)
            self._escape_is_cut = False
            self._held = chunk[cut:]
            return end
        self._keep(chunk, start, end)
        if quote >= 0:
            self._end_string()
        return end

    def _inside_url(self, url: Payload, chunk: bytes, start: int) -> int:
        """The data of a data URL, up to the first character that belongs to the words again."""
        end = url.end(chunk, start)
        self._pictures.feed(chunk, start, end, self._base)
        if cut_escape(chunk, end):
            self._held = chunk[end:]
            return len(chunk)
        if end < len(chunk):
            self._pictures.end(self._base + end)
            self._url = None
        return end

    def _end_string(self) -> None:
        self._string = 0
        self._grammar.end_value()

    def _inside_picture(self, chunk: bytes, start: int) -> int:
        # base64 has no escaped quote, so the first quote ends it or it is an error either way
        quote = chunk.find(b'"', start)
        stop = len(chunk) if quote < 0 else quote
        self._pictures.feed(chunk, start, stop, self._base)
        if quote < 0:
            return stop
        self._remainder += b"%d" % self._pictures.count
        self._pictures.end(self._base + quote)
        self._end_string()
        return quote + 1

    def _inside_string(self, chunk: bytes, start: int) -> int:
        quote = self._find_end(chunk, start)
        end = len(chunk) if quote < 0 else quote + 1
        if self._string == SIGNATURE:
            self._pass_signature(chunk, start, end)
        else:
            self._keep(chunk, start, end)
        if self._string == KEY:
            self._name += memoryview(chunk)[start : end if quote < 0 else quote]
            if quote >= 0 or len(self._name) > caps.KEY_BYTES:
                self._grammar.end_key(bytes(self._name), self._base + start)
        if quote >= 0:
            if self._string != KEY:
                self._grammar.end_value()
            self._string = 0
        return end

    def _pass_signature(self, chunk: bytes, start: int, end: int) -> None:
        """Drops or keeps the next part of a signature, up to and with its closing quote."""
        self._signature_bytes += end - start
        if self._signature_bytes > caps.SIGNATURE_BYTES:
            over = f"more than {caps.SIGNATURE_BYTES} bytes of thought signatures"
            raise malformed(over, self._base + start)
        if self._keep_signatures:
            self._kept_signature_bytes += end - start
            self._remainder += memoryview(chunk)[start:end]

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
