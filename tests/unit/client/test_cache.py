"""What was bought before: found, bought anew, too old, gone, damaged, forgotten."""

from __future__ import annotations

import dataclasses
import shutil

import pytest
import sqlalchemy as sa

from cavendish import AsyncClient, Client, Money
from cavendish.client.calls.terms import max_age_s, policy
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.store import schema

ZERO = Money(0)


@pytest.fixture
def client(settings):
    with Client(settings) as client:
        yield client


def fox(client, **more):
    return client.generate("a red fox", size="1K", **more).image


def rows(client, table):
    async def look(twin: AsyncClient):
        journal = await twin._house.journal()
        return await journal.read(lambda c: c.execute(sa.select(table)).fetchall())

    return client._loop.run(lambda: look(client._twin))


def test_refresh_buys_another_for_everybody(client):
    first = fox(client)
    second = fox(client, cache="refresh")
    assert (second.cached, second.cost > ZERO) == (False, True)
    found = fox(client)
    assert (found.cached, found.request_id) == (True, second.request_id)
    assert found.request_id != first.request_id


def test_off_buys_another_and_leaves_the_first_for_everybody(client):
    first = fox(client)
    assert not fox(client, cache="off").cached
    assert not fox(client, cache=False).cached
    assert fox(client, cache=True).request_id == first.request_id


def test_the_setting_counts_where_the_call_says_nothing(settings):
    with Client(dataclasses.replace(settings, cache="refresh")) as client:
        assert [fox(client).cached for _ in range(2)] == [False, False]
        assert fox(client, cache="on").cached


def test_an_answer_that_is_too_old_is_bought_anew(client):
    first = fox(client)
    assert fox(client, cache_ttl_s=3600).cached
    anew = fox(client, cache_ttl_s=1e-9)
    assert (anew.cached, anew.cost > ZERO) == (False, True)
    assert anew.request_id != first.request_id
    assert fox(client).request_id == anew.request_id


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"cache": "yes"}, "cache"),
        ({"cache": 1}, "cache"),
        ({"cache_ttl_s": 0}, "cache_ttl_s"),
        ({"cache_ttl_s": -1}, "cache_ttl_s"),
        ({"cache_ttl_s": "1h"}, "cache_ttl_s"),
        ({"cache_ttl_s": 60, "cache": "refresh"}, "cache_ttl_s"),
        ({"cache_ttl_s": 60, "cache": False}, "cache_ttl_s"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, asked, field):
    with pytest.raises(InvalidRequest, match=field):
        fox(client, **asked)
    assert rows(client, schema.attempts) == []


def test_what_a_policy_means():
    assert [policy(said) for said in (True, False, "refresh")] == ["on", "off", "refresh"]
    assert [max_age_s("on", None, 5), max_age_s("on", 3, 5), max_age_s("refresh", None, 5)] == [
        5, 3, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("damage", ["missing", "flipped", "cut", "empty"])
def test_a_file_that_is_not_as_it_was_is_never_served(client, damage):
    """T97."""
    fox(client)
    other = client.generate("a blue whale", size="1K").image
    first = fox(client)
    kept = first.original_path
    whole = kept.read_bytes()
    match damage:
        case "missing":
            kept.unlink()
        case "flipped":
            kept.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
        case "cut":
            kept.write_bytes(whole[:-1])
        case "empty":
            kept.write_bytes(b"")
    anew = fox(client)
    assert (anew.cached, anew.cost) == (False, anew.cost)
    assert anew.cost > ZERO
    said = [text for text in anew.warnings if str(kept) in text]
    assert len(said) == 1
    assert "bought again" in said[0]
    assert str(first.usage and anew.cost) in said[0]
    assert fox(client).cached
    assert client.generate("a blue whale", size="1K").image.sha256 == other.sha256
    [told] = rows(client, schema.audit)
    assert (told.who, told.action) == ("cavendish", "forget")
    assert str(kept) in told.details
    assert len(rows(client, schema.hits)) == 3, "what was not served is no hit"


def test_where_all_files_are_gone_nothing_is_bought_again(client):
    first = fox(client)
    shutil.rmtree(first.original_path.parents[1])
    with pytest.raises(StorageError, match="is not there; nothing that was bought"):
        fox(client)
    assert len(rows(client, schema.attempts)) == 1
