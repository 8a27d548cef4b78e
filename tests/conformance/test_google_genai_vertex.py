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


def a_picture():
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "PNG")
    return out.getvalue()


def size_of(response):
    (part,) = [p for p in response.candidates[0].content.parts if p.inline_data]
    return Image.open(io.BytesIO(part.inline_data.data)).size


def refused(client, contents="a fox", model=PRO, **options):
    from google.genai import errors

    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model=model, contents=contents, config=asked(**options))
    return caught.value


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
    client = made("us-central1")
    client.models.generate_content(model=OLD, contents="a fox", config=asked(None))
    assert float(billed(emulator)[0]["usd"]) > 1290 * 33e-6
    for place in (client, made("eu")):
        error = refused(place)
        assert (error.code, error.status) == (404, "NOT_FOUND")
        assert "Publisher Model `projects/p-1/locations/" in error.message


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
    from google.genai import types

    contents = [types.Part.from_bytes(data=a_picture(), mime_type="image/png"), "a fox"]
    config = asked(labels={"team": "a"})
    response = made().models.generate_content(model=PRO, contents=contents, config=config)
    assert response.usage_metadata.prompt_token_count > 500


def test_tokens_count(made):
    from google.genai import types

    count = made().models.count_tokens
    assert count(model=PRO, contents="a fox").total_tokens == 2
    picture = types.Part.from_bytes(data=a_picture(), mime_type="image/png")
    assert count(model=PRO, contents=[picture, "a fox"]).total_tokens == 562


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


def test_a_conversation_keeps_its_signatures(made):
    chat = made().chats.create(model=PRO, config=asked())
    answers = [chat.send_message(said) for said in ("a fox", "now in blue", "with a hat")]
    assert {size_of(answer) for answer in answers} == {(1376, 768)}
    counts = [answer.usage_metadata.prompt_token_count for answer in answers]
    assert counts == sorted(set(counts)), "every turn before it counts"


def test_a_conversation_as_a_stream(made):
    chat = made().chats.create(model=PRO)
    chunks = list(chat.send_message_stream("a fox"))
    assert {turn.role for turn in chat.get_history(curated=True)} == {"user", "model"}
    assert chat.send_message("now in blue").usage_metadata.prompt_token_count > 500
    *before, last = [chunk.usage_metadata for chunk in chunks]
    assert {usage.total_token_count for usage in before} == {None}, "counted at the end"
    assert {usage.traffic_type.value for usage in [*before, last]} == {"ON_DEMAND"}
    assert last.total_token_count > 1120


def test_turns_without_a_role_are_refused(made):
    from google.genai import types

    error = refused(made(), [types.Content(parts=[types.Part(text="a fox")])])
    assert (error.code, error.message) == (400, "Please use a valid role: user, model.")


def test_system_instruction_and_safety_settings(made):
    from google.genai import types

    harassment = types.SafetySetting(
        category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_ONLY_HIGH"
    )
    options = {"system_instruction": "Draw in ink.", "safety_settings": [harassment]}
    response = made().models.generate_content(model=PRO, contents="a fox", config=asked(**options))
    assert response.usage_metadata.prompt_token_count == 5
    assert "duplicate" in refused(made(), safety_settings=[harassment] * 2).message


def test_fields_of_vertex_alone(made):
    from google.genai import types

    image = types.ImageConfig(
        person_generation="ALLOW_ALL", output_mime_type="image/png", output_compression_quality=80
    )
    config = types.GenerateContentConfig(image_config=image)
    response = made().models.generate_content(model=PRO, contents="a fox", config=config)
    assert size_of(response) == (1408, 768)


def test_there_are_no_files(made):
    with pytest.raises(ValueError, match="only supported in"):
        made().files.upload(file=io.BytesIO(b"x"), config={"mime_type": "image/png"})


def test_the_models(made):
    client = made()
    listed = {model.name for model in client.models.list(config={"page_size": 2})}
    assert {f"publishers/google/models/{model}" for model in (PRO, FLASH, OLD)} <= listed
    assert client.models.get(model=PRO).name == f"publishers/google/models/{PRO}"


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("pool_exhausted", 429, "Resource exhausted"),
        ("permission_denied", 403, "aiplatform.endpoints.predict"),
        ("overloaded", 503, "high demand"),
        ("publisher_model_not_found", 404, "Publisher Model"),
    ],
)
def test_errors(made, emulator, fault, code, said):
    control(emulator, "faults", {"fault": fault})
    error = refused(made())
    assert error.code == code
    assert said in error.message
    assert not billed(emulator)


def test_a_blocked_prompt_names_its_reason(made, emulator):
    control(emulator, "faults", {"fault": "blocked_model_armor"})
    response = made().models.generate_content(model=PRO, contents="a fox", config=asked())
    assert response.prompt_feedback.block_reason.value == "MODEL_ARMOR"
    assert not response.candidates


def test_batches_are_said_to_be_absent(made):
    from google.genai import errors

    with pytest.raises(errors.ServerError, match="has no batches") as caught:
        made().batches.create(model=PRO, src="gs://b/in.jsonl", config={"dest": "gs://b/out"})
    assert (caught.value.code, caught.value.status) == (501, "UNIMPLEMENTED")
