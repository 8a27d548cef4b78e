"""Pictures that go ahead of a request: which ones, when, and what happens when it fails."""

import asyncio
import base64
import contextlib
import hashlib
import json
import urllib.request
from dataclasses import replace

import pytest

from cavendish.catalog.loader import MODEL_FACTS, find_channel
from cavendish.channels import files as files_module
from cavendish.channels.channel import Channel
from cavendish.channels.packing import message_of
from cavendish.channels.transport import Transport
from cavendish.client.system import SystemClock
from cavendish.core.errors import ChannelError, ConnectionFailed, InvalidRequest
from cavendish.core.request import ImageRequest, ModelTurn, Reference, UserTurn
from cavendish.core.secret import Secret
from cavendish_emulator import Emulator
from simulation.oracle import png

FACTS = replace(find_channel("gemini"), request_bytes=100_000)
MODEL = "gemini-3-pro-image"
KEY = "a-key-that-is-long-enough-to-be-one"


def picture(size_bytes, seed=0):
    """A PNG of about this length: what follows its end is read by nobody."""
    return Reference("image/png", png(8, 8, str(seed)) + bytes(size_bytes))


def request(*sizes, prompt="a cat"):
    shown = tuple(picture(size, seed) for seed, size in enumerate(sizes))
    return ImageRequest(MODEL, prompt, "1K", "1:1", references=shown)


class Sink:
    def begin(self, *_said):
        pass

    write = end = begin


class Wire(Transport):
    """The real transport, with a diary, and accidents on demand."""

    def __init__(self):
        super().__init__()
        self.sent, self.breaks = [], 0

    @contextlib.asynccontextmanager
    async def post(self, url, *, headers, body, timeout_s, connect_s=None):
        said = headers.get("X-Goog-Upload-Command", "call")
        self.sent.append((said, url, dict(headers), len(body)))
        if said.startswith("upload") and self.breaks:
            self.breaks -= 1
            raise ConnectionFailed("cut", billed=None, next_step="again")
        asked = super().post(url, headers=headers, body=body, timeout_s=timeout_s)
        async with asked as incoming:
            yield incoming

    @property
    def commands(self):
        return [said for said, *_ in self.sent]


@pytest.fixture
def emulator():
    with Emulator(catalog=MODEL_FACTS, require_key=KEY, switches={"signature_bytes": 99}) as it:
        yield it


def post(emulator, path, body):
    asked = urllib.request.Request(f"{emulator.url}/_emulator/{path}", json.dumps(body).encode())
    urllib.request.urlopen(asked, timeout=10).close()


def talk(emulator, *requests, wire=None, facts=FACTS, between=lambda: None):
    """Calls the emulator with each request; gives the diary."""

    async def inside():
        net = wire or Wire()
        host = emulator.url.removeprefix("http://")
        channel = Channel(
            facts, base_url=emulator.url, secret=Secret(KEY, host=host), net=net,
            clock=SystemClock(),
        )  # fmt: skip
        try:
            for number, one in enumerate(requests):
                if number:
                    between()
                await channel.call(channel.encode(one), Sink(), timeout_s=60)
        finally:
            await channel.close()
        return net

    return asyncio.run(inside())


def test_what_fits_goes_in_the_body():
    assert message_of(FACTS, request(20_000, 20_000), MODEL).ahead == ()


def test_only_the_largest_go_ahead_until_the_rest_fits():
    asked = request(30_000, 90_000, 31_000, 70_000)
    message = message_of(FACTS, asked, MODEL)
    assert [r.sha256 for r in message.ahead] == [asked.references[n].sha256 for n in (1, 3)]
    assert len(message.body) <= FACTS.request_bytes
    kinds = [next(iter(part)) for part in json.loads(message.body)["contents"][0]["parts"]]
    assert kinds == ["text", "inlineData", "fileData", "inlineData", "fileData"]


