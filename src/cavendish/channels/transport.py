"""The one place that opens sockets. HTTP/1.1, no redirects, deadlines on everything.

It asks for no compression (inflating costs more than the transfer), and reads it where a proxy
compressed all the same: the answer may be paid for.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cavendish.channels.way import Way
from cavendish.core.errors import ConnectionFailed, DeadlineExceeded

if TYPE_CHECKING:
    import aiohttp

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 15.0
"""Name, connection, proxy and TLS together."""

IDLE_S = 60.0
"""The longest silence inside an answer: a model thinks before it, not in the midst of a picture."""

FLOWING_BYTES, SLOWEST_BYTES = 64 * 1024, 4 * 1024
"""Once that much has come a picture flows, and every IDLE_S brings at least the second figure."""

INFLATED_BYTES = 64 * 1024 * 1024
"""The most that a compressed answer may become; nobody asked for compression."""

READ_BYTES = 128 * 1024
"""aiohttp pauses the socket above twice this, and asyncio receives up to 256 KiB at a time: with
less, every full read would pause and resume (3 to 10 ms of CPU at 4K)."""


_CHECK = "check the network, the proxy and the address"
_LOOK = "look in the provider's console whether the call was billed before asking again"


class _Incoming:
    """An answer that has begun to arrive."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes off the socket.

        Raises: ConnectionFailed when it stalls, trickles, or inflates beyond bounds.
        """
        content, clock = self._response.content, asyncio.get_running_loop()
        inflated = self.headers.get("content-encoding", "identity") != "identity"
        size_bytes = window_bytes = 0
        window_s = clock.time()
        _told_when_gone(self._response)
        while chunk := await self._next(content):
            size_bytes += len(chunk)
            if inflated and size_bytes > INFLATED_BYTES:
                raise _broken(f"inflates to more than {INFLATED_BYTES // 2**20} MiB")
            window_bytes += len(chunk)
            if clock.time() - window_s > IDLE_S:
                if size_bytes > FLOWING_BYTES and window_bytes < SLOWEST_BYTES:
                    raise _broken(f"brought {window_bytes:,} bytes in {IDLE_S:g} s")
                window_s, window_bytes = clock.time(), 0
            yield chunk

    async def _next(self, content: aiohttp.StreamReader) -> bytes:
        whole = asyncio.timeout(IDLE_S)
        try:
            async with whole:
                return await content.readany()
        except TimeoutError:
            if not whole.expired():
                raise
            raise _broken(f"brought nothing for {IDLE_S:g} s") from None


def _told_when_gone(response: aiohttp.ClientResponse) -> None:
    """Wakes who reads the body once its connection is gone.

    aiohttp (3.14) forgets a body whose chunks break the rules, and closes: nobody would hear of it.
    """
    import aiohttp

    content = response.content

    def gone(closed: asyncio.Future[None] | None) -> None:
        if closed is not None:
            closed.exception()  # the body has it too; asyncio complains of one that nobody read
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("its chunks break the rules"))

    if response.connection is None or response.connection.protocol is None:
        return
    closed = response.connection.protocol.closed
    if closed is None:
        gone(None)
    else:
        closed.add_done_callback(gone)


class _Request:
    """Whether any byte of a request has left; only then can anybody have billed it."""

    left = False

    @property
    def billed(self) -> bool | None:
        return None if self.left else False


async def _mark_as_left(_session: object, context: Any, _params: object) -> None:
    context.trace_request_ctx.left = True


class Transport:
    """Requests over TCP by `way`, or over the Unix socket at `socket`.

    One connection pool per event loop.
    """

    def __init__(self, *, socket: Path | None = None, way: Way | None = None) -> None:
        self._socket = socket
        self._way = way or Way()
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    def _connect(self) -> aiohttp.ClientSession:
        import aiohttp  # 0.12 s that a picture bought before never needs

        if self._is_closed:  # a token that is still being fetched would open one that nobody closes
            raise OSError("the client was closed")
        if self._session is None:
            connector: aiohttp.BaseConnector
            if self._socket is not None:
                connector = aiohttp.UnixConnector(path=str(self._socket), limit=0)
            else:
                connector = aiohttp.TCPConnector(limit=0, ssl=self._way.context())
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_mark_as_left)
            self._session = aiohttp.ClientSession(
                trace_configs=[trace],
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                read_bufsize=READ_BYTES,
                timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_TIMEOUT_S),
            )
        return self._session

    def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes,
        timeout_s: float,
        connect_s: float | None = None,
    ) -> AbstractAsyncContextManager[_Incoming]:
        """Sends `body`; see `cavendish.core.ports.Net.post`."""
        # aiohttp sends a file piece by piece, at the socket's pace
        return self._exchange("POST", url, headers, io.BytesIO(body), timeout_s, connect_s)

    def get(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> AbstractAsyncContextManager[_Incoming]:
        """Asks for what is there; see `cavendish.core.ports.Net.get`."""
        return self._exchange("GET", url, headers, None, timeout_s)

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: io.BytesIO | None,
        timeout_s: float,
        connect_s: float | None = None,
    ) -> AsyncIterator[_Incoming]:
        import aiohttp

        request = _Request()
        connect_s = connect_s or CONNECT_TIMEOUT_S
        host = urlsplit(url).hostname or url
        proxy = None if self._socket is not None else self._way.through(url)
        if proxy is not None:
            log.info("%s is reached through the proxy %s", host, urlsplit(proxy).hostname)
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._connect().request(
                    method,
                    url,
                    data=body,
                    headers={**headers, "Accept-Encoding": "identity"},
                    allow_redirects=False,
                    proxy=proxy,
                    timeout=aiohttp.ClientTimeout(total=None, connect=connect_s),
                    trace_request_ctx=request,
                ) as response,
            ):
                yield _Incoming(response)
        except aiohttp.ConnectionTimeoutError as error:
            raise ConnectionFailed(
                f"the connection to {host} could not be made within {connect_s:g} s",
                billed=request.billed,
                next_step="check the network, the proxy and the address",
            ) from error
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"{host} did not answer within {timeout_s:.3g} s",
                billed=request.billed,
                next_step="--timeout waits longer",
            ) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise ConnectionFailed(
                f"the certificate of {host} is not trusted: {_reason(error.certificate_error)}",
                billed=request.billed,
                next_step="if a proxy of your own stands in between, set ca_file to its authority",
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            what = "broke" if request.left else "could not be made"
            raise ConnectionFailed(
                f"the connection to {host} {what}: {_reason(error)}",
                billed=request.billed,
                next_step=_LOOK if request.left and method == "POST" else _CHECK,
            ) from error

    async def close(self) -> None:
        """Closes every socket, for good."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None


def _broken(how: str) -> ConnectionFailed:
    return ConnectionFailed(
        f"the answer {how}; the connection was given up",
        billed=None,
        next_step=_LOOK,
    )


def _reason(error: Exception) -> str:
    """What happened, in one line and without what the other side sent: it may repeat a key."""
    said = getattr(error, "message", None) or str(error) or type(error).__name__
    said = said.removeprefix("400, message:").strip()  # aiohttp's name for a rule of HTTP
    line = said.splitlines()[0] if said else type(error).__name__
    return re.split(r": b['\"]|: bytearray|: <|, url=", line)[0][:200].rstrip(": ")
