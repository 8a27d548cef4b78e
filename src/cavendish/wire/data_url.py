r"""Data URLs inside JSON strings, as they arrive: where one begins and where its data ends.

Those who speak OpenAI's dialects put a picture into a field of its own or among words
(`![image](data:image/png;base64,...)`); writers may escape slashes. Form:
https://www.rfc-editor.org/rfc/rfc2397, checked 2026-11-25.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["cut_escape", "cut_head", "find_head", "payload_end", "without_heads"]

_SLASH: Final = rb"(?:/|\\/|\\u002[fF])"
_HEAD: Final = re.compile(
    rb"data:image" + _SLASH + rb"[-+.\w]{1,40}(?:;[-+.\w=]{1,60}){0,2};base64,"
    rb"(?=(?:[A-Za-z0-9+/_-]|\\/|\\u00){64})"  # fewer are words about data URLs
)
_CUT_HEAD: Final = re.compile(
    rb"d(?:a(?:t(?:a(?::[-+.\w;=/\\]{0,180}(?:,[-+\w/\\]{0,384})?)?)?)?)?\Z"
)
_LONGEST_HEAD: Final = 600
_DATA: Final = re.compile(rb"(?:[A-Za-z0-9+/=_-]++|\\/|\\u00(?:2[bBfF]|3[dD]))*+")
_CUT_ESCAPE: Final = re.compile(rb"\\(?:u(?:0(?:0[23]?)?)?)?\Z")
_LEFT: Final = re.compile(
    r"!\[[^\]]{0,300}\]\(data:image/[-+.\w]{1,40}[^,\s]{0,130};base64,\)"
    r"|data:image/([-+.\w]{1,40})(?:;[-+.\w=]{1,60}){0,2};base64,(?![A-Za-z0-9+/_-])"
)


def find_head(chunk: bytes, start: int, end: int) -> int:
    """Where the data of the next data URL in `chunk[start:end]` begins, or -1."""
    if chunk.find(b"data:image", start, end) < 0:
        return -1
    found = _HEAD.search(chunk, start, end)
    return found.end() if found else -1


def cut_head(chunk: bytes, start: int) -> int:
    """Where the head of a data URL may begin that the chunk's end cuts off, or the chunk's end."""
    found = _CUT_HEAD.search(chunk, max(start, len(chunk) - _LONGEST_HEAD))
    return found.start() if found else len(chunk)


def payload_end(chunk: bytes, start: int) -> int:
    """Where what is base64, also escaped as JSON may, ends in the chunk."""
    found = _DATA.match(chunk, start)
    return found.end() if found else start


def cut_escape(chunk: bytes, start: int) -> bool:
    """Whether the chunk ends, from here, in an escape that may go on in the next."""
    return _CUT_ESCAPE.match(chunk, start) is not None


def without_heads(words: str) -> tuple[str, list[str]]:
    """Words without what is left of data URLs in them, and the types of those, in order."""
    mimes: list[str] = []

    def taken(found: re.Match[str]) -> str:
        head = found[0][found[0].index("data:") + len("data:") :]
        mimes.append(head.partition(";")[0].lower())
        return ""

    return _LEFT.sub(taken, words), mimes
