"""Probes of a hand-written relay on loopback: each vice is found, and an honest one passes."""

from __future__ import annotations

import base64
import io
import json
import os
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from cavendish import Client, Money, errors
from cavendish.catalog.loader import find_model
from unit.client.test_relay import KEY, file_of
from unit.client.upstream import USAGE, Reply, Upstream, answer, pixels

PRO = find_model("gemini-3-pro-image")
FLAT = Money.parse("0.08")
TOKENS = PRO.sheets["gemini"].image_tokens
SIGN = b"\xff\xeb\x00\x16JP\x00\x00jumb....c2pa...."
"""An APP11 segment that looks like a manifest."""


@pytest.fixture
def relay(monkeypatch):
    monkeypatch.setenv("MINE_API_KEY", KEY)
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    with Upstream() as server:
        (folder / "mine.toml").write_text(file_of(server.url))
        yield server


@pytest.fixture
def client(relay):
    with Client() as client:
        yield client


@cache
def drawn(width, height, shade):
    data = pixels(width, height, shade)
    return data[:2] + SIGN + data[2:]


def striped(data):
    """What a model that looks at its reference draws of it."""
    with Image.open(io.BytesIO(data)) as shown:
        large = shown.convert("RGB").resize((1024, 1024), Image.Resampling.NEAREST)
    file = io.BytesIO()
    large.crop((0, 0, 1024, 900)).resize((1024, 1024)).save(file, "JPEG", quality=95)
    found = file.getvalue()
    return found[:2] + SIGN + found[2:]


class Script:
    """A relay that does what it should, but for what a test changes."""

    size = ratio = None
    version = "gemini-3-pro-image"
    shade = None
    tokens = None
    sees = signs = True
    takes_any_id = False
    mime = "image/jpeg"

    def __init__(self, **habits):
        vars(self).update(habits)

    def __call__(self, number, path, body):
        model = path.rpartition("/")[2].partition(":")[0]
        if model != PRO.id and not self.takes_any_id:
            return Reply(404, json.dumps({"error": {"message": "no such model"}}).encode())
        parts = body["contents"][0]["parts"]
        words = "".join(part.get("text", "") for part in parts)
        if "Do not draw" in words:
            return self.said([{"text": "51"}], 0)
        asked = body["generationConfig"]["imageConfig"]
        size = self.size or asked["imageSize"]
        width, height = PRO.pixels[size][self.ratio or asked["aspectRatio"]]
        shade = 60 * number if self.shade is None else self.shade
        data = drawn(width, height, shade)
        shown = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
        if shown and self.sees:
            data = striped(base64.b64decode(shown[0]))
        if not self.signs:
            data = data.replace(SIGN, b"")
        inline = {"mimeType": self.mime, "data": base64.b64encode(data).decode()}
        return self.said([{"inlineData": inline}], self.tokens or TOKENS[asked["imageSize"]])

    def said(self, parts, tokens):
        details = [{"modality": "IMAGE", "tokenCount": tokens}]
        usage = {**USAGE, "candidatesTokenCount": tokens + 9, "candidatesTokensDetails": details}
        reply = answer(parts, usage=usage)
        document = json.loads(reply.body) | {"modelVersion": self.version}
        return Reply(body=json.dumps(document).encode())


def grades(probe):
    return {one.promise: one.grade for one in probe.findings}


def test_an_honest_relay_has_nothing_against_it(client, relay):
    relay.script = Script()
    probe = client.channels.probe("mine")
    told = {name for name, grade in grades(probe).items() if grade == "honoured"}
    assert told == set(grades(probe)) - {"billing", "no picture"}
    assert (probe.vices, probe.stopped) == ((), None)
    assert len(relay.requests) == len(probe.calls) == 5
    assert probe.cost == Money.parse("0.32")  # the invented id was refused
    assert client.report(by="channel").total("real") == probe.cost
    assert client.report(by="tag").to_json()
    said = " ".join(probe.bill)
    assert "3 x $0.08 = $0.24" in said
    assert "$0.32 in all if they are charged, $0.24 if they are free" in said
    assert probe.bill[0].startswith("compare with the bill of mine, 20")


