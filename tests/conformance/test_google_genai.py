"""The official google-genai SDK works against the emulator unchanged, sync and async."""

import asyncio
import io

import pytest
from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

# The SDK deprecates parts of itself while it is imported and used; our own code stays strict.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE, OLD = (
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-2.5-flash-image",
)


@pytest.fixture
def arm(control):
    return lambda *faults: control("faults", list(faults))


@pytest.fixture
def client(emulator, control):
    from google import genai

    made = genai.Client(api_key="unused", http_options={"base_url": emulator.url})
    yield made
    made.close()


@pytest.fixture
def aside(emulator, control):
    """Runs a coroutine function with an asynchronous client."""
    from google import genai

    def run(ask):
        async def inside():
            made = genai.Client(api_key="unused", http_options={"base_url": emulator.url})
            try:
                return await ask(made.aio)
            finally:
                await made.aio.aclose()
                made.close()

        return asyncio.run(inside())

    return run


def picture_of(response):
    parts = response.candidates[0].content.parts
    (part,) = [p for p in parts if p.inline_data and not p.thought]
    thinks = response.model_version != OLD
    assert (len(part.thought_signature or b"") > 500_000) == thinks
    image = Image.open(io.BytesIO(part.inline_data.data))
    assert image.get_format_mimetype() == part.inline_data.mime_type
    return image


def config(**fields):
    from google.genai import types

    image = fields.pop("image", None)
    if image:
        fields["image_config"] = types.ImageConfig(**image)
    return types.GenerateContentConfig(**fields)


def a_picture(width=90, height=60):
    return Image.effect_mandelbrot((width, height), (-2, -1, 1, 1), 40)


def png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def refused(client, model=PRO, **settings):
    from google.genai import errors

    with pytest.raises(errors.APIError) as caught:
        client.models.generate_content(model=model, contents="x", config=config(**settings))
    return caught.value


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
    headers = {k.lower(): v for k, v in response.sdk_http_response.headers.items()}
    assert headers["x-gemini-service-tier"] == "standard"


def test_the_picture_as_the_sdk_shows_it(client, tmp_path):
    response = client.models.generate_content(model=PRO, contents="a cat")
    (shown,) = [image for part in response.parts if (image := part.as_image())]
    shown.save(tmp_path / "cat.jpg")
    with Image.open(tmp_path / "cat.jpg") as image:
        assert image.size == (1408, 768)


@pytest.mark.parametrize(
    ("model", "size", "ratio", "pixels", "tokens"),
    [
        (PRO, "2K", "9:16", (1536, 2752), 1120),
        (PRO, "4K", "1:1", (4096, 4096), 2000),
        (FLASH, "1K", "8:1", (3072, 384), 1120),
        (FLASH, "2K", "4:5", (1856, 2304), 1680),
        (NB2, "512", "1:1", (512, 512), 747),
        (NB2, "4K", "21:9", (6336, 2688), 2520),
        (LITE, "1K", "16:9", (1376, 768), 1120),
        (OLD, None, "3:2", (1248, 832), 1290),
    ],
)
def test_size_and_ratio(client, model, size, ratio, pixels, tokens):
    response = client.models.generate_content(
        model=model,
        contents="a lighthouse",
        config=config(
            response_modalities=["IMAGE"], image={"aspect_ratio": ratio, "image_size": size}
        ),
    )
    assert picture_of(response).size == pixels
    assert response.text is None
    assert response.usage_metadata.candidates_tokens_details[0].token_count == tokens


def prompt_tokens(response):
    details = response.usage_metadata.prompt_tokens_details
    return {str(d.modality.value): d.token_count for d in details}


def test_a_reference_as_bytes(client):
    from google.genai import types

    part = types.Part.from_bytes(data=png(a_picture()), mime_type="image/png")
    response = client.models.generate_content(model=FLASH, contents=[part, "make it blue"])
    picture_of(response)
    assert prompt_tokens(response)["IMAGE"] == 1120


def test_references_as_pil_images(client):
    pictures = [a_picture(), a_picture(120, 80)]
    response = client.models.generate_content(model=LITE, contents=["join them", *pictures])
    assert picture_of(response).size == (1264, 848)
    assert prompt_tokens(response)["IMAGE"] == 2 * 1120


def test_too_many_references(client):
    from google.genai import errors

    with pytest.raises(errors.ClientError, match="at most 14 images"):
        client.models.generate_content(model=PRO, contents=["x", *[a_picture()] * 15])


