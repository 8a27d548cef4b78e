"""The service as a second witness: it executes, keeps its own bill, and then may fail to say so."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import struct
import zlib
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from cavendish.core.errors import ConnectionFailed, DeadlineExceeded

KNOWN = {"answer": 12, "chatty": 1, "wrong size": 1, "no usage": 1, "blocked": 1, "error 200": 1}
REFUSED = {"429": 2, "429 advice": 1, "503": 2, "400": 1, "no connection": 2}
UNCLEAR = {
    "slow": 2, "reset unexecuted": 2, "reset executed": 2, "cut": 3, "end early": 2,
    "504": 1, "garbage": 1,
}  # fmt: skip
FREEZE = {"freeze": 2}
ALL = KNOWN | REFUSED | UNCLEAR | FREEZE
GOOD = {"answer", "chatty", "wrong size", "no usage", "freeze"}
EXECUTED = {*KNOWN, "slow", "reset executed", "cut", "end early", "freeze"} - {"error 200"}

DAY = json.dumps({"error": {"code": 429, "message": "used up", "details": [
    {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
     "violations": [{"quotaId": "RequestsPerDayPerProject", "quotaValue": "250"}]},
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"},
]}}).encode()  # fmt: skip

NANOS_TEXT_IN, NANOS_TEXT_OUT, NANOS_IMAGE_OUT = 2_000, 12_000, 120_000


@cache
def _rows(width, height):
    """White over black; of what nobody may open, a few rows."""
    row = -(-width // 8)
    rows = height if width * height <= 2**25 else 8
    white, black = b"\0" + b"\xff" * row, b"\0" + bytes(row)
    return zlib.compress(white * (rows // 2) + black * (rows - rows // 2))


def png(width, height, words):
    """A picture of these pixels whose bytes are like no other's."""

    def chunk(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", b"id\0" + words.encode())
        + chunk(b"IDAT", _rows(width, height)) + chunk(b"IEND", b"")
    )  # fmt: skip


def answer_body(pictures, *, prompt_tokens, image_tokens, thoughts, usage=True, finish="STOP"):
    """An answer as the service writes it."""
    parts = [
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(p).decode()}}
        for p in pictures
    ]
    said = {"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": finish}]}
    if usage:
        said["usageMetadata"] = {
            "promptTokenCount": prompt_tokens,
            "candidatesTokenCount": image_tokens,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": prompt_tokens + image_tokens + thoughts,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt_tokens}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": image_tokens}],
        }
    return json.dumps(said).encode()


@dataclass(eq=False)
class Call:
    """One request as the service saw it."""

    at_ns: int
    prompt: str
    attempt: str
    owner: str
    ask: object
    kind: str
    host: str
    bill_nanos: int = 0
    executed_ns: int | None = None
    pictures: list[str] = field(default_factory=list)


class _Incoming:
    def __init__(self, status, headers, chunks):
        self.status, self.headers = status, headers
        self._chunks = chunks

    def chunks(self):
        return self._chunks


