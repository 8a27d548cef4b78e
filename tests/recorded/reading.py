"""One recorded exchange in one line: what our code makes of it, and what a plain reader sees."""

from __future__ import annotations

import base64
import hashlib
import io
import json

from PIL import Image

from cavendish.core.errors import ChannelError
from cavendish.core.money import ZERO
from cavendish.imaging.inspect import inspect
from cavendish.send.bill import Booked
from cavendish.send.decide import outcome_of
from cavendish.send.judge import no_image
from cavendish.wire.gemini.answer import decode
from cavendish.wire.gemini.errors import classify
from cavendish.wire.openai import answer as openai_answer
from cavendish.wire.reading import Reading
from cavendish.wire.remainder import parse_strict

OURS = ("generateContent", "streamGenerateContent")
OPENAIS = ("chat", "images")
REASONS = {
    "batchGenerateContent": "a batch job",
    "batches": "a batch job",
    "cachedContents": "a context cache",
    "countTokens": "a count of tokens",
    "models": "a list of models",
    "predict": "Imagen's dialect",
    "token": "an exchange of tokens",
    "printed": "a part of something, printed",
    "body": "another shape",
}
"""Why an exchange is no image answer, by what was called."""


class Pictures:
    """A sink that keeps everything."""

    def __init__(self):
        self.done = []

    def begin(self, index):
        assert index == len(self.done)
        self.open = bytearray()

    def write(self, piece):
        self.open += piece

    def end(self, index):
        self.done.append(bytes(self.open))


def read(body, step, *, openai=False):
    """The answer in `body`, fed `step` bytes at a time, and its pictures."""
    sink = Pictures()
    reading = Reading(sink, openai=openai)
    for at in range(0, len(body), step):
        reading.feed(body[at : at + step])
    rest = reading.finish()
    spool = [(len(p), hashlib.sha256(p).hexdigest()) for p in sink.done]
    return (openai_answer.decode if openai else decode)(rest.parse(), spool), sink.done


def is_ours(exchange):
    """Whether it is an answer of the dialect: by the address, or by its shape where it has none."""
    call = exchange.call.rpartition(" ")[2]
    if call in {"printed", "body"}:
        try:
            shape = json.loads(exchange.body)
        except ValueError:
            return True  # a stream, or nothing anybody can read
        return any(name in shape for name in ("candidates", "promptFeedback", "error"))
    return call in OURS


def line_of(exchange):
    """What our code makes of it."""
    said = f"{exchange.call} {exchange.status}:"
    if exchange.status != 200:
        return f"{said} {error_line(classify(exchange.status, exchange.body, exchange.headers))}"
    if exchange.call.rpartition(" ")[2] in OPENAIS:
        answer, pictures = read(exchange.body, 4096, openai=True)
        return f"{said} {answer_line(answer, pictures)}; charged {answer.cost and answer.cost.usd}"
    if not is_ours(exchange):
        return f"{said} {other_line(exchange)}"
    try:
        return f"{said} {answer_line(*read(exchange.body, 4096))}"
    except ChannelError as error:
        return f"{said} {error_line(error)}"


def error_line(error):
    """An error in the facts that decide."""
    wait = "" if error.retry_after_s is None else f", wait {error.retry_after_s:g} s"
    return f"{type(error).__name__} {error.vendor_code or '-'}, {outcome_of(error)}{wait}"


def answer_line(answer, pictures):
    """An answer in its numbers; of words only how many."""
    shown = []
    for spooled in answer.pictures:
        header = inspect(io.BytesIO(pictures[spooled.index]))
        assert header.complete
        kind = "thought" if spooled.thought else "picture"
        shown.append(f"{kind} {header.mime} {header.width}x{header.height}")
    usage = answer.usage
    tokens = "no usage" if usage is None else (
        f"tokens {usage.input_text}+{usage.input_image} in, {usage.output_text} text, "
        f"{usage.output_thinking} thinking, {usage.output_image} image"
    )  # fmt: skip
    ending = f"block {answer.block}" if answer.block else f"finish {answer.finish or '-'}"
    words = f"{len(answer.text)} chars, {len(answer.thoughts)} of thoughts"
    kind = "answer" if answer.final else type(no_image(answer, Booked(ZERO))).__name__
    return "; ".join([kind, ending, *shown, words, tokens])


def other_line(exchange):
    """What is not an image answer is still read strictly; answers inside it are decoded."""
    if not exchange.body.strip():
        return f"no image answer: {reason_of(exchange)}, empty"
    inside = [
        answer_line(*read(json.dumps(one).encode(), 4096))
        for one in answers_inside(parse_strict(exchange.body))
    ]
    reason = reason_of(exchange)
    return f"no image answer: {reason}" + "".join(f" [{line}]" for line in inside)


def reason_of(exchange):
    """Why it is no image answer."""
    call = exchange.call.rpartition(" ")[2]
    return REASONS.get(call, f"nobody here calls {call}")


def answers_inside(value):
    """The answers of a batch: what stands under `response` and has candidates."""
    if isinstance(value, list):
        for item in value:
            yield from answers_inside(item)
    elif isinstance(value, dict):
        found = value.get("response")
        if isinstance(found, dict) and "candidates" in found:
            yield found
        else:
            for item in value.values():
                yield from answers_inside(item)


def plainly(body):
    """The pictures of an answer as a plain reader sees them: (format, width, height)."""
    text = body.decode("utf-8-sig")
    try:
        chunks = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.startswith("data:")]
        chunks = [json.loads(line[5:]) for line in lines if line[5:].strip() != "[DONE]"]
    found = []
    for chunk in chunks if isinstance(chunks, list) else [chunks]:
        for candidate in chunk.get("candidates") or ():
            for part in (candidate.get("content") or {}).get("parts") or ():
                inline = part.get("inlineData") or part.get("inline_data")
                if inline and inline.get("data"):
                    with Image.open(io.BytesIO(base64.b64decode(inline["data"]))) as image:
                        found.append((image.get_format_mimetype(), *image.size))
    return found
