"""Providers that speak OpenAI's shapes, over the wire: what they charged is what is booked."""

from decimal import Decimal

import pytest
from PIL import Image

from cavendish import Client
from cavendish.client.settings import Settings

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
PAIR = """
base_url = "{url}"
dialect = "openai-images"
auth.key_env = "OWN_KEY"
prices.surface = "gemini"
request.edits_path = "/v1/images/edits"
"""
CHAT = """
base_url = "{url}"
dialect = "openai-chat"
auth.key_env = "OWN_KEY"
prices.per_call = {{ "gemini-3-pro-image" = 0.08, "gemini-nano-banana-2.1" = 0.05 }}
request.places = {{ image_config = "extra_body.google.image_config" }}
"""


@pytest.fixture
def client(emulator, control, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".config/cavendish/channels"
    folder.mkdir(parents=True)
    for name, text in (("pair", PAIR), ("own-chat", CHAT)):
        (folder / f"{name}.toml").write_text(text.format(url=emulator.url))
    Image.effect_noise((700, 640), 60).convert("RGB").save("reference.png")
    settings = Settings.load({
        "HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "home"), "OWN_KEY": "own",
        "OPENROUTER_API_KEY": "sk-or-1", "OPENROUTER_BASE_URL": emulator.url,
    })  # fmt: skip
    with Client(settings) as made:
        yield made


@pytest.mark.parametrize("channel", ["openrouter", "openrouter-chat", "pair", "own-chat"])
@pytest.mark.parametrize("model", [PRO, FLASH])
@pytest.mark.parametrize("references", [(), ("reference.png",)])
def test_a_picture_is_bought_in_every_dialect(client, executions, channel, model, references):
    result = client.generate(
        "a fox", channel=channel, model=model, size="2K", aspect_ratio="16:9",
        references=references, retries=0, output=None,
    )  # fmt: skip
    (entry,) = executions()
    assert (result.image.width, result.image.height) == (2752, 1536)
    assert not result.warnings
    flat = {PRO: "0.08", FLASH: "0.05"}
    charged = flat[model] if channel == "own-chat" else entry["usd"]
    assert Decimal(result.cost.usd) == Decimal(charged)


def test_what_was_asked_and_cannot_be_said_is_refused_before_anything_is_sent(client, executions):
    from cavendish.errors import InvalidRequest

    with pytest.raises(InvalidRequest, match="thinking"):
        client.generate("a fox", channel="openrouter", model=FLASH, thinking="high")
    assert executions() == []
