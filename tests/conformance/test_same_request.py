"""What we send equals what the official google-genai SDK sends for the same wish, field by field.

200 generated wishes over every model go through both clients to one loopback server. Where we
differ on purpose is listed here, and nothing else may differ.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import threading
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cavendish.catalog.loader import find_channel, models
from cavendish.catalog.resolution import resolve
from cavendish.channels.channel import Channel
from cavendish.channels.transport import Transport
from cavendish.client.calls.intake import take_in
from cavendish.client.system import SystemClock
from cavendish.core.request import Reference
from cavendish.core.secret import Secret
from cavendish.wire.gemini.request import CATEGORIES, THRESHOLDS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SEED, WISHES, TIMEOUT_S = 20261124, 200, 100.0
CHANNEL, TODAY = find_channel("gemini"), date(2026, 10, 20)

OURS_ALONE = {
    "accept-encoding": "identity",  # inflating costs more than the transfer on a fast line
    "x-server-timeout": "95",  # theirs waits as long as they do; ours ends first, to tell why
}
THEIRS_ALONE = {"x-goog-api-client"}  # says which SDK it is; we are none
OUR_VERSION, THEIR_VERSION = "v1beta", "v1"
"""Theirs is the stable version by default. Every recording of a picture is of v1beta, and v1 has
refused `responseModalities` (googleapis/js-genai issue 1322): we stay where pictures are known."""
SPOKEN_BY_ANY_CLIENT = {"host", "user-agent", "accept", "connection", "content-length"}

WORDS = [
    "a cat",
    "„Straße“ 東京 😀",
    'quotes " and \\ back',
    "line\nbreak\ttab",
    "x" * 3000,
    "\u2028",
]


class Server(ThreadingHTTPServer):
    """Answers every POST with words, and keeps what was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((self.command, self.path, headers, json.loads(body)))
        said = b'{"candidates":[{"content":{"parts":[{"text":"no"}]},"finishReason":"STOP"}]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


def wish(rnd, model):
    """Arguments of `generate` that `model` takes."""
    mimes = ["image/png", "image/jpeg", "image/webp"]
    references = [
        Reference(rnd.choice(mimes), rnd.randbytes(rnd.randint(1, 900)))
        for _ in range(rnd.choice([0, 0, 1, 2, 3]))
    ]
    asked = {
        "prompt": rnd.choice(WORDS) + str(rnd.randint(0, 99)),
        "size": rnd.choice(model.sizes),
        "aspect_ratio": rnd.choice(model.aspect_ratios),
        "text": rnd.random() < 0.5,
        "thoughts": rnd.random() < 0.4,
    }
    if model.temperature and rnd.random() < 0.5:
        asked["temperature"] = round(rnd.uniform(*model.temperature), 3)
    if model.seed and rnd.random() < 0.5:
        asked["seed"] = rnd.choice([0, 1, 2**31 - 1, rnd.randrange(2**31)])
    if model.thinking_levels:
        asked["thinking"] = rnd.choice(model.thinking_levels)
    if model.grounding.searches and rnd.random() < 0.5:
        asked["search"] = rnd.sample(
            model.grounding.searches, rnd.randint(1, len(model.grounding.searches))
        )
    asked["safety"] = {
        category: rnd.choice(list(THRESHOLDS))
        for category in rnd.sample(list(CATEGORIES), rnd.choice([0, 0, 1, 3]))
    }
    tiers = model.sheets["gemini"].tiers
    asked["tier"] = rnd.choice([t for t in ("standard", "flex", "priority") if t in tiers])
    return asked, references


def wishes():
    rnd = random.Random(SEED)
    catalogue = [models()[name] for name in sorted(models())]
    return [(model, *wish(rnd, model)) for model in (catalogue * WISHES)[:WISHES]]


class Sink:
    def begin(self, index):
        raise AssertionError("there is no picture")

    write = end = begin


async def send_ours(url, all_wishes):
    net = Transport()
    host = url.partition("//")[2]
    secret = Secret("key-1", host=host)
    channel = Channel(CHANNEL, base_url=url, secret=secret, net=net, clock=SystemClock())
    for model, asked, references in all_wishes:
        resolved = resolve(model.id, CHANNEL, TODAY)
        request = take_in(resolved=resolved, surface="gemini", **asked).request
        request = replace(request, references=tuple(references))
        message = channel.encode(request, resolved.wire_id)
        await channel.call(message, Sink(), timeout_s=TIMEOUT_S)
    await net.close()


