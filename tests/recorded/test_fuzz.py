"""Mutated bodies and streams: an answer or one of our errors, never anything else, and soon.

`FUZZ=1000000` runs more than the 100,000 of every day. A failure names its seed, and
`FUZZ_SEED=n` plays that one case.
"""

from __future__ import annotations

import json
import os
import random
import resource
import time
from pathlib import Path

import pytest

from cavendish.core.errors import Blocked, ChannelError
from cavendish.core.money import ZERO
from cavendish.send.bill import Booked
from cavendish.send.decide import outcome_of
from cavendish.send.judge import no_image
from cavendish.wire.gemini.answer import decode
from cavendish.wire.gemini.errors import classify
from cavendish.wire.openai import answer as openai_answer
from cavendish.wire.reading import Reading

CASES = int(os.environ.get("FUZZ", "100000"))
SHARDS = 4
SLOWEST_S = 5.0
GROWTH_KIB = 200 * 1024

WRAPPED = (
    b'{"candidates":[{"content":{"parts":[{"text":%s}]}}],"usageMetadata":{"totalTokenCount":%s}}'
)
SEEDS = [
    WRAPPED % (b'"x"', b"9" * 5000),
    WRAPPED % (b"[" * 200_000 + b"]" * 200_000, b"1"),
    b"[" * 200_000,
    WRAPPED % (b'"x"', b"NaN"),
    WRAPPED % (b'"x"', b"-Infinity"),
    WRAPPED % (b'"x"', b"1e999"),
    WRAPPED % (b'"\\ud800"', b"1"),
    b'{"\\udfff":"\\ud800","error":{"message":"\\udc00","status":"\\ud801"}}',
    b'{"error":{"code":429,"code":200,"message":"twice"}}',
    (WRAPPED % (b'"x"', b"1")).decode().encode("utf-16"),
    b"\xef\xbb\xbf" + WRAPPED % (b'"x"', b"1"),
    b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"aGVs!!!!bG8="}}]}}]}',
    b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"aGVsbG8"}}]}}]}',
    b'data: {"candidates":null}\r\n\r\ndata:\r\r: x\n\nevent: error\ndata: {"error":"no"}\n\n',
    b'{"choices":[{"message":{"content":"![x](data:image/png;base64,aGVs!!bG8=)"}}]}',
    b'{"data":[{"b64_json":"aGVsbG8","media_type":7}],"usage":{"cost":1e-99,"is_byok":true}}',
    b'data: {"a"\ndata: :1}\n\n{"error":{"code":503,\n"status":"UNAVAILABLE"}}',
]
CORPUS = [
    body
    for path in sorted(Path(__file__).parent.glob("*/*/body.*"))
    if len(body := path.read_bytes()) < 6000
] + [seed for seed in SEEDS if len(seed) < 6000]
PIECES = [
    b"null", b"true", b"{}", b"[]", b'""', b"-1", b"1e999", b"NaN", b"9" * 30, b'"\\ud800"',
    b"\xff", b"\x00", b"\r", b"\n", b"\r\n\r\n", b"data:", b"data: ", b"[DONE]", b": ",
    b"event: x\n", b'"', b"\\", b",", b":", b"{", b"}", b"[", b"]", b"====", b"-_",
    b"\\u002f", b"[" * 70, b'"data":', b'"inlineData":{', b'"error":{"code":', b'"thought":',
    b'"candidates":[', b'"choices":[', b'"message":{', b'"images":[', b'"b64_json":"',
    b'"image_url":{"url":"', b"data:image/png;base64,", b'"cost":', b'"metadata":{"raw":"',
    b'"data":{"taskId":',
    b'"usageMetadata":', b'"finishReason":', b'"promptFeedback":', b'"thoughtSignature":"',
    b'"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo"}]',
    b'"retryDelay":"1e9s"', b"\xef\xbb\xbf", "\u2028😀".encode(),
]  # fmt: skip


