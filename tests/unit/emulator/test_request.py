"""What is accepted, what is refused, and in which words."""

import base64
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cavendish_emulator.google.counting import count_contents
from cavendish_emulator.google.errors import GoogleError
from cavendish_emulator.google.request import read_request
from cavendish_emulator.google.schema import MESSAGES

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
OLD, LITE = "gemini-2.5-flash-image", "gemini-3.1-flash-lite-image"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
TEXT = {"text": "a cat"}


def ask(parts=(TEXT,), **config):
    body = {"contents": [{"parts": list(parts)}]}
    return body | ({"generationConfig": config} if config else {})


def read(models, body, model=FLASH):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_request(raw, models[model])


def image(data=PNG, mime="image/png"):
    return {"inlineData": {"mimeType": mime, "data": data}}


def safe(category="HARM_CATEGORY_HARASSMENT", threshold="OFF"):
    return ask() | {"safetySettings": [{"category": category, "threshold": threshold}]}


def tools(tool):
    return ask() | {"tools": [tool]}


UNKNOWN = "Invalid JSON payload received. Unknown name"
REFUSED = [
    (b"{", FLASH, "Invalid JSON payload received. Unexpected token."),
    (b"[" * 100_000, FLASH, "Invalid JSON payload received. Unexpected token."),
    ([], FLASH, "Invalid JSON payload received."),
    ({}, FLASH, "* GenerateContentRequest.contents: contents is not specified"),
    ({"contents": []}, FLASH, "* GenerateContentRequest.contents: contents is not specified"),
    (ask([{"text": " "}]), FLASH, "* GenerateContentRequest.contents: contents is not specified"),
    (
        ask([{}]),
        FLASH,
        "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must",
    ),
    (ask([]), FLASH, "* GenerateContentRequest.contents[0].parts: contents.parts must not be"),
    (
        {"contents": [{"role": "me", "parts": [TEXT]}]},
        FLASH,
        "Please use a valid role: user, model.",
    ),
    (ask() | {"x": 1}, FLASH, f'{UNKNOWN} "x": Cannot find field.'),
    (ask(x=1), FLASH, f"{UNKNOWN} \"x\" at 'generation_config': Cannot find field."),
    (
        ask(imageConfig={"imageOutputOptions": {}}),
        FLASH,
        f"{UNKNOWN} \"imageOutputOptions\" at 'generation_config.image_config': Cannot find field.",
    ),
    (
        ask([{"tekst": "x"}]),
        FLASH,
        f"{UNKNOWN} \"tekst\" at 'contents[0].parts[0]': Cannot find field.",
    ),
    (
        ask(imageConfig={"imageSize": 1}),
        FLASH,
        "Invalid value at 'generation_config.image_config.image_size' (TYPE_STRING), 1",
    ),
    (
        ask(responseModalities=["SMELL"]),
        FLASH,
        "Invalid value at 'generation_config.response_modalities[0]' (type.googleapis.com/",
    ),
    (ask(imageConfig={"imageSize": "1k"}), FLASH, f"imageSize 1k is not supported by '{FLASH}'."),
    (ask(imageConfig={"imageSize": "512"}), FLASH, f"imageSize 512 is not supported by '{FLASH}'."),
    (
        ask(imageConfig={"aspectRatio": "9:21"}),
        FLASH,
        f"aspectRatio 9:21 is not supported by '{FLASH}'. Supported: 1:1, ",
    ),
    (ask(imageConfig={"aspectRatio": "1:8"}), PRO, f"aspectRatio 1:8 is not supported by '{PRO}'."),
    (ask(temperature=1), FLASH, f"temperature is not supported by '{FLASH}'."),
    (ask(seed=1), FLASH, f"seed is not supported by '{FLASH}'."),
    (ask(topP=0.9), FLASH, f"topP is not supported by '{FLASH}'."),
    (ask(top_k=3), FLASH, f"topK is not supported by '{FLASH}'."),
    (ask(temperature=2.5), PRO, "* GenerateContentRequest.generation_config.temperature:"),
    (ask(candidateCount=2), PRO, "Multiple candidates is not enabled for this model"),
    (ask(thinkingConfig={"thinkingBudget": 5}), PRO, "Thinking budget is not supported"),
    (ask(thinkingConfig={"thinkingLevel": "LOW"}), FLASH, "Thinking level LOW is not supported"),
    (ask(responseModalities=["TEXT"]), FLASH, "The requested combination of response modalities"),
    (ask([TEXT, image("no base64!")]), FLASH, "Invalid value at 'contents[0].parts[1].inline_data"),
    (ask([TEXT, image("AAAA")]), FLASH, "Unable to process input image"),
    (ask([TEXT, image("")]), FLASH, "Unable to process input image"),
    (ask([TEXT] + [image()] * 15), FLASH, f"'{FLASH}' accepts at most 14 images"),
    (ask() | {"serviceTier": "flex"}, FLASH, "Service tier flex is not supported"),
    (ask() | {"serviceTier": "gold"}, PRO, "Invalid value at 'service_tier' (type.googleapis"),
    (ask(topP=1.5), PRO, "* GenerateContentRequest.generation_config.top_p: top_p must be in"),
    (ask(topK=0), PRO, "* GenerateContentRequest.generation_config.top_k: top_k must be"),
    (ask(maxOutputTokens=40_000), PRO, "Unable to submit request because it has a maxOutput"),
    (ask(responseMimeType="application/json"), PRO, f"JSON mode is not enabled for models/{PRO}"),
    (ask(imageConfig={"imageSize": "1K"}), OLD, f"imageSize is not supported by '{OLD}'."),
    (ask(imageConfig={"imageSize": "2K"}), LITE, f"imageSize 2K is not supported by '{LITE}'."),
    (ask(imageConfig={"aspectRatio": "4:1"}), OLD, f"aspectRatio 4:1 is not supported by '{OLD}'"),
    (ask(thinkingConfig={"thinkingLevel": "HIGH"}), OLD, "Thinking level is not supported for"),
    (
        ask(thinkingConfig={"includeThoughts": True}),
        OLD,
        "Thinking is not enabled for models/gemini",
    ),
    (ask(thinkingConfig={"thinkingLevel": "MEDIUM"}), LITE, "Thinking level MEDIUM is not supp"),
    (ask(thinkingConfig={"thinkingLevel": "DEEP"}), FLASH, "Invalid value at 'generation_config."),
    (safe(99), PRO, "Invalid value at 'safety_settings[0].category' (type.googleapis"),
    (ask(topK="many"), PRO, "Invalid value at 'generation_config.top_k' (TYPE_INT32), \"many\""),
    (safe("HARM_CATEGORY_BOREDOM"), PRO, "Invalid value at 'safety_settings[0].category' (type"),
    (safe(threshold="BLOCK_SOME"), PRO, "Invalid value at 'safety_settings[0].threshold' (type"),
    (safe("HARM_CATEGORY_TOXICITY"), PRO, "* GenerateContentRequest.safety_settings[0]: element"),
    (tools({"googleSearch": {}}), LITE, f"Search as tool is not enabled for models/{LITE}"),
    (tools({"googleSearch": {}}), OLD, f"Search as tool is not enabled for models/{OLD}"),
    (
        tools({"googleSearch": {"searchTypes": {"imageSearch": {}}}}),
        PRO,
        f"Image search is not enabled for models/{PRO}",
    ),
    (tools({"functionDeclarations": []}), PRO, f"Function calling is not enabled for models/{PRO}"),
    (tools({"googleSearchRetrieval": {}}), PRO, "google_search_retrieval is not supported."),
    (tools({"hammer": {}}), PRO, f"{UNKNOWN} \"hammer\" at 'tools[0]': Cannot find field."),
]


