"""How far the places of a channel are: measured with a free request each, kept for a day."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cavendish.core.errors import ChannelError, StorageError
from cavendish.core.ports import Clock, Files, Net
from cavendish.send.events import AttemptEnded, Event

FRESH_NS: Final = 86_400 * 10**9
WITHIN_S: Final = 2.0
"""All places together get this long; who has not answered by then is unreachable."""

AT_ONCE: Final = 7
FILE: Final = "latencies.json"


@dataclass(frozen=True, slots=True)
class Latency:
    """What a first request to an address took, or None where none was answered; and when."""

    seconds: float | None
    at_ns: int


class Latencies:
    """The measurements of one home, by address. A file that cannot be used is no obstacle."""

    def __init__(self, home: Path, files: Files, clock: Clock) -> None:
        self._path, self._files, self._clock = home / FILE, files, clock
        self._measuring = asyncio.Lock()

    def known(self) -> dict[str, Latency]:
        """What was measured within a day."""
        found = {}
        with suppress(OSError, StorageError, ValueError, TypeError, AttributeError):
            for url, (seconds, at_ns) in json.loads(self._files.read(self._path) or b"{}").items():
                whole = isinstance(at_ns, int) and isinstance(seconds, float | None)
                if whole and 0 <= self._clock.now_ns() - at_ns < FRESH_NS:
                    found[url] = Latency(seconds, at_ns)
        return found

    async def of(self, urls: Iterable[str], net: Net) -> Mapping[str, Latency]:
        """The latency of every address; those that are not known are measured over `net`."""
        async with self._measuring:
            found = self.known()
            missing = [url for url in urls if url not in found]
            if missing:
                taken = await self._measure(missing, net)
                now_ns = self._clock.now_ns()
                found |= {url: Latency(seconds, now_ns) for url, seconds in taken.items()}
                self._keep(found)
            return found

    def heed(self, event: Event) -> None:
        """A call to a place that never got there: what was measured holds no longer."""
        if isinstance(event, AttemptEnded) and event.outcome == "not_sent":
            _, at, location = event.channel.partition("@")
            found = self.known() if at else {}
            kept = {url: one for url, one in found.items() if location not in url}
            if len(kept) < len(found):
                self._keep(kept)

    async def _measure(self, urls: Iterable[str], net: Net) -> dict[str, float | None]:
        found: dict[str, float | None] = dict.fromkeys(urls)
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(url: str) -> None:
            async with gate:
                begun_s = self._clock.monotonic_s()
                with suppress(ChannelError):
                    async with net.get(f"{url}/", headers={}, timeout_s=WITHIN_S):
                        found[url] = round(self._clock.monotonic_s() - begun_s, 4)

        with suppress(TimeoutError):
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(*map(ask, found))
        return found

    def _keep(self, found: Mapping[str, Latency]) -> None:
        said = json.dumps({url: [one.seconds, one.at_ns] for url, one in found.items()})
        with suppress(OSError, StorageError):
            fresh = self._path.with_suffix(".new")
            file = self._files.create(fresh)
            file.write(said.encode())
            file.finish()
            self._files.rename(fresh, self._path)
