"""Every vice does what the page says, as a habit of the relay and as a fault, on every surface."""

import base64
import io
import json
import time

import pytest
from PIL import Image

from cavendish_emulator.faults.vices import VICES

PRO, LITE, OLD = "gemini-3-pro-image", "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image"
NATIVE, CHAT, IMAGES = (
    "/relay/v1beta/models/{}:generateContent",
    "/relay/v1/chat/completions",
    "/relay/v1/images/generations",
)


@pytest.fixture
def ask(client):
    """Asks the relay natively."""
    return lambda *args, **kwargs: asked(client, *args, **kwargs)


def asked(client, text="a cat", model=PRO, path=NATIVE, references=0, status=200, **image):
    parts = [{"text": text}]
    parts += [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}] * references
    body = {"contents": [{"role": "user", "parts": parts}]}
    if image:
        body["generationConfig"] = {"imageConfig": image}
    path = path.format(model)
    code, headers, raw = client.raw("POST", path, body, {"Authorization": "Bearer k"})
    assert code == status, raw[:300]
    return json.loads(raw), headers


def png():
    out = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


PICTURE = png()


def corrupt(client, *vices):
    status, body = client("POST", "/_emulator/relay", {"vices": list(vices)})
    assert status == 200, body
    return body["vices"]


def bill(client):
    return client("GET", "/_emulator/bill")[1]["executions"]


def drawn(body):
    parts = body["candidates"][0]["content"]["parts"]
    (data,) = [part["inlineData"]["data"] for part in parts if "inlineData" in part]
    return base64.b64decode(data)


def size(body):
    return Image.open(io.BytesIO(drawn(body))).size


def test_a_relay_without_vices_is_the_native_api(client, ask):
    body, _ = ask(imageSize="2K", aspectRatio="16:9")
    assert size(body) == (2752, 1536)
    (entry,) = bill(client)
    assert (entry["channel"], entry["model"]) == ("relay", PRO)


def test_a_relay_sends_its_own_headers(ask):
    names = {name.lower() for name in ask()[1]}
    assert "x-oneapi-request-id" in names
    assert not {"x-gemini-service-tier", "server-timing"} & names


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer"}])
def test_a_relay_wants_a_key(client, headers):
    body = {"contents": [{"parts": [{"text": "x"}]}]}
    for path in (NATIVE.format(PRO), CHAT, IMAGES):
        status, _, raw = client.raw("POST", path, body, headers)
        assert status == 401
        assert json.loads(raw)["error"]["message"]
    status, _, _ = client.raw("POST", NATIVE.format(PRO), body, {"x-goog-api-key": "k"})
    assert status == 200
    assert len(bill(client)) == 1


def test_a_picture_that_is_charged_and_does_not_come(client, ask):
    ask()
    corrupt(client, "charges_without_picture")
    body, _ = ask()
    assert body["candidates"][0]["finishReason"] == "NO_IMAGE"
    assert "parts" not in body["candidates"][0]["content"]
    with_picture, without = bill(client)
    assert without["usd"] == with_picture["usd"]


def test_whatever_is_empty_is_charged_in_full(client, ask):
    ask()
    corrupt(client, "charges_empty")
    client("POST", "/_emulator/faults", [{"fault": "blocked"}])
    assert "promptFeedback" in ask()[0]
    ask()
    assert len({entry["usd"] for entry in bill(client)}) == 1


def test_twice_at_a_flat_price(client, ask):
    corrupt(client, "charges_twice", {"fault": "flat_charge", "args": {"usd": "0.09"}})
    ask(imageSize="4K", aspectRatio="1:1")
    ask(model=LITE, aspectRatio="1:1")
    assert [entry["usd"] for entry in bill(client)] == ["0.09"] * 4


def test_a_flat_price_of_a_model(client, ask):
    corrupt(
        client,
        *(
            {"fault": "flat_charge", "args": {"usd": usd}, "match": {"model": model}}
            for model, usd in ((PRO, "0.09"), (LITE, "0.025"))
        ),
    )
    for model in (PRO, LITE):
        ask(model=model)
    assert [entry["usd"] for entry in bill(client)] == ["0.09", "0.025"]


@pytest.mark.parametrize(
    ("vice", "pixels"), [("ignores_size", (1376, 768)), ("ignores_ratio", (4096, 4096))]
)
def test_what_was_asked_for_is_ignored(client, ask, vice, pixels):
    corrupt(client, vice)
    assert size(ask(imageSize="4K", aspectRatio="16:9")[0]) == pixels


def test_a_size_that_a_model_has_not_is_ignored_too(client, ask):
    ask(model=OLD, imageSize="2K", aspectRatio="1:1", status=400)
    corrupt(client, "ignores_size")
    assert size(ask(model=OLD, imageSize="2K", aspectRatio="1:1")[0]) == (1024, 1024)


def test_references_are_dropped(client, ask):
    read = ask(references=2)[0]["usageMetadata"]["promptTokenCount"]
    corrupt(client, "drops_references")
    assert ask(references=2)[0]["usageMetadata"]["promptTokenCount"] < 10 < read


