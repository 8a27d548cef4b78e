"""Channels of a user's own that speak OpenAI's shapes, as a file and a server on loopback."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from cavendish import Client, Money
from cavendish.core import errors
from unit.client.upstream import CANARY, Reply, Upstream, pixels

KEY = "sk-Canary0123456789abcdefghijklmnopqrstuvwxyzABCD"
MARKDOWN = "openai-chat", '"gemini-2.5-flash-image" = 0.02', ""
BY_TOKEN = "openai-chat", "", 'surface = "gemini"'


@pytest.fixture
def relay():
    with Upstream() as server:
        yield server


@pytest.fixture
def channel(relay, monkeypatch):
    """Writes the file of the channel `mine`, and gives a client."""
    monkeypatch.setenv("MINE_API_KEY", KEY)
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    clients = []

    def channel(dialect, per_call="", prices="", more=""):
        (folder / "mine.toml").write_text(
            f'base_url = "{relay.url}"\ndialect = "{dialect}"\n[auth]\nkey_env = "MINE_API_KEY"\n'
            f"[prices]\n{prices}\n[prices.per_call]\n{per_call}\n{more}\n"
        )
        clients.append(Client())
        return clients[-1]

    yield channel
    for client in clients:
        client.close()


def ask(client, **more):
    how = {"size": "1K", "channel": "mine", "retries": 0, "model": "gemini-2.5-flash-image"}
    return client.generate("a fox", **{**how, **more}).image


def chat(content, **beside):
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"object": "chat.completion", "choices": [choice], **beside}


def reply(document, **headers):
    return Reply(body=json.dumps(document).encode(), headers=headers)


def data_url():
    return f"data:image/jpeg;base64,{base64.b64encode(pixels(1024, 1024)).decode()}"


def test_a_relays_chat_that_answers_with_markdown(channel, relay):
    """The chat route of laozhang and apiyi for the first model."""
    client = channel(*MARKDOWN)
    relay.always(reply(chat(f"Here it is:\n\n![image]({data_url()})", usage=None)))
    image = ask(client)
    assert (image.width, image.mime, image.cost.usd) == (1024, "image/jpeg", "0.02")
    (path, headers, body), = relay.requests  # fmt: skip
    assert (path, headers["Authorization"]) == ("/v1/chat/completions", f"Bearer {KEY}")
    assert body["messages"][0]["content"][0] == {"type": "text", "text": "a fox"}


COUNTED = {"prompt_tokens": 4, "completion_tokens": 1290, "total_tokens": 1294}


def test_a_charge_in_a_header_is_booked_exactly(channel, relay):
    client = channel(*BY_TOKEN)
    said = {"x-litellm-response-cost": "0.0341234567"}
    relay.always(reply(chat(f"![x]({data_url()})", usage=COUNTED), **said))
    image = ask(client)
    assert image.cost == Money(34_123_457)
    assert client.report().total("real") == Money(34_123_457)
    assert any("the provider charged $0.0342" in one for one in image.warnings)


@pytest.mark.parametrize("said", ["0.0", "None", "a lot"])
def test_a_header_that_knows_no_price_leaves_it_to_the_tokens(channel, relay, said):
    client = channel(*BY_TOKEN)
    headers = {"x-litellm-response-cost": said}
    relay.always(reply(chat(f"![x]({data_url()})", usage=COUNTED), **headers))
    assert ask(client).cost == Money(4 * 300 + 1290 * 30_000)


def test_what_stands_in_the_answer_comes_before_the_header(channel, relay):
    client = channel(*BY_TOKEN)
    usage = {**COUNTED, "cost": 0.04}
    said = {"x-litellm-response-cost": "0.9"}
    relay.always(reply(chat(f"![x]({data_url()})", usage=usage), **said))
    assert ask(client).cost == Money.parse("0.04")


def test_what_stands_in_every_body_goes_out_and_nothing_names_us(channel, relay):
    """OpenRouter's preferences of providers; its headers for a list of apps are not sent."""
    more = '[request.extra]\nprovider = { order = ["google-ai-studio"], allow_fallbacks = false }'
    client = channel(*BY_TOKEN, more=more)
    relay.always(reply(chat(f"![x]({data_url()})", usage=COUNTED)))
    ask(client)
    (_, headers, body), = relay.requests  # fmt: skip
    assert body["provider"] == {"order": ["google-ai-studio"], "allow_fallbacks": False}
    assert "usage" not in body  # counted and charged without being asked for
    assert not {"http-referer", "referer", "x-title"} & {name.lower() for name in headers}


def test_a_link_names_the_switch_and_the_switch_goes_out(channel, relay):
    more = '[request]\nextra = { response_format = "b64_json" }'
    client = channel("openai-images", '"gemini-2.5-flash-image" = 0.02', more=more)
    relay.always(reply({"created": 1, "data": [{"url": "https://files.example/a.png"}]}))
    with pytest.raises(errors.NoImage, match=r"https://files\.example/a\.png") as caught:
        ask(client)
    assert 'response_format = "b64_json"' in caught.value.next_step
    assert caught.value.details["row"] == "picture-elsewhere"
    assert relay.requests[0][2]["response_format"] == "b64_json"


def test_a_task_is_not_spoken_and_may_cost(channel, relay):
    client = channel("openai-images", '"gemini-2.5-flash-image" = 0.02')
    relay.always(reply({"code": 200, "data": [{"status": "submitted", "task_id": "task_01K"}]}))
    with pytest.raises(
        errors.ProtocolError, match="tasks, which are not spoken here: task task_01K"
    ) as caught:
        ask(client)
    assert caught.value.billed is None


BEHIND = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down"}}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (502, {"message": "Provider returned error", "metadata": {"raw": json.dumps(BEHIND)}}),
        (503, {"code": "model_not_found", "type": "new_api_error", "message": "No available"}),
        (403, {"code": "insufficient_user_quota", "type": "new_api_error", "message": "no quota"}),
    ],
)
def test_what_was_not_executed_costs_nothing_and_the_next_channel_is_asked(
    channel, relay, monkeypatch, status, error
):
    with Upstream() as google:
        monkeypatch.setenv("GEMINI_API_KEY", CANARY)
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", google.url)
        client = channel(*MARKDOWN)
        headers = {"Retry-After": "60"}
        relay.always(Reply(status, json.dumps({"error": error}).encode(), headers=headers))
        image = ask(client, channel="mine,gemini", retries=1)
    outcomes = [(one.channel, one.outcome) for one in image.attempts]
    assert outcomes == [("mine", "rejected"), ("gemini", "executed")]
    assert client.report().total("real") == image.cost
