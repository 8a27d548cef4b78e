"""Where the catalogue has no price nothing is asked: T83, on every channel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cavendish import Client
from cavendish.catalog.loader import channels, models
from cavendish.channels.channel import Channel
from cavendish.client.settings import Settings
from cavendish.core.errors import UnknownPrice, UsageError

TIERS = ("standard", "flex", "priority", "batch")
KEYS = {"GEMINI_API_KEY": "k" * 39, "LAOZHANG_API_KEY": "k", "APIYI_API_KEY": "k",
        "OPENROUTER_API_KEY": "k", "GOOGLE_CLOUD_PROJECT": "p"}  # fmt: skip


@pytest.fixture
def sent(monkeypatch):
    """What was sent; nothing leaves."""
    calls = []

    async def call(self, *said, **more):
        calls.append(said)
        raise AssertionError("something was sent")

    monkeypatch.setattr(Channel, "call", call)
    return calls


@pytest.fixture
def client(tmp_path, folder):
    home = {"HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "home")}
    with Client(Settings.load({**home, **KEYS})) as made:
        yield made


def test_no_cell_without_a_price_is_ever_asked(client, sent):
    """T83: every (model, channel, tier, size) that has no price."""
    refused = 0
    for channel in channels().values():
        for model in models().values():
            facts = channel.priced(model)
            sheet = facts.sheets.get(channel.surface)
            for tier in TIERS:
                if sheet is not None and (sheet.per_call is not None or tier in sheet.tiers):
                    continue
                for size in model.sizes:
                    with pytest.raises((UnknownPrice, UsageError)):
                        client.generate(
                            "a bird", model=model.id, channel=channel.name, tier=tier, size=size
                        )
                    refused += 1
    assert refused > 20
    assert sent == []
    assert client.report().lines == ()


def test_a_price_that_is_taken_out_of_the_catalogue_stops_every_call(client, sent, monkeypatch):
    """T83: what could be bought a moment ago, without its row."""
    asked = 0
    for channel in channels().values():
        for model in models().values():
            sheet = model.sheets.get(channel.surface)
            if sheet is None or sheet.per_call is not None or channel.realm != "real":
                continue
            for size in model.sizes:
                for fewer in (
                    {"image_tokens": {s: n for s, n in sheet.image_tokens.items() if s != size}},
                    {"tiers": {t: p for t, p in sheet.tiers.items() if t != "standard"}},
                    None,
                ):
                    less = {**model.sheets, channel.surface: replace(sheet, **(fewer or {}))}
                    if fewer is None:
                        del less[channel.surface]
                    with monkeypatch.context() as patch:
                        patch.setitem(models(), model.id, replace(model, sheets=less))
                        with pytest.raises((UnknownPrice, UsageError)) as caught:
                            client.generate(
                                "a bird", model=model.id, channel=channel.name, size=size
                            )
                    asked += isinstance(caught.value, UnknownPrice)
    assert asked > 20
    assert sent == []
    assert client.report().lines == ()


def test_the_same_calls_would_be_sent_with_their_price(client, sent):
    """T83: so the tests above could fail."""
    with pytest.raises(AssertionError, match="something was sent"):
        client.generate("a bird", model="gemini-3-pro-image", channel="gemini", size="1K")
    assert len(sent) == 1
