"""Homes on both databases: what is kept of what was bought, forgotten by choice, and asked for by
many at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cavendish import Client, Money
from cavendish.core.errors import InvalidRequest
from cavendish.store.schema import audit
from conformance import buyer

SPAWN = multiprocessing.get_context("spawn")
PRO, FLASH = "gemini-3-pro-image", "gemini-2.5-flash-image"


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def client(path, home):
    with Client(buyer.settings(home, path)) as client:
        yield client


def buy(client, *prompts, **more):
    return [client.generate(one, size="1K", **more).image for one in prompts]


def read(client, query):
    async def look(twin):
        journal = await twin._house.journal()
        return await journal.read(lambda connection: connection.execute(query).fetchall())

    return client._loop.run(lambda: look(client._twin))


def test_statistics_count_answers_files_and_hits_once(client, home):
    fox, hare = buy(client, "fox", "hare")
    (owl,) = buy(client, "owl", model=FLASH)
    buy(client, "fox", "fox")
    buy(client, "owl", model=FLASH)
    found = client.cache.stats()
    sizes = {one.name: one.stat().st_size for one in (home / "blobs").glob("??/*")}
    assert (found.answers, found.missing, found.size_bytes) == (3, 0, sum(sizes.values()))
    assert (found.hits("simulated"), found.hits("real")) == (3, 0)
    spared = fox.cost + fox.cost + owl.cost
    assert (found.spared("simulated"), found.spared("real")) == (spared, Money(0))
    models = {one.group: one for one in found.groups if one.by == "model"}
    assert (models[PRO].answers, models[PRO].hits, models[FLASH].hits) == (2, 2, 1)
    assert models[PRO].size_bytes == sizes[fox.sha256] + sizes[hare.sha256]
    assert [one.group for one in found.groups if one.by == "age"] == ["under a day"]
    document = found.to_json()
    assert (document["oldest"] <= document["newest"], document["bytes"]) == (True, found.size_bytes)
    fox.original_path.unlink()
    assert client.cache.stats().missing == 1


def test_nothing_is_kept_of_nothing(client):
    assert client.cache.stats().to_json() == {
        "answers": 0, "bytes": 0, "missing_files": 0, "hits": 0, "spared_usd": "0",
        "simulated_hits": 0, "simulated_spared_usd": "0", "oldest": None, "newest": None,
        "groups": [],
    }  # fmt: skip
    assert client.cache.clear().answers == 0


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ({}, set()),
        ({"model": FLASH}, {"fox", "hare"}),
        ({"project": "p"}, {"fox", "owl"}),
        ({"realm": "simulated"}, set()),
        ({"realm": "real"}, {"fox", "hare", "owl"}),
        ({"older_than": "1d"}, {"fox", "hare", "owl"}),
        ({"older_than": timedelta(0)}, set()),
        ({"model": FLASH, "project": "p"}, {"fox", "hare", "owl"}),
    ],
)
def test_clearing_forgets_what_is_meant_and_nothing_else(client, choice, left):
    asked = {"fox": {}, "hare": {"project": "p"}, "owl": {"model": FLASH}}
    for name, more in asked.items():
        buy(client, name, **more)
    before = client.report("model")
    planned = client.cache.clear(dry_run=True, **choice)
    assert client.cache.stats().answers == 3
    done = client.cache.clear(**choice)
    assert (done.answers, done.freeable_bytes) == (planned.answers, planned.freeable_bytes)
    assert done.answers == 3 - len(left)
    assert client.cache.stats().answers == len(left)
    assert client.report("model").lines == before.lines, "the books stay"
    assert client.report("category").lines[0].group != "no picture"
    assert client.ledger.verify().sound
    assert {n for n, more in asked.items() if buy(client, n, **more)[0].cached} == left
    told = [row for row in read(client, sa.select(audit)) if row.action == "forget"]
    assert len(told) == bool(done.answers)
    for row in told:
        said = json.loads(row.details)
        assert said.pop("answers") == done.answers
        assert said == {"because": "cache clear", **{n: str(v) for n, v in choice.items()}}


def test_a_file_that_another_answer_names_is_not_counted_as_free(client):
    (fox,) = buy(client, "fox")
    buy(client, "fox", project="p")
    kept = client.cache.clear(project="p", dry_run=True)
    all_of = client.cache.clear(dry_run=True)
    assert (kept.answers, all_of.answers) == (1, 2)
    assert all_of.freeable_bytes >= fox.original_path.stat().st_size > 0


def test_a_realm_that_is_none_is_refused_by_name(client):
    with pytest.raises(InvalidRequest, match="realm"):
        client.cache.clear(realm="both")


def ask(home, journal, url, start, answers):
    """Asks for the same as everybody else; puts how often it was bought here, and which it is."""
    with Client(buyer.settings(home, journal, CAVENDISH_OFFLINE_URL=url)) as client:
        start.wait(60)
        found = [client.generate("the same fox", size="1K").image for _ in range(2)]
        bought = sum(not one.cached for one in found)
        answers.put((bought, {one.sha256 for one in found}))


def test_many_processes_that_ask_for_the_same_pay_once(path, home, emulator, control):
    """T98."""
    start, answers = SPAWN.Event(), SPAWN.Queue()
    lives = [
        SPAWN.Process(target=ask, args=(home, path, emulator.url, start, answers)) for _ in range(4)
    ]
    for life in lives:
        life.start()
    start.set()
    found = [answers.get(timeout=120) for _ in lives]
    for life in lives:
        life.join(60)
    assert sum(bought for bought, _ in found) == 1
    assert len(set.union(*(which for _, which in found))) == 1
    assert len(control("bill")["executions"]) == 1


def lead(home, journal, url):
    """Asks for what everybody waits for, and is killed meanwhile."""
    with Client(buyer.settings(home, journal, CAVENDISH_OFFLINE_URL=url)) as client:
        client.generate("the same fox", size="1K")


@pytest.mark.parametrize("fault", ["refused", "killed"])
def test_when_the_first_fails_one_of_those_who_wait_goes_on(fault, path, home, emulator, control):
    """T98."""
    slow, refused = {"fault": "slow", "args": {"seconds": 30}}, {"fault": "invalid_argument"}
    control("faults", [{**(slow if fault == "killed" else refused), "times": 1}])
    start, answers = SPAWN.Event(), SPAWN.Queue()
    first = SPAWN.Process(target=lead, args=(home, path, emulator.url))
    first.start()
    first.join(3)
    lives = [
        SPAWN.Process(target=ask, args=(home, path, emulator.url, start, answers)) for _ in range(3)
    ]
    for life in lives:
        life.start()
    start.set()
    if fault == "killed":
        os.kill(first.pid, signal.SIGKILL)
    found = [answers.get(timeout=120) for _ in lives]
    for life in (first, *lives):
        life.join(60)
    assert sum(bought for bought, _ in found) == 1
    assert len(set.union(*(which for _, which in found))) == 1
