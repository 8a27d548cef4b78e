"""What a picture file is, from its magic bytes and structure: no pixel is decoded.

Nothing is inflated either, and no more than the structure is read: a bomb costs nothing here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import BinaryIO, Final

from cavendish.imaging import jpeg, png, webp
from cavendish.imaging.header import PIXELS, Bomb, Header, NotAPicture, read

__all__ = ["EXTENSIONS", "inspect"]

EXTENSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
)
"""The file name's end for each format we know."""


def inspect(file: BinaryIO) -> Header:
    """Reads the header of `file`, a seekable binary file; its position afterwards is undefined.

    `complete` is False when the end is missing: a PNG without a closing IEND chunk, a JPEG without
    EOI, a WebP shorter than it says. Raises NotAPicture for anything else: another format, a
    broken structure, no pixels; and Bomb, a NotAPicture, for more than `PIXELS` and the like.
    """
    size_bytes = file.seek(0, os.SEEK_END)
    head = read(file, 0, 33)
    if head.startswith(png.MAGIC):
        header = png.header(file, size_bytes, head)
    elif head.startswith(b"\xff\xd8\xff"):
        header = jpeg.header(file, size_bytes)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        header = webp.header(file, size_bytes, head)
    else:
        raise NotAPicture(_named(head))
    if not header.width or not header.height:
        raise NotAPicture(f"{header.mime} of {header.width} x {header.height} pixels")
    if header.width * header.height > PIXELS:
        raise Bomb(f"{header.width} x {header.height} pixels are more than {PIXELS}")
    return header


def _named(head: bytes) -> str:
    if not head:
        return "empty"
    for magic, name in _OTHERS.items():
        if head.lstrip()[:16].lower().startswith(magic) or head[4:12].lower() == magic:
            return f"{name}: neither PNG nor JPEG nor WebP"
    return "neither PNG nor JPEG nor WebP"


_OTHERS: Final[Mapping[bytes, str]] = MappingProxyType({
    b"gif8": "GIF", b"bm": "BMP", b"ii*\0": "TIFF", b"mm\0*": "TIFF", b"<svg": "SVG",
    b"<?xml": "XML", b"<html": "HTML", b"<!doctype": "HTML", b"%pdf": "PDF", b"pk\3\4": "ZIP",
    b"ftypavif": "AVIF", b"ftypheic": "HEIC", b"ftypmif1": "HEIF", b"{": "JSON",
})  # fmt: skip
