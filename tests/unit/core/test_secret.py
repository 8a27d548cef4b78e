"""A secret: shown to nobody, and taken out of what others repeat to us."""

from __future__ import annotations

import traceback

import pytest

from cavendish.core.secret import Secret

VALUE = "AIzaCanary-0123456789abcdefghijklmnopqrs"
SECRET = Secret(VALUE, host="h")


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("nothing of it", "nothing of it"),
        (f"key={VALUE}.", "key=[removed]."),
        (VALUE[:12] + " and " + VALUE[-12:], "[removed] and [removed]"),
        (VALUE + VALUE, "[removed]"),
        (VALUE[:9], VALUE[:9]),
        ("", ""),
    ],
)
def test_what_others_repeat_is_blotted(text, blotted):
    assert SECRET.blot(text) == blotted


def test_a_value_too_short_to_be_a_key_is_left_alone():
    assert Secret("candidates", host="h").blot('{"candidates":[]}') == '{"candidates":[]}'


def test_a_traceback_with_local_variables_does_not_show_it():
    def send(headers):
        raise OSError("gone")

    try:
        send({"x-key": SECRET.reveal("h")})
    except OSError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(shown.format())
    assert "x-key" in text
    assert VALUE not in text
    assert f"{SECRET.reveal('h')}" == VALUE
