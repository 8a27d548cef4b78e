"""Chats: turns go back as they came, are on disk after each, and mean nothing elsewhere."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import random
import threading

import pytest
from PIL import Image

from cavendish import AsyncClient, Client, Ref
from cavendish.client.chats.desk import Chats
from cavendish.core import errors
from cavendish.send.events import Notice
from cavendish.store.conversations import Conversations
from unit.client.upstream import Reply, answer, as_asked, pixels

SIGNATURE = base64.b64encode(b"thought about it " * 3000).decode()
MORE = [{"text": "Here it is.", "thoughtSignature": "QQ=="}]


def another(data, number):
    """A picture of the same size that is like no other."""
    with Image.open(io.BytesIO(base64.b64decode(data))) as given:
        noise = Image.frombytes("RGB", (8, 8), random.Random(number).randbytes(192))
        file = io.BytesIO()
        noise.resize(given.size, Image.Resampling.NEAREST).save(file, "JPEG")
    return file.getvalue()


class Service:
    """Answers with signatures, and takes a turn of the model only as it gave it."""

    def __init__(self):
        self.given, self.changed, self.weight = [], [], 0

    def heavy(self, number, path, body):
        """Answers with a signature that fills a request."""
        self.weight = 6_000_000
        try:
            return self(number, path, body)
        finally:
            self.weight = 0

    def __call__(self, number, path, body):
        for content in body["contents"]:
            if content["role"] == "model" and content not in self.given:
                self.changed.append(content)
        reply = json.loads(as_asked(number, path, body).body)
        content = reply["candidates"][0]["content"]
        inline = content["parts"][0]["inlineData"]
        inline["data"] = base64.b64encode(another(inline["data"], number)).decode()
        content["parts"][0]["thoughtSignature"] = SIGNATURE + f"{number:04}"
        content["parts"] += MORE
        content["parts"][0]["thoughtSignature"] += "AAAA" * self.weight
        self.given.append(content)
        return Reply(body=json.dumps(reply, indent=2).encode())


@pytest.fixture
def service(upstream):
    upstream.script = Service()
    yield upstream.script
    assert upstream.script.changed == []


@pytest.fixture
def client(service):
    with Client() as found:
        yield found


def texts(upstream, number=-1):
    """Who said what in a request."""
    contents = upstream.requests[number][2]["contents"]
    return [(c["role"], [p["text"] for p in c["parts"] if "text" in p]) for c in contents]


def test_a_turn_takes_the_turns_before_it_along(client, upstream):
    chat = client.chat()
    first = chat.send("a fox", size="1K", aspect_ratio="16:9")
    second = chat.send("now at night")
    assert texts(upstream) == [
        ("user", ["a fox"]), ("model", ["Here it is."]), ("user", ["now at night"]),
    ]  # fmt: skip
    assert second.image.sha256 != first.image.sha256
    assert (second.image.width, second.image.height) == (first.image.width, first.image.height)
    assert [turn.prompt for turn in chat.turns] == ["a fox", "now at night"]
    assert chat.cost.nanos == first.cost.nanos + second.cost.nanos


def test_a_chat_goes_on_in_the_next_client(client, upstream):
    chat = client.chat()
    chat.send("a fox")
    with Client() as other:
        again = other.chat(chat.id)
        again.send("a hat")
        assert len(again.turns) == 2
    assert len(upstream.requests[-1][2]["contents"]) == 3


def test_references_of_an_earlier_turn_come_again(client, upstream, png):
    chat = client.chat()
    chat.send("put this hat on a fox", references=[Ref(png, "object", 0.9)])
    chat.send("red")
    first, *_ = upstream.requests[-1][2]["contents"]
    assert first == upstream.requests[0][2]["contents"][0]
    assert len(first["parts"]) == 2


def test_what_was_undone_is_beside_the_chat_and_costs_nothing_again(client, upstream):
    chat = client.chat()
    chat.send("a fox")
    bought = chat.send("a hat")
    assert chat.undo().prompt == "a hat"
    assert [turn.prompt for turn in chat.beside] == ["a hat"]
    again = chat.send("a hat")
    assert again.image.cached
    assert again.image.sha256 == bought.image.sha256
    assert again.cost.nanos == 0
    assert chat.cost.nanos == 2 * bought.cost.nanos
    assert len(upstream.requests) == 2
    assert chat.beside == ()


def test_undoing_past_the_first_turn_is_an_error(client):
    chat = client.chat()
    chat.send("a fox")
    chat.undo()
    with pytest.raises(errors.InvalidRequest, match="no turn to take back"):
        chat.undo()
    with pytest.raises(errors.InvalidRequest, match="no turn to take back"):
        client.chat().undo()


@pytest.mark.parametrize("name", ["nothing1", "../../x", "", "0123abcd"])
def test_a_chat_that_is_not_there(client, name):
    with pytest.raises(errors.InvalidRequest, match="there is no chat") as caught:
        client.chat(name)
    assert "cavendish chat list" in caught.value.next_step


def test_the_same_words_again_after_a_crash_cost_nothing(client, upstream, monkeypatch):
    chat = client.chat()
    chat.send("a fox")
    with monkeypatch.context() as patch:
        patch.setattr(Chats, "add", lambda *_: (_ for _ in ()).throw(OSError("it died")))
        with pytest.raises(OSError, match="it died"):
            chat.send("a hat")
    with Client() as other:
        again = other.chat(chat.id)
        assert len(again.turns) == 1
        found = again.send("a hat")
        assert found.image.cached
        again.send("a tie")
    assert len(upstream.requests) == 3
    assert texts(upstream)[-3:] == [
        ("user", ["a hat"]), ("model", ["Here it is."]), ("user", ["a tie"]),
    ]  # fmt: skip


def test_the_second_to_go_on_from_a_turn_is_told_and_loses_nothing(upstream, service):
    heard = []
    with Client(hooks=[heard.append]) as client:
        _overtaken(client, upstream, service)
    assert any(isinstance(one, Notice) and "has moved on" in one.text for one in heard)


def _overtaken(client, upstream, service):
    chat = client.chat()
    chat.send("a fox")
    gate = threading.Event()

    def slow(number, path, body):
        reply = service(number, path, body)
        reply.until = gate if number == 2 else None
        return reply

    upstream.script = slow
    results = []
    slower = threading.Thread(target=lambda: results.append(chat.send("a hat")))
    upstream.arrived.acquire()
    slower.start()
    assert upstream.arrived.acquire(timeout=20)
    with Client() as other:
        other.chat(chat.id).send("a tie")
    gate.set()
    slower.join(30)
    (late,) = results
    upstream.script = service
    assert any("has moved on" in said for said in late.warnings)
    with Client() as other:
        here = other.chat(chat.id)
        assert [turn.prompt for turn in here.turns] == ["a fox", "a tie"]
        assert [turn.prompt for turn in here.beside] == ["a hat"]
        assert here.beside[0].picture == late.image.sha256
    with pytest.raises(errors.InvalidRequest, match="has moved on"):
        chat.send("and then?")
    with pytest.raises(errors.InvalidRequest, match="has moved on"):
        chat.undo()
    assert len(upstream.requests) == 3


def test_two_who_ask_the_same_pay_once(client, upstream):
    chat = client.chat()
    chat.send("a fox")
    with Client() as other:
        twin, found = other.chat(chat.id), []
        both = [threading.Thread(target=lambda c=c: found.append(c.send("a hat")))
                for c in (chat, twin)]  # fmt: skip
        for one in both:
            one.start()
        for one in both:
            one.join(30)
    assert len(found) == 2
    assert len(upstream.requests) == 2
    assert client.chats.show(chat.id).beside == ()


def test_another_model_is_asked_knowingly_and_without_the_turns(client, upstream):
    chat = client.chat()
    chat.send("a fox")
    other, upstream.look = "gemini-2.5-flash-image", Reply(200)
    with pytest.raises(errors.InvalidRequest, match="mean nothing") as caught:
        chat.send("a hat", model=other)
    assert caught.value.field == "model"
    assert "--flatten" in caught.value.next_step
    assert len(upstream.requests) == 1
    made = chat.send("a hat", model=other, flatten=True)
    (content,) = upstream.requests[-1][2]["contents"]
    words, shown = content["parts"]
    assert "1. a fox" in words["text"]
    assert "a hat" in words["text"]
    assert "thoughtSignature" not in json.dumps(upstream.requests[-1][2])
    assert base64.b64decode(shown["inlineData"]["data"])[:2] == b"\xff\xd8"
    assert any("flattened" in said for said in made.warnings)
    chat.send("a tie")
    assert [who for who, _ in texts(upstream)] == ["user", "model", "user"]
    assert made.image.model == other


def test_drafts_and_pictures_never_mix(client, png):
    chat = client.chat()
    chat.send("a fox")
    for flatten in (False, True):
        with pytest.raises(errors.InvalidRequest, match="this chat's pictures are real"):
            chat.send("a hat", channel="offline", flatten=flatten)


def test_more_pictures_than_the_model_takes_are_refused_before_anything_is_sent(client, upstream):
    upstream.look = Reply(200)
    chat = client.chat()
    chat.send("a fox", model="gemini-2.5-flash-image")
    chat.send("a hat")
    chat.send("a tie")
    sent = len(upstream.requests)
    with pytest.raises(errors.InvalidRequest, match="shows 4 pictures") as caught:
        chat.send("a coat", references=[pixels(16, 16)])
    assert "cavendish chat undo" in caught.value.next_step
    assert len(upstream.requests) == sent


def test_a_first_turn_goes_to_the_heir_of_a_model_that_is_gone(client, upstream):
    made = client.chat().send("a fox", model="gemini-2.5-flash-image")
    assert made.image.model == "gemini-nano-banana-2.1"
    assert any("no longer lists" in said for said in made.warnings)
    upstream.look = Reply(200)
    chat = client.chat()
    chat.send("a cat", model="gemini-2.5-flash-image")
    upstream.look = Reply(404)
    with pytest.raises(errors.UnknownModel) as caught:
        chat.send("a hat")
    assert "--model gemini-nano-banana-2.1 --flatten" in caught.value.next_step


def test_turns_that_no_longer_fit_are_refused_with_a_way_out(client, upstream, service):
    upstream.script = service.heavy
    chat = client.chat()
    chat.send("a fox")
    with pytest.raises(errors.InvalidRequest, match="bytes with their pictures") as caught:
        chat.send("a tie")
    assert caught.value.field == "history"
    assert "--flatten" in caught.value.next_step
    assert "chat undo" in caught.value.next_step
    assert len(upstream.requests) == 1
    upstream.script = service
    assert not chat.send("a tie", flatten=True).image.cached


def test_an_estimate_counts_every_turn(client):
    chat = client.chat()
    plain = chat.estimate("a fox")
    chat.send("a fox")
    chat.send("a hat")
    found = chat.estimate("a tie")
    parts = found.to_json()["cost"]["parts"]
    assert float(parts["references"]["high"]) > 0
    assert float(parts["signatures"]["high"]) > float(parts["signatures"]["low"]) == 0
    assert found.cost.high.nanos > plain.cost.high.nanos
    history = found.to_json()["request"]["history"]
    assert [turn["role"] for turn in history] == ["user", "model", "user", "model"]
    assert "thoughtSignature" in found.curl


def test_a_first_turn_is_not_what_generate_bought(client, upstream):
    client.generate("a fox")
    made = client.chat().send("a fox")
    assert not made.image.cached
    again = client.chat().send("a fox")
    assert again.image.cached
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("said", [{"n": 2}, {"split_references": True}])
def test_a_chat_goes_on_from_one_picture(client, said):
    with pytest.raises(errors.InvalidRequest, match="goes on from one picture"):
        client.chat().send("a fox", **said)


def test_an_answer_without_a_picture_adds_no_turn(client, upstream, service):
    chat = client.chat()
    chat.send("a fox")
    upstream.always(answer([{"text": "I would rather not."}]))
    with pytest.raises(errors.NoImage):
        chat.send("a hat")
    upstream.script = service
    assert [turn.prompt for turn in chat.turns] == ["a fox"]
    chat.send("a hat")
    assert len(texts(upstream)) == 3


def test_turns_are_booked_under_the_chat(client):
    chat = client.chat()
    made = chat.send("a fox", tags={"who": "me"})
    said = json.dumps(client.report(by="tag").to_json())
    assert f"chat={chat.id}" in said
    assert "who=me" in said
    assert made.cost.usd in said


def test_a_chat_whose_file_was_damaged_says_so(client, tmp_path):
    chat = client.chat()
    chat.send("a fox")
    (tmp_path / "home/chats" / chat.id / "chat.json").write_text("{}")
    with pytest.raises(errors.StorageError, match="cannot be read"):
        client.chat(chat.id)


OWN = """
dialect = "openai-chat"
base_url = "{url}"
[auth]
key_env = "MINE_API_KEY"
[prices.per_call]
"gemini-3-pro-image" = 0.08
"""


def test_a_dialect_without_turns_gets_the_last_picture_and_what_was_said(
    upstream, monkeypatch, tmp_path
):
    monkeypatch.setenv("MINE_API_KEY", "sk-0123456789abcdef0123")
    folder = tmp_path / "user/.config/cavendish/channels"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(OWN.format(url=upstream.url))

    def script(number, _path, _body):
        data = another(base64.b64encode(pixels(1024, 1024)), number)
        url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
        said = {"role": "assistant", "images": [{"image_url": {"url": url}, "type": "image_url"}]}
        return Reply(body=json.dumps({"choices": [{"message": said}]}).encode())

    upstream.script = script
    with Client() as client:
        chat = client.chat()
        first = chat.send("a fox", channel="mine", size="1K")
        assert not any("earlier turns" in said for said in first.warnings)
        second = chat.send("a hat")
        assert any("cannot be sent earlier turns" in said for said in second.warnings)
        assert second.image.channel == "mine", "a chat stays where it is"
    said = json.dumps(upstream.requests[-1][2])
    assert "1. a fox" in said
    assert "a hat" in said
    assert base64.b64encode(first.image.bytes)[:200].decode() in said
    assert [turn.answer for turn in chat.turns] == [None, None]
    assert chat.turns[1].references[0].name == "the picture of turn 1"


def test_a_channel_that_sends_no_signatures_is_told_of_at_once(client, upstream, service):
    """The turn says so itself, and the next is flattened and never refused."""

    def stripped(number, path, body):
        return Reply(body=service(number, path, body).body.replace(b"thoughtSignature", b"left"))

    stripped.changed, upstream.script = service.changed, stripped
    chat = client.chat()
    first = chat.send("a fox")
    assert any("sent no thought signature" in said for said in first.warnings)
    second = chat.send("a hat")
    assert any("could not be kept as a turn" in said for said in second.warnings)
    ((who, words),) = texts(upstream)
    assert who == "user"
    assert "1. a fox" in words[0]


def test_an_earlier_picture_unchanged_is_no_new_one(client, upstream, service):
    """The picture of two turns ago is found again, and no turn is added."""
    chat = client.chat()
    chat.send("a fox")
    first, given = service.given[0], dict(service.given[0]["parts"][0]["inlineData"])
    chat.send("a hat")

    def again(number, path, body):
        reply = json.loads(service(number, path, body).body)
        reply["candidates"][0]["content"]["parts"][0]["inlineData"] = given
        return Reply(body=json.dumps(reply).encode())

    again.changed, upstream.script = service.changed, again
    with pytest.raises(errors.ContractViolation, match="one of an earlier turn, unchanged"):
        chat.send("a tie")
    assert first["parts"][0]["inlineData"] == given
    assert len(chat.turns) == 2


def test_an_imported_chat_never_chooses_a_third_party(upstream, service, monkeypatch, tmp_path):
    monkeypatch.setenv("LAOZHANG_API_KEY", "sk-0123456789abcdef0123")
    monkeypatch.setenv("LAOZHANG_BASE_URL", upstream.url)
    with Client() as mine:
        chat = mine.chat()
        chat.send("a fox", channel="laozhang", size="1K")
        chat.send("a hat")
        file = mine.chats.export_to(chat.id, tmp_path / "fox.chat")
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "away"))
    sent = len(upstream.requests)
    with Client() as away:
        again = away.chat(away.chats.import_from(file).id)
        with pytest.raises(errors.InvalidRequest, match="imported and is with laozhang") as caught:
            again.send("a tie")
        assert "--channel laozhang" in caught.value.next_step
        assert len(upstream.requests) == sent
        again.send("a tie", channel="laozhang")
        again.send("a coat")
    assert len(upstream.requests) == sent + 2


def test_what_somebody_left_half_written_is_removed_a_day_later(client, tmp_path):
    blobs = tmp_path / "home/blobs"
    chat = client.chat()
    chat.send("a fox")
    old, new = blobs / f"{'0' * 32}.part", blobs / f"{'1' * 32}.part"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (0, 0))
    chat.send("a hat")
    assert not old.exists()
    assert new.exists()


def test_the_blocking_client_chats_inside_a_running_loop(client, upstream):
    async def cell():
        chat = client.chat()
        chat.send("a fox")
        chat.send("a hat")
        chat.undo()
        return client.chats.show(chat.id)

    assert [turn.prompt for turn in asyncio.run(cell()).turns] == ["a fox"]


async def in_a_loop(home):
    async with AsyncClient() as client:
        chat = client.chat()
        await chat.send("a fox")
        await chat.undo()
        file = await client.chats.export_to(chat.id, home / "fox.chat")
        assert (await client.chats.import_from(file)).id == chat.id
        assert [one.id for one in await client.chats.list()] == [chat.id]
        return await client.chats.show(chat.id)


def test_nothing_of_the_chats_holds_up_a_loop(service, tmp_path, monkeypatch):
    main, used = threading.get_ident(), []
    before = Conversations.load
    monkeypatch.setattr(
        Conversations, "load", lambda *said: used.append(threading.get_ident()) or before(*said)
    )
    assert asyncio.run(in_a_loop(tmp_path)).turns == ()
    assert used
    assert main not in used
