"""The structure of a WebP file, by
https://developers.google.com/speed/webp/docs/riff_container, checked 2026-11-22."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

from cavendish.imaging.header import (
    EXIF_BYTES,
    EXTRA_BYTES,
    SEGMENTS,
    Bomb,
    Header,
    NotAPicture,
    orientation,
    read,
)

_ICC, _ALPHA, _ANIMATED = 0x20, 0x10, 0x02


def header(file: BinaryIO, size_bytes: int, head: bytes) -> Header:
    """What the chunks of a WebP say. Raises: NotAPicture."""
    if len(head) < 30:
        raise NotAPicture("WebP without its header")
    kind, data = head[12:16], head[20:30]
    alpha, flags = False, 0
    if kind == b"VP8X":
        flags = data[0]
        width = 1 + int.from_bytes(data[4:7], "little")
        height = 1 + int.from_bytes(data[7:10], "little")
        alpha = bool(flags & _ALPHA)
    elif kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        alpha = bool(bits >> 28 & 1)
    elif kind == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
    else:
        raise NotAPicture("WebP with a broken header")
    riff_bytes = 8 + int.from_bytes(head[4:8], "little")
    chunk_bytes = 20 + int.from_bytes(head[16:20], "little")
    if chunk_bytes > riff_bytes:
        raise NotAPicture("WebP with a chunk longer than the file it says it is")
    found = Header(
        "image/webp",
        width,
        height,
        riff_bytes <= size_bytes,
        alpha=alpha,
        frames=2 if flags & _ANIMATED else 1,
        trailing_bytes=_after(file, riff_bytes, size_bytes),
        profile=bool(flags & _ICC),
    )
    return _walked(file, min(size_bytes, riff_bytes), found) if kind == b"VP8X" else found


def _walked(file: BinaryIO, end: int, found: Header) -> Header:
    at, extra_bytes, frames = 12, 0, 0
    for _ in range(SEGMENTS):
        chunk = read(file, at, 8)
        if len(chunk) < 8 or at >= end:
            return replace(found, frames=max(found.frames, frames))
        name, length = chunk[:4], int.from_bytes(chunk[4:8], "little")
        if name == b"ANMF":
            frames += 1
        elif name not in {b"VP8 ", b"VP8L", b"ALPH"}:
            extra_bytes += length
        if name == b"EXIF":
            exif = read(file, at + 8, min(length, EXIF_BYTES))
            exif = exif.removeprefix(b"Exif\x00\x00")
            found = replace(found, orientation=orientation(exif))
        if extra_bytes > EXTRA_BYTES and at + length <= end:
            raise Bomb(f"WebP with more than {EXTRA_BYTES} bytes that are no pixels")
        at += 8 + length + length % 2
    raise Bomb(f"WebP of more than {SEGMENTS} chunks")


def _after(file: BinaryIO, end: int, size_bytes: int) -> int:
    """How much follows the end. One zero may fill up to an even length."""
    left = size_bytes - end
    return 0 if left <= 0 or (left == 1 and read(file, end, 1) == b"\x00") else left
