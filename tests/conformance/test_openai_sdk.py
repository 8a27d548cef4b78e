"""The official openai SDK works against the emulator unchanged but for its base URL and key."""

import asyncio
import base64
import io
import json
from decimal import Decimal

import pytest
from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
LITE, OLD = "gemini-3.1-flash-lite-image", "gemini-2.5-flash-image"
OWN, ROUTED, RELAY = "/v1", "/api/v1", "/relay/v1"
ASKED = [{"role": "user", "content": "a cat"}]


@pytest.fixture
def open_at(emulator, control):
    """Makes a client of one surface."""
    import openai

    made = []

    def client(surface=OWN, **settings):
        given = {"api_key": "unused", "max_retries": 0, **settings}
        made.append(openai.OpenAI(base_url=emulator.url + surface, **given))
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def client(open_at):
    return open_at()


@pytest.fixture
def router(open_at):
    return open_at(ROUTED)


def png(width=90, height=60, name="a.png"):
    out = io.BytesIO()
    Image.effect_mandelbrot((width, height), (-2, -1, 1, 1), 40).save(out, "PNG")
    return (name, out.getvalue(), "image/png")


def data_url(picture):
    return f"data:image/png;base64,{base64.b64encode(picture[1]).decode()}"


def pixels(text):
    return Image.open(io.BytesIO(base64.b64decode(text))).size


def shown(url):
    head, _, text = url.partition(";base64,")
    assert head == "data:image/jpeg"
    return pixels(text)


@pytest.mark.parametrize(
    ("model", "size", "drawn"),
    [
        (PRO, "1024x1024", (1024, 1024)),
        (PRO, "1536x1024", (1264, 848)),
        (PRO, "1792x1024", (1376, 768)),
        (PRO, "4096x4096", (4096, 4096)),
        (FLASH, "2K", (2816, 1536)),
        (LITE, "auto", (1408, 768)),
        (OLD, "1024x1536", (832, 1248)),
    ],
)
def test_a_picture_of_a_size(client, model, size, drawn):
    answer = client.images.generate(model=model, prompt="a cat", size=size)
    (picture,) = answer.data
    assert pixels(picture.b64_json) == drawn
    assert answer.size == f"{drawn[0]}x{drawn[1]}"
    assert answer.output_format == ("png" if model == OLD else "jpeg")
    assert answer.usage.input_tokens_details.image_tokens == 0
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.output_tokens_details.image_tokens > 1000


def test_several_pictures_are_several_executions(client, executions):
    answer = client.images.generate(model=LITE, prompt="a cat", n=3)
    assert len({picture.b64_json for picture in answer.data}) == 3
    assert [entry["channel"] for entry in executions()] == ["openai"] * 3
    assert answer.usage.output_tokens_details.image_tokens == 3 * 1120


def test_what_nobody_knows_is_ignored_and_ratio_and_tier_are_read(client):
    extra = {"aspect_ratio": "9:16", "image_size": "2K", "tomorrow": {"x": [1]}}
    answer = client.images.generate(
        model=f"gemini/{PRO}", prompt="x", quality="high", user="me", extra_body=extra
    )
    assert pixels(answer.data[0].b64_json) == (1536, 2752)


@pytest.mark.parametrize("count", [1, 3])
def test_an_edit_of_pictures(client, count):
    pictures = [png(name=f"{i}.png") for i in range(count)]
    image = pictures[0] if count == 1 else pictures
    answer = client.images.edit(model=LITE, prompt="in blue", image=image, mask=png())
    assert pixels(answer.data[0].b64_json) == (1264, 848)
    assert answer.usage.input_tokens_details.image_tokens == count * 1120


def test_an_edit_with_fields_of_a_form(client, executions):
    answer = client.images.edit(model=PRO, prompt="x", image=png(), n=2, size="1024x1024")
    assert [pixels(picture.b64_json) for picture in answer.data] == [(1024, 1024)] * 2
    assert len(executions()) == 2


def test_a_picture_as_an_event(client):
    (event,) = client.images.generate(model=LITE, prompt="x", stream=True)
    assert event.type == "image_generation.completed"
    assert pixels(event.b64_json) == (1408, 768)
    assert event.usage.output_tokens > 1120


def test_a_chat_with_a_picture(client):
    answer = client.chat.completions.create(
        model=PRO,
        messages=[{"role": "system", "content": "Draw at dusk."}, *ASKED],
        modalities=["image", "text"],
        extra_body={"image_config": {"aspect_ratio": "16:9", "image_size": "2K"}},
    )
    (choice,) = answer.choices
    (image,) = choice.message.images
    assert shown(image["image_url"]["url"]) == (2752, 1536)
    assert "not by a model" in choice.message.content
    assert (choice.finish_reason, answer.model) == ("stop", PRO)
    details = answer.usage.completion_tokens_details
    assert answer.usage.completion_tokens > 1120 + details.reasoning_tokens


