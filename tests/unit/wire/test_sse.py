"""Event streams: the same answer however they are framed and cut, or one typed error."""

from __future__ import annotations

import base64
import json
import tracemalloc

import pytest

from cavendish.core.errors import ChannelError, ProtocolError, RateLimited
from cavendish.core.result import Usage
from cavendish.wire import caps
from cavendish.wire.gemini.answer import decode
from cavendish.wire.reading import Reading

PICTURE = bytes(range(256)) * 3
USAGE = {
    "promptTokenCount": 7,
    "candidatesTokenCount": 1125,
    "totalTokenCount": 1132,
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
}


def words(text):
    return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}}]}


def drawn(data=PICTURE, **fields):
    inline = {"mimeType": "image/png", "data": base64.b64encode(data).decode()}
    return {"candidates": [{"content": {"parts": [{"inlineData": inline, **fields}]}}]}


LAST = {
    "candidates": [{"content": {"parts": []}, "finishReason": "STOP"}],
    "usageMetadata": USAGE,
    "modelVersion": "gemini-x",
    "responseId": "r-1",
}
CHUNKS = [words("Look"), {**words(": a cat"), "usageMetadata": {"promptTokenCount": 7}}, drawn()]


def events(*chunks, ending="\n", field="data: "):
    lines = [f"{field}{json.dumps(chunk)}{ending}{ending}" for chunk in chunks]
    return "".join(lines).encode()


class Pictures:
    def __init__(self):
        self.done, self.open = [], None

    def begin(self, index):
        self.open = bytearray()
        assert index == len(self.done)

    def write(self, piece):
        self.open += piece

    def end(self, index):
        self.done.append(bytes(self.open))


def read(body, cuts=()):
    sink = Pictures()
    reading = Reading(sink)
    for start, end in zip((0, *cuts), (*cuts, len(body)), strict=True):
        reading.feed(body[start:end])
    rest = reading.finish()
    assert rest.pictures <= len(sink.done)
    spool = [(len(p), f"{n}") for n, p in enumerate(sink.done)]
    return decode(rest.parse(), spool), sink.done


WHOLE = events(*CHUNKS, LAST)


def test_a_stream_is_one_answer():
    answer, pictures = read(WHOLE)
    assert pictures == [PICTURE]
    assert answer.text == "Look: a cat"
    assert (answer.finish, answer.final.index, answer.final.mime) == ("stop", 0, "image/png")
    assert answer.usage == Usage(7, 0, 5, 0, 1120)
    assert (answer.model_version, answer.response_id) == ("gemini-x", "r-1")


def test_it_may_be_cut_at_every_byte():
    """T31."""
    whole = read(WHOLE)
    for cut in range(len(WHOLE) + 1):
        assert read(WHOLE, [cut]) == whole
    assert read(WHOLE, range(1, len(WHOLE))) == whole


@pytest.mark.parametrize(
    "body",
    [
        events(*CHUNKS, LAST, ending="\r\n"),
        events(*CHUNKS, LAST, ending="\r"),
        events(*CHUNKS, LAST, field="data:"),
        events(*CHUNKS, LAST, field=": hello\nevent: message\nid: 3\nretry: 9\ndata: "),
        b"\xef\xbb\xbf" + WHOLE,
        b"\n\n: heartbeat\n\n" + WHOLE.rstrip(b"\n"),
        b"data:\n\ndata: \n\ndata\n\n" + WHOLE + b"data: [DONE]\n\n",
        b"foo: bar\n" + b"data: " + WHOLE[6:],
        WHOLE.replace(b'"text"', b'\ndata: "text"').replace(b'"parts"', b'\ndata:"parts"'),
        json.dumps([*CHUNKS, LAST]).encode(),
        json.dumps([*CHUNKS, LAST], indent=2).replace("\n", "\r\n").encode(),
    ],
    ids=["crlf", "cr", "no-space", "fields", "mark", "heartbeat", "empty-and-done", "stranger",
         "several-lines", "array", "array-in-lines"],
)  # fmt: skip
def test_the_framing_does_not_matter(body):
    """T31."""
    if body.startswith(b"foo"):
        with pytest.raises(ProtocolError):
            read(body)
        body = b": comment\n" + body
    whole = read(WHOLE)
    assert read(body) == whole
    assert read(body, range(1, len(body))) == whole