@pytest.mark.parametrize(("body", "model", "message"), REFUSED)
def test_refused(models, body, model, message):
    with pytest.raises(GoogleError) as caught:
        read(models, body, model)
    assert caught.value.message.startswith(message)
    error = caught.value.body()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


def test_every_unknown_name_is_a_field_violation(models):
    with pytest.raises(GoogleError) as caught:
        read(models, ask(x=1, y=2))
    (detail,) = caught.value.body()["error"]["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert [v["field"] for v in detail["fieldViolations"]] == ["generation_config"] * 2
    assert caught.value.message == "\n".join(v["description"] for v in detail["fieldViolations"])


def test_a_file_nobody_uploaded(models):
    part = {"fileData": {"fileUri": "https://example.invalid/v1beta/files/abc"}}
    with pytest.raises(GoogleError, match="the File abc or it may not exist") as caught:
        read(models, ask([TEXT, part]))
    assert caught.value.body()["error"]["status"] == "PERMISSION_DENIED"


def test_both_spellings_are_read(models):
    camel = ask(imageConfig={"aspectRatio": "16:9", "imageSize": "2K"})
    snaked = {
        "contents": [{"parts": [TEXT]}],
        "generation_config": {"image_config": {"aspect_ratio": "16:9", "image_size": "2K"}},
    }
    for body in (camel, snaked):
        request = read(models, body)
        assert (request.width, request.height) == (2752, 1536)


@pytest.mark.parametrize(
    ("model", "config", "pixels"),
    [
        (OLD, {}, (1024, 1024)),
        (PRO, {"imageConfig": {"imageSize": "4K"}}, (5632, 3072)),
        ("gemini-3.1-flash-image", {"imageConfig": {"imageSize": "512"}}, (704, 384)),
    ],
)
def test_what_other_models_draw_without_a_ratio(models, model, config, pixels):
    request = read(models, ask(**config), model)
    assert (request.width, request.height) == pixels


def test_without_a_ratio_a_picture_keeps_the_shape_of_the_first(models):
    out = io.BytesIO()
    Image.new("RGB", (150, 101)).save(out, "PNG")
    part = image(base64.b64encode(out.getvalue()).decode())
    request = read(models, ask([TEXT, part, image()]))
    assert (request.ratio, request.width, request.height) == (None, 1264, 848)


def test_a_picture_alone_is_enough(models):
    assert len(read(models, ask([image()])).references) == 1


def test_more_references_than_recommended_are_taken(models):
    assert len(read(models, ask([TEXT] + [image()] * 14), OLD).references) == 14


def test_enums_by_number_and_numbers_as_strings(models):
    body = ask(responseModalities=[2], temperature="0.5", topK="40", seed=7.0)
    body["safetySettings"] = [{"category": 7, "threshold": 5}]
    request = read(models, body, PRO)
    assert (request.wants_text, request.seed) == (False, 7)


@pytest.mark.parametrize(
    ("given", "searches"),
    [
        ({}, ("web",)),
        ({"searchTypes": {"imageSearch": {}}}, ("image",)),
        ({"searchTypes": {"imageSearch": {}, "webSearch": {}}}, ("web", "image")),
    ],
)
def test_searches(models, given, searches):
    assert read(models, tools({"googleSearch": given})).searches == searches


@pytest.mark.parametrize(
    "config", [{}, {"imageConfig": {"aspectRatio": "auto"}}, {"imageConfig": None}]
)
def test_without_a_ratio_the_pixels_are_in_no_table(models, config):
    request = read(models, ask(**config))
    assert (request.ratio, request.width, request.height) == (None, 1408, 768)


def test_what_is_accepted(models):
    body = {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [
            {"role": "user", "parts": [{"text": "first"}, image()]},
            {"role": "model", "parts": [{**image(), "thoughtSignature": "AAAA"}]},
            {"role": "user", "parts": [{"text": "second"}]},
        ],
        "generationConfig": {
            "temperature": 0.5,
            "topK": 5,
            "seed": 7,
            "responseModalities": ["Image"],
            "thinkingConfig": {"thinkingLevel": "low"},
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
        "tools": [{"googleSearch": {}}],
        "serviceTier": "standard",
    }
    request = read(models, body, PRO)
    assert (request.prompt, request.seed, request.wants_text) == ("second", 7, False)
    assert request.text == "be brief\nfirst\nsecond"
    assert [r.mime for r in request.references] == ["image/png"] * 2


def test_url_safe_base64_is_read(models):
    data = b"\x89PNG\r\n\x1a\n" + bytes([0xFB, 0xFF, 0xFE] * 5)
    part = image(base64.urlsafe_b64encode(data).decode())
    assert read(models, ask([TEXT, part])).references[0].data == data


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
    ],
)
def test_the_type_is_told_by_the_bytes(models, data, mime):
    part = image(base64.b64encode(data).decode(), "image/png")
    assert read(models, ask([TEXT, part])).references[0].mime == mime


