"""A picture's file without what is no picture: EXIF, location, comments, text, a tail.

Pixels and colour stay bit for bit; nothing is decoded.
Structures: PNG https://www.w3.org/TR/png-3/, JPEG https://www.w3.org/Graphics/JPEG/itu-t81.pdf,
WebP https://developers.google.com/speed/webp/docs/riff_container, checked 2026-11-22.
"""

from __future__ import annotations

import re
from typing import Final

from cavendish.imaging.header import SEGMENTS
from cavendish.imaging.png import MAGIC

_PNG_DRAWS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP",
     b"sBIT", b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip
_WEBP_SAYS: Final = frozenset({b"EXIF", b"XMP ", b"C2PA"})
_VP8X_SAYS: Final = 0x0C  # the flags for EXIF and XMP
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def bare(data: bytes) -> bytes:
    """The same picture with only what draws it; the same object when there was nothing else.

    What is no PNG, JPEG or WebP, or is broken, comes back as it is: others judge it.
    """
    if data.startswith(MAGIC):
        pieces = _png(data)
    elif data.startswith(b"\xff\xd8\xff"):
        pieces = _jpeg(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        pieces = _webp(data)
    else:
        return data
    if pieces is None:
        return data
    kept = b"".join(pieces)
    return data if len(kept) == len(data) else kept


def _png(data: bytes) -> list[bytes] | None:
    at, kept = len(MAGIC), [MAGIC]
    for _ in range(SEGMENTS):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if len(kind) < 4 or end > len(data):
            return None
        if kind in _PNG_DRAWS:
            kept.append(data[at:end])
        if kind == b"IEND":
            return kept
        at = end
    return None


def _jpeg(data: bytes) -> list[bytes] | None:
    at, kept = 2, [data[:2]]
    for _ in range(SEGMENTS):
        if data[at : at + 1] != b"\xff" or at + 2 > len(data):
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            kept.append(data[at : at + 2])
            return kept
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end <= at + 3 or end > len(data):
            return None
        if marker == 0xDA:
            following = _AFTER_SCAN.search(data, end)
            if following is None:
                return None
            end = following.start()
        if _jpeg_draws(marker, data[at + 4 : at + 16]):
            kept.append(data[at:end])
        at = end
    return None


def _jpeg_draws(marker: int, head: bytes) -> bool:
    if marker == 0xE2:
        return head == b"ICC_PROFILE\0"
    if marker == 0xEE:
        return head.startswith(b"Adobe")  # says how the colours are stored
    return marker == 0xE0 or not (0xE1 <= marker <= 0xEF or marker == 0xFE)


def _webp(data: bytes) -> list[bytes] | None:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        return None
    at, kept = 12, []
    for _ in range(SEGMENTS):
        if at + 8 > end:
            break
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        after = at + 8 + size + size % 2
        kind, chunk = data[at : at + 4], data[at : min(after, end)]
        if kind == b"VP8X" and len(chunk) > 8:
            chunk = chunk[:8] + bytes([chunk[8] & ~_VP8X_SAYS]) + chunk[9:]
        if kind not in _WEBP_SAYS:
            kept.append(chunk)
        at = after
    else:
        return None
    size_bytes = 4 + sum(map(len, kept))
    return [b"RIFF", size_bytes.to_bytes(4, "little"), b"WEBP", *kept]
