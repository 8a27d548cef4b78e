"""Answers worth serving: valid PNGs of noise, and the pretty-printed JSON around them.

A picture of noise packed without matches is as large as its entropy: 17 grey steps per channel make
1.5 bytes per pixel, 11 make 1.3. That is how the sizes of real answers are met.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import pybase64

MODEL = "gemini-3-pro-image"
SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
STEPS = {"1K": 17, "2K": 17, "4K": 11}
TINY = "tiny"
IDAT_BYTES = 64 * 1024
SIGNATURE_BYTES = 1_100_000


@dataclass(frozen=True)
class Payload:
    """One answer on disk, and what must come out of it."""

    size: str
    body: Path
    png_bytes: int
    json_bytes: int
    sha256: str


def body_of(prompt: str, size: str) -> bytes:
    """The request for a square picture, as anybody writes it."""
    request = {
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "1:1", "imageSize": size},
        },
    }
    return json.dumps(request).encode()


def prepare(folder: Path) -> dict[str, Payload]:
    """Writes every answer into `folder`: one per size, and a tiny one for warm-ups."""
    made = {size: _png(SIDES[size], STEPS[size]) for size in SIDES}
    made[TINY] = _slope(SIDES["1K"])
    return {size: _write(folder, size, png) for size, png in made.items()}


def _write(folder: Path, size: str, png: bytes) -> Payload:
    body = folder / f"{size}.json"
    answer = _answer(png, SIGNATURE_BYTES if size != TINY else 1000)
    body.write_bytes(answer)
    return Payload(size, body, len(png), len(answer), hashlib.sha256(png).hexdigest())


def _png(side: int, steps: int) -> bytes:
    noise = random.Random(side).randbytes(side * side * 3)
    dark = noise.translate(bytes(60 + value * steps // 256 for value in range(256)))
    light = noise.translate(bytes(180 + value * steps // 256 for value in range(256)))
    half, row = len(noise) // 2, side * 3
    noise = dark[:half] + light[half:]  # faint noise alone would pass for a blank picture
    raw = b"".join(b"\0" + noise[at : at + row] for at in range(0, len(noise), row))
    packer = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)
    return _packed(side, packer.compress(raw) + packer.flush())


def _slope(side: int) -> bytes:
    """From black to white, in next to no bytes; one colour all over would not pass as a picture."""
    rows = (b"\0" + bytes([255 * row // side]) * (side * 3) for row in range(side))
    return _packed(side, zlib.compress(b"".join(rows)))


def _packed(side: int, data: bytes) -> bytes:
    pieces = [data[at : at + IDAT_BYTES] for at in range(0, len(data), IDAT_BYTES)]
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    body = b"".join(_chunk(b"IDAT", piece) for piece in pieces)
    return b"\x89PNG\r\n\x1a\n" + header + body + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    said = kind + data
    return struct.pack(">I", len(data)) + said + struct.pack(">I", zlib.crc32(said))


def _answer(png: bytes, signature_bytes: int) -> bytes:
    signature = pybase64.b64encode(random.Random(1).randbytes(signature_bytes * 3 // 4)).decode()
    part = {
        "inlineData": {"mimeType": "image/png", "data": pybase64.b64encode(png).decode()},
        "thoughtSignature": signature,
    }
    image = [{"modality": "IMAGE", "tokenCount": 1120}]
    answer = {
        "candidates": [
            {"content": {"parts": [part], "role": "model"}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": 14,
            "candidatesTokenCount": 1120,
            "totalTokenCount": 1334,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 14}],
            "candidatesTokensDetails": image,
            "thoughtsTokenCount": 200,
        },
        "modelVersion": MODEL,
        "responseId": "benchmark",
    }
    return json.dumps(answer, indent=2).encode()