class Oracle:
    """The service. `intents` tells which open attempt covers a request; there must be one."""

    def __init__(self, rng, clock, kinds, intents):
        self._rng, self._clock, self._intents = rng, clock, intents
        self._kinds, self._weights = list(kinds), list(kinds.values())
        self.script = []
        self.habits = {}
        self.calls, self.attempts = [], set()
        self.naked = []

    def arrives(self, process, host, body, ask):
        """A request is here: is there a durable intent for it?"""
        prompt = json.loads(body)["contents"][0]["parts"][0]["text"]
        attempt = self._intents(process, prompt)
        kind = self._rng.choices(self._kinds, self._weights)[0]
        kind = self.script.pop(0) if self.script else self.habits.get(host, kind)
        call = Call(self._clock.now_ns(), prompt, attempt or "none", process.owner, ask, kind, host)
        if attempt is None:
            self.naked.append(call)
        self.calls.append(call)
        self.attempts.add(call.attempt)
        return call

    def execute(self, call):
        """Draws, and puts it on the bill."""
        thoughts = 1_900 if call.kind == "chatty" else self._rng.randrange(0, 300)
        images = 0 if call.kind == "blocked" else 1120
        words = len(call.prompt) // 2
        call.executed_ns = self._clock.now_ns()
        call.bill_nanos = (
            words * NANOS_TEXT_IN + thoughts * NANOS_TEXT_OUT + images * NANOS_IMAGE_OUT
        )
        side = 512 if call.kind == "wrong size" else 1024
        name = f"{call.prompt} {len(self.calls)}"
        pictures = [png(side, side, name)] if images else []
        call.pictures = [hashlib.sha256(p).hexdigest() for p in pictures]
        return answer_body(
            pictures,
            prompt_tokens=words,
            image_tokens=images,
            thoughts=thoughts,
            usage=call.kind != "no usage",
            finish="IMAGE_SAFETY" if call.kind == "blocked" else "STOP",
        )

    def latency_s(self):
        return self._rng.uniform(0.05, 20.0)

    def pieces(self, body):
        """The body in a few pieces."""
        cuts = sorted(self._rng.randrange(len(body)) for _ in range(2))
        return [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    def toss(self):
        return self._rng.random() < 0.5


class PlayedNet:
    """The network of one process."""

    def __init__(self, oracle, process, edges, clock, asks):
        self._oracle, self._process, self._edges = oracle, process, edges
        self._clock, self._asks = clock, asks

    @contextlib.asynccontextmanager
    async def post(self, url, *, headers, body, timeout_s, connect_s=None):
        self._cross("connect")
        host = urlsplit(url).hostname
        call = self._oracle.arrives(self._process, host, body, self._asks.get())
        ends_s = self._clock.monotonic_s() + timeout_s
        if call.kind == "no connection":
            raise ConnectionFailed("refused", billed=False)
        await self._wait(self._oracle.latency_s() / 2, ends_s)
        if call.kind == "reset unexecuted":
            raise ConnectionFailed("reset", billed=None)
        yield _Incoming(*(await self._answer(call, ends_s)))

    async def close(self):
        """Nothing to give back."""

    async def _answer(self, call, ends_s):
        if call.kind in EXECUTED or (call.kind in {"504", "garbage"} and self._oracle.toss()):
            body = self._oracle.execute(call)
            self._cross("executed")
        if call.kind == "freeze":  # the machine sleeps: past every timeout, past the lease
            await self._clock.sleep(self._oracle.latency_s() * 30)
        elif call.kind == "slow":
            await self._wait(10_000, ends_s)
        else:
            await self._wait(self._oracle.latency_s() / 2, ends_s)
        self._cross("status")
        if call.kind == "reset executed":
            raise ConnectionFailed("reset", billed=None)
        if call.kind[:3].isdigit():
            advice = {"retry-after": "7"} if call.kind == "429 advice" else {}
            body = DAY if call.kind == "429 day" else b'{"error":{"message":"no"}}'
            return int(call.kind[:3]), advice, self._body([body], call)
        if call.kind == "garbage":
            return 200, {}, self._body([b"<html>", b"welcome</html>"], call)
        if call.kind == "error 200":
            return 200, {}, self._body([b'{"error":{"code":503,"status":"UNAVAILABLE"}}'], call)
        return 200, {}, self._body(self._oracle.pieces(body), call)

    async def _body(self, pieces, call):
        for number, piece in enumerate(pieces):
            self._cross(f"chunk {number}")
            if call.kind in {"cut", "end early"} and number == len(pieces) - 1:
                yield piece[:-1]
                if call.kind == "cut":
                    raise ConnectionFailed("reset", billed=None)
                return
            yield piece
            await self._clock.sleep(0.01)
        self._cross("last chunk")

    async def _wait(self, seconds, ends_s):
        left_s = ends_s - self._clock.monotonic_s()
        await self._clock.sleep(max(0.0, min(seconds, left_s)))
        if seconds > left_s:
            raise DeadlineExceeded("no answer", billed=None)

    def _cross(self, name):
        self._edges.cross(self._process, f"net {name}")
