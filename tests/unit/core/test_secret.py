"""A secret has no readable form and opens only for its host."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback

import pytest

from cavendish.core.secret import Secret

VALUE = "AIza-canary-0123456789"


@pytest.fixture
def secret():
    return Secret(VALUE, host="example.org")


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        format,
        ascii,
        pprint.pformat,
        lambda s: f"{s}",
        lambda s: f"{s!s:>40}",
        lambda s: f"{s:>40}",
        lambda s: "%s %r" % (s, s),  # noqa: UP031 - this form too
        lambda s: "{0} {0!r}".format(s),  # noqa: UP032 - this form too
        lambda s: repr([s, {"key": s}]),
        lambda s: str(dir(s)),
        lambda s: json.dumps({"key": s}, default=str),
        lambda s: repr(Secret.__repr__(s)),
    ],
)
def test_no_form_shows_it(secret, show):
    """T122."""
    assert VALUE not in show(secret)


def test_a_record_that_holds_it_does_not_show_it(secret):
    @dataclasses.dataclass
    class Holder:
        secret: Secret

    assert VALUE not in repr(Holder(secret))
    with pytest.raises(TypeError):
        dataclasses.asdict(Holder(secret))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(secret, protocol):
    with pytest.raises(TypeError, match="never serialised") as caught:
        pickle.dumps(secret, protocol)
    assert VALUE not in str(caught.value)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, json.dumps, vars, iter, bytes, len])
def test_it_is_not_copied_or_taken_apart(secret, way):
    with pytest.raises(TypeError) as caught:
        way(secret)
    assert VALUE not in str(caught.value)


def test_its_state_is_not_handed_out(secret):
    with pytest.raises(TypeError):
        secret.__getstate__()


def test_it_opens_for_its_own_host_only(secret):
    assert secret.reveal("example.org") == VALUE
    for host in ("", "example.org:443", "example.org.evil.test", "EXAMPLE.org", "org"):
        with pytest.raises(PermissionError) as caught:
            secret.reveal(host)
        assert VALUE not in "".join(traceback.format_exception(caught.value))


def test_a_log_does_not_show_it(secret, caplog):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("key=%s %r", secret, {"key": secret})
    assert "Secret" in caplog.text
    assert VALUE not in caplog.text


def test_two_secrets_do_not_tell_by_comparing(secret):
    assert secret != Secret(VALUE, host="example.org")
    assert secret != VALUE
    assert not hasattr(secret, "__dict__")


LONG = "AIzaCanary-0123456789abcdefghijklmnopqrs"
KEY = Secret(LONG, host="h")


@pytest.mark.parametrize(
    ("text", "blotted"),
    [
        ("nothing of it", "nothing of it"),
        (f"key={LONG}.", "key=[removed]."),
        (LONG[:12] + " and " + LONG[-12:], "[removed] and [removed]"),
        (LONG + LONG, "[removed]"),
        (LONG[:9], LONG[:9]),
        ("", ""),
    ],
)
def test_what_others_repeat_is_blotted(text, blotted):
    assert KEY.blot(text) == blotted


def test_a_value_too_short_to_be_a_key_is_left_alone():
    assert Secret("candidates", host="h").blot('{"candidates":[]}') == '{"candidates":[]}'


def test_a_traceback_with_local_variables_does_not_show_it():
    def send(headers):
        raise OSError("gone")

    try:
        send({"x-key": KEY.reveal("h")})
    except OSError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(shown.format())
    assert "x-key" in text
    assert LONG not in text
    assert f"{KEY.reveal('h')}" == LONG
