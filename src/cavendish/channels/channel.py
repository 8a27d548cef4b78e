"""A way to a model: the request in the provider's words, the answer split as it arrives."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from email.utils import formatdate
from typing import Protocol
from urllib.parse import quote, urlsplit

from cavendish.channels.files import Files
from cavendish.channels.packing import message_of
from cavendish.core.errors import CavendishError, ChannelError
from cavendish.core.model import ChannelFacts
from cavendish.core.money import Money
from cavendish.core.ports import Clock, Incoming, Net
from cavendish.core.request import ImageRequest
from cavendish.core.result import RateLimit
from cavendish.core.secret import Secret
from cavendish.wire.charge import charge_in_headers
from cavendish.wire.gemini.errors import classify
from cavendish.wire.message import Message
from cavendish.wire.rate_limit import rate_limit
from cavendish.wire.reading import Reading
from cavendish.wire.split import Sink

log = logging.getLogger(__name__)

ERROR_BODY_BYTES = 1024 * 1024
LOOK_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer without its pictures, and what its headers say about limits and the charge."""

    rest: bytes
    rate_limit: RateLimit | None
    charged: Money | None = None


SERVER_MARGIN_S = 5.0
"""The service gives up this much before us, so that its answer about it still arrives."""

FRONT_END_S = 60.0
"""Where a front end gives up when it does not heed our deadline; what is behind it goes on."""

DEADLINE_BLUR_S = 1.0
UNAUTHENTICATED = 401
_GONE = frozenset({403, 404})
_NAMES_A_MODEL = frozenset({"not-found", "model-not-served"})


class Tokens(Protocol):
    """Credentials that run out. `headers` go beside them."""

    @property
    def headers(self) -> dict[str, str]:
        """What goes beside a token."""
        ...

    async def current(self, timeout_s: float) -> Secret:
        """A token that is good now. Raises: CavendishError, unbilled."""
        ...

    def advice(self, step: str) -> str:
        """A next step with the account's own names in it."""
        ...

    def spent(self, secret: Secret) -> None:
        """The service no longer takes this one."""
        ...


