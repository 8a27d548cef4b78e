"""An upstream that paints next to nothing and counts exactly, by any way: limits it does not tell.

`python -m conformance.hidden_limits` prints its port. `POST /configure` begins anew; `GET /counts`
tells what was counted; everything else is `generateContent` as Google answers it. The refusals are
those that were recorded: 429 RESOURCE_EXHAUSTED with QuotaFailure and RetryInfo, or without any
details. Nothing of this comes from Cavendish or its emulator.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

from conformance.limiters import LIMITERS, Limiter
from simulation.oracle import answer_body, png

FINE = 10
"""So many intervals of a window in the finer series."""
REFUSING_S = 0.005
HEAD = (
    "HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\n"
    "Content-Length: {n}\r\n\r\n"
)
METRIC = "generativelanguage.googleapis.com/generate_requests_per_model"
RPC = "type.googleapis.com/google.rpc"


@dataclass(frozen=True)
class Regime:
    """What the service does, and does not tell.

    `changes` are new limits, by how many requests were accepted before. `advises`: a refusal says
    when to come again.
    """

    algorithm: str = "token bucket"
    limit: int = 10**9
    window_s: float = 60.0
    latency_s: float = 0.05
    advises: bool = True
    changes: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, said: dict[str, Any]) -> Regime:
        """From JSON, where keys are words."""
        changes = {int(after): limit for after, limit in said.pop("changes", {}).items()}
        return cls(**said, changes=changes)


class Counter:
    """Decides about each request and remembers what it decided. Times are those of its clock."""

    def __init__(self, regime: Regime) -> None:
        self.regime = regime
        self._limiter: Limiter = LIMITERS[regime.algorithm](regime.limit, regime.window_s)
        self._accepted_s: list[float] = []
        self._refused_s: list[float] = []
        self._changed_s: list[float] = []

    def wait_s(self, now_s: float) -> float:
        """0 where the request is accepted, else what a good advice would be."""
        wait_s = self._limiter.wait_s(now_s)
        if wait_s > 0:
            self._refused_s.append(now_s)
            return wait_s
        self._accepted_s.append(now_s)
        changed = self.regime.changes.get(len(self._accepted_s))
        if changed is not None:
            self._limiter.limit = changed
            self._changed_s.append(now_s)
        return 0.0

    def counts(self) -> dict[str, Any]:
        """Everything counted; seconds from the first request, series by window from there."""
        accepted, refused = self._accepted_s, self._refused_s
        began_s = min((*accepted[:1], *refused[:1]), default=0.0)
        step_s = self.regime.window_s / FINE
        changed_s = self._changed_s[0] if self._changed_s else began_s
        since = [[at_s for at_s in times_s if at_s >= changed_s] for times_s in (accepted, refused)]
        return {
            "accepted": len(accepted),
            "refused": len(refused),
            "first_s": accepted[0] - began_s if accepted else None,
            "last_s": accepted[-1] - began_s if accepted else None,
            "changed_s": [at_s - began_s for at_s in self._changed_s],
            "accepted_by_window": _series(accepted, began_s, self.regime.window_s),
            "refused_by_window": _series(refused, began_s, self.regime.window_s),
            "accepted_since_change": _series(since[0], changed_s, self.regime.window_s),
            "refused_since_change": _series(since[1], changed_s, self.regime.window_s),
            "accepted_finely": _series(accepted, began_s, step_s),
            "refused_finely": _series(refused, began_s, step_s),
        }


def _series(times_s: list[float], began_s: float, step_s: float) -> list[int]:
    if not times_s:
        return []
    found = [0] * (int((times_s[-1] - began_s) / step_s) + 1)
    for at_s in times_s:
        found[int((at_s - began_s) / step_s)] += 1
    return found


def refusal(regime: Regime, wait_s: float) -> bytes:
    """The recorded body. A delay is in whole seconds of a minute, and no more than the truth."""
    if not regime.advises:
        said = "Resource has been exhausted (e.g. check quota)."
        return _error(said, [])
    second_s = regime.window_s / 60
    delay_s = int(wait_s / second_s) * second_s
    delay = f"{delay_s:.9f}".rstrip("0").rstrip(".") + "s"
    limit = f", limit: {regime.limit}" if regime.window_s == 60 else ""
    violation: dict[str, Any] = {
        "quotaMetric": METRIC,
        "quotaId": "GenerateRequestsPerMinutePerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": "gemini-3-pro-image"},
    }
    if limit:  # elsewhere a minute is none, and the value would be a lie
        violation["quotaValue"] = str(regime.limit)
    said = (
        "You exceeded your current quota, please check your plan and billing details.\n"
        f"* Quota exceeded for metric: {METRIC}{limit}, model: gemini-3-pro-image\n"
        f"Please retry in {wait_s:.9f}s."
    )
    return _error(
        said,
        [
            {
                "@type": f"{RPC}.Help",
                "links": [
                    {
                        "description": "Learn more about Gemini API quotas",
                        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                    }
                ],
            },
            {"@type": f"{RPC}.QuotaFailure", "violations": [violation]},
            {"@type": f"{RPC}.RetryInfo", "retryDelay": delay},
        ],
    )


def _error(said: str, details: list[dict[str, Any]]) -> bytes:
    error: dict[str, Any] = {"code": 429, "message": said, "status": "RESOURCE_EXHAUSTED"}
    if details:
        error["details"] = details
    return json.dumps({"error": error}, indent=2).encode()


class Upstream:
    """What all connections share."""

    def __init__(self) -> None:
        self.counter = Counter(Regime())
        picture = png(1024, 1024, "always the same")
        answer = answer_body([picture], prompt_tokens=5, image_tokens=1120, thoughts=0)
        self._answer = HEAD.format(status="200 OK", n=len(answer)).encode() + answer

    def answer(self, path: str, body: bytes) -> tuple[float, bytes]:
        """Seconds to let pass, and what to say then."""
        if path == "/configure":
            self.counter = Counter(Regime.read(json.loads(body)))
            return 0.0, _message("200 OK", b"{}")
        if path == "/counts":
            return 0.0, _message("200 OK", json.dumps(self.counter.counts()).encode())
        regime = self.counter.regime
        wait_s = self.counter.wait_s(time.monotonic())
        if wait_s > 0:
            return REFUSING_S, _message("429 Too Many Requests", refusal(regime, wait_s))
        return regime.latency_s, self._answer


def _message(status: str, body: bytes) -> bytes:
    return HEAD.format(status=status, n=len(body)).encode() + body


class Connection(asyncio.Protocol):
    """HTTP/1.1 as far as clients speak it here: one request at a time, each with its length."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream, self._said = upstream, bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers whatever is whole by now."""
        self._said += data
        while (blank := self._said.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._said[:blank])
            end = blank + 4 + _length(head)
            if len(self._said) < end:
                return
            body = bytes(self._said[blank + 4 : end])
            del self._said[:end]
            path = head.split(b" ", 2)[1].decode()
            after_s, message = self._upstream.answer(path, body)
            asyncio.get_running_loop().call_later(after_s, self._say, message)

    def _say(self, message: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(message)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def main() -> None:
    """Serves until it is killed."""
    upstream = Upstream()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(upstream), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
