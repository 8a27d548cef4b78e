"""A chat in one file: it goes on elsewhere, and nothing in the file is believed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile

import pytest

from cavendish import Client
from cavendish.client.chats import file
from cavendish.client.settings import Settings
from cavendish.core import errors


@pytest.fixture
def client(settings):
    with Client(settings) as found:
        yield found


@pytest.fixture
def elsewhere(tmp_path):
    """A client of another machine."""
    away = Settings.load({"HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "away")})
    with Client(away) as found:
        yield found


@pytest.fixture
def chat(client):
    """A chat of two turns, drawn offline."""
    found = client.chat()
    found.send("a fox", size="1K", model="nano-banana-2-lite", output="fox.png")
    found.send("a hat")
    return found


@pytest.fixture
def exported(client, chat, tmp_path):
    return client.chats.export_to(chat.id, tmp_path / "fox.chat")


def entries(path):
    with zipfile.ZipFile(path) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist()}


def packed(path, content, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data, **more)
    return path


def refused(client, path):
    with pytest.raises(errors.InvalidRequest) as caught:
        client.chats.import_from(path)
    assert caught.value.exit_code == 2
    assert client.chats.list() == ()
    return caught.value.message


def test_a_chat_goes_on_elsewhere(chat, exported, elsewhere):
    found = elsewhere.chats.import_from(exported)
    assert [turn.prompt for turn in found.turns] == ["a fox", "a hat"]
    again = elsewhere.chat(chat.id)
    made = again.send("a tie")
    assert not made.image.cached
    assert [turn.prompt for turn in again.turns] == ["a fox", "a hat", "a tie"]
    assert again.turns[-1].fresh is False


def test_files_of_this_machine_are_not_told(chat, exported):
    assert chat.turns[0].path is not None
    assert "fox.png" not in entries(exported)["chat.json"].decode()


def test_the_same_chat_gives_the_same_file(client, chat, exported, tmp_path):
    again = client.chats.export_to(chat.id, tmp_path / "again.chat")
    assert again.read_bytes() == exported.read_bytes()


def test_it_comes_back_with_what_was_added_there(client, chat, exported, elsewhere, tmp_path):
    elsewhere.chats.import_from(exported)
    elsewhere.chat(chat.id).send("a tie")
    back = elsewhere.chats.export_to(chat.id, tmp_path / "back.chat")
    assert len(client.chats.import_from(back).turns) == 3
    assert len(client.chats.import_from(exported).turns) == 3, "the older file changes nothing"


def test_a_chat_that_went_on_in_both_places_is_not_mixed(
    client, chat, exported, elsewhere, tmp_path
):
    elsewhere.chats.import_from(exported)
    elsewhere.chat(chat.id).send("a tie")
    client.chat(chat.id).send("a coat")
    back = elsewhere.chats.export_to(chat.id, tmp_path / "back.chat")
    with pytest.raises(errors.InvalidRequest, match="went on here and elsewhere") as caught:
        client.chats.import_from(back)
    assert "chat undo" in caught.value.next_step
    assert len(client.chats.show(chat.id).turns) == 3
    client.chats.undo(chat.id)
    assert client.chats.import_from(back).turns[-1].prompt == "a tie"


@pytest.mark.parametrize(
    "name",
    ["../../escaped", "/tmp/escaped", "blobs/../../escaped", "blobs\\..\\x", "chat.json/", "x",
     "blobs/" + "0" * 64, "\u202eevil"],
)  # fmt: skip
def test_what_the_chat_does_not_name_is_refused_and_written_nowhere(
    exported, elsewhere, tmp_path, name
):
    before = sorted(tmp_path.parent.rglob("escaped"))
    path = packed(tmp_path / "evil.chat", {**entries(exported), name: b"owned"})
    assert "which the chat does not name" in refused(elsewhere, path)
    assert sorted(tmp_path.parent.rglob("escaped")) == before
    assert not os.path.lexists("/tmp/escaped")


def test_a_blob_that_is_another_is_refused_by_name(exported, elsewhere, tmp_path):
    content = entries(exported)
    name = next(name for name in content if name.startswith("blobs/"))
    path = packed(tmp_path / "evil.chat", {**content, name: content[name] + b"x"})
    assert f"{name} is not what its name says" in refused(elsewhere, path)


def test_a_blob_that_is_missing_is_named(exported, elsewhere, tmp_path):
    content = entries(exported)
    name = max(name for name in content if name.startswith("blobs/"))
    del content[name]
    assert f"{name} is missing" in refused(elsewhere, packed(tmp_path / "evil.chat", content))


def changed(content, field, value):
    said = json.loads(content["chat.json"])
    said["turns"][1][field] = value
    return {**content, "chat.json": json.dumps(said)}


@pytest.mark.parametrize(
    ("field", "value"),
    [("picture", "../../../etc/passwd"), ("answer", "x"), ("parent", "0" * 64), ("width", -1),
     ("cost_nanos", "much"), ("references", {}), ("prompt", None)],
)  # fmt: skip
def test_a_turn_that_is_none_is_refused_by_its_field(exported, elsewhere, tmp_path, field, value):
    path = packed(tmp_path / "evil.chat", changed(entries(exported), field, value))
    assert "turns[1]" in refused(elsewhere, path)


def test_an_answer_that_is_no_turn_is_refused(exported, elsewhere, tmp_path):
    data = b'{"role":"model","parts":[{"functionCall":{}},7]}'
    name = hashlib.sha256(data).hexdigest()
    content = {**changed(entries(exported), "answer", name), f"blobs/{name}": data}
    assert "is no turn" in refused(elsewhere, packed(tmp_path / "evil.chat", content))


def test_a_bomb_is_not_unpacked(exported, elsewhere, tmp_path, monkeypatch):
    monkeypatch.setattr(file, "BLOB_BYTES", 4_000_000)
    data = bytes(50_000_000)
    name = hashlib.sha256(data).hexdigest()
    content = {**changed(entries(exported), "picture", name), f"blobs/{name}": data}
    path = packed(tmp_path / "bomb.chat", content)
    assert path.stat().st_size < 20_000_000
    assert "more than 4,000,000 bytes" in refused(elsewhere, path)


def test_an_archive_that_unpacks_to_too_much_is_refused(exported, elsewhere, monkeypatch):
    monkeypatch.setattr(file, "ALL_BYTES", 1000)
    assert "unpacks to more than 1,000 bytes" in refused(elsewhere, exported)


def test_an_archive_of_too_many_entries_is_refused(exported, elsewhere, monkeypatch):
    monkeypatch.setattr(file, "ENTRIES", 2)
    assert "2 are the most" in refused(elsewhere, exported)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(exported, elsewhere, tmp_path):
    path = packed(tmp_path / "evil.chat", entries(exported))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("chat.json", b"{}")
    assert "one name twice" in refused(elsewhere, path)


def test_a_file_cut_or_damaged_anywhere_is_refused_or_whole(exported, elsewhere, tmp_path):
    """A zip has bytes that say nothing, such as dates: with those bent it is the same chat."""
    whole, told = exported.read_bytes(), ["a fox", "a hat"]
    path = tmp_path / "cut.chat"
    step = len(whole) // 40
    for at in range(0, len(whole), step):
        path.write_bytes(whole[:at])
        refused(elsewhere, path)
        path.write_bytes(
            whole[:at] + bytes(b ^ 0x55 for b in whole[at : at + 40]) + whole[at + 40 :]
        )
        try:
            found = elsewhere.chats.import_from(path)
        except errors.InvalidRequest:
            assert elsewhere.chats.list() == ()
        else:
            assert [turn.prompt for turn in found.turns] == told
            shutil.rmtree(elsewhere.settings.home / "chats")


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", b"no zip", b"\x89PNG\r\n\x1a\n" + bytes(99)])
def test_what_is_no_archive_is_refused(elsewhere, tmp_path, data):
    path = tmp_path / "x.chat"
    path.write_bytes(data)
    assert "it is no whole zip archive" in refused(elsewhere, path)


def test_a_file_that_is_not_there_and_a_chat_that_is_not(client, tmp_path):
    assert "there is no such file" in refused(client, tmp_path / "nothing.chat")
    assert "there is no such file" in refused(client, tmp_path)
    with pytest.raises(errors.InvalidRequest, match="there is no chat"):
        client.chats.export_to("0123abcd", tmp_path / "x.chat")


def test_an_archive_without_a_chat_is_refused(elsewhere, tmp_path):
    path = packed(tmp_path / "x.chat", {"readme.txt": b"hello"})
    assert "there is no chat.json in it" in refused(elsewhere, path)


def test_a_password_is_no_way_in(exported, elsewhere, tmp_path):
    data = bytearray(exported.read_bytes())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    (tmp_path / "locked.chat").write_bytes(data)
    assert "encrypted" in refused(elsewhere, tmp_path / "locked.chat")
