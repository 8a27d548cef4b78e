"""The emulator of this process: a real server on a Unix socket, started when first needed.

The one place where Cavendish touches the emulator's package; everything else goes over the wire.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cavendish.catalog.loader import MODEL_FACTS
from cavendish.channels.transport import Transport
from cavendish.core.ports import Incoming

if TYPE_CHECKING:
    from cavendish_emulator import Emulator

BASE_URL = "http://emulator"


class OfflineNet:
    """A network with one host on it: the emulator, drawn up at the first call."""

    def __init__(self) -> None:
        self._starting = asyncio.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._emulator: Emulator | None = None
        self._transport: Transport | None = None

    @asynccontextmanager
    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_s: float,
        connect_s: float | None = None,
    ) -> AsyncIterator[Incoming]:
        """Sends to the emulator; see `cavendish.core.ports.Net.post`."""
        transport = await self._started()
        async with transport.post(
            url, headers=headers, body=body, timeout_s=timeout_s, connect_s=connect_s
        ) as incoming:
            yield incoming

    @asynccontextmanager
    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> AsyncIterator[Incoming]:
        """Asks the emulator; see `cavendish.core.ports.Net.get`."""
        transport = await self._started()
        async with transport.get(url, headers=headers, timeout_s=timeout_s) as incoming:
            yield incoming

    async def _started(self) -> Transport:
        async with self._starting:
            if self._transport is None:
                self._transport = await asyncio.to_thread(self._start)
        return self._transport

    def _start(self) -> Transport:
        from cavendish_emulator import Emulator

        self._folder = tempfile.TemporaryDirectory(prefix="cavendish-")
        socket = Path(self._folder.name) / "emulator.sock"
        self._emulator = Emulator(catalog=MODEL_FACTS, socket=socket)
        self._emulator.start()
        return Transport(socket=socket)

    async def close(self) -> None:
        """Ends the emulator and its socket."""
        if self._transport is not None:
            await self._transport.close()
        if self._emulator is not None:
            await asyncio.to_thread(self._emulator.stop)
        if self._folder is not None:
            self._folder.cleanup()
        self._transport = self._emulator = self._folder = None


def fonts() -> Path:
    """The folder of the bundled fonts, which lie beside the emulator that draws with them."""
    import cavendish_emulator

    return Path(cavendish_emulator.__file__).parent / "fonts"


def command(arguments: Sequence[str]) -> list[str]:
    """The command line that runs an emulator on its own, on the catalogue's facts."""
    return [sys.executable, "-m", "cavendish_emulator", "--catalog", str(MODEL_FACTS), *arguments]