def test_a_system_instruction_is_read(client):
    plain = client.models.generate_content(model=PRO, contents="a cat")
    told = client.models.generate_content(
        model=PRO, contents="a cat", config=config(system_instruction="Always draw at dusk.")
    )
    assert told.usage_metadata.prompt_token_count > plain.usage_metadata.prompt_token_count


def test_safety_settings(client):
    from google.genai import types

    settings = [
        types.SafetySetting(category=category, threshold="BLOCK_ONLY_HIGH")
        for category in ("HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH")
    ]
    response = client.models.generate_content(
        model=PRO, contents="a cat", config=config(safety_settings=settings)
    )
    picture_of(response)


def test_a_safety_category_that_may_not_be_set(client):
    setting = {"category": "HARM_CATEGORY_IMAGE_HATE", "threshold": "OFF"}
    error = refused(client, safety_settings=[setting])
    assert (error.code, error.status) == (400, "INVALID_ARGUMENT")
    assert "element predicate failed" in error.message


@pytest.mark.parametrize(
    ("model", "level"), [(PRO, "LOW"), (FLASH, "MEDIUM"), (NB2, "MINIMAL"), (LITE, "HIGH")]
)
def test_thinking_and_its_thoughts(client, model, level):
    response = client.models.generate_content(
        model=model,
        contents="a bridge",
        config=config(thinking_config={"thinking_level": level, "include_thoughts": True}),
    )
    picture_of(response)
    assert response.candidates[0].content.parts[0].thought is True


@pytest.mark.parametrize(("model", "level"), [(NB2, "MEDIUM"), (FLASH, "LOW"), (OLD, "HIGH")])
def test_thinking_that_a_model_has_not(client, model, level):
    error = refused(client, model, thinking_config={"thinking_level": level})
    assert "is not supported for this model" in error.message


def test_sampling_is_taken(client):
    settings = config(temperature=0.4, seed=7, top_p=0.9, top_k=40)
    picture_of(client.models.generate_content(model=PRO, contents="x", config=settings))


@pytest.mark.parametrize("name", ["temperature", "seed", "top_p", "top_k"])
def test_sampling_is_refused(client, name):
    error = refused(client, FLASH, **{name: 1})
    assert (error.code, error.status) == (400, "INVALID_ARGUMENT")
    assert "is not supported by 'gemini-nano-banana-2.1'" in error.message


def test_a_search_and_what_it_found(client):
    from google.genai import types

    response = client.models.generate_content(
        model=PRO,
        contents="the weather in Oslo",
        config=config(tools=[types.Tool(google_search=types.GoogleSearch())]),
    )
    found = response.candidates[0].grounding_metadata
    assert found.web_search_queries == ["the weather in Oslo"]
    assert found.grounding_chunks[0].web.uri
    assert "Oslo" in found.search_entry_point.rendered_content


def test_a_search_for_pictures(client):
    from google.genai import types

    kinds = types.SearchTypes(web_search=types.WebSearch(), image_search=types.ImageSearch())
    response = client.models.generate_content(
        model=FLASH,
        contents="a quetzal",
        config=config(tools=[types.Tool(google_search=types.GoogleSearch(search_types=kinds))]),
    )
    found = response.candidates[0].grounding_metadata
    assert found.image_search_queries == ["a quetzal"]
    assert found.grounding_chunks[1].image.image_uri


def test_a_search_that_a_model_has_not(client):
    assert "is not enabled" in refused(client, LITE, tools=[{"google_search": {}}]).message


def test_the_service_tier(client):
    response = client.models.generate_content(
        model=PRO, contents="x", config=config(service_tier="flex")
    )
    assert response.sdk_http_response.headers["x-gemini-service-tier"] == "flex"
    assert "Service tier flex" in refused(client, FLASH, service_tier="flex").message


def test_a_conversation_sends_its_signature_back(client):
    chat = client.chats.create(model=PRO, config=config(image={"aspect_ratio": "1:1"}))
    first = chat.send_message("a cup")
    second = chat.send_message("now in blue")
    assert picture_of(first).size == picture_of(second).size == (1024, 1024)
    assert second.usage_metadata.prompt_token_count > first.usage_metadata.prompt_token_count


def streamed(chunks):
    parts = [p for c in chunks for p in (c.candidates[0].content.parts or [])]
    (picture,) = [p.inline_data for p in parts if p.inline_data]
    assert Image.open(io.BytesIO(picture.data)).size == (1408, 768)
    assert "not by a model" in "".join(p.text or "" for p in parts)
    assert chunks[-1].candidates[0].finish_reason.value == "STOP"
    assert chunks[-1].usage_metadata.candidates_tokens_details[0].token_count == 1120


