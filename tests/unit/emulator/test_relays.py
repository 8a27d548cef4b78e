"""What third parties speak, byte by byte: shapes, forms, headers, and bodies that make no sense."""

import base64
import io
import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cavendish_emulator.faults.pictures import PICTURES
from cavendish_emulator.faults.shapes import SHAPES
from cavendish_emulator.faults.withheld import WITHHELD

PRO, LITE, FLASH = (
    "gemini-3-pro-image",
    "gemini-3.1-flash-lite-image",
    "gemini-nano-banana-2.1",
)
KEY = {"Authorization": "Bearer k"}
ROUTER = "/api/v1/images"
ROUTES = (
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/chat/completions",
    ROUTER,
    "/api/v1/chat/completions",
)


def post(client, path, body, headers=None):
    status, said, raw = client.raw("POST", path, body, KEY if headers is None else headers)
    return status, said, json.loads(raw)


def data_url(mime="image/png"):
    out = io.BytesIO()
    Image.new("RGB", (90, 60), "teal").save(out, "PNG")
    return f"data:{mime};base64,{base64.b64encode(out.getvalue()).decode()}"


def pixels(text):
    return Image.open(io.BytesIO(base64.b64decode(text))).size


def bill(client):
    return client("GET", "/_emulator/bill")[1]["executions"]


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [
        ({}, (1408, 768)),
        ({"aspect_ratio": "16:9"}, (1376, 768)),
        ({"resolution": "2K", "aspect_ratio": "1:1"}, (2048, 2048)),
        ({"size": "4K", "aspect_ratio": "1:1"}, (4096, 4096)),
        ({"size": "2048x2048"}, (2048, 2048)),
        ({"size": "auto", "resolution": "2K"}, (2816, 1536)),
    ],
)
def test_the_images_of_the_router(client, asked, drawn):
    body = {"model": f"google/{PRO}", "prompt": "a cat", "tomorrow": {"x": 1}, **asked}
    status, headers, answer = post(client, ROUTER, body)
    assert status == 200
    (picture,) = answer["data"]
    assert pixels(picture["b64_json"]) == drawn
    assert picture["media_type"] == "image/jpeg"
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Generation-Id"].startswith("gen-img-")
    assert headers["X-Provider-Name"] == "Google AI Studio"
    (entry,) = bill(client)
    assert Decimal(str(answer["usage"]["cost"])) == Decimal(entry["usd"])


def test_references_of_the_router(client):
    reference = {"type": "image_url", "image_url": {"url": data_url()}}
    body = {"model": f"google/{LITE}", "prompt": "x", "input_references": [reference] * 2}
    _, _, answer = post(client, ROUTER, body)
    assert answer["usage"]["prompt_tokens"] == 2 * 1120 + 1
    assert pixels(answer["data"][0]["b64_json"]) == (1264, 848)


def test_a_refusal_of_the_router_still_costs(client):
    client("POST", "/_emulator/faults", [{"fault": "finish_image_safety"}])
    status, _, answer = post(client, ROUTER, {"model": f"google/{PRO}", "prompt": "x"})
    assert (status, answer["data"]) == (200, [])
    assert Decimal(str(answer["usage"]["cost"])) == Decimal(bill(client)[0]["usd"]) > 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"n": 2}, "does not support n > 1"),
        ({"n": 11}, "from 1 to 10"),
        ({"prompt": None}, "'prompt'"),
        ({"model": PRO}, "is not a valid model ID"),
        ({"model": None}, "is not a valid model ID"),
        ({"size": "2K", "resolution": "4K"}, "conflicts"),
        ({"size": "1024x1024", "aspect_ratio": "16:9"}, "conflicts"),
        ({"input_references": ["https://example.invalid/a.png"]}, "fetches nothing"),
        ({"input_references": [data_url()] * 17}, "at most 16"),
    ],
)
def test_what_the_router_refuses_itself(client, changed, said):
    body = {"model": f"google/{PRO}", "prompt": "x", **changed}
    status, _, answer = post(client, ROUTER, body)
    assert status == 400
    assert said in answer["error"]["message"]
    assert set(answer) == {"error"}
    assert answer["error"]["code"] == 400
    assert bill(client) == []


def test_what_the_provider_refuses(client):
    body = {"model": f"google/{LITE}", "prompt": "x", "resolution": "4K"}
    status, _, answer = post(client, ROUTER, body)
    assert (status, answer["error"]["message"]) == (400, "Provider returned error")
    raw = json.loads(answer["error"]["metadata"]["raw"])
    assert "imageSize 4K is not supported" in raw["error"]["message"]


def test_the_models_of_the_router_say_what_they_cost(client):
    _, _, raw = client.raw("GET", "/api/v1/models", None, KEY)
    (lite,) = [model for model in json.loads(raw)["data"] if model["id"] == f"google/{LITE}"]
    assert lite["pricing"]["prompt"] == "0.00000025"
    assert lite["pricing"]["image_output"] == "0.00003"
    _, _, raw = client.raw("GET", "/api/v1/images/models", None, KEY)
    known = {model["id"]: model["supported_parameters"] for model in json.loads(raw)["data"]}
    assert known[f"google/{PRO}"]["resolution"]["values"] == ["1K", "2K", "4K"]


def test_a_panorama_on_the_chat_of_the_router(client):
    ask = {"messages": [{"role": "user", "content": "x"}], "image_config": {"aspect_ratio": "8:1"}}
    path = "/api/v1/chat/completions"
    assert post(client, path, {**ask, "model": f"google/{FLASH}"})[0] == 400
    assert post(client, path, {**ask, "model": f"google/{LITE}"})[0] == 200
    images = {"model": f"google/{FLASH}", "prompt": "x", "aspect_ratio": "8:1"}
    assert post(client, ROUTER, images)[0] == 200


