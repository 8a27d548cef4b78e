"""Two witnesses, one sum: what the client books is what the emulator charged, to the nano-USD."""

import pytest
from PIL import Image

from cavendish import Client
from cavendish.client.settings import Settings

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE, OLD = (
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-2.5-flash-image",
)


@pytest.fixture
def client(emulator, control, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(
        {
            "HOME": str(tmp_path),
            "CAVENDISH_HOME": str(tmp_path / "home"),
            "CAVENDISH_OFFLINE_URL": emulator.url,
        }
    )
    with Client(settings) as made:
        yield made


@pytest.mark.parametrize(
    ("model", "asked", "fault"),
    [
        (PRO, {"size": "4K"}, None),
        (PRO, {"tier": "flex"}, None),
        (PRO, {"search": True}, None),
        (PRO, {"text": True, "thoughts": True}, None),
        (FLASH, {"search": True, "reference": True}, None),
        (FLASH, {"search": "image"}, None),
        (NB2, {"search": ("web", "image")}, None),
        (FLASH, {"size": "2K", "thinking": "high"}, None),
        (NB2, {"size": "512"}, None),
        (LITE, {"reference": True}, None),
        (OLD, {}, None),
        (LITE, {}, "several_pictures"),
        (LITE, {}, "thought_pictures_before"),
        (LITE, {}, "snake_case"),
        (LITE, {}, "usage_string"),
    ],
)
def test_the_bills_agree(client, control, executions, tmp_path, model, asked, fault):
    asked = dict(asked)
    if asked.pop("reference", False):
        Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 40).save(tmp_path / "r.png")
        asked["references"] = [tmp_path / "r.png"]
    if fault:
        control("faults", {"fault": fault})
    result = client.generate("a lighthouse", model=model, **asked)
    (entry,) = executions()
    assert result.cost.usd == entry["usd"]
