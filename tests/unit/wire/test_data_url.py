r"""Data URLs as relays write them: any case, type, parameters and line breaks; words stay words."""

from __future__ import annotations

import base64
import json

import pytest

from cavendish.wire.openai.answer import decode
from cavendish.wire.reading import Reading

PICTURE = b"\x89PNG" + bytes(range(251)) * 3
TEXT = base64.b64encode(PICTURE).decode()


class Sink:
    def __init__(self):
        self.pictures = []

    def begin(self, index):
        self.pictures.append(b"")

    def write(self, piece):
        self.pictures[-1] += piece

    def end(self, index):
        pass


def read(body, step):
    sink = Sink()
    reading = Reading(sink, openai=True)
    for at in range(0, len(body), step):
        reading.feed(body[at : at + step])
    said = decode(reading.finish().parse(), [(len(p), str(n)) for n, p in enumerate(sink.pictures)])
    return said, sink.pictures


def chat(content):
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()


def wrapped(width, ending="\n"):
    return ending.join(TEXT[at : at + width] for at in range(0, len(TEXT), width))


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
@pytest.mark.parametrize(
    ("head", "mime"),
    [
        ("data:image/png;base64,", "image/png"),
        ("DATA:IMAGE/PNG;BASE64,", "image/png"),
        ("data:image/PNG;Base64,", "image/png"),
        ("data:image/png;charset=utf-8;name=a.png;x=1;base64,", "image/png"),
        ('data:image/png;name="my picture.png";base64,', "image/png"),
        ("data:image/png;base64, ", "image/png"),
        ("data:image/png;base64,\n", "image/png"),
        ("data:;base64,", ""),
        ("data:application/octet-stream;base64,", ""),
        ("data:binary/octet-stream;base64,", ""),
    ],
)
def test_a_head_is_known_however_it_is_written(head, mime, step):
    said, pictures = read(chat(f"here: ![a]({head}{TEXT}) done"), step)
    assert pictures == [PICTURE]
    assert (said.text, said.pictures[0].mime) == ("here:  done", mime)


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
@pytest.mark.parametrize("width", [60, 64, 76])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_of_one_length_are_one_picture(width, ending, step):
    said, pictures = read(chat(f"data:image/png;base64,{wrapped(width, ending)}\n\nDone"), step)
    assert (pictures, said.text) == ([PICTURE], "Done")


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_lines_whose_slashes_are_escaped_are_one_picture(step):
    body = chat(f"data:image/png;base64,{wrapped(76)}").replace(b"/", b"\\/")
    assert read(body, step)[1] == [PICTURE]


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_words_in_the_line_after_a_picture_are_words(step):
    """No padding says that the picture has ended, and a word may look like base64."""
    whole = base64.b64encode(PICTURE[:600]).decode()
    assert not whole.endswith("=")
    said, pictures = read(chat(f"data:image/png;base64,{whole}\nDone\nMore"), step)
    assert (pictures, said.text) == ([PICTURE[:600]], "Done\nMore")


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(
    "words",
    [
        "write data:text/html;base64," + "A" * 80,
        "a data: " + "word " * 400 + ";base64, it is",
        "the metadata:image/png is " + "A" * 80,
    ],
)
def test_other_words_stay_words(words, step):
    said, pictures = read(chat(words), step)
    assert (pictures, said.text) == ([], words)


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(
    "head", ["data:image/png;base64,", "DATA:IMAGE/PNG;BASE64,", "data:image/png;base64, ", " \\n"]
)
def test_a_field_of_its_own_takes_the_same_heads(head, step):
    body = b'{"data": [{"b64_json": "' + head.encode() + wrapped(76, "\\n").encode() + b'"}]}'
    assert read(body, step)[1] == [PICTURE]


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_an_answer_that_comes_twice_is_one(step):
    """The second copy cannot be read any more, and the picture of the first is paid for."""
    body = chat(f"![a](data:image/png;base64,{TEXT})")
    sink = Sink()
    reading = Reading(sink, openai=True)
    with pytest.raises(Exception, match="not JSON"):
        for at in range(0, 2 * len(body), step):
            reading.feed((body + body)[at : at + step])
        reading.finish()
    kept = reading.kept()
    assert kept is not None
    assert len(decode(kept.parse(), [(len(PICTURE), "0")]).pictures) == 1
    assert sink.pictures[0] == PICTURE


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_what_follows_a_whole_part_of_a_list_does_not_lose_it(step):
    body = b"[" + chat(f"data:image/png;base64,{TEXT}") + b", nonsense}"
    reading = Reading(Sink(), openai=True)
    with pytest.raises(Exception, match="not JSON"):
        for at in range(0, len(body), step):
            reading.feed(body[at : at + step])
    kept = reading.kept()
    assert kept is not None
    assert kept.pictures == 1
    assert len(kept.parse()) == 1
