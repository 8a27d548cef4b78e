"""The service behind the client's own channel: questions that cost nothing, and detours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from cavendish import AsyncClient
from cavendish.channels.channel import Channel
from cavendish.wire.message import Message

LOOK_S = 30.0
NAME = "gemini"
STREAM = "/v1beta/models/{model}:streamGenerateContent?alt=sse"


class Service:
    """Asks what no picture is drawn for, over the channel that pictures come by."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """Status and body of a GET."""
        net, url = self._channel._net, self._channel._base_url.rstrip("/") + path
        async with net.get(
            url, headers=self._channel._credential(self._channel._secret), timeout_s=LOOK_S
        ) as incoming:
            return incoming.status, _read(b"".join([c async for c in incoming.chunks()]))

    async def post(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of a POST."""
        net, url = self._channel._net, self._channel._base_url.rstrip("/") + path
        headers = {
            "Content-Type": "application/json",
            **self._channel._credential(self._channel._secret),
        }
        async with net.post(
            url, headers=headers, body=json.dumps(body).encode(), timeout_s=LOOK_S
        ) as incoming:
            return incoming.status, _read(b"".join([c async for c in incoming.chunks()]))

    async def listed(self) -> tuple[int, dict[str, dict[str, Any]]]:
        """The status, and every model the key can see, by id; all pages."""
        found: dict[str, dict[str, Any]] = {}
        token = ""
        while True:
            status, page = await self.get(f"/v1beta/models?pageSize=1000&pageToken={token}")
            if status != 200:
                return status, page
            for model in page.get("models", ()):
                found[model["name"].removeprefix("models/")] = model
            token = page.get("nextPageToken", "")
            if not token:
                return status, found


class Detour(Channel):
    """The channel with another path, or with a body that the client itself would never send."""

    def __init__(
        self, channel: Channel, path: str | None, alter: Callable[[dict[str, Any]], None] | None
    ) -> None:
        super().__init__(
            replace(channel.facts, path=path or channel.facts.path),
            base_url=channel._base_url,
            secret=channel._secret,
            net=channel._net,
            clock=channel._clock,
        )
        self._alter = alter

    def encode(self, request: Any, model_id: str | None = None) -> Message:
        """The message, its body altered."""
        message = super().encode(request, model_id)
        if self._alter is None:
            return message
        said = json.loads(message.body)
        self._alter(said)
        return replace(message, body=json.dumps(said).encode())


@contextmanager
def detour(
    client: AsyncClient,
    *,
    path: str | None = None,
    alter: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[None]:
    """Calls of `client` take the detour meanwhile: same journal, same budget, same judgement."""
    channels = client._house._channels
    straight = channels[NAME]
    channels[NAME] = Detour(straight, path, alter)
    try:
        yield
    finally:
        channels[NAME] = straight


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