VICES = [
    ({"size": "1K"}, {"size", "tokens"}),
    ({"ratio": "1:1"}, {"ratio"}),
    ({"version": "gemini-2.5-flash-image"}, {"model"}),
    ({"version": "gemini-3.1-flash-image"}, {"model"}),
    ({"tokens": 1290}, {"model", "tokens"}),
    ({"shade": 7, "sees": False}, {"own picture"}),
    ({"takes_any_id": True}, {"invented id"}),
    ({"sees": False}, {"reference"}),
    ({"signs": False}, {"marks"}),
]


@pytest.mark.parametrize(
    ("habits", "vices"), VICES, ids=lambda one: "-".join(sorted(map(str, one)))
)
def test_each_vice_is_found(client, relay, habits, vices):
    relay.script = Script(**habits)
    probe = client.channels.probe("mine")
    found = {one.promise for one in probe.vices}
    assert vices <= found, [one.to_json() for one in probe.findings]
    assert found - vices <= {"tokens", "reference", "own picture"}
    assert all(one.advice and one.got for one in probe.vices)
    assert probe.cost.nanos <= probe.plan.ceiling.nanos
    (listed,) = [one for one in client.channels.list() if one.facts.name == "mine"]
    assert set(listed.probed.vices) == found
    assert min(vices) in listed.probed.words
    assert listed.to_json()["probed"]["vices"] == [one.promise for one in probe.vices]


def test_a_ceiling_that_cannot_be_kept_refuses_before_anything_is_sent(client, relay):
    with pytest.raises(errors.BudgetExceeded, match=r"\$0.40, and \$0.39 is its ceiling") as caught:
        client.channels.probe("mine", budget="0.39")
    assert (caught.value.exit_code, relay.requests) == (3, [])
    client.budgets.set("day", "0.30")
    with pytest.raises(errors.BudgetExceeded, match="budget day is"):
        client.channels.probe("mine")
    assert relay.requests == []


def test_a_plan_sends_nothing_and_says_the_most(client, relay):
    plan = client.channels.plan_probe("mine", budget="1")
    assert (plan.most, plan.ceiling) == (Money.parse("0.4"), Money.parse("1"))
    assert (len(plan.steps), relay.requests) == (5, [])
    invented = [step.wire_id for step, _ in plan.steps if step.wire_id]
    assert invented[0].startswith("gemini-0-invented-")


def test_a_key_that_is_refused_is_an_error_and_no_verdict(client, relay):
    relay.always(Reply(401, b'{"error": "invalid token"}'))
    with pytest.raises(errors.AuthenticationError):
        client.channels.probe("mine")
    assert len(relay.requests) == 1
    assert client.channels.list()[-1].probed is None


def test_a_channel_that_fails_halfway_stops_the_probe(client, relay):
    honest = Script()
    late = Reply(429, b'{"error": {"message": "quota", "code": "insufficient_user_quota"}}')
    relay.script = lambda number, *more: honest(number, *more) if number < 4 else late
    probe = client.channels.probe("mine")
    assert "reference" in probe.stopped
    assert grades(probe)["reference"] == "cannot be told"
    assert grades(probe)["size"] == "honoured"
    assert len(relay.requests) == 4


def test_a_call_that_broke_off_is_held_against_the_ceiling(client, relay):
    honest = Script()
    relay.script = lambda number, *more: honest(number, *more) if number != 3 else Reply(None)
    probe = client.channels.probe("mine")
    assert probe.held == FLAT
    assert any("broke off: $0.08 more, or nothing" in said for said in probe.bill)
    assert len(relay.requests) == 5


def test_two_probes_ask_for_different_things(client, relay):
    relay.script = Script()
    client.channels.probe("mine")
    client.channels.probe("mine")
    assert len(relay.requests) == 10
    ids = [path for path, *_ in relay.requests if "invented" in path]
    assert len(set(ids)) == 2
