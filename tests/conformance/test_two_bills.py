"""Two witnesses, one sum: what the client books is what the emulator charged, to the nano-USD."""

import json
import urllib.request

import pytest
from PIL import Image

from cavendish import Client
from cavendish.catalog.loader import MODEL_FACTS
from cavendish.client.settings import Settings
from cavendish_emulator import Emulator

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
NB2, LITE, OLD = (
    "gemini-3.1-flash-image",
    "gemini-3.1-flash-lite-image",
    "gemini-2.5-flash-image",
)


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=MODEL_FACTS) as running:
        yield running


@pytest.fixture
def client(emulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(
        {
            "HOME": str(tmp_path),
            "CAVENDISH_HOME": str(tmp_path / "home"),
            "CAVENDISH_OFFLINE_URL": emulator.url,
        }
    )
    call(emulator, "reset", {})
    with Client(settings) as made:
        yield made


def call(emulator, path, body=None):
    sent = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{emulator.url}/_emulator/{path}", sent, timeout=10) as answer:
        return json.load(answer)


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
def test_the_bills_agree(client, emulator, tmp_path, model, asked, fault):
    asked = dict(asked)
    if asked.pop("reference", False):
        Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 40).save(tmp_path / "r.png")
        asked["references"] = [tmp_path / "r.png"]
    if fault:
        call(emulator, "faults", {"fault": fault})
    result = client.generate("a lighthouse", model=model, **asked)
    (entry,) = call(emulator, "bill")["executions"]
    assert result.cost.usd == entry["usd"]
