"""Backups of real homes on both databases, made while others buy, and what becomes of them."""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import ExitStack

import pytest

from cavendish import Client
from cavendish.core.errors import InvalidRequest, StorageError
from cavendish.store.commands import Key
from cavendish.store.pruning import unsettled
from conformance import journal_worker as worker
from conformance.buyer import buy, settings

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(params=["sqlite", "postgres"])
def elsewhere(request, tmp_path):
    """Where another journal can be: a file that is not there, or an empty database."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres").database()
    return tmp_path / "other" / "journal.db"


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_a_backup_restored_is_the_same_home(path, elsewhere, home, tmp_path):
    """T154, G22: whatever was bought before is there, and nothing is paid again."""
    with Client(settings(home, path)) as client:
        first = client.generate("a fox", size="1K", output=home / "fox.png", tags={"a": "b"})
        chat = client.chat()
        chat.send("a hare", output=home / "hare.png")
        made = client.backup(tmp_path / "backup")
        spent = client.report("model").to_json()
    assert made.sound
    assert (made.chats, made.open, made.ledger.rows) == (1, 0, 2)
    assert made.files >= 2
    other = tmp_path / "other"
    with Client(settings(other, elsewhere)) as client:
        restored = client.restore(tmp_path / "backup")
        assert restored.sound
        assert restored.to_json() == made.to_json()
        assert client.report("model").to_json() == spent
        again = client.generate("a fox", size="1K", output=other / "fox.png")
        assert again.image.cached
        assert again.image.bytes == first.image.bytes
        assert client.ledger.verify().sound
        assert client.ledger.verify().head == made.ledger.head
        assert len(client.chat(chat.id).turns) == 1
        went_on = client.chat(chat.id).send("in the snow", output=other / "snow.png")
        assert not went_on.image.cached
        with pytest.raises(StorageError, match="nothing was restored"):
            client.restore(tmp_path / "backup")


def test_backups_while_four_buy(path, home, tmp_path):
    """Each of them is whole: every row with its file, every balance with its attempts."""
    stop, answers = SPAWN.Event(), SPAWN.Queue()
    ready = [SPAWN.Event() for _ in range(4)]
    buyers = [SPAWN.Process(target=buy, args=(home, path, n, stop, ready[n], answers))
              for n in range(4)]  # fmt: skip
    for one in buyers:
        one.start()
    try:
        assert all(one.wait(60) for one in ready)
        with Client(settings(home, path)) as client:
            made = [client.backup(tmp_path / "backup").to_json() for _ in range(3)]
            while made[-1]["ledger"]["rows"] == made[0]["ledger"]["rows"] and len(made) < 200:
                made.append(client.backup(tmp_path / "backup").to_json())
    finally:
        stop.set()
    bought = [prompt for _ in buyers for prompt in answers.get(timeout=60)]
    for one in buyers:
        one.join(60)
    assert all(one["sound"] for one in made), made
    rows = [one["ledger"]["rows"] for one in made]
    assert 4 <= rows[0] < rows[-1] <= len(bought)
    with Client(settings(tmp_path / "other", tmp_path / "other" / "journal.db")) as client:
        restored = client.restore(tmp_path / "backup")
        assert restored.sound
        assert restored.ledger.rows == rows[-1]
        found = [client.generate(prompt, size="1K", output=tmp_path / "out") for prompt in bought]
        assert sum(one.image.cached for one in found) >= rows[-1]
        assert client.ledger.verify().sound


def test_the_answer_of_an_attempt_that_is_not_settled_comes_along(path, home, tmp_path):
    """Its buyer was killed after the last byte: whoever restores has it, and need not buy again."""
    with Client(settings(home, path)) as client:
        client.generate("a fox", size="1K", output=home / "fox.png")
        client.backup(tmp_path / "before")
        journal = worker.journal(path, "inline")
        key = Key("simulated", "p", "left", "1")
        asyncio.run(worker.buy(journal, key, 5))
        (attempt,) = asyncio.run(journal.read(unsettled))
        spool = home / "spool" / attempt
        spool.mkdir(parents=True)
        (spool / "answer.json").write_text('{"pictures": []}')
        made = client.backup(tmp_path / "backup")
        journal.close()
    assert made.open == 1
    assert (tmp_path / "backup" / "spool" / attempt / "answer.json").is_file()
    assert not (tmp_path / "before" / "spool").exists(), "a settled attempt needs none"


def test_what_is_wrong_is_said(path, home, tmp_path):
    with ExitStack() as stack:
        client = stack.enter_context(Client(settings(home, path)))
        for prompt in ("a fox", "a hare", "an owl"):
            client.generate(prompt, size="1K", output=home / "out")
        fox, hare, _ = sorted((home / "blobs").glob("??/*"))
        fox.unlink()
        hare.write_bytes(b"not the hare")
        made = client.backup(tmp_path / "backup")
    assert not made.sound
    assert (made.missing, made.damaged) == ((fox.name,), (hare.name,))
    assert made.files == 1
    with (
        Client(settings(tmp_path / "other", tmp_path / "other" / "journal.db")) as client,
        pytest.raises(InvalidRequest, match="no whole backup"),
    ):
        client.restore(tmp_path / "home")
    (file,) = (tmp_path / "backup").glob("journal-*.db")
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with (
        Client(settings(tmp_path / "other", tmp_path / "other" / "journal.db")) as client,
        pytest.raises(InvalidRequest, match="not as it was written"),
    ):
        client.restore(tmp_path / "backup")
    assert not (tmp_path / "other" / "journal.db").exists()
