"""Several channels for one call: the order they are asked in, and what changes on the way."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from cavendish import Client
from cavendish.client.channels.access import ways
from cavendish.core import errors
from unit.channels.wires import deaf
from unit.client.upstream import CANARY, Upstream, as_asked, refusal

DOWN = refusal(503, "UNAVAILABLE", "This model is currently experiencing high demand.")
RELAY_KEY = "sk-relay-0123456789"


@pytest.fixture
def google():
    with Upstream() as server:
        yield server


@pytest.fixture
def relay():
    with Upstream() as server:
        yield server


@pytest.fixture
def client(google, relay, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", CANARY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", google.url)
    monkeypatch.setenv("LAOZHANG_API_KEY", RELAY_KEY)
    monkeypatch.setenv("LAOZHANG_BASE_URL", relay.url)
    with Client() as made:
        yield made


def test_the_second_is_asked_when_the_first_is_down(client, google, relay):
    google.always(DOWN)
    image = client.generate("a fox", size="1K", channel="gemini,laozhang").image
    assert image.channel == "laozhang"
    assert image.cost.usd == "0.09"
    assert [(a.channel, a.outcome) for a in image.attempts] == [
        ("gemini", "rejected"), ("laozhang", "executed")]  # fmt: skip
    assert any("laozhang was asked instead" in said for said in image.warnings)
    assert RELAY_KEY not in str(google.requests)
    assert CANARY not in str(relay.requests)


def test_what_every_channel_said_is_in_the_error(client, google, relay):
    """A second channel whose key file is broken hides nothing of the first one's failure."""
    google.always(DOWN)
    relay.always(refusal(401, "UNAUTHENTICATED", "no such key"))
    with pytest.raises(errors.AuthenticationError) as caught:
        client.generate("a fox", size="1K", channel="gemini,laozhang", retries=1)
    assert "before that gemini: This model is currently experiencing" in caught.value.message
    assert [a["channel"] for a in caught.value.to_json()["attempts"]] == ["gemini", "laozhang"]


def test_a_broken_key_file_of_the_second_hides_nothing(google, tmp_path, monkeypatch):
    google.always(DOWN)
    file = tmp_path / "key.json"
    file.write_text("{}")
    monkeypatch.setenv("GEMINI_API_KEY", CANARY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", google.url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p-1")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with Client() as made, pytest.raises(errors.CavendishError) as caught:
        made.generate("a fox", size="1K", retries=1)
    assert "experiencing high demand" in caught.value.message
    assert "credential file" in caught.value.message


def test_nobody_gets_to_a_third_party_who_did_not_name_it(client, google, relay):
    google.always(DOWN)
    with pytest.raises(errors.Overloaded):
        client.generate("a fox", size="1K", retries=0)
    assert not relay.requests
    with pytest.raises(errors.UnknownChannel, match="laozhang is not a direct Google channel"):
        client.generate("a fox", channel="gemini,laozhang", require="direct-google")


def test_what_the_other_cannot_be_told_is_said_before_and_after(client, google, relay):
    google.always(DOWN)
    said = client.estimate("a fox", size="1K", tier="flex", channel="gemini,laozhang").warnings
    assert any("laozhang takes no tier" in one for one in said)
    image = client.generate("a fox", size="1K", tier="flex", channel="gemini,laozhang").image
    assert any("so it goes without 'flex'" in one for one in image.warnings)


