"""The official google-genai SDK works against the emulator unchanged."""

import asyncio
import io
import json
import urllib.request

import pytest
from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

# The SDK deprecates parts of itself while it is imported and used; our own code stays strict.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CATALOG = MODEL_FACTS
PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=CATALOG) as running:
        yield running


@pytest.fixture
def arm(emulator):
    def post(path, body):
        request = urllib.request.Request(emulator.url + path, json.dumps(body).encode())
        urllib.request.urlopen(request, timeout=10).close()

    post("/_emulator/reset", {})
    return lambda *faults: post("/_emulator/faults", list(faults))


@pytest.fixture
def client(emulator, arm):
    from google import genai

    made = genai.Client(api_key="unused", http_options={"base_url": emulator.url})
    yield made
    made.close()


def picture_of(response):
    (part,) = [p for p in response.candidates[0].content.parts if p.inline_data]
    assert len(part.thought_signature) > 500_000
    image = Image.open(io.BytesIO(part.inline_data.data))
    assert image.get_format_mimetype() == part.inline_data.mime_type
    return image


def config(**fields):
    from google.genai import types

    image = fields.pop("image", None)
    if image:
        fields["image_config"] = types.ImageConfig(**image)
    return types.GenerateContentConfig(**fields)


def test_a_picture_and_its_text(client):
    response = client.models.generate_content(model=PRO, contents="a siamese cat")
    assert picture_of(response).size == (1408, 768)
    assert "not by a model" in response.text
    assert response.model_version == PRO
    assert response.response_id
    usage = response.usage_metadata
    assert usage.candidates_tokens_details[0].token_count == 1120
    assert usage.total_token_count == (
        usage.prompt_token_count + usage.candidates_token_count + usage.thoughts_token_count
    )


@pytest.mark.parametrize(
    ("model", "size", "ratio", "pixels"),
    [(PRO, "2K", "9:16", (1536, 2752)), (FLASH, "1K", "8:1", (3072, 384))],
)
def test_size_and_ratio(client, model, size, ratio, pixels):
    response = client.models.generate_content(
        model=model,
        contents="a lighthouse",
        config=config(
            response_modalities=["IMAGE"], image={"aspect_ratio": ratio, "image_size": size}
        ),
    )
    assert picture_of(response).size == pixels
    assert response.text is None


def test_a_reference(client):
    from google.genai import types

    out = io.BytesIO()
    Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1), 40).save(out, "PNG")
    response = client.models.generate_content(
        model=FLASH,
        contents=[
            types.Part.from_bytes(data=out.getvalue(), mime_type="image/png"),
            "make it blue",
        ],
    )
    picture_of(response)
    counted = {
        str(d.modality.value): d.token_count for d in response.usage_metadata.prompt_tokens_details
    }
    assert counted["IMAGE"] == 1120


def test_a_conversation_sends_its_signature_back(client):
    chat = client.chats.create(model=PRO, config=config(image={"aspect_ratio": "1:1"}))
    first = chat.send_message("a cup")
    second = chat.send_message("now in blue")
    assert picture_of(first).size == picture_of(second).size == (1024, 1024)
    assert second.usage_metadata.prompt_token_count > first.usage_metadata.prompt_token_count


def test_async(emulator, arm):
    from google import genai

    async def ask():
        made = genai.Client(api_key="unused", http_options={"base_url": emulator.url})
        try:
            return await made.aio.models.generate_content(
                model=FLASH,
                contents="a bridge",
                config=config(thinking_config={"thinking_level": "HIGH", "include_thoughts": True}),
            )
        finally:
            await made.aio.aclose()
            made.close()

    response = asyncio.run(ask())
    assert picture_of(response).size == (1408, 768)
    assert response.candidates[0].content.parts[0].thought is True


def test_the_models(client):
    names = {model.name for model in client.models.list()}
    assert {f"models/{PRO}", f"models/{FLASH}"} <= names
    assert client.models.get(model=PRO).input_token_limit == 65536


@pytest.mark.parametrize(
    ("model", "settings", "fault", "code", "status"),
    [
        ("gemini-9", {}, None, 404, "NOT_FOUND"),
        (FLASH, {"temperature": 0.5}, None, 400, "INVALID_ARGUMENT"),
        (FLASH, {"image": {"image_size": "1k"}}, None, 400, "INVALID_ARGUMENT"),
        (PRO, {}, "rate_limited", 429, "RESOURCE_EXHAUSTED"),
        (PRO, {}, "overloaded", 503, "UNAVAILABLE"),
    ],
)
def test_errors(client, arm, model, settings, fault, code, status):
    from google.genai import errors

    if fault:
        arm({"fault": fault, "times": None})
    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model=model, contents="x", config=config(**settings))
    assert (caught.value.code, caught.value.status) == (code, status)


def test_a_blocked_prompt(client, arm):
    arm({"fault": "blocked"})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.candidates is None
    assert response.prompt_feedback.block_reason.value == "SAFETY"


def test_a_filtered_picture(client, arm):
    arm({"fault": "blocked", "args": {"finish_reason": "IMAGE_SAFETY"}})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.candidates[0].finish_reason.value == "IMAGE_SAFETY"
    assert response.parts is None