def test_a_dead_id_is_answered(client, ask):
    dead = f"{PRO}-preview"
    ask(model=dead, status=404)
    corrupt(client, {"fault": "answers_dead_ids", "args": {"model": LITE}})
    assert ask(model=dead)[0]["modelVersion"] == dead
    body = {"model": dead, "messages": [{"role": "user", "content": "x"}]}
    _, _, raw = client.raw("POST", CHAT, body, {"Authorization": "Bearer k"})
    assert json.loads(raw)["model"] == dead
    assert [entry["model"] for entry in bill(client)] == [LITE, LITE]


@pytest.mark.parametrize("lies", [False, True])
def test_another_model_answers(client, ask, lies):
    corrupt(client, {"fault": "other_model", "args": {"model": LITE, "lies": lies}})
    assert ask()[0]["modelVersion"] == (PRO if lies else LITE)
    assert bill(client)[0]["model"] == LITE


def test_a_picture_out_of_a_cache(client, ask):
    ours, theirs = (drawn(ask(text)[0]) for text in ("a cat", "a dog"))
    assert ours != theirs
    corrupt(client, "cached_picture")
    ours, theirs = (drawn(ask(text)[0]) for text in ("a cat", "a dog"))
    assert ours == theirs


def test_headers_that_google_does_not_send(client, ask):
    assert not any(name.lower().startswith("x-ratelimit") for name in ask()[1])
    corrupt(client, {"fault": "ratelimit_headers", "args": {"remaining": 4}})
    assert ask()[1]["x-ratelimit-remaining-requests"] == "4"
    body = {"model": PRO, "messages": [{"role": "user", "content": "x"}]}
    _, headers, _ = client.raw("POST", CHAT, body, {"Authorization": "Bearer k"})
    assert headers["x-ratelimit-limit-requests"] == "20"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("text_only", lambda body: "I am sorry" in json.dumps(body["candidates"])),
        ("parts_null", lambda body: body["candidates"][0]["content"]["parts"] is None),
        ("error_under_200", lambda body: body["error"]["code"] == 429),
    ],
)
def test_other_faults_as_habits(client, ask, fault, says):
    corrupt(client, fault, {"fault": "slow", "args": {"seconds": 0.2}}, "charges_twice")
    for _ in range(2):
        started = time.monotonic()
        assert says(ask()[0])
        assert time.monotonic() - started > (0.2 if fault != "error_under_200" else 0)
    assert len(bill(client)) == (0 if fault == "error_under_200" else 4)


def test_several_vices_hold_at_once_and_only_on_the_relay(client, ask):
    corrupt(client, "ignores_size", "ignores_ratio", "other_model", "charges_twice")
    assert size(ask(imageSize="2K", aspectRatio="16:9")[0]) == (1024, 1024)
    status, body = client.generate(imageConfig={"imageSize": "2K", "aspectRatio": "16:9"})
    assert (status, size(body)) == (200, (2752, 1536))
    assert [entry["channel"] for entry in bill(client)] == ["relay", "relay", "gemini"]


def test_a_vice_as_a_fault_is_met_once_on_any_surface(client):
    client("POST", "/_emulator/faults", [{"fault": "charges_twice"}])
    client.generate()
    client.generate()
    assert [entry["channel"] for entry in bill(client)] == ["gemini"] * 3
    client("POST", "/_emulator/faults", [{"fault": "ignores_size"}])
    pictures = [
        client.generate(imageConfig={"imageSize": "2K", "aspectRatio": "1:1"})[1] for _ in range(2)
    ]
    assert [size(body) for body in pictures] == [(1024, 1024), (2048, 2048)]


def test_vices_are_replaced_shown_and_forgotten(client):
    assert [vice["fault"] for vice in corrupt(client, *VICES)] == list(VICES)
    assert [vice["fault"] for vice in corrupt(client, "ignores_size")] == ["ignores_size"]
    client("POST", "/_emulator/reset")
    assert client("GET", "/_emulator/relay")[1] == {"vices": []}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vices": ["greed"]}, "unknown fault 'greed'"),
        ({"vices": "ignores_size"}, "vices are a list"),
        ({}, "vices are a list"),
        ({"vices": [7]}, "a fault is an object"),
        ({"vices": [{"fault": "slow", "match": {"prompt": "x"}}]}, "model and path"),
        ({"vices": [{"fault": "flat_charge", "args": {"usd": "much"}}]}, "string of USD"),
        ({"vices": [{"fault": "flat_charge", "args": {"usd": 0.05}}]}, "string of USD"),
    ],
)
def test_vices_that_cannot_be(client, given, said):
    corrupt(client, "charges_twice")
    status, body = client("POST", "/_emulator/relay", given)
    assert status == 400
    assert said in body["error"]["message"]
    assert len(client("GET", "/_emulator/relay")[1]["vices"]) == 1
