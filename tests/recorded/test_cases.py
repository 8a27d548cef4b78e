"""The project's own cases: bodies in the shapes the service sends, with what they must become.

Each folder under gemini/ holds the body and about.toml: what it is, the shape's source, the HTTP
status, and either the answer or the error that is expected.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from pathlib import Path

import pytest

from cavendish.core.errors import ChannelError
from cavendish.core.result import Usage
from cavendish.imaging.inspect import inspect
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini import decode
from cavendish.wire.gemini_errors import classify
from cavendish.wire.split import Splitter

CASES = sorted(path.parent for path in Path(__file__).parent.glob("gemini/*/about.toml"))


class Pictures:
    def __init__(self):
        self.done = []

    def begin(self, index):
        self.done.append(b"")

    def write(self, piece):
        self.done[-1] += piece

    def end(self, index):
        assert index == len(self.done) - 1


def read(body, step):
    sink = Pictures()
    splitter = Splitter(sink)
    for at in range(0, len(body), step):
        splitter.feed(body[at : at + step])
    spool = [(len(p), hashlib.sha256(p).hexdigest()) for p in sink.done]
    return decode(splitter.finish().parse(), spool), sink.done


def seen(answer, pictures):
    """The answer in the words of about.toml."""
    shown = []
    for spooled in answer.pictures:
        header = inspect(io.BytesIO(pictures[spooled.index]))
        assert header.complete
        size = {"width": header.width, "height": header.height}
        shown.append({"mime": header.mime, **size, "thought": spooled.thought})
    return {
        "finish": answer.finish,
        "block": answer.block,
        "message": answer.message,
        "text": answer.text,
        "thoughts": answer.thoughts,
        "usage": answer.usage,
        "pictures": shown,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_case(case, step):
    about = tomllib.loads((case / "about.toml").read_text(encoding="utf-8"))
    body, expect = (case / "body.json").read_bytes(), about["expect"]
    if "error" in expect:
        if about["status"] == 200:
            with pytest.raises(ChannelError) as caught:
                read(body, step)
            error = caught.value
        else:
            error = classify(about["status"], body, {})
        assert type(error).__name__ == expect.pop("error")
        assert outcome_of(error) == expect.pop("outcome")
        assert error.retry_after_s == expect.pop("retry_after_s", None)
        assert {name: getattr(error, name) for name in expect} == expect
        return
    nothing = {"finish": None, "block": None, "message": "", "thoughts": ""}
    expect["usage"] = Usage(**expect["usage"])
    assert seen(*read(body, step)) == {**nothing, **expect}


def test_there_are_cases():
    assert len(CASES) >= 14
