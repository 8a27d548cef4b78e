"""Marks of origin that a picture's file carries. SynthID is in the pixels: only Google reads it.

Source: https://ai.google.dev/gemini-api/docs/image-generation, checked 2026-11-22. Where they are:
recorded answers of the Gemini API carry a C2PA manifest (JPEG: APP11, PNG: caBX), those of Vertex
AI also or only words in XMP.
"""

from __future__ import annotations

from typing import Final

_SIGNS: Final = (
    ("C2PA", (b"c2pa", b"jumb")),
    ("XMP: made with Google AI", (b"Made with Google AI",)),
    ("XMP: made by a model", (b"trainedAlgorithmicMedia", b"xmpmeta")),
)


def marks(data: bytes) -> tuple[str, ...]:
    """The names of the marks in a file's bytes; none where it was encoded again."""
    return tuple(name for name, signs in _SIGNS if all(sign in data for sign in signs))
