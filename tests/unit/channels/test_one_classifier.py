"""T55: an error is the same error, however it comes: by status, under 200, in a stream."""

from __future__ import annotations

import json

import pytest

from cavendish.core.errors import CavendishError
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini.answer import decode
from cavendish.wire.remainder import parse_strict
from unit.channels.test_channel import Net, call
from unit.wire.test_error_table import SEEN
from unit.wire.test_sse import words

SAID = {
    name: (status, text)
    for name, (status, text) in SEEN
    if text.startswith(b"{") and isinstance(json.loads(text).get("error"), dict)
}
HELLO = words("Let me think.")


def events(*chunks):
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)


FORMS = {
    "by status, in an array": lambda error: json.dumps([error]).encode(),
    "under 200": lambda error: json.dumps(error).encode(),
    "in a stream": lambda error: events(error),
    "in a stream, after words": lambda error: events(HELLO, error),
    "in an array": lambda error: json.dumps([error]).encode(),
    "in an array, after words": lambda error: json.dumps([HELLO, error]).encode(),
}


def met(status, body):
    with pytest.raises(CavendishError) as caught:
        decode(parse_strict(call(Net(status, [body]))), [])
    return caught.value


def facts(error):
    return (
        type(error), error.category, error.retryable, error.scope, error.next_step,
        error.retry_after_s, error.details["row"], error.details.get("opens"),
    )  # fmt: skip


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("form", FORMS)
def test_an_error_is_the_same_however_it_comes(name, form):
    """T55: class, category, next step and row do not depend on the way; only the money may be less
    sure, where something was said before the error."""
    status, text = SAID[name]
    plain = met(status, text)
    error = met(status if form.startswith("by") else 200, FORMS[form](json.loads(text)))
    assert facts(error) == facts(plain)
    if "after words" in form:
        assert outcome_of(error) == "unknown"
    elif form.startswith("by"):
        assert outcome_of(error) == outcome_of(plain)
    else:
        assert outcome_of(error) in {outcome_of(plain), "unknown"}


def test_there_are_errors_of_every_kind():
    """T55."""
    assert len(SAID) > 15
    assert {met(*said).category for said in SAID.values()} >= {"auth", "quota", "retryable"}
