"""google-genai's files and conversations work against the emulator unchanged."""

import io
from itertools import pairwise

import pytest
from PIL import Image

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PRO, OLD = "gemini-3-pro-image", "gemini-2.5-flash-image"


@pytest.fixture
def control(control):
    control("switches", {"signature_bytes": 3000})
    return control


def made_client(emulator, key):
    from google import genai

    return genai.Client(api_key=key, http_options={"base_url": emulator.url})


@pytest.fixture
def client(emulator, control):
    made = made_client(emulator, "mine")
    yield made
    made.close()


def noise(side=60):
    out = io.BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(out, "PNG")
    out.seek(0)
    return out


def upload(client, data=None, **settings):
    settings = {"mime_type": "image/png", **settings}
    return client.files.upload(file=data or noise(), config=settings)


def refused(ask, *args, **kwargs):
    from google.genai import errors

    with pytest.raises(errors.APIError) as caught:
        ask(*args, **kwargs)
    return caught.value


def test_a_file_goes_up_and_into_a_picture(client):
    file = upload(client, display_name="a noise")
    assert (file.state.value, file.display_name, file.mime_type) == (
        "ACTIVE", "a noise", "image/png",
    )  # fmt: skip
    assert (file.expiration_time - file.create_time).total_seconds() == 48 * 3600
    drawn = client.models.generate_content(model=PRO, contents=[file, "this, in red"])
    assert drawn.candidates[0].content.parts[-1].inline_data.data
    plain = client.models.generate_content(model=PRO, contents="this, in red")
    with_file, without = (r.usage_metadata.prompt_token_count for r in (drawn, plain))
    assert with_file > without + 100


def test_a_large_file_goes_up_in_several_chunks(client):
    data = io.BytesIO(noise().getvalue() + bytes(17 * 2**20))
    size = len(data.getvalue())
    assert upload(client, data).size_bytes == size


def test_files_are_got_listed_and_deleted(client):
    files = [upload(client) for _ in range(3)]
    named = upload(client, name="my-file")
    assert named.name == "files/my-file"
    assert client.files.get(name=files[0].name).sha256_hash == files[0].sha256_hash
    listed = [file.name for file in client.files.list(config={"page_size": 2})]
    assert listed == [named.name, *(file.name for file in reversed(files))]
    client.files.delete(name=files[0].name)
    assert len(list(client.files.list())) == 3
    gone = refused(client.files.get, name=files[0].name)
    assert (gone.code, "or it may not exist" in gone.message) == (403, True)
    assert refused(upload, client, name="my-file").code == 409


def test_a_file_is_its_owners_for_48_hours(client, emulator, control):
    file = upload(client)
    other = made_client(emulator, "another")
    assert refused(other.files.get, name=file.name).code == 403
    said = refused(other.models.generate_content, model=PRO, contents=[file, "x"])
    assert (said.code, said.status) == (403, "PERMISSION_DENIED")
    assert list(other.files.list()) == []
    other.close()
    control("clock", {"advance_s": 48 * 3600 + 1})
    assert refused(client.models.generate_content, model=PRO, contents=[file, "x"]).code == 403


def test_a_file_in_processing_is_not_used(client, control):
    control("switches", {"processing_s": 60})
    file = upload(client)
    assert file.state.value == "PROCESSING"
    said = refused(client.models.generate_content, model=PRO, contents=[file, "x"])
    assert (said.code, said.status) == (400, "FAILED_PRECONDITION")
    control("clock", {"advance_s": 61})
    assert client.files.get(name=file.name).state.value == "ACTIVE"
    client.models.generate_content(model=PRO, contents=[file, "x"])


def test_a_body_above_the_limit_is_refused_and_a_file_is_the_way(client, control):
    from google.genai import types

    control("switches", {"request_bytes": 20_000})
    data = noise(120)
    inline = types.Part.from_bytes(data=data.getvalue(), mime_type="image/png")
    said = refused(client.models.generate_content, model=PRO, contents=[inline, "x"])
    assert said.message == "Request payload size exceeds the limit: 20000 bytes."
    client.models.generate_content(model=PRO, contents=[upload(client, data), "x"])
    control("switches", {"file_bytes": 1000})
    assert "too large" in refused(upload, client, noise(120)).message


def parts_of(response):
    return response.candidates[0].content.parts


def test_a_conversation_of_four_turns_shows_where_it_came_from(client):
    chat = client.chats.create(model=PRO)
    seen = []
    for words in ("a cup", "now in blue", "on a table", "at night"):
        parts = parts_of(chat.send_message(words))
        assert all(part.thought_signature for part in parts)
        (data,) = [part.inline_data.data for part in parts if part.inline_data]
        seen.append(Image.open(io.BytesIO(data)).convert("RGB").resize((32, 18)))
    for before, after in pairwise(seen):
        above = [[image.getpixel((x, y)) for x in range(32) for y in range(6)]
                 for image in (before, after)]  # fmt: skip
        apart = [abs(a - b) for p, q in zip(*above, strict=True) for a, b in zip(p, q, strict=True)]
        assert sum(apart) / len(apart) < 60


def test_another_picture_under_a_signature_is_found(client):
    from google.genai import types

    first = client.models.generate_content(model=PRO, contents="a cup")
    second = client.models.generate_content(model=PRO, contents="a plate")

    def ask(content, model=PRO):
        user = types.UserContent("a cup")
        return client.models.generate_content(
            model=model, contents=[user, content, types.UserContent("in blue")]
        )

    good = first.candidates[0].content
    assert parts_of(ask(good))
    swapped = good.model_copy(deep=True)
    swapped.parts[-1].inline_data.data = parts_of(second)[-1].inline_data.data
    assert refused(ask, swapped).message == "Thought signature is not valid."
    bare = good.model_copy(deep=True)
    bare.parts[-1].thought_signature = None
    said = refused(ask, bare)
    assert (said.code, said.status) == (400, "INVALID_ARGUMENT")
    assert said.message.startswith(
        "Image part is missing a thought_signature in content position 2, part position 2."
    )
    assert parts_of(ask(bare, OLD))  # it does not think, and asks for none
    bare.parts[-1].thought_signature = b"\x71\xea\x27\xb5"
    assert refused(ask, bare).code == 400


def test_signatures_weigh_what_they_are_told_to(client, control):
    control("switches", {"signature_bytes": 1_050_000})
    (part,) = [p for p in parts_of(client.models.generate_content(model=PRO, contents="a cup"))
               if p.inline_data]  # fmt: skip
    assert len(part.thought_signature) == 1_050_000
    old = client.models.generate_content(model=OLD, contents="a cup")
    assert not any(part.thought_signature for part in parts_of(old))
