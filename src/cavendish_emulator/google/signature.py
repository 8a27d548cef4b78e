"""Thought signatures: megabytes that come back unchanged on their own part, or are refused.

What is refused, and in which words: https://ai.google.dev/gemini-api/docs/thought-signatures and
https://github.com/archestra-ai/archestra/issues/2548, checked 2026-11-25. The real service is
milder at times: an unsigned turn has been seen to pass (https://github.com/vercel/ai/pull/17748).
"""

from __future__ import annotations

import functools
import hashlib
import hmac

import pybase64

from cavendish_emulator.google.errors import invalid

_KEY = b"cavendish emulator thought signature"  # known to all: a draft is nobody's secret
_PAD = b"\0"  # with it the seal is whole groups of base64
_MORE = (
    " Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior "
    "for more details."
)
TEXT = b"text"
"""What the signature of a text stands for: the service holds nobody to the words themselves."""
_WAIVERS = tuple(
    pybase64.urlsafe_b64decode(word)
    for word in ("context_engineering_is_the_way_to_go", "skip_thought_signature_validator")
)
"""What the documentation gives to those whose turns no model wrote."""


def sign(data: bytes, size_bytes: int) -> bytes:
    """The signature of a part with these bytes, in base64; it is at least 33 bytes."""
    seal = _seal(data)
    return pybase64.b64encode(seal) + _weight(max(0, size_bytes - len(seal)))


def check(data: bytes, signature: bytes | None, content: int, part: int) -> None:
    """Raises `GoogleError` 400 unless a part, counted from 0, came back as it was signed."""
    if signature is None and data is not TEXT:
        said = f"content position {content + 1}, part position {part + 1}."
        raise invalid(f"Image part is missing a thought_signature in {said}{_MORE}")
    if signature is None or signature in _WAIVERS:
        return
    if not hmac.compare_digest(signature[: len(_seal(b""))], _seal(data)):
        raise invalid("Thought signature is not valid.")


def _seal(data: bytes) -> bytes:
    return hmac.digest(_KEY, data, "sha256") + _PAD


@functools.lru_cache(maxsize=4)
def _weight(size_bytes: int) -> bytes:
    return pybase64.b64encode(hashlib.shake_256(_KEY).digest(size_bytes))
