"""Strict JSON: the small rest of an answer becomes objects here, or a ProtocolError.

Python's own parser takes NaN, duplicate keys and UTF-16, raises RecursionError on deep nesting and
ValueError on long numbers, and lets lone surrogates through. Here everything malformed is one
exception.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from cavendish.core.errors import ProtocolError
from cavendish.wire import caps

_MARK = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ECHO_CHARS = 60


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of an answer: small JSON in which each picture is its index, and their number.

    The JSON is as it arrived but for the replaced strings; `parse` is where it is checked.
    """

    json: bytes
    pictures: int

    def parse(self) -> Any:
        """The JSON as objects. Raises ProtocolError."""
        return parse_strict(self.json)


def parse_strict(text: bytes) -> Any:
    """Reads exactly one JSON value from UTF-8 (a byte order mark is skipped).

    Lone surrogates become U+FFFD. Raises ProtocolError for anything malformed, duplicate keys,
    numbers beyond a double or of more than `caps.INTEGER_DIGITS` digits, and nesting beyond
    `caps.DEPTH`. NaN and Infinity, which Python's writers let through, are null: they say nothing,
    and the picture beside them is paid for.
    """
    try:
        words = text.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise malformed("not UTF-8", wrong.start) from None
    try:
        value = _DECODER.decode(words)
    except json.JSONDecodeError as wrong:
        at_byte = len(words[: wrong.pos].encode("utf-8", "replace"))
        near = words[wrong.pos : wrong.pos + 20].encode("utf-8", "replace")
        raise malformed(f"not JSON ({wrong.msg})", at_byte, near) from None
    except RecursionError:
        raise malformed(f"nested deeper than {caps.DEPTH}", None) from None
    return _harmless(value, 0, clean=_SURROGATE_ESCAPE.search(text) is not None)


def malformed(what: str, at_byte: int | None, near: bytes = b"") -> ProtocolError:
    """The one error for an answer that cannot be read. It never carries much of the body."""
    where = "" if at_byte is None else f" at byte {at_byte}"
    shown = "".join(chr(b) if 32 <= b < 127 else "." for b in near[:_ECHO_CHARS])
    quoted = f" (near {shown!r})" if shown else ""
    return ProtocolError(
        f"the answer is malformed: {what}{where}{quoted}",
        billed=None,
        next_step="look in the provider's console whether the call was billed before asking again",
    )


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise malformed("a key stands twice in one object", None)
    return said


def _integer(digits: str) -> int:
    if len(digits) > caps.INTEGER_DIGITS:
        raise malformed(f"a number of {len(digits)} digits", None)
    return int(digits)


class Digits(float):
    """A number that is not whole, with the digits it is written with: an amount of money is never
    a float."""

    said: str


def _number(digits: str) -> float:
    value = Digits(digits)
    value.said = digits
    if math.isinf(value):
        raise malformed("a number beyond a double", None)
    return value


def _constant(_name: str) -> None:
    return None


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_number, parse_constant=_constant
)


def _harmless(value: Any, depth: int, *, clean: bool) -> Any:
    """Checks the nesting and, where `clean`, makes lone surrogates U+FFFD."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if clean else value
    if not isinstance(value, dict | list):
        return value
    if depth >= caps.DEPTH:
        raise malformed(f"nested deeper than {caps.DEPTH}", None)
    if isinstance(value, list):
        return [_harmless(item, depth + 1, clean=clean) for item in value]
    return _pairs(
        [
            (_harmless(key, depth, clean=clean), _harmless(item, depth + 1, clean=clean))
            for key, item in value.items()
        ]
    )
