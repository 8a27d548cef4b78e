"""Upper bounds on an answer, in one place. Over any of them an answer is not read further.

The bounds are ours: a 4K picture is about 23 MB of PNG, 31 MB as base64, and a thought signature
about 1.5 MB, so every bound leaves room for several of the largest answers seen, and none lets
an answer fill memory or hold a core.
"""

from __future__ import annotations

from typing import Final

MIB: Final = 1024 * 1024

BODY_BYTES: Final = 512 * MIB
"""A whole answer as it arrives."""

PICTURE_BYTES: Final = 96 * MIB
"""One picture, decoded."""

PICTURES: Final = 32
"""Pictures in one answer."""

REMAINDER_BYTES: Final = 4 * MIB
"""What is left of an answer without pictures and signatures."""

SIGNATURE_BYTES: Final = 96 * MIB
"""All thought signatures of one answer together, kept or not."""

ASIDE_BYTES: Final = 64 * 1024
"""What stands in a stream and is no event."""

BLANK_BYTES: Final = 4 * 1024
"""Blanks before the first character of an answer that may be a stream."""

TOKENS: Final = 100_000
"""Brackets, commas, colons, strings and words of one answer."""

DEPTH: Final = 64
"""Nesting of objects and arrays."""

KEY_BYTES: Final = 1024
"""One key, as written."""

INTEGER_DIGITS: Final = 20
"""Digits of one whole number."""

MESSAGE_CHARS: Final = 500
"""A service's own words in an error."""

PIECE_CHARS: Final = 64 * 1024
"""Base64 decoded at a time. Above 128 KiB glibc maps and unmaps every buffer."""
