"""The house buys from third parties as the emulator plays them: every dialect, one bill, no vice
unnoticed."""

import pytest
from PIL import Image

from cavendish import Client
from cavendish.client.settings import Settings
from cavendish.core import errors

PRO, LITE = "gemini-3-pro-image", "gemini-3.1-flash-lite-image"
FLAT = {"fault": "flat_charge", "args": {"usd": "0.09"}}
OWN = """
base_url = "{url}/relay"
dialect = "{dialect}"
[auth]
key_env = "MINE_API_KEY"
[prices.per_call]
"{model}" = "0.09"
"""
DIALECTS = ("gemini", "openai-images", "openai-chat")


@pytest.fixture
def client(emulator, tmp_path, monkeypatch):
    folder = tmp_path / "config/cavendish/channels"
    folder.mkdir(parents=True)
    for dialect in DIALECTS:
        text = OWN.format(url=emulator.url, dialect=dialect, model=PRO)
        (folder / f"mine-{dialect}.toml").write_text(text)
    given = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CAVENDISH_HOME": str(tmp_path / "home"),
        "OPENROUTER_BASE_URL": emulator.url,
        "OPENROUTER_API_KEY": "sk-or-emulated",
        "LAOZHANG_BASE_URL": f"{emulator.url}/relay",
        "LAOZHANG_API_KEY": "sk-emulated",
        "MINE_API_KEY": "sk-emulated",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with Client(Settings.load(given)) as made:
        yield made


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "reference.png"
    Image.effect_mandelbrot((600, 600), (-2, -1, 1, 1), 40).save(path)
    return path


@pytest.mark.parametrize("channel", ["openrouter", "openrouter-chat"])
@pytest.mark.parametrize("referring", [False, True])
def test_the_router_bills_what_it_said(client, executions, channel, referring, reference):
    references = [reference] if referring else []
    result = client.generate(
        "a lighthouse",
        model=PRO,
        channel=channel,
        size="2K",
        aspect_ratio="16:9",
        references=references,
    )
    (entry,) = executions()
    assert entry["channel"] == "openrouter"
    assert result.cost.usd == entry["usd"]
    assert result.image.pil.size == (2752, 1536)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_relay_of_ones_own_bills_its_flat_price(client, control, executions, dialect, reference):
    control("relay", {"vices": [FLAT]})
    result = client.generate(
        "a lighthouse",
        model=PRO,
        channel=f"mine-{dialect}",
        aspect_ratio="16:9",
        references=[reference],
    )
    (entry,) = executions()
    assert result.cost.usd == entry["usd"] == "0.09"
    assert result.image.pil.size == (2752, 1536)


def test_a_picture_in_the_words_of_a_chat_is_found(client, control):
    control("relay", {"vices": [FLAT, "markdown_pictures"]})
    result = client.generate("a cat", model=PRO, channel="mine-openai-chat", aspect_ratio="1:1")
    assert result.image.pil.size == (2048, 2048)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("vice", ["ignores_size", "ignores_ratio"])
def test_a_picture_that_was_not_asked_for_is_no_success(client, control, executions, dialect, vice):
    control("relay", {"vices": [FLAT, vice]})
    with pytest.raises(errors.ContractViolation):
        client.generate(
            "a cat", model=PRO, channel=f"mine-{dialect}", size="2K", aspect_ratio="16:9"
        )
    assert len(executions()) == 1


@pytest.mark.parametrize("channel", [*(f"mine-{dialect}" for dialect in DIALECTS), "laozhang"])
@pytest.mark.parametrize("vice", ["charges_without_picture", "text_only"])
def test_no_picture_is_paid_for_once(client, control, executions, channel, vice):
    control("relay", {"vices": [FLAT, vice]})
    with pytest.raises(errors.NoImage):
        client.generate("a cat", model=PRO, channel=channel)
    assert len(executions()) == 1