def send_theirs(url, all_wishes):
    from google import genai
    from google.genai import types

    options = types.HttpOptions(base_url=url, timeout=int(TIMEOUT_S * 1000))
    client = genai.Client(api_key="key-1", http_options=options)
    for model, asked, references in all_wishes:
        parts = [types.Part.from_text(text=asked["prompt"])]
        parts += [types.Part.from_bytes(data=r.data, mime_type=r.mime) for r in references]
        client.models.generate_content(
            model=model.id,
            contents=[types.Content(role="user", parts=parts)],
            config=config_of(types, model, asked),
        )
    client.close()


def config_of(types, model, asked):
    """The same wish in the SDK's words."""
    image = types.ImageConfig(aspect_ratio=asked["aspect_ratio"])
    if model.takes_size:
        image.image_size = asked["size"]
    fields = {
        "response_modalities": ["TEXT", "IMAGE"] if asked["text"] else ["IMAGE"],
        "image_config": image,
        "temperature": asked.get("temperature"),
        "seed": asked.get("seed"),
    }
    thinking = {}
    if "thinking" in asked:
        thinking["thinking_level"] = asked["thinking"].upper()
    if asked["thoughts"] and model.thinks:
        thinking["include_thoughts"] = True
    if thinking:
        fields["thinking_config"] = types.ThinkingConfig(**thinking)
    if search := asked.get("search"):
        kinds = types.SearchTypes(web_search={} if "web" in search else None, image_search={})
        grounding = types.GoogleSearch(search_types=kinds if "image" in search else None)
        fields["tools"] = [types.Tool(google_search=grounding)]
    if asked["safety"]:
        fields["safety_settings"] = [
            types.SafetySetting(category=CATEGORIES[c], threshold=THRESHOLDS[t])
            for c, t in sorted(asked["safety"].items())
        ]
    if asked["tier"] != "standard":
        fields["service_tier"] = asked["tier"]
    return types.GenerateContentConfig(**fields)


@pytest.fixture(scope="module")
def pairs():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    all_wishes = wishes()
    asyncio.run(send_ours(server.url, all_wishes))
    ours, server.asked = server.asked, []
    send_theirs(server.url, all_wishes)
    theirs = server.asked
    server.shutdown()
    server.server_close()
    thread.join()
    assert len(ours) == len(theirs) == WISHES
    return list(zip(all_wishes, ours, theirs, strict=True))


def plain(value):
    """JSON with base64 as bytes and names in camelCase: the service takes two spellings of both.

    The SDK passes some names on in snake_case, such as `thinking_level`.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): base64.b64decode(
            item, altchars="-_" if set(item) & set("-_") else None
        )
        if name == "data" and isinstance(item, str)
        else plain(item)
        for name, item in value.items()
    }


def test_bodies_are_the_same_field_by_field(pairs):
    for (model, asked, _), ours, theirs in pairs:
        assert plain(ours[3]) == plain(theirs[3]), (model.id, asked)


def test_method_and_address_are_the_same_but_for_the_version(pairs):
    for (model, _, _), ours, theirs in pairs:
        address = f"/{{}}/models/{model.id}:generateContent"
        assert ours[:2] == ("POST", address.format(OUR_VERSION))
        assert theirs[:2] == ("POST", address.format(THEIR_VERSION))


def test_headers_are_the_same_but_for_those_listed(pairs):
    for _, ours, theirs in pairs:
        here, there = ours[2], theirs[2]
        assert {n: here[n] for n in OURS_ALONE} == OURS_ALONE
        assert here["x-goog-api-key"] == there["x-goog-api-key"] == "key-1"
        assert here["content-type"] == there["content-type"] == "application/json"
        extra = set(here) - set(there) - SPOKEN_BY_ANY_CLIENT
        missing = set(there) - set(here) - SPOKEN_BY_ANY_CLIENT
        assert (extra - set(OURS_ALONE), missing) == (set(), THEIRS_ALONE)


def test_the_wishes_cover_every_model_and_field(pairs):
    seen = {model.id for (model, _, _), _, _ in pairs}
    assert seen == set(models())
    bodies = [ours[3] for _, ours, _ in pairs]
    beside = {name for body in bodies for name in body}
    config = {name for body in bodies for name in body["generationConfig"]}
    assert beside == {"contents", "generationConfig", "safetySettings", "tools", "serviceTier"}
    assert config == {"responseModalities", "imageConfig", "temperature", "seed", "thinkingConfig"}
    assert {len(body["contents"][0]["parts"]) for body in bodies} == {1, 2, 3, 4}