def test_a_chat_with_references_and_a_turn_before(client):
    content = [
        {"type": "text", "text": "join them"},
        *({"type": "image_url", "image_url": {"url": data_url(png())}} for _ in range(2)),
    ]
    first = client.chat.completions.create(
        model=LITE, messages=[{"role": "user", "content": content}]
    )
    message = first.choices[0].message
    assert first.usage.prompt_tokens >= 2 * 1120
    back = {"role": "assistant", "content": message.content, "images": message.images}
    again = [{"role": "user", "content": content}, back, {"role": "user", "content": "in blue"}]
    second = client.chat.completions.create(model=LITE, messages=again)
    assert second.usage.prompt_tokens >= 3 * 1120


def test_a_chat_with_its_picture_in_markdown(open_at, control):
    control("relay", {"vices": ["markdown_pictures"]})
    relay = open_at(RELAY)
    answer = relay.chat.completions.create(model=OLD, messages=ASKED)
    message = answer.choices[0].message
    words, _, picture = message.content.partition("![image](")
    assert "not by a model" in words
    assert pixels(picture.removesuffix(")").partition("base64,")[2]) == (1024, 1024)
    assert not hasattr(message, "images")


def gathered(chunks):
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    images = [i for delta in deltas for i in (getattr(delta, "images", None) or [])]
    reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
    assert len({chunk.id for chunk in chunks}) == 1
    assert reasons[-1] == "stop"
    assert set(reasons[:-1]) == {None}
    return "".join(delta.content or "" for delta in deltas), images


def test_a_stream(client):
    asked = {"model": PRO, "messages": ASKED, "stream": True}
    chunks = list(client.chat.completions.create(**asked))
    words, (image,) = gathered(chunks)
    assert "not by a model" in words
    assert shown(image["image_url"]["url"]) == (1408, 768)
    assert all(chunk.usage is None for chunk in chunks)
    counted = list(client.chat.completions.create(**asked, stream_options={"include_usage": True}))
    assert counted[-1].usage.total_tokens > 1120


def test_a_stream_of_the_router_ends_with_the_cost(router, executions):
    chunks = list(
        router.chat.completions.create(model=f"google/{LITE}", messages=ASKED, stream=True)
    )
    _, images = gathered(chunks)
    assert len(images) == 1
    assert Decimal(str(chunks[-1].usage.cost)) == Decimal(executions()[0]["usd"])


def test_an_error_in_a_stream(router, control):
    import openai

    control("faults", [{"fault": "error_in_stream"}])
    stream = router.chat.completions.create(model=f"google/{LITE}", messages=ASKED, stream=True)
    with pytest.raises(openai.APIError, match="Provider returned error"):
        list(stream)


@pytest.mark.parametrize("model", [PRO, LITE, OLD])
def test_the_cost_of_the_router_is_what_the_bill_booked(router, executions, model):
    raw = router.chat.completions.with_raw_response.create(
        model=f"google/{model}", messages=ASKED, modalities=["image", "text"]
    )
    answer = raw.parse()
    (entry,) = executions()
    assert (entry["channel"], entry["model"]) == ("openrouter", model)
    assert Decimal(str(answer.usage.cost)) == Decimal(entry["usd"])
    details = answer.usage.cost_details
    parts = ("upstream_inference_prompt_cost", "upstream_inference_completions_cost")
    assert sum(Decimal(str(details[part])) for part in parts) == Decimal(entry["usd"])
    assert answer.provider == raw.headers["x-provider-name"] == "Google AI Studio"
    assert raw.headers["x-generation-id"] == answer.id
    assert answer.choices[0].native_finish_reason == "STOP"


def test_a_prompt_that_is_refused(client, router, control, executions):
    import openai

    control("faults", [{"fault": "blocked", "args": {"reason": "PROHIBITED_CONTENT"}}] * 3)
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model=PRO, prompt="x")
    assert caught.value.code == "moderation_blocked"
    for asking, model in ((client, PRO), (router, f"google/{PRO}")):
        answer = asking.chat.completions.create(model=model, messages=ASKED)
        choice = answer.choices[0]
        assert choice.finish_reason == "content_filter"
        assert not choice.message.content
    assert choice.native_finish_reason == "PROHIBITED_CONTENT"
    assert choice.message.images == []
    booked = [Decimal(entry["usd"]) for entry in executions()]
    assert len(booked) == 3
    assert Decimal(str(answer.usage.cost)) == booked[-1]


def test_words_and_no_picture(client, router, control):
    control("faults", [{"fault": "text_only"}] * 3)
    assert client.images.generate(model=PRO, prompt="x").data == []
    answer = client.chat.completions.create(model=PRO, messages=ASKED)
    assert answer.choices[0].message.content == "I am sorry, I cannot draw that for you."
    answer = router.chat.completions.create(model=f"google/{PRO}", messages=ASKED)
    assert answer.choices[0].message.images == []


