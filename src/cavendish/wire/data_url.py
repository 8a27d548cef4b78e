r"""Data URLs inside JSON strings, as they arrive: where one begins and where its data ends.

Those who speak OpenAI's dialects put a picture into a field of its own or among words
(`![image](data:image/png;base64,...)`); writers may escape slashes. Form:
https://www.rfc-editor.org/rfc/rfc2397, checked 2026-11-25.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["Payload", "cut_escape", "cut_head", "find_head", "without_heads"]

_SLASH: Final = rb"(?:/|\\/|\\u002[fF])"
_TYPE: Final = (
    rb"(?:image" + _SLASH + rb"[-+.\w]{1,40}|(?:application|binary)" + _SLASH + rb"octet-stream)?"
)
_HEAD: Final = re.compile(
    rb"data:" + _TYPE + rb'(?:;(?:[^;,"\\]|\\.){1,60}){0,6}?;base64,(?: |\\[nrt]){0,4}+'
    rb"(?=(?:[A-Za-z0-9+/_-]|\\[/nr]|\\u00){64})",  # fewer are words about data URLs
    re.IGNORECASE | re.DOTALL,
)
_CUT_HEAD: Final = re.compile(
    rb'd(?:a(?:t(?:a(?::(?:[^,"\\]|\\.){0,500}\\?(?:,[- +\w/\\]{0,400})?)?)?)?)?\Z',
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_HEAD: Final = 1500
_DATA: Final = re.compile(rb"(?:[A-Za-z0-9+/=_-]++|\\/|\\u00(?:2[bBfF]|3[dD]))*+")
_LINE_BREAKS: Final = (b"\\n", b"\\r")
_LONGEST_LINE: Final = 128
_CUT_ESCAPE: Final = re.compile(rb"\\(?:u(?:0(?:0[23]?)?)?)?\Z")
_LEFT_HEAD: Final = (
    r"data:(image/[-+.\w]{1,40}|(?:application|binary)/octet-stream)?"
    r"(?:;[^;,]{1,60}){0,6}?;base64,"
)
_LEFT: Final = re.compile(
    r"!\[[^\]]{0,300}\]\(" + _LEFT_HEAD + r"\s{0,4}\)"
    r"|" + _LEFT_HEAD + r"(?![A-Za-z0-9+/_-])",
    re.IGNORECASE | re.ASCII,
)


def find_head(chunk: bytes, start: int, end: int) -> int:
    """Where the data of the next data URL in `chunk[start:end]` begins, or -1."""
    found = _HEAD.search(chunk, start, end)
    return found.end() if found else -1


def cut_head(chunk: bytes, start: int) -> int:
    """Where the head of a data URL may begin that the chunk's end cuts off, or the chunk's end."""
    found = _CUT_HEAD.search(chunk, max(start, len(chunk) - _LONGEST_HEAD))
    return found.start() if found else len(chunk)


class Payload:
    """The data of one data URL, as it arrives.

    Line breaks belong to it where the lines have one length, as MIME writers have it
    (https://www.rfc-editor.org/rfc/rfc2045, section 6.8, checked 2026-11-25): in words a line may
    follow that looks like base64.
    """

    def __init__(self) -> None:
        self._width: int | None = None
        self._column = 0
        self._after_return = False

    def end(self, chunk: bytes, start: int) -> int:
        """Where what is base64, also escaped as JSON may, ends in the chunk."""
        while True:
            end = _DATA.match(chunk, start).end()  # type: ignore[union-attr]
            if end > start:
                self._count(chunk, start, end)
            if not self._breaks(chunk[end : end + 2]):
                return end
            start = end + 2

    def _count(self, chunk: bytes, start: int, end: int) -> None:
        self._after_return = False
        self._column += end - start
        if end - start <= 6 * _LONGEST_LINE:
            self._column -= chunk.count(b"\\/", start, end)
            self._column -= 5 * chunk.count(b"\\u", start, end)

    def _breaks(self, escape: bytes) -> bool:
        """Whether this ends a line after which the data goes on."""
        if escape not in _LINE_BREAKS:
            return False
        if not self._column:
            goes_on, self._after_return = self._after_return and escape == b"\\n", False
            return goes_on
        self._width = self._width or self._column
        if self._column != self._width or self._column > _LONGEST_LINE:
            return False
        self._column, self._after_return = 0, escape == b"\\r"
        return True


def cut_escape(chunk: bytes, start: int) -> bool:
    """Whether the chunk ends, from here, in an escape that may go on in the next."""
    return _CUT_ESCAPE.match(chunk, start) is not None


def without_heads(words: str) -> tuple[str, list[str]]:
    """Words without what is left of data URLs in them, and the types of those, in order."""
    mimes: list[str] = []

    def taken(found: re.Match[str]) -> str:
        said = (found[1] or found[2] or "").lower()
        mimes.append(said if said.startswith("image/") else "")
        return ""

    return _LEFT.sub(taken, words), mimes
