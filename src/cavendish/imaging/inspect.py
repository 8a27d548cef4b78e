"""What a picture file is, from its magic bytes and structure: no pixel is decoded.

Formats: PNG https://www.w3.org/TR/png-3/, JPEG https://www.w3.org/Graphics/JPEG/itu-t81.pdf,
WebP https://developers.google.com/speed/webp/docs/riff_container, checked 2026-11-22.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO, Final

__all__ = ["EXTENSIONS", "PIXELS", "Header", "NotAPicture", "inspect"]

EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
)
"""The file name's end for each format we know."""

PIXELS: Final = 64 * 1024 * 1024
"""The most pixels a picture may have. The largest any model draws is 12288 x 1536, 19 million."""

_SEGMENTS: Final = 16_384
_TRAILING_ZEROS: Final = 16
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_IEND: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class NotAPicture(ValueError):
    """The file is not a picture we know, or one that must not be decoded; the message says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """Format and size in pixels, and whether the file has its end."""

    mime: str
    width: int
    height: int
    complete: bool


def inspect(file: BinaryIO) -> Header:
    """Reads the header of `file`, a seekable binary file; its position afterwards is undefined.

    `complete` is False when the end is missing: a PNG without a closing IEND chunk, a JPEG without
    EOI, a WebP shorter than it says. Raises NotAPicture for anything else: another format, a
    broken structure, no pixels, or more than `PIXELS`.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    head = _read(file, 0, 32)
    if head.startswith(_PNG):
        header = _png(file, size_bytes, head)
    elif head.startswith(b"\xff\xd8\xff"):
        header = _jpeg(file, size_bytes)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        header = _webp(size_bytes, head)
    else:
        raise NotAPicture("empty" if not head else "neither PNG nor JPEG nor WebP")
    if not header.width or not header.height:
        raise NotAPicture(f"{header.mime} of {header.width} x {header.height} pixels")
    if header.width * header.height > PIXELS:
        raise NotAPicture(f"{header.width} x {header.height} pixels are more than {PIXELS}")
    return header


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)


def _png(file: BinaryIO, size_bytes: int, head: bytes) -> Header:
    ihdr = head[8:29] + _read(file, 29, 4)
    if len(ihdr) < 25 or ihdr[:8] != b"\x00\x00\x00\rIHDR":
        raise NotAPicture("PNG without its header")
    width, height, crc = struct.unpack(">II5xI", ihdr[8:])
    if zlib.crc32(ihdr[4:21]) != crc:
        raise NotAPicture("PNG with a broken header")
    if width > 0x7FFFFFFF or height > 0x7FFFFFFF:
        raise NotAPicture("PNG with an impossible size")
    return Header("image/png", width, height, _png_is_complete(file, size_bytes))


def _png_is_complete(file: BinaryIO, size_bytes: int) -> bool:
    at, pixels = 33, False
    for _ in range(_SEGMENTS):
        chunk = _read(file, at, 12)
        if len(chunk) < 8:
            return False
        if chunk[4:8] == b"IEND":
            return pixels and chunk == _IEND and at + 12 == size_bytes
        if not chunk[4:8].isalpha():
            raise NotAPicture("PNG with a chunk that has no name")
        pixels = pixels or chunk[4:8] == b"IDAT"
        at += 12 + int.from_bytes(chunk[:4], "big")
        if at > size_bytes:
            return False
    raise NotAPicture(f"PNG of more than {_SEGMENTS} chunks")


def _jpeg(file: BinaryIO, size_bytes: int) -> Header:
    at, frame = 2, None
    for _ in range(_SEGMENTS):
        segment = _read(file, at, 9)
        if len(segment) < 4:
            break
        marker = segment[1]
        if segment[0] != 0xFF or marker in {0x00, 0xD8, 0xD9}:
            raise NotAPicture("JPEG with broken segments")
        if marker == 0xFF or marker in _JPEG_BARE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(segment[2:4], "big")
        if length < 2:
            raise NotAPicture("JPEG with a segment of no length")
        if marker in _JPEG_FRAMES:
            if frame is not None or length < 8 or len(segment) < 9:
                raise NotAPicture("JPEG with a broken frame")
            frame = struct.unpack(">HH", segment[5:9])
        at += 2 + length
        if marker == 0xDA:
            break
    else:
        raise NotAPicture(f"JPEG of more than {_SEGMENTS} segments")
    if frame is None:
        raise NotAPicture("JPEG without a frame")
    height, width = frame
    tail = _read(file, max(at, size_bytes - _TRAILING_ZEROS - 2), _TRAILING_ZEROS + 2)
    complete = marker == 0xDA and tail.rstrip(b"\x00").endswith(b"\xff\xd9")
    return Header("image/jpeg", width, height, complete)


def _webp(size_bytes: int, head: bytes) -> Header:
    if len(head) < 30:
        raise NotAPicture("WebP without its header")
    kind, data = head[12:16], head[20:30]
    if kind == b"VP8X":
        width = 1 + int.from_bytes(data[4:7], "little")
        height = 1 + int.from_bytes(data[7:10], "little")
    elif kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
    else:
        raise NotAPicture("WebP with a broken header")
    riff_bytes = 8 + int.from_bytes(head[4:8], "little")
    chunk_bytes = 20 + int.from_bytes(head[16:20], "little")
    if chunk_bytes > riff_bytes:
        raise NotAPicture("WebP with a chunk longer than the file it says it is")
    return Header("image/webp", width, height, riff_bytes <= size_bytes)
