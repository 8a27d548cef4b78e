"""The official google-genai SDK in Vertex mode, with real google-auth, works on the emulator."""

import asyncio
import io
import json
import urllib.request

import pytest
from google.auth import credentials as google_credentials
from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator
from vertex_account import service_account

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PRO, FLASH, OLD = "gemini-3-pro-image", "gemini-nano-banana-2.1", "gemini-2.5-flash-image"


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=MODEL_FACTS) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(emulator):
    control(emulator, "reset", {})


def control(emulator, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{emulator.url}/_emulator/{path}", data, timeout=10) as answer:
        return json.loads(answer.read())


@pytest.fixture
def made(emulator):
    """Makes a client in Vertex mode, with a service account whose endpoint is the emulator."""
    from google import genai
    from google.oauth2 import service_account as accounts

    clients = []

    def make(location="global", version="v1beta1", credentials=None, **options):
        found = credentials or accounts.Credentials.from_service_account_info(
            service_account(emulator.url),
            scopes=["https://www.googleapis.com/auth/cloud-platform"],
        )
        options = options or {"project": "p-1", "location": location, "credentials": found}
        clients.append(genai.Client(
            vertexai=True, http_options={"base_url": emulator.url, "api_version": version},
            **options,
        ))  # fmt: skip
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def asked(size="1K", **options):
    from google.genai import types

    image = {"aspect_ratio": "16:9", **({"image_size": size} if size else {})}
    return types.GenerateContentConfig(
        response_modalities=["IMAGE"], image_config=types.ImageConfig(**image), **options
    )


def size_of(response):
    (part,) = [p for p in response.candidates[0].content.parts if p.inline_data]
    return Image.open(io.BytesIO(part.inline_data.data)).size


def billed(emulator):
    return control(emulator, "bill")["executions"]


def test_a_picture_comes_with_what_vertex_adds(made, emulator):
    response = made().models.generate_content(model=PRO, contents="a fox", config=asked())
    assert size_of(response) == (1376, 768)
    assert response.usage_metadata.traffic_type.value == "ON_DEMAND"
    assert response.create_time is not None
    assert response.candidates[0].index is None
    (entry,) = billed(emulator)
    assert (entry["channel"], entry["model"]) == ("vertex", PRO)


def test_the_stable_version_and_a_stream(made):
    client = made(version="v1")
    chunks = list(client.models.generate_content_stream(
        model=PRO, contents="a fox", config=asked()
    ))  # fmt: skip
    assert (
        sum(bool(p.inline_data) for c in chunks for p in c.candidates[0].content.parts or []) == 1
    )


def test_the_bill_counts_4k_as_vertex_does(made, emulator):
    response = made().models.generate_content(model=FLASH, contents="a fox", config=asked("4K"))
    (detail,) = response.usage_metadata.candidates_tokens_details
    assert detail.token_count == 3780
    assert float(billed(emulator)[0]["usd"]) > 0.1134


def test_asynchronously(made):
    async def ask():
        client = made()
        try:
            return await client.aio.models.generate_content(
                model=PRO, contents="a fox", config=asked()
            )
        finally:
            await client.aio.aclose()

    assert size_of(asyncio.run(ask())) == (1376, 768)


def test_a_region_has_the_old_model_dearer_and_no_other(made, emulator):
    from google.genai import errors

    client = made("us-central1")
    client.models.generate_content(model=OLD, contents="a fox", config=asked(None))
    assert float(billed(emulator)[0]["usd"]) > 1290 * 33e-6
    with pytest.raises(errors.ClientError, match="Publisher Model") as caught:
        client.models.generate_content(model=PRO, contents="a fox", config=asked())
    assert (caught.value.code, caught.value.status) == (404, "NOT_FOUND")


def test_a_tier_is_asked_for_by_header(made, emulator):
    from google.genai import types

    headers = {
        "X-Vertex-AI-LLM-Request-Type": "shared", "X-Vertex-AI-LLM-Shared-Request-Type": "flex",
    }  # fmt: skip
    config = asked(http_options=types.HttpOptions(headers=headers))
    response = made().models.generate_content(model=PRO, contents="a fox", config=config)
    assert response.usage_metadata.traffic_type.value == "ON_DEMAND_FLEX"
    assert float(billed(emulator)[0]["usd"]) < 0.1


def test_a_tier_in_the_body_as_this_sdk_writes_it(made):
    config = asked(service_tier="flex")
    response = made().models.generate_content(model=PRO, contents="a fox", config=config)
    assert response.usage_metadata.traffic_type.value == "ON_DEMAND_FLEX"


def test_labels_and_an_image_of_ones_own(made):
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    from google.genai import types

    contents = [types.Part.from_bytes(data=picture.getvalue(), mime_type="image/png"), "a fox"]
    config = asked(labels={"team": "a"})
    response = made().models.generate_content(model=PRO, contents=contents, config=config)
    assert response.usage_metadata.prompt_token_count > 500


def test_tokens_count(made):
    found = made().models.count_tokens(model=PRO, contents="a fox")
    assert found.total_tokens == 2


def test_a_strangers_token_is_refused_and_an_old_one(made, emulator):
    from google.genai import errors

    class Anonymous(google_credentials.Credentials):
        def refresh(self, request):
            self.token = "ya29.of-somebody-else"

    with pytest.raises(errors.ClientError) as caught:
        made(credentials=Anonymous()).models.generate_content(
            model=PRO, contents="a fox", config=asked()
        )
    assert (caught.value.code, caught.value.status) == (401, "UNAUTHENTICATED")
    client = made()
    client.models.generate_content(model=PRO, contents="a fox", config=asked())
    control(emulator, "clock", {"advance_s": 3600})
    with pytest.raises(errors.ClientError) as caught:
        client.models.generate_content(model=PRO, contents="a fox", config=asked())
    assert caught.value.details["error"]["details"][0]["reason"] == "ACCESS_TOKEN_EXPIRED"
    assert len(billed(emulator)) == 1, "what is refused is not billed"


def test_express_mode_has_a_key_and_no_project(made, emulator):
    client = made(api_key="express-key")
    response = client.models.generate_content(model=PRO, contents="a fox", config=asked())
    assert size_of(response) == (1376, 768)
    assert billed(emulator)[0]["channel"] == "vertex"
