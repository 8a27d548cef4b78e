"""A third party in the native format, by the catalogue's file and by a user's own: a hand-written
relay on loopback with the habits that relays have."""

from __future__ import annotations

import base64
import json
import os
from datetime import date
from pathlib import Path

import pytest

from cavendish import Client, Money
from cavendish.client.channels.own import aged
from cavendish.client.settings import Settings
from cavendish.core import errors
from unit.client.upstream import CANARY, Reply, Upstream, answer, as_asked, picture, pixels, refusal

KEY = "sk-Canary0123456789abcdefghijklmnopqrstuvwxyzABCD"
FLAT = Money.parse("0.08")
PRO = "gemini-3-pro-image"


def file_of(url, more="", auth=""):
    return f"""
base_url = "{url}/gw"
vices = ["charges without a picture"]
[auth]
key_env = "MINE_API_KEY"
{auth}
[prices.per_call]
"{PRO}" = 0.08
{more}
"""


@pytest.fixture
def relay():
    with Upstream() as server:
        yield server


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Puts a channel's file into the user's folder, and its key into the environment."""
    monkeypatch.setenv("MINE_API_KEY", KEY)
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)

    def write(text, name="mine"):
        path = folder / f"{name}.toml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def client(relay, write):
    write(file_of(relay.url))
    with Client() as client:
        yield client


def ask(client, prompt="a fox", **more):
    return client.generate(prompt, **{"size": "1K", "channel": "mine", "retries": 0, **more})


def spent(client):
    report = client.report(by="channel")
    return report.total("real"), Money.total(line.held for line in report.lines)


def test_the_key_goes_where_it_belongs_and_nowhere_else(client, relay, tmp_path):
    image = ask(client).image
    ((path, headers, _),) = relay.requests
    assert path == f"/gw/v1beta/models/{PRO}:generateContent"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert "x-goog-api-key" not in {name.lower() for name in headers}
    assert (image.channel, image.cost, image.offline) == ("mine", FLAT, False)
    relay.always(refusal(403, "PERMISSION_DENIED", f"Bearer {KEY} is not for this"))
    with pytest.raises(errors.CavendishError) as caught:
        ask(client, "another")
    assert KEY[:12] not in f"{caught.value!r} {caught.value.to_json()}"
    relay.always(answer([{"text": f"your key is {KEY}"}]))
    with pytest.raises(errors.NoImage) as caught:
        ask(client, "a third")
    assert KEY[:12] not in f"{caught.value!r} {caught.value.to_json()}"
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or KEY[:12].encode() not in file.read_bytes(), file
    assert KEY not in repr(client.settings)


@pytest.mark.parametrize(("auth", "header", "value"), [
    ('header = "x-goog-api-key"', "x-goog-api-key", KEY),
    ('header = "Authorization"\nscheme = "Key"', "Authorization", f"Key {KEY}"),
])  # fmt: skip
def test_another_header_and_another_word(relay, write, auth, header, value):
    write(file_of(relay.url, auth=auth))
    with Client() as client:
        ask(client)
        assert relay.requests[0][1][header] == value
        assert (
            f'-H "{header}: {value.replace(KEY, "$MINE_API_KEY")}"'
            in client.estimate("a fox", channel="mine").curl
        )


def test_the_price_is_flat_before_and_after(client, relay):
    for size in ("1K", "2K", "4K"):
        cost = client.estimate("a fox", size=size, channel="mine", n=3).cost
        assert cost.low == cost.expected == cost.high == Money.parse("0.24")
    one = client.estimate("a fox", channel="mine")
    assert one.one.to_json()["parts"] == {
        "call": {"low": "0.08", "expected": "0.08", "high": "0.08"}
    }
    assert one.intake.request.size == "2K"
    assert ask(client, size="4K", n=2).cost == Money.parse("0.16")
    assert spent(client) == (Money.parse("0.16"), Money(0))
    assert {line.group for line in client.report(by="channel").lines} == {"mine"}


def test_a_budget_of_two_calls_buys_two(client, relay):
    result = ask(client, budget="0.17", n=3)
    assert (len(result.pictures), len(result.errors)) == (2, 1)
    assert isinstance(result.errors[0], errors.BudgetExceeded)


def test_a_model_without_a_price_is_not_bought(client, relay):
    with pytest.raises(errors.UnknownPrice, match=r"no price is known for .* on mine") as caught:
        ask(client, model="gemini-nano-banana-2.1")
    assert caught.value.exit_code == 3
    for more in ({"search": True},):
        with pytest.raises(errors.UnknownPrice, match="searches"):
            ask(client, **more)
        with pytest.raises(errors.UnknownPrice, match="searches"):
            client.estimate("a fox", channel="mine", **more).cost  # noqa: B018
    with pytest.raises(errors.InvalidRequest, match="tier"):
        ask(client, tier="flex")
    assert relay.requests == []


def test_snake_case_and_extra_words_are_read(client, relay):
    data = base64.b64encode(pixels(1024, 1024)).decode()
    body = {
        "candidates": [{"finish_reason": "STOP", "content": {"role": "model", "parts": [
            {"text": None}, {"inline_data": {"mime_type": "image/jpeg", "data": data}}]}}],
        "usage_metadata": {"prompt_token_count": 5}, "model_version": "pro-relay",
    }  # fmt: skip
    relay.always(Reply(body=json.dumps(body).encode()))
    image = ask(client).image
    assert (image.width, image.cost) == (1024, FLAT)


NOTHING = [
    {"candidates": [{"content": {"role": "model", "parts": None}, "finishReason": "STOP"}]},
    {"candidates": [{"content": {"parts": [{"text": "sorry, no"}]}, "finishReason": "STOP"}]},
    {"candidates": [{"content": None, "finishReason": "IMAGE_SAFETY"}]},
    {"promptFeedback": {"blockReason": "SAFETY"}},
]


@pytest.mark.parametrize("body", NOTHING)
def test_a_call_without_a_picture_is_charged_all_the_same(client, relay, body):
    relay.always(Reply(body=json.dumps(body).encode()))
    with pytest.raises(errors.NoImage) as caught:
        ask(client)
    assert (caught.value.billed, caught.value.details["cost_usd"]) == (True, "0.08")
    assert spent(client) == (FLAT, Money(0))


def test_an_ignored_size_is_a_violation_that_was_paid(client, relay, folder):
    relay.always(picture(pixels(1024, 1024)))
    with pytest.raises(errors.ContractViolation) as caught:
        ask(client, size="4K", output="fox.jpg")
    assert caught.value.details["findings"][0]["kind"] == "size"
    assert (folder / "fox.jpg").exists()
    assert spent(client) == (FLAT, Money(0))


REFUSED = [
    (401, {"error": "invalid token"}),
    (401, {"error": {"message": "bad key", "type": "new_api_error", "code": "invalid_api_key"}}),
    (429, {"error": {"message": "quota", "code": "insufficient_user_quota"}}),
    (503, {"message": "no channel for this model"}),
    (400, "plain words"),
]


@pytest.mark.parametrize(("status", "body"), REFUSED)
def test_what_is_refused_costs_nothing(client, relay, status, body):
    said = body if isinstance(body, str) else json.dumps(body)
    relay.always(Reply(status, said.encode()))
    with pytest.raises(errors.CavendishError) as caught:
        ask(client)
    assert caught.value.billed is False
    assert spent(client) == (Money(0), Money(0))
    assert "GEMINI_API_KEY" not in caught.value.next_step
    assert (caught.value.category == "auth") == (status == 401)
    assert ("MINE_API_KEY" in caught.value.next_step) == (status == 401)


def test_what_was_cut_off_is_held_at_the_flat_price(client, relay):
    relay.always(Reply(None))
    with pytest.raises(errors.ConnectionFailed):
        ask(client)
    assert spent(client) == (Money(0), FLAT)


def test_what_was_not_sent_costs_nothing(write):
    write(file_of("http://127.0.0.1:9"))
    with Client() as client:
        with pytest.raises(errors.ConnectionFailed) as caught:
            ask(client)
        assert caught.value.billed is False
        assert spent(client) == (Money(0), Money(0))


def test_names_there_are_other_names(relay, write):
    more = f'[models]\nids = {{ "{PRO}" = "relay/pro" }}\naccepts = ["gemini-3-pro-image-preview"]'
    write(file_of(relay.url, more))
    relay.always(picture(pixels(1024, 1024)))
    with Client() as client:
        ask(client)
        ask(client, "another", model="gemini-3-pro-image-preview")
    paths = [path for path, *_ in relay.requests]
    assert paths[0] == "/gw/v1beta/models/relay%2Fpro:generateContent"
    assert paths[1] == "/gw/v1beta/models/gemini-3-pro-image-preview:generateContent"


def test_a_third_party_is_only_used_when_it_is_named(client, relay, upstream):
    with pytest.raises(errors.SettingsError, match="opt-in"):  # Google's key came later
        client.estimate("a fox")
    with Client() as both:
        assert both.estimate("a fox").channel == "gemini"
        with pytest.raises(errors.UnknownChannel, match="not a direct Google channel"):
            ask(both, require="direct-google")
        assert ask(both, require=("real",)).image.channel == "mine"
    assert len(relay.requests) == 1
    assert upstream.requests == []


def test_only_a_third_partys_key_names_the_flag(client):
    env = {**client.settings.environment, "MINE_API_KEY": KEY}
    with Client(Settings.load(env)) as alone, pytest.raises(errors.SettingsError) as caught:
        alone.estimate("a fox")
    assert "only a third party's key was found (MINE_API_KEY)" in caught.value.message
    assert "--channel mine" in caught.value.next_step
    assert caught.value.exit_code == 2


def test_a_picture_of_a_third_party_does_not_pass_for_googles(client, relay, upstream):
    """What was bought before is found again, unless it is not what is required."""
    ask(client)
    with Client() as both:
        found = both.generate("a fox", size="1K", channel="gemini").image
        assert (found.channel, found.cost, len(found.warnings)) == ("mine", Money(0), 1)
        assert "bought before from mine, a third party" in found.warnings[0]
        assert ask(both).image.warnings == ()
        image = both.generate("a fox", size="1K", channel="gemini", require="direct-google").image
        assert (image.channel, image.cached) == ("gemini", False)
        again = both.generate("a fox", size="1K", require="direct-google").image
        assert (again.channel, again.cached) == ("gemini", True)
    assert len(upstream.requests) == 1


def test_the_channel_of_the_settings(relay, write, folder):
    write(file_of(relay.url))
    (folder / "cavendish.toml").write_text('channel = "mine"')
    with Client() as client:
        assert client.generate("a fox", size="1K").image.channel == "mine"


@pytest.mark.parametrize(("name", "text", "said"), [
    ("gemini", file_of("https://example.org"), "the name 'gemini' is taken by Gemini API"),
    ("laozhang", file_of("https://example.org"), "the name 'laozhang' is taken"),
    ("mine", file_of("http://example.org"), "plain http would send the key unencrypted"),
    ("mine", file_of("ftp://example.org"), "is not an address"),
    ("mine", file_of("https://u:hush@example.org"), "is not an address"),
    ("mine", file_of("https://example.org").replace("MINE_API_KEY", "GEMINI_API_KEY"),
     "GEMINI_API_KEY is the key of Gemini API, which must not go to somebody else"),
    ("mine", "x = 1", "there is no field 'x'"),
])  # fmt: skip
def test_a_file_that_is_wrong_is_named(write, name, text, said):
    path = write(text, name)
    with pytest.raises(errors.SettingsError) as caught:
        Client()
    assert caught.value.message.startswith(f"{path}: ")
    assert said in caught.value.message
    assert "hush" not in str(caught.value.to_json())


def test_the_folder_follows_xdg(relay, write, monkeypatch, tmp_path):
    write(file_of(relay.url))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    assert "mine" not in Settings.load().channels
    place = tmp_path / "elsewhere" / "cavendish" / "channels"
    place.mkdir(parents=True)
    (place / "yours.toml").write_text(file_of(relay.url))
    (place / ".#yours.toml").write_text("an editor's")
    assert "yours" in Settings.load().channels


def test_an_orphan_of_a_channel_that_is_gone_stops_nobody(client, relay, write):
    """Its file was taken away: its own answers are judged all the same, others go on."""
    relay.always(Reply(None))
    with pytest.raises(errors.ConnectionFailed):
        ask(client)
    client.close()
    write(file_of(relay.url), "yours")
    (Path(os.environ["HOME"]) / ".config/cavendish/channels/mine.toml").unlink()
    relay.script = as_asked
    with Client() as later:
        assert ask(later, channel="yours").image.channel == "yours"
        with pytest.raises(errors.UnknownChannel, match="no channel 'mine'"):
            ask(later)
        assert "mine" in {line.group for line in later.report(by="channel").lines}


def test_old_prices_are_worth_a_look(relay, write):
    more = '[prices.source]\nurl = "https://example.org"\nchecked = 2026-01-01'
    write(file_of(relay.url, more))
    facts = Settings.load().channels["mine"]
    assert aged(facts, date(2026, 6, 30)) == ()
    (said,) = aged(facts, date(2026, 7, 1))
    assert "the prices of mine were last looked at on 2026-01-01" in said
    assert said.endswith("mine.toml")
    with Client() as client:
        assert said in client.estimate("a fox", channel="mine").warnings


def test_laozhang_is_ready(relay, monkeypatch):
    monkeypatch.setenv("LAOZHANG_API_KEY", KEY)
    monkeypatch.setenv("LAOZHANG_BASE_URL", relay.url)
    with Client() as client:
        image = client.generate("a fox", size="4K", channel="laozhang").image
        assert (image.channel, image.cost) == ("laozhang", Money.parse("0.09"))
        assert client.estimate(
            "a fox", channel="laozhang", prices="guide"
        ).cost.high == Money.parse("0.05")
    ((path, headers, _),) = relay.requests
    assert path == f"/v1beta/models/{PRO}:generateContent"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert Settings.load().channels["laozhang"].base_url == "https://api.laozhang.ai"


def test_a_key_of_google_never_reaches_a_relay(client, relay, upstream):
    with Client() as both:
        ask(both)
    assert CANARY not in json.dumps(relay.requests)


def test_every_channel_is_listed(client):
    found = {one.facts.name: one for one in client.channels.list()}
    assert next(iter(found)) == "gemini"
    third = ["apiyi", "laozhang", "mine", "openrouter", "openrouter-chat"]
    assert list(found)[-6:] == ["offline", *third]
    kinds = {name: (one.kind, str(one.picture)) for name, one in found.items()}
    assert kinds["gemini"] == ("direct", "$0.1344")
    assert kinds["offline"] == ("drafts", "$0.1344")
    assert kinds["apiyi"] == kinds["laozhang"] == ("third party", "$0.09")
    assert kinds["openrouter"] == ("third party", "$0.1344")
    assert kinds["mine"] == ("third party", "$0.08")
    assert (found["mine"].key_name, found["laozhang"].key_name) == ("MINE_API_KEY", None)
    document = found["mine"].to_json()
    assert document["auth"] == {
        "header": "Authorization", "scheme": "Bearer", "variables": ["MINE_API_KEY"], "set": True,
    }  # fmt: skip
    assert document["vices"] == ["charges without a picture"]
    assert KEY not in str(document)