NAMES = st.sampled_from(sorted({field for fields in MESSAGES.values() for field in fields}))
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["user", "16:9", "2K", "IMAGE", "HIGH", "flex", PNG]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


def merged(good, odd, path):
    """The good body with one place of it replaced."""
    if not path or not isinstance(good, (dict, list)) or not good:
        return odd
    keys = list(good) if isinstance(good, dict) else range(len(good))
    key = keys[path[0] % len(keys)]
    if isinstance(good, dict):
        return {**good, key: merged(good[key], odd, path[1:])}
    return [merged(item, odd, path[1:]) if i == key else item for i, item in enumerate(good)]


FULL = {
    "systemInstruction": {"parts": [{"text": "be brief"}]},
    "contents": [
        {"role": "user", "parts": [TEXT, image()]},
        {"role": "model", "parts": [{**image(), "thoughtSignature": "AAAA", "thought": True}]},
        {"role": "user", "parts": [TEXT]},
    ],
    "generationConfig": {
        "temperature": 1,
        "topP": 0.5,
        "topK": 3,
        "seed": 1,
        "candidateCount": 1,
        "maxOutputTokens": 4000,
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
        "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    "tools": [{"googleSearch": {"searchTypes": {"webSearch": {}, "imageSearch": {}}}}],
    "toolConfig": {},
    "serviceTier": "standard",
    "store": False,
    "cachedContent": "",
}


@settings(max_examples=500, deadline=None)
@given(
    odd=ANYTHING, path=st.lists(st.integers(0, 20), max_size=6), name=st.sampled_from([PRO, OLD])
)
def test_no_body_is_beyond_the_service(models, odd, path, name):
    """Every body is read, or refused in the service's shape; nothing else is raised."""
    model = models["gemini-3.1-flash-image"]
    assert read(models, FULL, model.id).searches == ("web", "image")
    raw = json.dumps(merged(FULL, odd, path)).encode()
    for reader in (read_request, count_contents):
        try:
            reader(raw, model)
        except GoogleError as error:
            assert error.code in {400, 403}
            assert json.dumps(error.body())