def test_a_model_that_is_not_there(client, router, executions):
    import openai

    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(model="gemini-9", prompt="x")
    assert (caught.value.code, caught.value.type) == ("model_not_found", "invalid_request_error")
    with pytest.raises(openai.BadRequestError, match="gemini-9 is not a valid model ID"):
        router.chat.completions.create(model="gemini-9", messages=ASKED)
    assert executions() == []


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("invalid_argument", "BadRequestError", 400),
        ("unauthenticated", "AuthenticationError", 401),
        ("permission_denied", "PermissionDeniedError", 403),
        ("model_not_found", "NotFoundError", 404),
        ("daily_quota", "RateLimitError", 429),
        ("overloaded", "InternalServerError", 503),
        ("deadline_exceeded", "InternalServerError", 504),
        ("relay_rate_limited", "RateLimitError", 429),
        ("bad_gateway", "InternalServerError", 502),
    ],
)
def test_errors(client, router, control, fault, error, code):
    import openai

    control("faults", [{"fault": fault, "times": None}])
    for asking, model in ((client, PRO), (router, f"google/{PRO}")):
        with pytest.raises(getattr(openai, error)) as caught:
            asking.chat.completions.create(model=model, messages=ASKED)
        assert caught.value.status_code == code
    with pytest.raises(getattr(openai, error)):
        client.images.generate(model=PRO, prompt="x")


def test_the_router_says_what_the_provider_said(router, control):
    import openai

    control("faults", [{"fault": "rate_limited", "args": {"retry_delay_s": 34.4}}])
    with pytest.raises(openai.RateLimitError) as caught:
        router.chat.completions.create(model=f"google/{PRO}", messages=ASKED)
    said = caught.value.response.json()
    assert said["error"]["message"] == "Provider returned error"
    assert said["user_id"]
    assert said["error"]["metadata"]["provider_name"] == "Google AI Studio"
    raw = json.loads(said["error"]["metadata"]["raw"])
    assert raw["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert caught.value.response.headers["retry-after"] == "35"


def test_a_quota_says_when_to_come_back(client, control):
    import openai

    control("quotas", [{"kind": "rpm", "limit": 1, "model": LITE}])
    client.images.generate(model=LITE, prompt="x")
    with pytest.raises(openai.RateLimitError) as caught:
        client.images.generate(model=LITE, prompt="x")
    assert 55 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert caught.value.code == "rate_limit_exceeded"


def test_a_retry_of_the_sdk_meets_a_service_that_recovered(open_at, control, executions):
    args = {"retry_delay_s": 0.01}
    control("faults", [{"fault": "rate_limited", "args": args}, {"fault": "overloaded"}])
    patient = open_at(max_retries=3)
    assert patient.images.generate(model=LITE, prompt="x").data
    assert len(executions()) == 1


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "n": 0}, "n"),
        ({"prompt": "x", "size": "huge"}, "size"),
        ({"prompt": "x", "extra_body": {"image": "https://example.invalid/a.png"}}, "image"),
    ],
)
def test_requests_that_cannot_be(client, fields, param):
    import openai

    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(model=PRO, **fields)
    assert caught.value.param == param


def test_the_models(client, router):
    names = {model.id for model in client.models.list()}
    assert {PRO, FLASH, LITE, OLD} <= names
    assert {f"google/{name}" for name in names} == {model.id for model in router.models.list()}
    assert client.models.retrieve(PRO).owned_by == "google"


def test_keys(emulator):
    import openai

    with Emulator(catalog=MODEL_FACTS, require_key="the-key") as locked:
        for surface, said in ((OWN, "Incorrect API key"), (ROUTED, "User not found")):
            model = f"google/{LITE}" if surface == ROUTED else LITE
            for key in ("the-key", "another"):
                with openai.OpenAI(
                    base_url=locked.url + surface, api_key=key, max_retries=0
                ) as client:
                    ask = client.chat.completions.create
                    if key == "the-key":
                        assert ask(model=model, messages=ASKED).choices
                        continue
                    with pytest.raises(openai.AuthenticationError, match=said):
                        ask(model=model, messages=ASKED)


def test_async(emulator, control):
    import openai

    async def run():
        async with openai.AsyncOpenAI(base_url=emulator.url + OWN, api_key="unused") as aside:
            drawn = [aside.images.generate(model=LITE, prompt=f"cat {i}") for i in range(4)]
            edited = aside.images.edit(model=LITE, prompt="x", image=png())
            stream = await aside.chat.completions.create(model=LITE, messages=ASKED, stream=True)
            chunks = [chunk async for chunk in stream]
            return await asyncio.gather(*drawn, edited), chunks

    answers, chunks = asyncio.run(run())
    assert len({answer.data[0].b64_json for answer in answers}) == 5
    assert len(gathered(chunks)[1]) == 1
