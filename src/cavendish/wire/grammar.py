"""The grammar of JSON as a small automaton, fed one token at a time.

It answers the one question the splitter has at every string: is this a key, a picture, a thought
signature or something else? What numbers and words say is not its business; the strict parser
reads them afterwards.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

from cavendish.wire import caps
from cavendish.wire.remainder import malformed

__all__ = ["KEY", "PICTURE", "PICTURE_OR_NONE", "SIGNATURE", "TEXT", "WORDS", "Grammar"]

KEY, TEXT, SIGNATURE, PICTURE, PICTURE_OR_NONE, WORDS = range(1, 7)
"""What a string is: WORDS may hold pictures as data URLs, PICTURE_OR_NONE may be empty."""

_INLINE_KEYS: Final = frozenset({b"inlineData", b"inline_data"})
_SIGNATURE_KEYS: Final = frozenset({b"thoughtSignature", b"thought_signature"})
_OPENAI_SIGNATURE_KEYS: Final = _SIGNATURE_KEYS | {b"thought_signatures", b"signature", b"data"}
"""Where those who speak OpenAI's dialects pass signatures on; `data` is OpenRouter's."""

_VALUE, _FIRST_VALUE, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_ARRAY, _OBJECT, _INLINE = range(3)

_COMMA, _COLON_SIGN, _N = b",:n"
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_ARRAY, _CLOSE_ARRAY = b"{}[]"


class Grammar:
    """Where in a document we are. Every method raises ProtocolError where the grammar is left."""

    def __init__(self, *, openai: bool = False) -> None:
        """With `openai` pictures stand where OpenAI's dialects have them: at `b64_json`, and as
        data URLs in any other string."""
        self._openai = openai
        self._state = _VALUE
        self._stack: list[int] = []
        self._key = b""

    @property
    def complete(self) -> bool:
        """Whether exactly one value has ended."""
        return self._state == _AFTER and not self._stack

    @property
    def between_elements(self) -> bool:
        """Whether a value has just ended that stands in an array which is the whole document."""
        return self._state == _AFTER and len(self._stack) == 1 and self._stack[0] == _ARRAY

    def take(self, token: int, at_byte: int) -> None:
        """A token that is not a string, by its first byte."""
        state, stack = self._state, self._stack
        if token == _COLON_SIGN and state == _COLON:
            self._state = _VALUE
        elif token == _COMMA and state == _AFTER and stack:
            self._state = _VALUE if stack[-1] == _ARRAY else _KEY
        elif token == _CLOSE_OBJECT and stack and stack[-1] != _ARRAY:
            self._leave(token, _FIRST_KEY, at_byte)
        elif token == _CLOSE_ARRAY and stack and stack[-1] == _ARRAY:
            self._leave(token, _FIRST_VALUE, at_byte)
        elif state > _FIRST_VALUE or token in b":,}]":
            _unexpected(token, at_byte)
        elif token != _N and self._holds(PICTURE):
            raise malformed("picture data that is not a string", at_byte)
        elif token == _OPEN_OBJECT:
            inline = stack and stack[-1] != _ARRAY and self._key in _INLINE_KEYS
            self._enter(_INLINE if inline else _OBJECT, _FIRST_KEY, at_byte)
        elif token == _OPEN_ARRAY:
            self._enter(_ARRAY, _FIRST_VALUE, at_byte)
        else:
            self._state = _AFTER

    def begin_string(self, at_byte: int) -> int:
        """A string begins: KEY, TEXT, SIGNATURE or PICTURE."""
        state = self._state
        if state in {_KEY, _FIRST_KEY}:
            return KEY
        if state > _FIRST_VALUE:
            _unexpected(0x22, at_byte)
        if self._openai:
            return self._openai_kind()
        if self._holds(PICTURE):
            return PICTURE
        return SIGNATURE if self._holds(SIGNATURE) else TEXT

    def end_key(self, key: bytes, at_byte: int) -> None:
        """A key has ended; `key` is what stood between its quotes, escapes and all."""
        if len(key) > caps.KEY_BYTES:
            raise malformed(f"a key of more than {caps.KEY_BYTES} bytes", at_byte)
        if b"\\" in key:
            try:
                said: str = json.loads(f'"{key.decode()}"')
            except ValueError:
                raise malformed("a key that is not JSON", at_byte, key) from None
            key = said.encode("utf-8", "replace")
        self._key = key
        self._state = _COLON

    def end_value(self) -> None:
        """A string that is not a key has ended."""
        self._state = _AFTER

    def _holds(self, kind: int) -> bool:
        """Whether a string here would be of that kind."""
        if not self._stack:
            return False
        if kind == PICTURE and self._openai:
            return self._stack[-1] != _ARRAY and self._key == b"b64_json"
        if kind == PICTURE:
            return self._stack[-1] == _INLINE and self._key == b"data"
        return self._stack[-1] != _ARRAY and self._key in _SIGNATURE_KEYS

    def _openai_kind(self) -> int:
        key, listed = self._key, bool(self._stack) and self._stack[-1] == _ARRAY
        if key in _OPENAI_SIGNATURE_KEYS and listed == (key == b"thought_signatures"):
            return SIGNATURE
        return PICTURE_OR_NONE if self._holds(PICTURE) else WORDS

    def _enter(self, kind: int, state: int, at_byte: int) -> None:
        if len(self._stack) >= caps.DEPTH:
            raise malformed(f"nested deeper than {caps.DEPTH}", at_byte)
        self._stack.append(kind)
        self._state = state

    def _leave(self, token: int, empty: int, at_byte: int) -> None:
        if self._state not in {_AFTER, empty}:
            _unexpected(token, at_byte)
        self._stack.pop()
        self._state = _AFTER


def _unexpected(token: int, at_byte: int) -> NoReturn:
    raise malformed("not JSON", at_byte, bytes((token,)))