def test_what_an_earlier_turn_was_shown_goes_ahead_and_what_was_drawn_stays():
    drawn = picture(30_000, 9)
    content = b'{"role":"model","parts":[{"inlineData":{"data":"%s"}}]}' % drawn.sha256.encode()
    asked = UserTurn("a hat", (picture(90_000, 1), picture(40, 2)))
    told = replace(request(40), history=(asked, ModelTurn(content, (drawn,))))
    message = message_of(FACTS, told, MODEL)
    assert [one.sha256 for one in message.ahead] == [asked.references[0].sha256]
    assert base64.b64encode(drawn.data) in message.body
    tight = replace(FACTS, request_bytes=20_000)
    with pytest.raises(InvalidRequest, match="with the turns before it") as caught:
        message_of(tight, told, MODEL)
    assert "request_bytes = 100_000_000" in caught.value.next_step
    assert "chat undo" in caught.value.next_step


def test_the_digest_does_not_know_how_a_picture_went():
    asked = request(500)
    ahead = replace(asked.references[0], ahead=True)
    assert replace(asked, references=(ahead,)).digest == asked.digest


@pytest.mark.parametrize("name, says", [("vertex", "gs://"), ("laozhang", "--channel gemini")])
def test_a_channel_without_files_refuses_and_says_what_would_take_it(name, says):
    with pytest.raises(InvalidRequest, match="keeps no files beside it") as caught:
        facts = replace(find_channel(name), request_bytes=1000, path="/{model}")
        message_of(facts, request(9_000), MODEL)
    assert says in caught.value.next_step


def test_words_that_look_like_a_place_for_a_file_stay_words():
    sha256 = request(90_000).references[0].sha256
    for words in (f"upload:{sha256}", f'"fileUri":"upload:{sha256}"'):
        message = message_of(FACTS, request(90_000, prompt=words), MODEL)
        filed = json.loads(message.filed({sha256: "https://files/x"}).body)
        text, file = filed["contents"][0]["parts"]
        assert (text["text"], file["fileData"]["fileUri"]) == (words, "https://files/x")


def test_a_large_picture_goes_up_in_pieces_and_is_used_again(emulator, monkeypatch):
    monkeypatch.setattr(files_module, "PIECE_BYTES", 1 << 18)
    asked = request(600_000)
    wire = talk(emulator, asked, asked)
    assert wire.commands == ["start", "upload", "upload", "upload, finalize", "call", "call"]
    for said, url, headers, size in wire.sent:
        assert KEY not in url
        assert ("x-goog-api-key" in headers) == (not said.startswith("upload"))
        assert size <= 1 << 18


def test_a_broken_upload_goes_on_where_it_was(emulator, monkeypatch):
    monkeypatch.setattr(files_module, "PIECE_BYTES", 1 << 18)
    wire = Wire()
    wire.breaks = 1
    talk(emulator, request(400_000), wire=wire)
    assert wire.commands == ["start", "upload", "query", "upload", "upload, finalize", "call"]


def test_an_upload_that_fails_costs_nothing(emulator):
    """T55: it is read by the same table, and is never a call whose outcome is unknown."""
    wire = Wire()
    wire.breaks = 9
    with pytest.raises(ConnectionFailed, match="could not be uploaded") as caught:
        talk(emulator, request(400_000), wire=wire)
    assert caught.value.billed is False
    post(emulator, "switches", {"file_bytes": 10})
    with pytest.raises(ChannelError, match="too large") as refused:
        talk(emulator, request(400_000))
    assert (refused.value.billed, refused.value.http_status) == (False, 400)


def test_a_file_that_is_gone_is_uploaded_again(emulator):
    asked = request(400_000)
    forget = lambda: post(emulator, "clock", {"advance_s": 50 * 3600})  # noqa: E731
    wire = talk(emulator, asked, asked, between=forget)
    assert wire.commands == [
        "start", "upload, finalize", "call", "call", "start", "upload, finalize", "call",
    ]  # fmt: skip


def test_a_picture_that_is_looked_at_first_is_waited_for(emulator):
    post(emulator, "switches", {"processing_s": 1})
    assert talk(emulator, request(400_000)).commands[-1] == "call"


def test_two_that_are_the_same_go_up_once(emulator):
    one = picture(400_000)
    twice = replace(request(), references=(one, one))
    assert talk(emulator, twice).commands.count("start") == 1
    assert hashlib.sha256(one.data).hexdigest() == one.sha256
