"""The project's own cases: bodies in the shapes the service sends, with what they must become.

Each folder under gemini/ and openai/ holds the body and about.toml: what it is, the shape's source,
the HTTP status, and either the answer or the error that is expected.
"""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest

from cavendish.core.errors import CavendishError
from cavendish.core.result import Usage
from cavendish.imaging.inspect import inspect
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini.errors import classify
from recorded.reading import read

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/*/about.toml"))


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
        "charged": None if answer.cost is None else answer.cost.usd,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}-{path.name}")
@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_case(case, step):
    about = tomllib.loads((case / "about.toml").read_text(encoding="utf-8"))
    body, expect = next(case.glob("body.*")).read_bytes(), about["expect"]
    openai = case.parent.name == "openai"
    if "error" in expect:
        if about["status"] == 200:
            with pytest.raises(CavendishError) as caught:
                read(body, step, openai=openai)
            error = caught.value
        else:
            error = classify(about["status"], body, {})
        assert type(error).__name__ == expect.pop("error")
        assert outcome_of(error) == expect.pop("outcome")
        assert error.retry_after_s == expect.pop("retry_after_s", None)
        assert {name: getattr(error, name) for name in expect} == expect
        return
    nothing = {"finish": None, "block": None, "message": "", "thoughts": "", "charged": None}
    expect["usage"] = Usage(**expect["usage"]) if "usage" in expect else None
    assert seen(*read(body, step, openai=openai)) == {**nothing, **expect}


def test_there_are_cases():
    dialects = [case.parent.name for case in CASES]
    assert dialects.count("gemini") >= 30
    assert dialects.count("openai") >= 30
