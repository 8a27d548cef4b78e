"""The headers that leave are ours: a short list for every channel, whatever the surroundings."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from cavendish import Client
from cavendish.catalog.loader import channels, find_channel, find_model
from cavendish.channels.channel import Channel
from cavendish.channels.transport import Transport
from cavendish.client.system import SystemClock
from cavendish.core.errors import CavendishError, SettingsError
from cavendish.core.request import ImageRequest, Reference
from cavendish.core.secret import Secret
from cavendish.wire.dialect import DIALECTS, carried
from unit.channels.wires import answering, response, serving
from unit.client.upstream import Upstream, refusal

ALWAYS = {
    "host", "accept", "accept-encoding", "user-agent", "content-type", "content-length",
    "x-server-timeout",
}  # fmt: skip
TIER = {"x-vertex-ai-llm-request-type", "x-vertex-ai-llm-shared-request-type"}
FORM = replace(find_channel("openrouter"), name="form", edits_path="/v1/images/edits")
KEYED = find_channel("vertex")
KEYED = replace(KEYED, path=KEYED.locations.keyed_path)
CHANNELS = [*(one for one in channels().values() if one.name != KEYED.name), KEYED, FORM]
PICTURE = Reference("image/png", b"\x89PNG", name="a\r\nX-Evil: 1.png")
MODEL = "gemini-3-pro-image"
HOSTILE = {
    "HTTP_X_FORWARDED_FOR": "10.0.0.1",
    "HTTP_AUTHORIZATION": "Bearer stolen",
    "HTTP_COOKIE": "a=b",
    "OPENAI_ORG_ID": "org",
    "OPENAI_CUSTOM_HEADERS": "X-Evil: 1",
    "GOOGLE_CLOUD_QUOTA_PROJECT": "somebody\r\nX-Evil: 1",
    "http_proxy": "http://127.0.0.1:1",
    "USER_AGENT": "evil\r\nX-Evil: 1",
}


class Sink:
    def begin(self, index): ...
    def write(self, data): ...
    def end(self, index): ...


class Tokens:
    """Those of an account whose project is named in a file."""

    def __init__(self, host):
        self.headers = {"x-goog-user-project": "p-1"}
        self._secret = Secret("token", host=host)

    async def current(self, timeout_s):
        return self._secret

    def advice(self, step):
        return step

    def spent(self, secret): ...


def left(facts, request, *, key="key", tokens=None):
    """What came of one call at the other side: every request, as it was sent."""
    seen = []

    async def run():
        net = Transport()
        async with serving(answering(response(), seen=seen)) as url:
            host = url.removeprefix("http://")
            found = Channel(
                facts, base_url=url, secret=Secret(key, host=host), net=net, clock=SystemClock(),
                tokens=tokens and tokens(host),
            )  # fmt: skip
            try:
                await found.call(found.encode(request), Sink(), timeout_s=5)
            finally:
                await found.close()

    with contextlib.suppress(CavendishError):  # the answer is none; what was asked counts
        asyncio.run(run())
    return seen


def asking(facts):
    """All that this channel can be told beside the prompt."""
    told = carried(facts)
    return ImageRequest(
        MODEL, "a fox\r\nX-Evil: 1", "1K", "1:1",
        references=(PICTURE,),
        tier="flex" if "tier" in told else "standard",
        thoughts="thoughts" in told,
    )  # fmt: skip


def test_every_dialect_is_among_the_channels():
    assert {facts.dialect for facts in CHANNELS} == set(DIALECTS)
    assert find_model(MODEL).sizes


@pytest.mark.parametrize("facts", CHANNELS, ids=lambda facts: facts.name)
def test_only_our_own_headers_leave(facts, monkeypatch, tmp_path):
    """T62: none of a caller, none of the environment; each once."""
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    (asked,) = left(facts, asking(facts))
    credential = {facts.auth_header.lower()} if facts.auth_header else set()
    tier = TIER if facts.tier_in_headers else set()
    assert set(asked.headers) == ALWAYS | credential | tier
    assert sorted(asked.names) == sorted(asked.headers)
    assert "stolen" not in str(asked.headers)


@pytest.mark.parametrize("name", ["gemini", "laozhang", "openrouter", "openrouter-chat"])
def test_a_whole_call_sends_no_other_headers(name, monkeypatch):
    """T62: of the environment a client takes the key, the address and its own settings."""
    facts = find_channel(name)
    for variable, value in HOSTILE.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv(facts.key_env[-1], "key-0123456789-0123456789")
    with Upstream() as upstream:
        upstream.always(refusal(400, "INVALID_ARGUMENT", "no"))
        monkeypatch.setenv(facts.base_url_env, upstream.url)
        with Client() as client, pytest.raises(CavendishError):
            client.generate("a fox", channel=name, size="1K", retries=0)
    ((_, headers, _),) = upstream.requests
    assert {one.lower() for one in headers} == ALWAYS | {facts.auth_header.lower()}
    assert "stolen" not in str(headers)


def test_an_accounts_project_is_all_that_goes_beside_its_token():
    """T62."""
    (asked,) = left(KEYED, asking(KEYED), tokens=Tokens)
    assert set(asked.headers) == ALWAYS | TIER | {"authorization", "x-goog-user-project"}
    assert asked.headers["authorization"] == "Bearer token"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-Evil: 1"},
        {"X-A\r\nX-Evil": "1"},
        {"X-A": "a\nb"},
        {"X-A": "a\rb"},
        {"X-A": "\0"},
    ],
)
def test_a_line_end_in_a_header_never_leaves(headers):
    """T62: whatever let it through before, nothing is sent."""
    came = []

    async def script(reader, writer):
        came.append(await reader.read())

    async def run():
        net = Transport()
        async with serving(script) as url:
            with pytest.raises(ValueError, match="control character"):
                async with net.post(url, headers=headers, body=b"{}", timeout_s=5):
                    pass
            await net.close()
            await asyncio.sleep(0.05)

    asyncio.run(run())
    assert b"".join(came) == b""


@pytest.mark.parametrize("key", ["k\r\nX-Evil: 1", "k\nb", "k\rb"])
@pytest.mark.parametrize("name", ["gemini", "laozhang", "openrouter"])
def test_a_key_with_a_line_end_is_named_before_anything_is_asked(name, key, monkeypatch):
    """T62."""
    variable = find_channel(name).key_env[-1]
    monkeypatch.setenv(variable, key)
    with Client() as client, pytest.raises(SettingsError, match=variable):
        client.generate("a fox", channel=name)
