"""Which characters the bundled font can draw: its cmap table, read directly."""

from __future__ import annotations

import functools
import struct
from pathlib import Path

FONTS = Path(__file__).parent.parent / "fonts"
_INVISIBLE = frozenset({0x200B, 0x200C, 0x200D, 0xFE0E, 0xFE0F, 0x0A, 0x0D, 0x09})


def covered() -> frozenset[int]:
    """Every code point of the bundled Inter, and those that need no glyph."""
    return code_points(FONTS / "Inter-Regular.otf") | _INVISIBLE


@functools.lru_cache(maxsize=256)
def code_points(path: Path) -> frozenset[int]:
    """Every code point of the first face in a font file; none if it cannot be read."""
    try:
        return frozenset(_points(path.read_bytes()))
    except (OSError, struct.error):
        return frozenset()


def _points(data: bytes) -> set[int]:
    start = struct.unpack_from(">L", data, 12)[0] if data.startswith(b"ttcf") else 0
    points: set[int] = set()
    for i in range(struct.unpack_from(">H", data, start + 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", data, start + 12 + 16 * i)
        if tag != b"cmap":
            continue
        for j in range(struct.unpack_from(">H", data, offset + 2)[0]):
            at = offset + struct.unpack_from(">L", data, offset + 8 + 8 * j)[0]
            kind = struct.unpack_from(">H", data, at)[0]
            if kind == 4:
                points |= _segments(data, at)
            elif kind == 12:
                points |= _groups(data, at)
    return points


def _segments(data: bytes, at: int) -> set[int]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, at + 14)
    starts = struct.unpack_from(f">{count}H", data, at + 16 + 2 * count)
    return {
        point
        for start, end in zip(starts, ends, strict=True)
        if start != 0xFFFF
        for point in range(start, end + 1)
    }


def _groups(data: bytes, at: int) -> set[int]:
    points: set[int] = set()
    for k in range(struct.unpack_from(">L", data, at + 12)[0]):
        start, end, _ = struct.unpack_from(">LLL", data, at + 16 + 12 * k)
        points.update(range(start, end + 1))
    return points


def uncovered(text: str) -> set[str]:
    """The characters of a text that the bundled font cannot draw."""
    if text.isascii():
        return set()
    known = covered()
    return {c for c in text if ord(c) not in known and not c.isspace()}