def test_a_stream(client):
    streamed(list(client.models.generate_content_stream(model=PRO, contents="a cat")))


def test_a_conversation_as_a_stream(client):
    chat = client.chats.create(model=PRO)
    streamed(list(chat.send_message_stream("a cat")))
    kept = chat.get_history(curated=True)
    assert {turn.role for turn in kept} == {"user", "model"}, "the turn counts as whole"
    first, second = chat.send_message("in blue"), chat.send_message("in red")
    assert picture_of(first).size == picture_of(second).size == (1376, 768)


def test_a_conversation_as_a_stream_of_a_model_that_does_not_sign(client):
    chat = client.chats.create(model=OLD)
    list(chat.send_message_stream("a cat"))
    assert {turn.role for turn in chat.get_history(curated=True)} == {"user", "model"}
    assert chat.send_message("in blue").usage_metadata.prompt_token_count > 200


def test_tokens_are_counted(client):
    counted = client.models.count_tokens(model=PRO, contents=["a siamese cat", a_picture()])
    response = client.models.generate_content(model=PRO, contents=["a siamese cat", a_picture()])
    assert counted.total_tokens == response.usage_metadata.prompt_token_count


def test_the_models(client):
    listed = list(client.models.list(config={"page_size": 2}))
    assert {PRO, FLASH, NB2, LITE, OLD} <= {m.name.removeprefix("models/") for m in listed}
    assert len({m.name for m in listed}) == len(listed)
    assert set(listed[0].supported_actions) == {"generateContent", "countTokens"}
    pro = client.models.get(model=PRO)
    assert (pro.input_token_limit, pro.max_temperature, pro.thinking) == (65536, 2, True)
    assert client.models.get(model=OLD).thinking is None


def test_async(aside):
    settings = config(thinking_config={"thinking_level": "HIGH", "include_thoughts": True})
    response = aside(
        lambda aio: aio.models.generate_content(model=FLASH, contents="a bridge", config=settings)
    )
    assert picture_of(response).size == (1408, 768)
    assert response.candidates[0].content.parts[0].thought is True


def test_async_stream(aside):
    async def ask(aio):
        found = await aio.models.generate_content_stream(model=PRO, contents="a cat")
        return [chunk async for chunk in found]

    streamed(aside(ask))


# The SDK hands its megabytes to aiohttp in one piece.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
def test_async_conversation_count_and_models(aside):
    async def ask(aio):
        chat = aio.chats.create(model=LITE)
        first = await chat.send_message("a cup")
        second = await chat.send_message("now in blue")
        counted = await aio.models.count_tokens(model=LITE, contents="a cup")
        names = [m.name async for m in await aio.models.list(config={"page_size": 1})]
        return first, second, counted, names

    first, second, counted, names = aside(ask)
    assert picture_of(first).tobytes() != picture_of(second).tobytes()
    assert counted.total_tokens == first.usage_metadata.prompt_token_count
    assert len(names) >= 5


def test_async_many_at_once(aside):
    async def ask(aio):
        calls = [aio.models.generate_content(model=LITE, contents=f"cat {i}") for i in range(6)]
        return await asyncio.gather(*calls)

    assert len({response.response_id for response in aside(ask)}) == 6


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("invalid_argument", 400, "INVALID_ARGUMENT"),
        ("bad_key", 400, "INVALID_ARGUMENT"),
        ("location_unsupported", 400, "FAILED_PRECONDITION"),
        ("unauthenticated", 401, "UNAUTHENTICATED"),
        ("permission_denied", 403, "PERMISSION_DENIED"),
        ("model_not_found", 404, "NOT_FOUND"),
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("daily_quota", 429, "RESOURCE_EXHAUSTED"),
        ("cancelled", 499, "CANCELLED"),
        ("internal", 500, "INTERNAL"),
        ("overloaded", 503, "UNAVAILABLE"),
        ("deadline_exceeded", 504, "DEADLINE_EXCEEDED"),
    ],
)
def test_errors(client, arm, fault, code, status):
    from google.genai import errors

    arm({"fault": fault, "times": None})
    error = refused(client)
    assert (error.code, error.status) == (code, status)
    assert isinstance(error, errors.ServerError if code >= 500 else errors.ClientError)
    with pytest.raises(errors.APIError) as caught:
        list(client.models.generate_content_stream(model=PRO, contents="x"))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("model", "settings", "code", "said"),
    [
        ("gemini-9", {}, 404, "models/gemini-9 is not found for API version v1"),
        (f"{PRO}-preview", {}, 404, "is not found for API version v1"),
        (FLASH, {"image": {"image_size": "1k"}}, 400, "imageSize 1k is not supported"),
        (LITE, {"image": {"image_size": "4K"}}, 400, "imageSize 4K is not supported"),
        (OLD, {"image": {"image_size": "1K"}}, 400, "imageSize is not supported"),
        (PRO, {"image": {"aspect_ratio": "1:8"}}, 400, "aspectRatio 1:8 is not supported"),
        (PRO, {"candidate_count": 2}, 400, "Multiple candidates"),
    ],
)
def test_requests_that_cannot_be(client, model, settings, code, said):
    error = refused(client, model, **settings)
    assert error.code == code
    assert said in error.message