@pytest.mark.parametrize("form", [events, lambda *chunks: json.dumps(chunks).encode()])
def test_after_the_picture_a_cut_loses_nothing_that_was_paid(form):
    """T32."""
    whole, drawing, kept = form(*CHUNKS, LAST), len(form(*CHUNKS)) - 1, 0
    for cut in range(1, len(whole)):
        try:
            answer, pictures = read(whole[:cut], [cut // 2])
        except ProtocolError as error:
            assert error.billed is None
            assert cut < drawing
        else:
            kept += 1
            assert pictures[0] == PICTURE
            assert answer.final is not None
            assert (answer.usage is None) == (answer.finish is None)
    assert kept >= len(json.dumps(LAST))


def test_a_stream_with_words_only_and_no_ending_is_no_answer():
    with pytest.raises(ProtocolError, match="before its last part"):
        read(events(words("a"), words("b")))


def test_a_thought_picture_is_not_the_answer():
    with pytest.raises(ProtocolError, match="before its last part"):
        read(events(drawn(thought=True)))
    answer, pictures = read(events(drawn(b"one", thought=True), drawn(b"two"), LAST))
    assert pictures == [b"one", b"two"]
    assert answer.final.index == 1


ERROR = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down"}}


@pytest.mark.parametrize(
    "tail",
    [
        events(ERROR),
        events([ERROR]),
        b"event: error\n" + events(ERROR),
        json.dumps(ERROR).encode(),
        json.dumps(ERROR, indent=2).encode(),
        json.dumps([ERROR], indent=1).replace("\n", "\r\n").encode() + b"\r\n\r\n",
    ],
    ids=["event", "array", "named", "bare", "bare-in-lines", "bare-array"],
)
@pytest.mark.parametrize(("before", "billed"), [((), False), ((words("a"),), None), (CHUNKS, None)])
def test_an_error_inside_is_that_error(tail, before, billed):
    """T33."""
    body = events(*before) + tail
    for cuts in ((), range(1, len(body))):
        with pytest.raises(RateLimited, match="slow down") as caught:
            read(body, cuts)
        assert caught.value.billed is billed


@pytest.mark.parametrize(
    "body",
    [b"data: hello\n\n", b"data: {\n\n", b"data: [D\n\n", b"data: {} {}\n\n", b"error: oh\n",
     b"data: 1],[2\n\n", b"data: null\n\n", b": only a comment\n\n", b"data: {}\n\ndata: {\n\n",
     b"event: x\n", b"event", b"d", b"data: [DONE]\n\n", b"data: [DONE]x\n\n"],
)  # fmt: skip
def test_what_is_no_answer_is_a_typed_error(body):
    for cuts in ((), range(1, len(body))):
        with pytest.raises(ProtocolError) as caught:
            read(body, cuts)
        assert caught.value.billed is None


def test_the_bounds_are_over_the_whole_stream(monkeypatch):
    monkeypatch.setattr(caps, "REMAINDER_BYTES", 500)
    with pytest.raises(ProtocolError, match="beside the pictures"):
        read(events(*[words("x" * 50)] * 20, LAST))
    monkeypatch.undo()
    with pytest.raises(ProtocolError, match="more than 32 pictures"):
        read(events(*[{"candidates": []}, drawn(b"1", thought=True)] * 33))
    monkeypatch.setattr(caps, "BODY_BYTES", 500)
    with pytest.raises(ProtocolError, match="more than 500 bytes"):
        read(b":" + b"x" * 600)


def test_one_event_of_30_mb_is_read_in_flat_memory():
    """T31."""
    event = events(drawn(bytes(23 * 2**20)))
    body, kept = [event[at : at + 65536] for at in range(0, len(event), 65536)], 0
    del event

    class Count(Pictures):
        def write(self, piece):
            nonlocal kept
            kept += len(piece)

    reading = Reading(Count())
    tracemalloc.start()
    for piece in [*body, events(LAST)]:
        reading.feed(piece)
    rest = reading.finish()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == 23 * 2**20
    assert rest.pictures == 1
    assert peak < 2**20


def test_many_short_lines_take_linear_time():
    body = b"data: {}\n\n" * 200_000
    with pytest.raises(ChannelError):
        read(body)


def test_a_blank_beginning_without_end_is_bounded():
    with pytest.raises(ProtocolError):
        read(b" \n" * 5_000 + events(LAST), range(100, 10_000, 100))
