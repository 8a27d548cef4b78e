"""Real homes on both databases, pruned; and what may never be removed."""

from __future__ import annotations

import os
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cavendish import Client
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.store.blobs import Blobs
from cavendish.store.schema import audit
from conformance.buyer import settings


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def client(path, home):
    with Client(settings(home, path)) as client:
        yield client


def files(home):
    return {one.name for one in (home / "blobs").glob("??/*")}


def buy(client, home, *prompts):
    return [client.generate(one, size="1K", output=home / f"{one}.png").image for one in prompts]


def test_it_removes_what_was_used_longest_ago_and_says_what_that_means(client, home):
    fox, _, owl = buy(client, home, "fox", "hare", "owl")
    buy(client, home, "fox")  # found: used last
    total = sum((home / "blobs" / name[:2] / name).stat().st_size for name in files(home))
    size = (total - 1) / 10**9
    planned = client.prune(max_size=f"{size:.9f}", dry_run=True)
    assert (planned.answers, planned.files, len(files(home))) == (1, 1, 3)
    done = client.prune(max_size=f"{size:.9f}")
    assert (done.answers, done.files, done.orphans, done.fits) == (1, 1, 0, True)
    assert (done.freed_bytes, done.left_bytes) == (planned.freed_bytes, planned.left_bytes)
    assert files(home) == {fox.sha256, owl.sha256}
    assert (home / "hare.png").is_file(), "the user's own file"
    (found,) = buy(client, home, "owl")
    assert found.cached
    assert not found.warnings
    (again,) = buy(client, home, "hare")
    assert not again.cached
    assert any("bought before" in said for said in again.warnings)
    assert buy(client, home, "hare")[0].cached
    assert client.ledger.verify().sound
    assert client.report("category").lines[0].pictures == 4


def test_each_removal_is_in_the_audit_log(client, home, path):
    from conformance import journal_worker as worker

    buy(client, home, "fox", "hare")
    client.prune(older_than=0)
    assert files(home) == set()
    client.prune(older_than=0)
    database = worker.database(path)
    rows = database.read(lambda c: c.execute(sa.select(audit)).all())
    database.close()
    assert [(row.action, row.subject) for row in rows] == [("forget", "answers")]
    assert '"answers": 2' in rows[0].details
    assert '"older_than": "0"' in rows[0].details


def test_what_a_chat_needs_stays(client, home, tmp_path):
    chat = client.chat()
    buy(client, home, "fox")
    chat.send("a hare", output=home / "hare.png", references=[home / "fox.png"])
    chat.send("in snow", output=home / "snow.png")
    buy(client, home, "owl")
    done = client.prune(older_than=0, max_size=0)
    assert not done.fits
    assert done.needed_bytes == done.left_bytes > 0
    assert not buy(client, home, "owl")[0].cached
    chat.send("at night", output=home / "night.png")
    client.chats.export_to(chat.id, tmp_path / "chat.zip")


def test_an_answer_that_is_not_settled_stays(client, home):
    (fox,) = buy(client, home, "fox")
    spool = home / "spool" / ("ab" * 16)
    spool.mkdir(parents=True)
    (spool / "answer.json").write_text(f'{{"pictures": [[1, "{fox.sha256}"]]}}')
    client.prune(older_than=0)
    assert files(home) == {fox.sha256}
    assert (spool / "answer.json").exists(), "somebody may have paid for it"


def test_leftovers_go_without_being_asked_for(client, home):
    (fox,) = buy(client, home, "fox")
    for name, age_s in (("new", 3600), ("old", 2 * 86_400)):
        left = Blobs(home, client._twin._house.files).put(name.encode(), "t")
        os.utime(home / "blobs" / left[:2] / left, (0, os.stat(home).st_mtime - age_s))
    done = client.prune()
    assert (done.answers, done.files, done.orphans) == (0, 1, 1)
    assert fox.sha256 in files(home)
    assert len(files(home)) == 2


def test_the_settings_say_what_is_kept_where_nobody_says_it(path, home):
    from dataclasses import replace

    with Client(replace(settings(home, path), keep_gb=0, keep_days=1)) as client:
        buy(client, home, "fox")
        assert client.prune(older_than=timedelta(days=1)).answers == 0
        assert client.prune(max_size="1").answers == 0
        assert client.prune().answers == 1


def test_another_journal_s_pictures_are_not_touched(client, home, tmp_path):
    buy(client, home, "fox")
    with Client(settings(home, tmp_path / "second.db")) as other:
        buy(other, home, "hare")
        with pytest.raises(StorageError, match="another journal"):
            other.prune(older_than=0)
    assert len(files(home)) == 2


@pytest.mark.parametrize(
    "said", [{"older_than": "soon"}, {"older_than": -1}, {"max_size": "big"}, {"max_size": -1}]
)
def test_what_is_no_age_or_size_is_refused(client, said):
    (name,) = said
    with pytest.raises(InvalidRequest, match=name):
        client.prune(**said)


def test_prune_while_others_buy(path, home):
    """Whatever the journal says is there, is there; whatever was removed is bought anew."""
    stop, wrong = threading.Event(), []

    def shop(number):
        with Client(settings(home, path)) as client:
            while not stop.is_set():
                for name in "abc":
                    try:
                        client.generate(name, size="1K", output=home / f"{name}{number}.png")
                    except Exception as error:  # noqa: BLE001 - it is told at the end
                        wrong.append(error)
                        return

    shoppers = [threading.Thread(target=shop, args=(number,)) for number in range(3)]
    for one in shoppers:
        one.start()
    with Client(settings(home, path)) as client:
        try:
            for _ in range(15):
                client.prune(older_than=0)
        finally:
            stop.set()
            for one in shoppers:
                one.join()
        assert not wrong
        assert client.backup(home.parent / "backup").sound