@pytest.mark.parametrize("fault", ["html_page", "bad_gateway", "gateway_timeout", "not_json"])
def test_answers_that_are_not_googles(client, arm, fault):
    from google.genai import errors

    arm({"fault": fault, "times": None})
    with pytest.raises((errors.APIError, errors.UnknownApiResponseError, ValueError)):
        client.models.generate_content(model=PRO, contents="x")


@pytest.mark.parametrize("reason", ["SAFETY", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
def test_a_blocked_prompt(client, arm, reason):
    arm({"fault": "blocked", "args": {"reason": reason, "ratings": True}})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.candidates is None
    assert response.prompt_feedback.block_reason.value == reason
    assert response.prompt_feedback.safety_ratings[0].blocked is True


@pytest.mark.parametrize(
    "reason",
    ["IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "NO_IMAGE", "IMAGE_RECITATION", "MAX_TOKENS"],
)
def test_a_filtered_picture(client, arm, reason):
    arm({"fault": "finish", "args": {"reason": reason}})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.candidates[0].finish_reason.value == reason
    assert response.parts is None


@pytest.mark.filterwarnings("ignore:IMAGE_OF_TOMORROW:UserWarning")
def test_an_unknown_finish_reason(client, arm):
    arm({"fault": "finish_unknown"})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.candidates[0].finish_reason.value == "IMAGE_OF_TOMORROW"


def test_words_and_no_picture(client, arm):
    arm({"fault": "text_only"})
    response = client.models.generate_content(model=PRO, contents="x")
    assert response.text == "I am sorry, I cannot draw that for you."


def test_thoughts_beside_several_pictures(client, arm):
    arm(
        {"fault": "thought_pictures_before", "args": {"count": 2}},
        {"fault": "several_pictures", "args": {"count": 3}},
    )
    thoughtful = client.models.generate_content(model=LITE, contents="x")
    assert [bool(p.thought) for p in thoughtful.parts if p.inline_data] == [True, True, False]
    several = client.models.generate_content(model=LITE, contents="x")
    assert len([p for p in several.parts if p.inline_data]) == 3


def test_a_retry_of_the_sdk_meets_a_service_that_recovered(emulator, arm):
    from google import genai

    arm({"fault": "overloaded", "times": 2})
    retry = {"attempts": 4, "initial_delay": 0.01, "max_delay": 0.02, "jitter": 0.01}
    options = {"base_url": emulator.url, "retry_options": retry}
    with genai.Client(api_key="unused", http_options=options) as patient:
        picture_of(patient.models.generate_content(model=LITE, contents="x"))


def test_a_timeout_of_the_sdk(emulator, arm):
    from google import genai

    arm({"fault": "slow", "args": {"seconds": 3}})
    options = {"base_url": emulator.url, "timeout": 300}
    with (
        genai.Client(api_key="unused", http_options=options) as hurried,
        pytest.raises(Exception, match="timed out"),
    ):
        hurried.models.generate_content(model=LITE, contents="x")


def test_a_quota_refuses(client, control):
    control("quotas", [{"kind": "rpm", "limit": 1, "model": LITE}])
    picture_of(client.models.generate_content(model=LITE, contents="x"))
    error = refused(client, LITE)
    assert (error.code, error.status) == (429, "RESOURCE_EXHAUSTED")
    kinds = [d["@type"].rsplit(".", 1)[1] for d in error.details["error"]["details"]]
    assert kinds == ["Help", "QuotaFailure", "RetryInfo"]


def test_a_key_is_required():
    from google import genai

    with Emulator(catalog=MODEL_FACTS, require_key="the-key") as locked:
        options = {"base_url": locked.url}
        with genai.Client(api_key="the-key", http_options=options) as known:
            assert known.models.get(model=PRO).display_name == "Nano Banana Pro"
        with genai.Client(api_key="other", http_options=options) as stranger:
            assert "API key not valid" in refused(stranger).message