def test_the_router_wants_a_key(client):
    for path in (ROUTER, "/api/v1/chat/completions"):
        status, _, answer = post(client, path, {}, {})
        assert status == 401
        assert answer == {"error": {"message": "Missing Authentication header", "code": 401}}
    assert client.raw("GET", "/api/v1/models", None, {})[0] == 401


@pytest.mark.parametrize("path", ["/api/v1/none", "/v1/images/none", "/relay/v1beta/none"])
def test_a_path_that_is_not_there(client, path):
    status, _, answer = post(client, path, {})
    assert status == 404
    assert answer["error"]["message"].startswith("The requested URL")


@pytest.mark.parametrize(
    "pictures",
    [
        {"image": data_url()},
        {"image": [data_url()]},
        {"images": [{"image_url": data_url()}]},
        {"images": [{"type": "image_url", "image_url": {"url": data_url("image/webp;x=1")}}]},
    ],
)
def test_an_edit_as_json(client, pictures):
    body = {"model": LITE, "prompt": "x", **pictures}
    status, _, answer = post(client, "/v1/images/edits", body)
    assert status == 200
    assert answer["usage"]["input_tokens_details"] == {"text_tokens": 1, "image_tokens": 1120}


def form(boundary, *parts):
    pieces = []
    for head, data in parts:
        said = f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n"
        pieces += [said.encode(), data, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def test_an_edit_as_curl_sends_it(client):
    picture = base64.b64decode(data_url().partition(",")[2])
    body = form(
        "XX",
        ('name="model"', LITE.encode()),
        ('name="prompt"', "été".encode()),
        ('name="image"; filename="a.png"', picture),
        ('name="image[]"; filename="b.png"', picture),
    )
    said = {**KEY, "Content-Type": "multipart/form-data; boundary=XX"}
    status, _, raw = client.raw("POST", "/v1/images/edits", body, said)
    assert status == 200, raw
    assert json.loads(raw)["usage"]["input_tokens_details"]["image_tokens"] == 2240


@pytest.mark.parametrize(
    "body", [b"", b"--XX\r\n\r\n", form("XX", ('name="prompt"', b"x")), b"--XX--\r\n"]
)
def test_a_form_that_is_none(client, body):
    said = {**KEY, "Content-Type": "multipart/form-data; boundary=XX"}
    status, _, raw = client.raw("POST", "/v1/images/edits", body, said)
    assert status == 400
    assert json.loads(raw)["error"]["type"] == "invalid_request_error"


def test_an_edit_without_a_picture(client):
    status, _, answer = post(client, "/v1/images/edits", {"model": LITE, "prompt": "x"})
    assert (status, answer["error"]["param"]) == (400, "image")


def test_a_body_that_is_too_large(client):
    body = {"model": LITE, "prompt": "x" * (26 << 20)}
    status, _, answer = post(client, "/v1/images/generations", body)
    assert status == 400
    assert "payload size exceeds" in answer["error"]["message"]


def test_the_list_of_models_is_whose_key_it_is(client):
    for path in ("/v1/models", "/relay/v1/models"):
        _, _, raw = client.raw("GET", path, None, KEY)
        assert json.loads(raw)["object"] == "list"
        assert client.raw("GET", f"{path}/none", None, KEY)[0] == 404
    for headers in ({}, {"x-goog-api-key": "k", **KEY}):
        assert "models" in json.loads(client.raw("GET", "/v1/models", None, headers)[2])


def test_a_relay_lists_its_models_natively(client):
    for headers in (KEY, {"x-goog-api-key": "k"}):
        status, _, raw = client.raw("GET", "/relay/v1beta/models?pageSize=1", headers=headers)
        assert (status, len(json.loads(raw)["models"])) == (200, 1)
        status, _, raw = client.raw("GET", f"/relay/v1beta/models/{PRO}", headers=headers)
        assert (status, json.loads(raw)["name"]) == (200, f"models/{PRO}")
    assert client.raw("GET", "/relay/v1beta/models")[0] == 401


def order(path):
    """A good order for a route."""
    model = f"google/{LITE}" if path.startswith("/api") else LITE
    if path.endswith("completions"):
        return {"model": model, "messages": [{"role": "user", "content": "x"}]}
    pictures = {"image": data_url()} if path.endswith("edits") else {}
    return {"model": model, "prompt": "x", **pictures}


@pytest.mark.parametrize("name", [*SHAPES, *WITHHELD, *PICTURES])
def test_a_bent_answer_is_translated_and_booked_once(client, name):
    for path in ROUTES:
        client("POST", "/_emulator/reset")
        args = {"width": 2000, "height": 2000} if name == "pixel_bomb" else {}
        client("POST", "/_emulator/faults", [{"fault": name, "args": args}])
        status, _, raw = client.raw("POST", path, order(path), KEY)
        refused = name.startswith(("blocked", "finish")) and "/images/" in path
        assert status in ({200, 400} if refused else {200}), raw[:300]
        answer = json.loads(raw.decode("utf-8-sig"))
        assert "error" in answer or "data" in answer or "choices" in answer
        assert len(bill(client)) == 1


WORDS = st.sampled_from(
    ["model", "prompt", "n", "size", "image", "messages", "role", "content", "type", "text"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.text(max_size=6) | st.just("user"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(fields=st.dictionaries(WORDS, JSON, max_size=6), path=st.sampled_from(ROUTES))
def test_no_body_breaks_a_surface(client, fields, path):
    model = f"google/{LITE}" if path.startswith("/api") else LITE
    status, _, answer = post(client, path, {**fields, "model": model})
    assert status in {200, 400}, answer
    assert ("error" in answer) == (status == 400)
