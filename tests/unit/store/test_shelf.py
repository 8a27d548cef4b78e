"""Files taken out of a folder while others put some in."""

from __future__ import annotations

import os

import pytest

from cavendish.client.system import Disk
from cavendish.core.errors import StorageError
from cavendish.store.blobs import Blobs
from cavendish.store.shelf import Shelf

LONG_AGO = 10**9


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path, Disk())


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)


def put(blobs, content):
    name = blobs.put(content, "token")
    os.utime(blobs.path(name), ns=(LONG_AGO, LONG_AGO))
    return name


def take(shelf, *names, needed=(), until=LONG_AGO):
    shelf.set_aside(names)
    return set(shelf.take(dict.fromkeys(names, until), needed))


def test_it_lists_and_takes(blobs, shelf):
    one, two, three = (put(blobs, name) for name in (b"one", b"two", b"three"))
    assert set(shelf.files()) == {one, two, three}
    assert shelf.files()[one].size_bytes == 3
    assert take(shelf, one, two, needed={two}) == {one}
    assert set(shelf.files()) == {two, three}
    assert blobs.verified(two)


def test_whoever_names_a_file_while_it_is_aside_gets_it_back(blobs, shelf):
    one, two, three = (put(blobs, name) for name in (b"one", b"two", b"three"))
    shelf.set_aside([one, two, three])
    blobs.keep(one)
    assert blobs.put(b"two", "token") == two
    assert blobs.verified(three)
    aside = set(shelf.take(dict.fromkeys((one, two, three), LONG_AGO), ()))
    assert aside == {two}, "a new one was written meanwhile"
    assert {name for name in (one, two, three) if blobs.path(name).exists()} == {one, two, three}


def test_what_was_touched_since_stays(blobs, shelf):
    one = put(blobs, b"one")
    blobs.put(b"one", "token")
    assert take(shelf, one) == set()
    assert blobs.verified(one)


def test_what_a_killed_prune_left_aside_comes_back(blobs, shelf):
    one, two = put(blobs, b"one"), put(blobs, b"two")
    shelf.set_aside([one])
    assert take(shelf, two) == {two}
    assert blobs.verified(one)


def test_answers_in_the_spool(tmp_path, blobs, shelf):
    for number, said in enumerate(('{"pictures": [[3, "d1"]]}', "no JSON", None)):
        folder = tmp_path / "spool" / f"{number:032x}"
        folder.mkdir(parents=True)
        (folder / "0.part").write_bytes(b"abc")
        if said is not None:
            (folder / "answer.json").write_text(said)
    assert shelf.spooled() == {"d1"}
    assert set(shelf.spools()) == {f"{number:032x}" for number in range(3)}
    assert shelf.is_whole(f"{1:032x}")
    assert not shelf.is_whole(f"{2:032x}")
    shelf.take_spools([f"{0:032x}"])
    assert set(shelf.spools()) == {f"{1:032x}", f"{2:032x}"}


def test_only_one_at_a_time(shelf):
    with shelf.unchanged(), pytest.raises(StorageError, match="another process"), shelf.unchanged():
        pass
    with shelf.unchanged():
        pass


def test_a_folder_of_two_journals_is_not_pruned(tmp_path, shelf):
    shelf.check_claims("/a/journal.db")
    shelf.check_claims("/a/journal.db")
    assert shelf.journals() == ("/a/journal.db",)
    with pytest.raises(StorageError, match=r"/a/journal\.db") as caught:
        shelf.check_claims("/b/journal.db")
    assert str(tmp_path / "blobs" / "journals.txt") in caught.value.next_step
