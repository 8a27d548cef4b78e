r"""The base64 of one picture, as it stands in a JSON string, decoded piece by piece.

Strict: one alphabet (standard, or URL-safe with or without padding), padding only at the end and
complete, trailing bits zero, at least one byte. The JSON escapes that writers use inside base64
(`\/`, `\n`, `\r` and `\uXXXX` of a character that may stand here) are read, also cut in two. A
relay may put blanks or the head of a data URL before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from pybase64 import b64decode, b64encode

from cavendish.wire import caps
from cavendish.wire.remainder import malformed

_GATHER_CHARS = 4096
_BLANK = rb"(?: |\\[nrt])*+"
_LEAD = re.compile(_BLANK + rb"(?:data:[^,]{0,100};base64," + _BLANK + rb")?", re.IGNORECASE)
_STANDARD_ONLY = re.compile(rb"[+/]")
_URL_ONLY = re.compile(rb"[-_]")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_UNICODE = re.compile(rb"\\u([0-9a-fA-F]{4})")
_ALLOWED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_\r\n")
_COMMON = (
    (b"\\u002b", b"+"),
    (b"\\u002B", b"+"),
    (b"\\u002f", b"/"),
    (b"\\u002F", b"/"),
    (b"\\u003d", b"="),
    (b"\\u003D", b"="),
    (b"\\/", b"/"),
)


class Base64Stream:
    """Decodes into `write`; `feed` takes what stands between the quotes, `close` ends it.

    Every error is a ProtocolError; `size_bytes` is what has been written.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self.size_bytes = 0
        self._write = write
        self._carry = b""
        self._padded = False
        self._standard = False
        self._url = False

    def feed(self, chunk: bytes, start: int, end: int, at_byte: int) -> None:
        """Takes `chunk[start:end]`, at most about `caps.PIECE_CHARS`; `at_byte` is for errors.

        Nothing is searched for: what the decoder takes holds no escape and no other alphabet, and
        only what it refuses is looked at. Up to three characters wait for the next chunk as
        they stand.
        """
        view = memoryview(chunk)[start:end]
        chars = len(self._carry) + len(view)
        if chars < _GATHER_CHARS:
            self._carry += view
            return
        if self._carry:
            view = memoryview(b"".join((self._carry, view)))
        whole = chars - chars % 4
        try:
            data = b64decode(view[:whole], validate=True)
        except ValueError:
            text, escape = self._unescaped(bytes(view), at_byte)
            whole = len(text) - len(text) % 4
            self._decode(text[:whole], at_byte)
            self._carry = text[whole:] + escape
        else:
            self._carry = bytes(view[whole:])
            self._take(view[:whole], data, at_byte)

    def close(self, at_byte: int) -> None:
        """The closing quote has come."""
        text, escape = self._unescaped(self._carry, at_byte)
        if escape:
            _wrong("an escape that is none", at_byte)
        whole = len(text) - len(text) % 4
        self._decode(text[:whole], at_byte)
        if tail := text[whole:]:
            unpadded = self._url or _URL_ONLY.search(tail) is not None
            if len(tail) == 1 or b"=" in tail or not unpadded:
                _wrong("a truncated quantum", at_byte)
            self._decode(tail + b"=" * (4 - len(tail)), at_byte)
        if not self.size_bytes:
            _wrong("an empty picture", at_byte)

    def _decode(self, text: bytes, at_byte: int) -> None:
        """Whole quanta without escapes, in either alphabet."""
        if not text:
            return
        try:
            data = b64decode(text, validate=True)
        except ValueError:
            text = self._from_url(text, at_byte)
            data = b64decode(text, validate=True)
            self._take(memoryview(text), data, at_byte, translated=True)
        else:
            self._take(memoryview(text), data, at_byte)

    def _take(
        self, view: memoryview, data: bytes, at_byte: int, *, translated: bool = False
    ) -> None:
        """Checks what the decoder does not, and writes."""
        if self._padded:
            _wrong("text after the padding", at_byte)
        if not (self._standard or translated) and _STANDARD_ONLY.search(view):
            self._standard = True
        if self._standard and self._url:
            _wrong("two alphabets", at_byte)
        if view[-1] == 0x3D:
            self._padded = True
            last = bytes(view[-4:])
            if b64encode(b64decode(last, validate=True)) != last:
                _wrong("trailing bits that are not zero", at_byte)
        self.size_bytes += len(data)
        if self.size_bytes > caps.PICTURE_BYTES:
            raise malformed(f"a picture of more than {caps.PICTURE_BYTES} bytes", at_byte)
        self._write(data)

    def _from_url(self, text: bytes, at_byte: int) -> bytes:
        """The same in the standard alphabet, known to decode."""
        if _URL_ONLY.search(text) is None or b"+" in text or b"/" in text:
            _wrong("a character that is not base64, or padding inside", at_byte)
        self._url = True
        standard = text.translate(_TO_STANDARD)
        try:
            b64decode(standard, validate=True)
        except ValueError:
            _wrong("a character that is not base64, or padding inside", at_byte)
        return standard

    def _unescaped(self, text: bytes, at_byte: int) -> tuple[bytes, bytes]:
        r"""The text with its escapes resolved, and the start of one that is cut at its end.

        No two backslashes may touch, so every one begins an escape. Line breaks go last: removing
        them earlier could join the halves of what was never an escape.
        """
        if not self.size_bytes:
            text = text[_LEAD.match(text).end() :]  # type: ignore[union-attr]
        if b"\\" not in text:
            return text, b""
        cut = text.rfind(b"\\", max(0, len(text) - 5))
        if cut < 0 or len(text) - cut >= (6 if text[cut + 1 : cut + 2] == b"u" else 2):
            cut = len(text)
        escape, text = text[cut:], text[:cut]
        if text.count(b"\\/") == text.count(b"\\"):  # PHP writes this escape and no other
            return text.translate(None, b"\\"), escape
        if b"\\\\" in text or text.endswith(b"\\"):
            _wrong("an escape that is none", at_byte)
        for written, plain in _COMMON:
            text = text.replace(written, plain)
            if b"\\" not in text:
                return text, escape
        if b"\\u" in text:
            text = _UNICODE.sub(lambda found: _plain(found.group(1), at_byte), text)
            if b"\\u" in text:
                _wrong("an escape that is none", at_byte)
        text = text.replace(b"\\n", b"").replace(b"\\r", b"")
        if b"\\" in text:
            _wrong("an escape that is none", at_byte)
        return text, escape


def _plain(digits: bytes, at_byte: int) -> bytes:
    code = int(digits, 16)
    if code not in _ALLOWED:
        _wrong("a character that is not base64", at_byte)
    return b"" if code in b"\r\n" else bytes((code,))


def _wrong(what: str, at_byte: int) -> NoReturn:
    raise malformed(f"the base64 of a picture holds {what}, before or", at_byte)