def test_a_level_of_thinking_that_nobody_asked_for_is_left_out_in_silence(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", CANARY)
    monkeypatch.setenv("OPENROUTER_API_KEY", RELAY_KEY)
    how = {"model": "gemini-3.1-flash-image", "size": "1K", "channel": "gemini,openrouter"}
    with Client() as client:
        quiet = client.estimate("a fox", **how).warnings
        told = client.estimate("a fox", thinking="high", **how).warnings
    assert not [said for said in quiet if "thinking" in said]
    assert any("openrouter takes no thinking" in said for said in told)


def test_what_makes_it_another_picture_is_never_left_out(client, google, relay):
    """A search cannot be bought there: the other channel is no alternative, and that is said."""
    google.always(DOWN)
    found = client.estimate("a fox", size="1K", search=True, channel="gemini,laozhang")
    assert any("laozhang cannot stand in" in said for said in found.warnings)
    with pytest.raises(errors.Overloaded):
        client.generate("a fox", size="1K", search=True, channel="gemini,laozhang", retries=0)
    assert not relay.requests


def test_a_first_channel_that_does_not_sell_it_is_passed_over(client):
    found = client.estimate("a fox", model="gemini-nano-banana-2.1", channel=["laozhang", "gemini"])
    assert found.channel == "laozhang"
    found = client.estimate("a fox", size="1K", search=True, channel="laozhang,gemini")
    assert found.channel == "gemini"
    assert any(said.startswith("laozhang: ") for said in found.warnings)


def test_the_cheapest_comes_first(client):
    """A flat $0.09 against $0.134 and more, and $0.045 against $0.0336."""
    both = "gemini,laozhang"
    assert client.estimate("x", size="1K", channel=both, prefer="cheapest").channel == "laozhang"
    found = client.estimate("x", model="gemini-nano-banana-2.1", size="1K",
                            channel="laozhang,gemini", prefer="cheapest")  # fmt: skip
    assert found.channel == "gemini"
    assert client.estimate("x", size="1K", channel=both).channel == "gemini"


@contextlib.contextmanager
def silent():
    """A listener that takes connections and never says a word: no TLS comes about."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def closed():
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    yield url


@pytest.mark.parametrize("place", [closed, deaf, silent])
def test_a_channel_that_is_not_there_is_left_within_two_seconds(client, relay, monkeypatch, place):
    """Refused, swallowed, or without TLS: nothing was sent, and the next channel is asked."""
    with place() as url:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
        asked_s = []
        relay.script = lambda *said: asked_s.append(time.monotonic()) or as_asked(*said)
        with Client() as made:
            made.generate("warm", size="1K", channel="laozhang")
            began_s = time.monotonic()
            image = made.generate("a fox", size="1K", channel="gemini,laozhang").image
    assert [a.outcome for a in image.attempts] == ["not_sent", "executed"]
    assert asked_s[-1] - began_s <= 2.0


@pytest.mark.parametrize(
    ("named", "why"),
    [("gemini,offline", "drafts never stand in"), ("gemini,gemini", "named twice"),
     ("gemini,nobody", "no channel 'nobody'"), (",", "no channel ''")],
)  # fmt: skip
def test_lists_that_cannot_be(client, named, why):
    with pytest.raises(errors.UnknownChannel, match=why):
        client.estimate("a fox", channel=named)


def test_googles_own_stand_in_for_each_other_where_both_are_set_up(tmp_path):
    env = {"GEMINI_API_KEY": "k", "HOME": str(tmp_path)}
    names = [way.facts.name for way in ways(None, (), env, None)]
    assert names == ["gemini"]
    file = tmp_path / "adc.json"
    file.write_text("{}")
    env |= {"GOOGLE_CLOUD_PROJECT": "p-1"}
    assert [way.facts.name for way in ways(None, (), env, None)] == ["gemini"]
    env |= {"GOOGLE_APPLICATION_CREDENTIALS": str(file)}
    assert [way.facts.name for way in ways(None, (), env, None)] == ["gemini", "vertex"]
    assert [way.facts.name for way in ways("gemini", (), env, None)] == ["gemini"]


def test_a_dry_run_names_who_is_asked_next_and_the_price_there(client):
    found = client.estimate("x", size="1K", tier="flex", channel="laozhang,gemini")
    assert found.channel == "gemini"  # the first sells no flex
    found = client.estimate("x", size="1K", channel="gemini,laozhang")
    ((name, cost),) = found.others
    assert (name, cost.expected.usd) == ("laozhang", "0.09")
    assert found.to_json()["others"] == [{"channel": "laozhang", "cost": cost.to_json()}]


def test_a_preference_that_is_none_is_refused(client):
    with pytest.raises(errors.InvalidRequest, match="prefer"):
        client.estimate("x", prefer="best")


def test_the_fastest_comes_first_by_what_was_seen(client, google, relay):
    """Never seen comes last; one that took longer, after one that did not."""
    both = "gemini,laozhang"
    assert client.estimate("x", size="1K", channel=both, prefer="fastest").channel == "gemini"
    client.generate("one", size="1K", channel="laozhang")
    assert client.estimate("x", size="1K", channel=both, prefer="fastest").channel == "laozhang"

    def slowly(number, path, body):
        time.sleep(0.5)
        return as_asked(number, path, body)

    relay.script = slowly
    for n in range(2):
        client.generate(f"slow {n}", size="1K", channel="laozhang")
    client.generate("two", size="1K", channel="gemini")
    assert client.estimate("x", size="1K", channel=both, prefer="fastest").channel == "gemini"
