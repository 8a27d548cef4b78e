"""An address shows where the journal is and never the password, however it was written."""

from __future__ import annotations

import copy
import pickle

import pytest

from cavendish.core.errors import SettingsError
from cavendish.store.address import PostgresAddress

PASSWORD = "hunter2-long"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://me:{PASSWORD}@db.example:6432/j", "postgresql://me@db.example:6432/j"),
        (f"postgres://me:{PASSWORD}@[::1]/j?sslmode=require", "postgresql://me@[::1]/j"),
        (f"postgresql:///j?user=me&password={PASSWORD}", "postgresql:///j"),
        (f"postgresql://h/j?sslkey=k&sslpassword={PASSWORD}", "postgresql://h/j"),
        (f"postgresql://me:{PASSWORD}%40%2F%23@h1:1,h2:2/j", "postgresql://me@h1:1,h2:2/j"),
        (f" postgresql://me:{PASSWORD}@h/j\n", "postgresql://me@h/j"),
    ],
)
def test_it_shows_everything_but_the_password(url, shown):
    address = PostgresAddress(url)
    assert (str(address), repr(address), f"{address}") == (shown,) * 3
    assert str(address.reveal()) == url.strip(), "the driver gets all of it"
    assert PASSWORD not in repr(address.reveal()), "nor does a traceback with variables show it"
    assert PASSWORD not in address.blot(f"could not connect with {url}")
    for way in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="never serialised"):
            way(address)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{PASSWORD}#1@db/j",
        f"postgresql://me:{PASSWORD}/1@db/j",
        f"postgresql://me:{PASSWORD}?1@db/j",
        f"postgresql://me:a@{PASSWORD}/b@db/j",
        f"postgresql://me:{PASSWORD}@[::1/j",
        f"mysql://me:{PASSWORD}@db/j",
        f"sqlite:///{PASSWORD}",
    ],
)
def test_what_cannot_be_told_apart_is_refused_without_repeating_it(url):
    with pytest.raises(SettingsError, match="no address of a Postgres") as caught:
        PostgresAddress(url)
    assert PASSWORD not in str(caught.value.to_json()) + repr(caught.value.__cause__)
    assert "%40" in caught.value.next_step


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("postgresql://here/j", True),
        ("postgresql://here:5432/j", True),
        ("postgresql:///j", True),
        ("postgresql:///j?host=/var/run/postgresql", True),
        ("postgresql://%2Fvar%2Frun/j", True),
        ("postgresql://there/j", False),
        ("postgresql://here,there/j", False),
        ("postgresql://here/j?host=there", False),
        ("postgresql://here.there/j", False),
    ],
)
def test_whether_it_is_on_this_machine(url, here):
    assert PostgresAddress(url).is_on(lambda host: host == "here") is here