class Sink:
    """Counts; what does not follow the protocol of a sink is a mistake of ours."""

    def __init__(self):
        self.done, self.size, self.open = [], 0, False

    def begin(self, index):
        assert not self.open or index == len(self.done)
        self.open, self.size = True, 0

    def write(self, piece):
        assert self.open
        self.size += len(piece)

    def end(self, index):
        assert self.open
        assert index == len(self.done)
        self.open = False
        self.done.append((self.size, "0" * 64))


def mutated(rnd):
    body = bytearray(rnd.choice(CORPUS))
    for _ in range(rnd.choice([0, 1, 1, 1, 2, 3, 8])):
        at = rnd.randrange(len(body) + 1)
        size = min(rnd.choice([1, 1, 2, 5, 40, 400]), len(body) - at)
        match rnd.randrange(8):
            case 0:
                body[at : at + 1] = bytes((rnd.randrange(256),))
            case 1:
                del body[at : at + size]
            case 2:
                body[at:at] = rnd.choice(PIECES)
            case 3:
                body[at : at + size] = rnd.choice(PIECES)
            case 4:
                del body[at:]
            case 5:
                body[at:at] = body[at : at + size] * rnd.choice([1, 2, 20])
            case 6:
                other = rnd.choice(CORPUS)
                start = rnd.randrange(len(other) + 1)
                body[at : at + size] = other[start : start + rnd.choice([1, 10, 300])]
            case 7:
                body = bytearray(body.replace(b"\n", rnd.choice([b"\r", b"\r\n", b"\n\n", b""])))
    return bytes(body)


def play(body, rnd):
    """Reads `body` as an answer and as an error."""
    try:
        sink = Sink()
        openai = rnd.random() < 0.5  # a body comes by either dialect: relays mix them
        reading, at = Reading(sink, openai=openai), 0
        while at < len(body):
            step = rnd.choice([1, 3, 50, 2000, len(body)])
            reading.feed(body[at : at + step])
            at += step
        rest = reading.finish()
        answer = (openai_answer.decode if openai else decode)(
            rest.parse(), sink.done[: rest.pictures]
        )
        said = no_image(answer, Booked(ZERO)) if answer.final is None else None
    except (ChannelError, Blocked) as error:
        said = error
    status = rnd.choice([400, 401, 403, 404, 429, 429, 500, 502, 503, 504, 302, 418])
    wrong = classify(status, body, {"Retry-After": rnd.choice(["1", "x", "9" * 400, "-1"])})
    for error in (wrong, said):
        if error is not None:
            assert outcome_of(error) in {"unknown", "rejected", "not_sent"}
            json.dumps([error.to_json(), str(error)], ensure_ascii=False).encode()


def one(seed):
    rnd = random.Random(seed)
    body = mutated(rnd)
    began_s = time.monotonic()
    try:
        play(body, rnd)
    except Exception as error:  # noqa: BLE001 - any kind is the finding
        pytest.fail(f"FUZZ_SEED={seed}: {type(error).__name__}: {error}; body {body[:300]!r}")
    took_s = time.monotonic() - began_s
    assert took_s < SLOWEST_S, f"FUZZ_SEED={seed} took {took_s:.1f} s"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_whatever_comes_is_an_answer_or_a_typed_error(shard):
    """T30."""
    if said := os.environ.get("FUZZ_SEED"):
        one(int(said))
        return
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(shard, CASES, SHARDS):
        one(seed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_KIB


@pytest.mark.parametrize("body", SEEDS, ids=range(len(SEEDS)))
def test_what_python_itself_stumbles_over(body):
    """T30."""
    for seed in range(20):
        play(body, random.Random(seed))


def test_every_prefix_of_every_case_is_an_answer_or_a_typed_error():
    for body in CORPUS:
        if len(body) < 1500:
            for size in range(len(body)):
                play(body[:size], random.Random(size))
