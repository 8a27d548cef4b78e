"""Pictures too large for a request, sent ahead as files of their own: Google's resumable uploads.

Protocol: https://ai.google.dev/gemini-api/docs/files, checked 2026-11-25. The address of an upload
is its own credential, so pieces go without the key. A file that is there is used again.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from cavendish.core.errors import ChannelError, ConnectionFailed, DeadlineExceeded, ProtocolError
from cavendish.core.model import FilesFacts
from cavendish.core.ports import Clock, Incoming, Net
from cavendish.core.request import Reference
from cavendish.wire.gemini.errors import classify

__all__ = ["Files"]

log = logging.getLogger(__name__)

PIECE_BYTES: Final = 8 * 1024 * 1024
_ANSWER_BYTES: Final = 256 * 1024
_MARGIN_S: Final = 3600
"""A file this near its end is sent anew: the call may wait before it is made."""
_TRIES: Final = 3
_LOOK_AGAIN_S: Final = 1.0
_PREFIX: Final = "X-Goog-Upload-"


class Files:
    """What one credential has uploaded to one channel, as long as this process lives."""

    def __init__(self, facts: FilesFacts, *, base_url: str, net: Net, clock: Clock) -> None:
        self._facts, self._base_url = facts, base_url.rstrip("/")
        self._net, self._clock = net, clock
        self._there: dict[str, tuple[str, float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def uris(
        self, references: Sequence[Reference], headers: Mapping[str, str], *, timeout_s: float
    ) -> dict[str, str]:
        """Where each picture is, by its sha256; what is not there yet is uploaded first.

        `headers` hold the key. Raises: ChannelError, always unbilled: no model has run.
        """
        ends_s = self._clock.monotonic_s() + timeout_s
        found = {}
        try:
            for reference in references:
                sha256 = reference.sha256
                async with self._locks.setdefault(sha256, asyncio.Lock()):
                    uri, until_s = self._there.get(sha256, ("", 0.0))
                    if until_s <= self._clock.monotonic_s():
                        uri = await self._uploaded(reference, headers, ends_s)
                        until_s = self._clock.monotonic_s() + self._facts.life_s - _MARGIN_S
                        self._there[sha256] = uri, until_s
                found[sha256] = uri
        except ChannelError as error:
            error.billed = False
            error.message = f"a reference could not be uploaded: {error.message}"
            error.args = (error.message,)
            raise
        return found

    def remembered(self, references: Sequence[Reference]) -> bool:
        """Whether some of these are thought to be there already."""
        return any(reference.sha256 in self._there for reference in references)

    def forget(self, references: Sequence[Reference]) -> None:
        """The service does not know these any more."""
        for reference in references:
            self._there.pop(reference.sha256, None)

    async def _uploaded(
        self, reference: Reference, headers: Mapping[str, str], ends_s: float
    ) -> str:
        size = len(reference.data)
        log.info("a picture of %s bytes is uploaded as a file", f"{size:,}")
        start = {
            f"{_PREFIX}Protocol": "resumable",
            f"{_PREFIX}Command": "start",
            f"{_PREFIX}Header-Content-Length": str(size),
            f"{_PREFIX}Header-Content-Type": reference.mime,
            "Content-Type": "application/json",
            **headers,
        }
        async with self._post(self._base_url + self._facts.path, start, b"{}", ends_s) as began:
            address = _header(began, f"{_PREFIX}URL")
        if not address:
            raise ProtocolError("the service gave no address to upload to", billed=False)
        parts = urlsplit(address)  # only the path is believed: the host stays who was asked
        own = urlsplit(self._base_url)
        url = parts._replace(scheme=own.scheme, netloc=own.netloc).geturl()
        return await self._ready(await self._sent(url, reference.data, ends_s), headers, ends_s)

    async def _sent(self, url: str, data: bytes, ends_s: float) -> Mapping[str, Any]:
        """Sends every piece; after a broken connection it goes on where the service is."""
        offset, tries, view = 0, 0, memoryview(data)
        while True:
            piece = bytes(view[offset : offset + PIECE_BYTES])
            last = offset + len(piece) >= len(data)
            command = "upload, finalize" if last else "upload"
            said = {f"{_PREFIX}Command": command, f"{_PREFIX}Offset": str(offset)}
            try:
                async with self._post(url, said, piece, ends_s) as answer:
                    if last:
                        return _file(await _read(answer))
                offset += len(piece)
            except ConnectionFailed:
                tries += 1
                if tries >= _TRIES:
                    raise
                async with self._post(url, {f"{_PREFIX}Command": "query"}, b"", ends_s) as answer:
                    held = _header(answer, f"{_PREFIX}Size-Received")
                    if _header(answer, f"{_PREFIX}Status").lower() != "active":
                        raise
                offset = int(held) if held.isdigit() else 0

    async def _ready(
        self, file: Mapping[str, Any], headers: Mapping[str, str], ends_s: float
    ) -> str:
        """The file's uri, once the service has looked at the file."""
        while file.get("state") == "PROCESSING":
            await self._clock.sleep(_LOOK_AGAIN_S)
            url = f"{self._base_url}{self._facts.look_path}/{str(file['name']).rpartition('/')[2]}"
            left_s = self._left_s(ends_s)
            async with self._net.get(url, headers=headers, timeout_s=left_s) as answer:
                await _refuse(answer)
                file = _file(b'{"file":' + await _read(answer) + b"}")
        if file.get("state", "ACTIVE") != "ACTIVE":
            raise ProtocolError("the service could not read the uploaded picture", billed=False)
        return str(file["uri"])

    def _left_s(self, ends_s: float) -> float:
        left_s = ends_s - self._clock.monotonic_s()
        if left_s <= 0:
            raise DeadlineExceeded(
                "the time was over before it was there",
                billed=False,
                next_step="--timeout waits longer; a smaller reference is sent sooner",
            )
        return left_s

    @asynccontextmanager
    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, ends_s: float
    ) -> AsyncIterator[Incoming]:
        left_s = self._left_s(ends_s)
        async with self._net.post(url, headers=headers, body=body, timeout_s=left_s) as answer:
            await _refuse(answer)
            yield answer


async def _refuse(answer: Incoming) -> None:
    if not 200 <= answer.status <= 299:
        raise classify(answer.status, await _read(answer), answer.headers)


async def _read(answer: Incoming) -> bytes:
    body = bytearray()
    async for chunk in answer.chunks():
        body += chunk[: _ANSWER_BYTES - len(body)]
    return bytes(body)


def _file(body: bytes) -> Mapping[str, Any]:
    try:
        file = json.loads(body)["file"]
        if isinstance(file["uri"], str) and isinstance(file["name"], str):
            return dict(file)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise ProtocolError("the service did not say where the uploaded file is", billed=False)


def _header(answer: Incoming, name: str) -> str:
    return answer.headers.get(name.lower(), "")
