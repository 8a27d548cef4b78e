"""The structure of a PNG file, by https://www.w3.org/TR/png-3/, checked 2026-11-22."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, Final

from cavendish.imaging.header import (
    EXIF_BYTES,
    EXTRA_BYTES,
    SEGMENTS,
    Bomb,
    Colour,
    Header,
    NotAPicture,
    orientation,
    read,
)

MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_IEND: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_KINDS: Final[Mapping[int, tuple[Colour, bool]]] = {
    0: ("gray", False), 2: ("rgb", False), 3: ("palette", False), 4: ("gray", True),
    6: ("rgb", True),
}  # fmt: skip


def header(file: BinaryIO, size_bytes: int, head: bytes) -> Header:
    """What the chunks of a PNG say. Raises: NotAPicture."""
    if len(head) < 33 or head[8:16] != b"\x00\x00\x00\rIHDR":
        raise NotAPicture("PNG without its header")
    width, height, bits, kind, crc = struct.unpack(">IIBB3xI", head[16:33])
    if zlib.crc32(head[12:29]) != crc:
        raise NotAPicture("PNG with a broken header")
    if width > 0x7FFFFFFF or height > 0x7FFFFFFF or kind not in _KINDS:
        raise NotAPicture("PNG with an impossible header")
    colour, alpha = _KINDS[kind]
    found = Header("image/png", width, height, False, bits=bits, colour=colour, alpha=alpha)
    return _walked(file, size_bytes, found)


def _walked(file: BinaryIO, size_bytes: int, found: Header) -> Header:
    at, pixels, extra_bytes = 33, False, 0
    for _ in range(SEGMENTS):
        chunk = read(file, at, 12)
        name, length = chunk[4:8], int.from_bytes(chunk[:4], "big")
        if len(chunk) < 8:
            return found
        if name == b"IEND":
            whole = pixels and chunk == _IEND
            return replace(found, complete=whole, trailing_bytes=size_bytes - at - len(chunk))
        if not name.isalpha():
            raise NotAPicture("PNG with a chunk that has no name")
        at += 12 + length
        if at > size_bytes:
            return found
        if name in {b"IDAT", b"fdAT"}:
            pixels = pixels or name == b"IDAT"
            continue
        extra_bytes += length
        if extra_bytes > EXTRA_BYTES:
            raise Bomb(f"PNG with more than {EXTRA_BYTES} bytes that are no pixels")
        if name == b"tRNS":
            found = replace(found, alpha=True)
        elif name == b"iCCP":
            found = replace(found, profile=True)
        elif name == b"acTL":
            frames = int.from_bytes(chunk[8:12], "big")
            found = replace(found, frames=max(1, frames))
        elif name == b"eXIf":
            exif = read(file, at - 4 - length, min(length, EXIF_BYTES))
            found = replace(found, orientation=orientation(exif))
    raise Bomb(f"PNG of more than {SEGMENTS} chunks")


_CHANNELS: Final[Mapping[int, int]] = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PLAIN: Final = ((0, 0, 1, 1),)
_INTERLACED: Final = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip
_INFLATED_BYTES: Final = 1 << 20


def missing(file: BinaryIO) -> float:
    """The share of the pixels' data that is not there, 0 to 1. Inflates all of it: for a process
    of its own."""
    width, height, bits, kind, interlaced = struct.unpack(">IIBB2xB", read(file, 16, 13))
    whole = 0
    for left, top, across, down in _INTERLACED if interlaced else _PLAIN:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            whole += rows * (1 + (columns * bits * _CHANNELS[kind] + 7) // 8)
    inflate, found, at = zlib.decompressobj(), 0, len(MAGIC)
    while found < whole and len(start := read(file, at, 8)) == 8 and start[4:8] != b"IEND":
        length = int.from_bytes(start[:4], "big")
        data = file.read(length) if start[4:8] == b"IDAT" else b""
        while data and found < whole:
            try:
                found += len(inflate.decompress(data, _INFLATED_BYTES))
            except zlib.error:
                return 1 - found / whole
            data = inflate.unconsumed_tail
        at += 12 + length
    return max(0.0, 1 - found / whole)


def broken_chunk(file: BinaryIO) -> str | None:
    """The name of the first chunk whose checksum is wrong, or None. Reads the whole file."""
    at = len(MAGIC)
    while len(start := read(file, at, 8)) == 8:
        left, crc = int.from_bytes(start[:4], "big"), zlib.crc32(start[4:8])
        while left and (piece := file.read(min(left, 1 << 20))):
            crc, left = zlib.crc32(piece, crc), left - len(piece)
        if file.read(4) != crc.to_bytes(4, "big"):
            return start[4:8].decode("latin-1")
        if start[4:8] == b"IEND":
            break
        at += 12 + int.from_bytes(start[:4], "big")
    return None
