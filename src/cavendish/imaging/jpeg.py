"""The structure of a JPEG file, by https://www.w3.org/Graphics/JPEG/itu-t81.pdf; several pictures
in one file by https://www.cipa.jp/std/documents/e/DC-X007-KEY_E.pdf; checked 2026-11-24."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, Final

from cavendish.imaging.header import (
    EXTRA_BYTES,
    SEGMENTS,
    Bomb,
    Colour,
    Header,
    NotAPicture,
    orientation,
    read,
)

_ADOBE_YCCK: Final = 2
_TRAILING_ZEROS: Final = 16
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_COMMON: Final = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive with Huffman codes: what browsers and viewers open."""
_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN_ENDS: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)
_PIECE_BYTES: Final = 256 * 1024
_COLOURS: Final[Mapping[int, Colour]] = {1: "gray", 3: "rgb", 4: "cmyk"}


def header(file: BinaryIO, size_bytes: int) -> Header:
    """What the segments of a JPEG say. Raises: NotAPicture."""
    found, scanned, extra_bytes, at = Header("image/jpeg", 0, 0, False), False, 0, 2
    framed, adobe = False, 0
    for _ in range(SEGMENTS):
        segment = read(file, at, 10)
        marker = segment[1] if len(segment) > 1 else None
        if marker == 0xD9 and segment[0] == 0xFF and scanned:
            found = replace(found, complete=True, trailing_bytes=_after(file, at + 2, size_bytes))
            break
        if len(segment) < 4 or marker is None:
            break
        if segment[0] != 0xFF or marker in {0x00, 0xD8, 0xD9}:
            raise NotAPicture("JPEG with broken segments")
        if marker == 0xFF or marker in _BARE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(segment[2:4], "big")
        if length < 2:
            raise NotAPicture("JPEG with a segment of no length")
        if marker in _FRAMES:
            if framed or length < 8 or len(segment) < 10:
                raise NotAPicture("JPEG with a broken frame")
            if marker not in _COMMON:
                raise NotAPicture("JPEG with arithmetic, lossless or layered coding: few open it")
            framed, found = True, _framed(found, segment)
        elif marker == 0xEE and read(file, at + 4, 5) == b"Adobe":
            adobe = (read(file, at + 15, 1) or b"\x00")[0]
        elif 0xE0 <= marker <= 0xEF or marker == 0xFE:
            extra_bytes += length
            found = _applied(found, marker, read(file, at + 4, min(length - 2, size_bytes)))
        at += 2 + length
        if marker == 0xDA:
            scanned, at = True, _scan_end(file, at)
    else:
        raise Bomb(f"JPEG of more than {SEGMENTS} segments")
    if extra_bytes > EXTRA_BYTES:
        raise Bomb(f"JPEG with more than {EXTRA_BYTES} bytes that are no pixels")
    if not framed:
        raise NotAPicture("JPEG without a frame")
    if found.colour == "cmyk" and adobe == _ADOBE_YCCK:
        found = replace(found, colour="ycck")
    return found


def _framed(found: Header, segment: bytes) -> Header:
    height, width = struct.unpack(">HH", segment[5:9])
    colour = _COLOURS.get(segment[9], "rgb")
    return replace(found, width=width, height=height, bits=segment[4], colour=colour)


def _applied(found: Header, marker: int, data: bytes) -> Header:
    if marker == 0xE1 and data.startswith(b"Exif\x00\x00"):
        return replace(found, orientation=orientation(data[6:]))
    if marker == 0xE2 and data.startswith(b"ICC_PROFILE\x00"):
        return replace(found, profile=True)
    if marker == 0xE2 and data.startswith(b"MPF\x00"):
        return replace(found, frames=_pictures(data[4:]))
    return found


def _pictures(index: bytes) -> int:
    """How many pictures a multi-picture file has."""
    order = "<" if index[:2] == b"II" else ">"
    at = index.find(struct.pack(order + "HHI", 0xB001, 4, 1))
    return (
        max(1, struct.unpack_from(order + "I", index, at + 8)[0])
        if 0 <= at < len(index) - 11
        else 1
    )


def _scan_end(file: BinaryIO, at: int) -> int:
    """Where the marker after a scan's compressed data is, or the end of the file."""
    before = b""
    file.seek(at)
    while piece := file.read(_PIECE_BYTES):
        data = before + piece
        if ended := _SCAN_ENDS.search(data):
            return at - len(before) + ended.end() - 2
        at += len(piece)
        before = b"\xff" if data.endswith(b"\xff") else b""
    return at


def _after(file: BinaryIO, at: int, size_bytes: int) -> int:
    """How much follows the end. A few zeros are padding, as some encoders leave it."""
    left = size_bytes - at
    return 0 if left <= _TRAILING_ZEROS and not read(file, at, left).strip(b"\x00") else left