class Channel:
    """One channel, open: its facts, its address, its credential (a key, or tokens), a network and
    a clock."""

    def __init__(
        self,
        facts: ChannelFacts,
        *,
        base_url: str,
        secret: Secret | None,
        net: Net,
        clock: Clock,
        tokens: Tokens | None = None,
    ) -> None:
        self.facts = facts
        self._base_url = base_url
        self._host = urlsplit(base_url).netloc
        self._secret = secret
        self._tokens = tokens
        self._net, self._clock = net, clock
        self._files = None
        if facts.files is not None:
            self._files = Files(facts.files, base_url=base_url, net=net, clock=clock)

    def encode(self, request: ImageRequest, model_id: str | None = None) -> Message:
        """The request as it goes out; `model_id` is what the channel calls its model.

        Raises: InvalidRequest when it is larger than the channel takes, or cannot be said to it.
        """
        return message_of(self.facts, request, model_id or request.model)

    async def call(
        self, message: Message, sink: Sink, *, timeout_s: float, connect_s: float | None = None
    ) -> Reply:
        """Sends `message`; pictures go into `sink` as they arrive.

        A token that the service no longer takes is renewed and the call sent once more: a 401
        refuses before anything runs, so nothing is paid for twice.

        Raises: ChannelError, Blocked; its `billed` says what is known of the money.
        """
        ends_s = self._clock.monotonic_s() + timeout_s
        if message.ahead and self._files is not None:
            return await self._filed(message, self._files, sink, ends_s, connect_s)
        if self._tokens is None:
            return await self._send(message, sink, timeout_s, connect_s, self._secret)
        token = await self._tokens.current(timeout_s)
        try:
            left_s = ends_s - self._clock.monotonic_s()
            return await self._send(message, sink, left_s, connect_s, token)
        except ChannelError as error:
            if error.http_status != UNAUTHENTICATED:
                raise
        log.info("the access token was refused; another is fetched")
        self._tokens.spent(token)
        token = await self._tokens.current(ends_s - self._clock.monotonic_s())
        left_s = ends_s - self._clock.monotonic_s()
        return await self._send(message, sink, left_s, connect_s, token)

    async def _filed(
        self, message: Message, files: Files, sink: Sink, ends_s: float, connect_s: float | None
    ) -> Reply:
        """Uploads what goes ahead, and sends; a file that is gone is uploaded once more."""
        remembered = files.remembered(message.ahead)
        sent = await self._placed(message, files, ends_s)
        try:
            left_s = ends_s - self._clock.monotonic_s()
            return await self._send(sent, sink, left_s, connect_s, self._secret)
        except ChannelError as error:
            if not remembered or error.http_status not in _GONE:
                raise
        log.info("an uploaded picture is not there any more; it is uploaded again")
        files.forget(message.ahead)
        sent = await self._placed(message, files, ends_s)
        left_s = ends_s - self._clock.monotonic_s()
        return await self._send(sent, sink, left_s, connect_s, self._secret)

    async def _placed(self, message: Message, files: Files, ends_s: float) -> Message:
        headers = self._credential(self._secret)
        left_s = ends_s - self._clock.monotonic_s()
        try:
            return message.filed(await files.uris(message.ahead, headers, timeout_s=left_s))
        except ChannelError as error:
            _blot(error, self._secret)
            raise

    async def _send(
        self,
        message: Message,
        sink: Sink,
        timeout_s: float,
        connect_s: float | None,
        secret: Secret | None,
    ) -> Reply:
        server_s = max(1, math.floor(timeout_s - min(SERVER_MARGIN_S, timeout_s / 10)))
        headers = {
            "Content-Type": message.content_type,
            "X-Server-Timeout": str(server_s),
            **message.headers,
            **({} if self._tokens is None else self._tokens.headers),
            **self._credential(secret),
        }
        url = address(self._base_url, message.path)
        reading = Reading(sink, keep_signatures=message.keep_signatures, openai=message.openai)
        limit, charged = None, None
        began_s = self._clock.monotonic_s()
        try:
            async with self._net.post(
                url, headers=headers, body=message.body, timeout_s=timeout_s, connect_s=connect_s
            ) as incoming:
                if not 200 <= incoming.status <= 299:  # relays say 201 of an answer
                    took_s = self._clock.monotonic_s() - began_s
                    raise await self._refusal(incoming, took_s, server_s)
                limit = rate_limit(incoming.headers)
                if self.facts.third_party:
                    charged = charge_in_headers(incoming.headers)
                async for chunk in incoming.chunks():
                    reading.feed(chunk)
                return Reply(_blotted(reading.finish().json, secret), limit, charged)
        except ChannelError as error:
            kept = reading.kept()
            if kept is None:
                _blot(error, secret)
                if self._tokens is not None:
                    error.next_step = self._tokens.advice(error.next_step)
                raise
            log.warning("the stream broke off after a whole picture; the picture is kept")
            return Reply(_blotted(kept.json, secret), limit, charged)

    async def _refusal(self, incoming: Incoming, took_s: float, server_s: float) -> CavendishError:
        """The error; one that comes when a deadline runs out says nothing of what was executed."""
        now = formatdate(self._clock.now_ns() / 1_000_000_000, usegmt=True)
        headers = {"date": now, **incoming.headers}
        error = classify(incoming.status, await _capped(incoming), headers)
        blur_s = min(DEADLINE_BLUR_S, server_s / 20)
        at_front_end = abs(took_s - FRONT_END_S) < blur_s
        if incoming.status >= 500 and (at_front_end or took_s > server_s - blur_s):
            error.billed = None
        return error

    def in_own_words(self, error: CavendishError) -> None:
        """Gives the error a next step that holds here: the table of errors knows Google's names."""
        facts, row = self.facts, error.details.get("row")
        if facts.third_party and error.category == "auth":
            error.next_step = (
                f"check {facts.key_env[-1]} and the account behind it at {facts.title}"
            )
        elif facts.third_party and row in _NAMES_A_MODEL:
            error.next_step = (
                f"look which models {facts.title} has, and how it calls them: [models] in the file "
                "of the channel says that; another channel: cavendish channels list"
            )
        if facts.name != "gemini":
            named = facts.base_url_env or f"base_url in {facts.name}.toml"
            error.next_step = error.next_step.replace("GOOGLE_GEMINI_BASE_URL", named)

    async def lists(self, model: str) -> bool | None:
        """Whether the channel knows `model`, an id of this channel; None when it does not say.

        Asks for the model's own description, which costs nothing.
        """
        path = self.facts.look_path or self.facts.path.rpartition(":")[0]
        if not path:
            return None
        url = address(self._base_url, path.format(model=quote(model, safe="")))
        try:
            secret = (
                self._secret if self._tokens is None else await self._tokens.current(LOOK_TIMEOUT_S)
            )
            async with self._net.get(
                url, headers=self._credential(secret), timeout_s=LOOK_TIMEOUT_S
            ) as incoming:
                return {200: True, 404: False}.get(incoming.status)
        except ChannelError:
            return None

    def _credential(self, secret: Secret | None) -> dict[str, str]:
        header, scheme = self.facts.auth_header, self.facts.auth_scheme
        if self._tokens is not None:
            header, scheme = "Authorization", "Bearer"
        if secret is None or header is None:
            return {}
        return {header: secret.reveal(self._host, scheme)}

    async def close(self) -> None:
        """Closes the network."""
        await self._net.close()


def _blotted(rest: bytes, secret: Secret | None) -> bytes:
    """The rest of an answer without our key, should the other side repeat it."""
    if secret is None:
        return rest
    return secret.blot(rest.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _blot(error: ChannelError, secret: Secret | None) -> None:
    if secret is not None:
        error.message = secret.blot(error.message)
        error.args = (error.message,)
        error.vendor_code = error.vendor_code and secret.blot(error.vendor_code)
        error.scope = error.scope and secret.blot(error.scope)


def address(base_url: str, path: str) -> str:
    """Where a message with this path goes."""
    return base_url.rstrip("/") + path


async def _capped(incoming: Incoming) -> bytes:
    body = bytearray()
    async for chunk in incoming.chunks():
        body += chunk
        if len(body) >= ERROR_BODY_BYTES:
            break
    return bytes(body[:ERROR_BODY_BYTES])
