"""On Vertex AI too, what we send is what the official SDK sends: 100 wishes over every model.

One difference is on purpose: a tier goes in headers, as the pages of Vertex AI say.
"""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import replace

import pytest

from cavendish.catalog.loader import models
from cavendish.catalog.resolution import resolve
from cavendish.channels.channel import Channel
from cavendish.channels.transport import Transport
from cavendish.client.calls.intake import take_in
from cavendish.client.channels.access import ways
from cavendish.client.system import SystemClock
from cavendish.core.secret import Secret
from conformance.test_same_request import SEED, TODAY, Server, Sink, config_of, plain, wish

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WISHES, TIMEOUT_S, TOKEN = 100, 100.0, "ya29.of-nobody-at-all"
SHARED = "x-vertex-ai-llm-shared-request-type"


class Tokens:
    """A token that never ends."""

    def __init__(self, host):
        self.headers = {}
        self._secret = Secret(TOKEN, host=host)

    async def current(self, timeout_s):
        return self._secret


async def send_ours(url, wishes):
    env = {"GOOGLE_CLOUD_PROJECT": "p-1", "GOOGLE_VERTEX_BASE_URL": url}
    facts = ways("vertex", (), env, None)[0].facts
    tokens = Tokens(url.partition("//")[2])
    channel = Channel(
        facts, base_url=url, secret=None, net=Transport(), clock=SystemClock(), tokens=tokens
    )
    for model, asked, references in wishes:
        resolved = resolve(model.id, facts, TODAY)
        request = take_in(resolved=resolved, surface="vertex", **asked).request
        request = replace(request, references=tuple(references))
        message = channel.encode(request, resolved.wire_id)
        await channel.call(message, Sink(), timeout_s=TIMEOUT_S)
    await channel.close()


def send_theirs(url, wishes):
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    client = genai.Client(
        vertexai=True, project="p-1", location="global", credentials=Credentials(TOKEN),
        http_options=types.HttpOptions(base_url=url, api_version="v1"),
    )  # fmt: skip
    for model, asked, references in wishes:
        parts = [types.Part.from_text(text=asked["prompt"])]
        parts += [types.Part.from_bytes(data=r.data, mime_type=r.mime) for r in references]
        client.models.generate_content(
            model=model.id,
            contents=[types.Content(role="user", parts=parts)],
            config=config_of(types, model, asked),
        )
    client.close()


@pytest.fixture(scope="module")
def pairs():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    rnd = random.Random(SEED)
    wishes = [(model, *wish(rnd, model)) for model in (list(models().values()) * WISHES)[:WISHES]]
    for model, asked, _ in wishes:
        if model.id == "gemini-3-pro-image":
            asked["tier"] = rnd.choice(["standard", "flex", "priority"])
    asyncio.run(send_ours(server.url, wishes))
    ours, server.asked = server.asked, []
    send_theirs(server.url, wishes)
    theirs = server.asked
    server.shutdown()
    server.server_close()
    thread.join()
    assert len(ours) == len(theirs) == WISHES
    return list(zip(wishes, ours, theirs, strict=True))


def test_method_address_and_token_are_the_same(pairs):
    for (model, _, _), ours, theirs in pairs:
        path = f"/v1/projects/p-1/locations/global/publishers/google/models/{model.id}"
        assert ours[:2] == theirs[:2] == ("POST", f"{path}:generateContent")
        assert ours[2]["authorization"] == theirs[2]["authorization"] == f"Bearer {TOKEN}"
        assert "x-goog-api-key" not in ours[2]


def test_bodies_are_the_same_but_for_the_tier(pairs):
    tiers = set()
    for (_, asked, _), ours, theirs in pairs:
        expected = plain(theirs[3])
        tier = expected.pop("serviceTier", None)
        assert plain(ours[3]) == expected
        assert (
            ours[2].get(SHARED) == tier == (None if asked["tier"] == "standard" else asked["tier"])
        )
        tiers.add(tier)
    assert tiers == {None, "flex", "priority"}
