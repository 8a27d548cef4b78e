"""The emulator inside another process: one daemon thread with its own event loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import asyncio

    from cavendish_emulator.server import Service

_SOCKET_PATH_LIMIT = 100
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Emulator:
    """A running emulator: `start()` returns when it listens, `stop()` leaves nothing behind.

    It listens on the Unix socket `socket` if one is given, else on a loopback `port`
    (none or 0 takes a free one). `faults` are armed, `quotas` set, the relay's `vices` given
    and `switches` thrown (`cavendish_emulator.switches`) before the first request.
    With `require_key` other keys are refused as the service refuses them; without it any key,
    or none, will do. `clock_s` gives the time in seconds since 1970.
    """

    def __init__(
        self,
        *,
        catalog: Path,
        socket: Path | None = None,
        port: int | None = None,
        host: str = "127.0.0.1",
        faults: Sequence[dict[str, Any]] = (),
        quotas: Sequence[dict[str, Any]] = (),
        vices: Sequence[str | dict[str, Any]] = (),
        switches: Mapping[str, int] | None = None,
        require_key: str | None = None,
        clock_s: Callable[[], float] | None = None,
    ) -> None:
        if host not in _LOOPBACK:
            raise ValueError(f"the emulator listens on loopback only, not on {host!r}")
        if socket is not None and port is not None:
            raise ValueError("give the emulator a socket or a port, not both")
        if socket is not None and len(str(socket).encode()) > _SOCKET_PATH_LIMIT:
            raise ValueError(f"the socket path is too long for a Unix socket: {socket}")
        self.catalog = Path(catalog)
        self.socket = Path(socket) if socket is not None else None
        self._host = host
        self._port = port or 0
        self._faults = list(faults)
        self._quotas = list(quotas)
        self._vices = list(vices)
        self._switches = dict(switches or {})
        self._require_key = require_key
        self._clock_s = clock_s
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._listening = False

    @property
    def url(self) -> str:
        """The base URL; over a Unix socket the host name means nothing."""
        if self.socket is not None:
            return "http://emulator"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def start(self) -> Self:
        """Listen; raises what kept it from listening."""
        if self._thread is not None:
            raise RuntimeError("this emulator has been started already")
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop listening and join the thread; safe to call again."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
        if self.socket is not None and self._listening:
            self.socket.unlink(missing_ok=True)
        self._listening = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        import asyncio

        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        import asyncio

        from aiohttp import web

        service = self._service()
        runner = web.AppRunner(
            service.application(), handle_signals=False, access_log=None, shutdown_timeout=0.2
        )
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        await runner.setup()
        try:
            site: web.BaseSite
            if self.socket is not None:
                _refuse_if_taken(self.socket)
                site = web.UnixSite(runner, self.socket)
            else:
                site = web.TCPSite(runner, self._host, self._port)
            await site.start()
            if self.socket is not None:
                self.socket.chmod(0o600)
            else:
                self._port = runner.addresses[0][1]
            self._listening = True
            self._ready.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()
            service.calls.executor.pool.shutdown(wait=True, cancel_futures=True)
            service.control.uploads.clear()

    def _service(self) -> Service:
        from cavendish_emulator.catalog import SURFACES, read_catalog
        from cavendish_emulator.clock import Clock
        from cavendish_emulator.control import Control
        from cavendish_emulator.faults import NAMED, FaultBoard
        from cavendish_emulator.quotas import Quotas
        from cavendish_emulator.server import Service

        board, quotas = FaultBoard(NAMED), Quotas()
        board.arm(self._faults)
        quotas.set(self._quotas)
        clock = Clock(self._clock_s) if self._clock_s else Clock()
        control = Control(board, quotas, clock)
        control.corrupt(self._vices)
        control.switches.set(self._switches)
        sold = {name: read_catalog(self.catalog, name) for name in SURFACES[1:]}
        return Service(read_catalog(self.catalog), control, self._require_key, sold)


def _refuse_if_taken(path: Path) -> None:
    """A socket someone answers on is not ours to replace; a dead one is."""
    import errno
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return
    raise OSError(errno.EADDRINUSE, f"something already listens on {path}")
