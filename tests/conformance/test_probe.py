"""Probes of the emulator's relay, vice by vice: each is found, and its bill is as announced."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from urllib.request import urlopen

import pytest

from cavendish import Client
from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

FILE = """
base_url = "{url}/relay"
[auth]
key_env = "MINE_API_KEY"
[prices.per_call]
"gemini-3-pro-image" = 0.30
"""
FLASH, OLDEST = "gemini-3.1-flash-image", "gemini-2.5-flash-image"
HARMLESS = {"marks", "tokens"}
"""Of a draft: it has no marks, and a relay that ignores the size counts what it drew."""

VICES = [
    ([], set()),
    (["ignores_size"], {"size"}),
    (["ignores_ratio"], {"ratio"}),
    (["drops_references"], {"reference"}),
    ([{"fault": "answers_dead_ids"}], {"invented id"}),
    ([{"fault": "other_model", "args": {"model": "gemini-2.5-flash-image"}}], {"model"}),
    ([{"fault": "other_model", "args": {"model": FLASH}}], {"model"}),
    ([{"fault": "other_model", "args": {"model": FLASH, "lies": True}}], {"model"}),
    ([{"fault": "other_model", "args": {"model": OLDEST}}], {"model"}),  # it refuses the size
    (["cached_picture"], {"own picture"}),
    (["ratelimit_headers"], set()),
]


@pytest.fixture
def probe(monkeypatch):
    """Probes a relay that has these vices; gives the report and the emulator's own bill."""
    monkeypatch.setenv("MINE_API_KEY", "sk-0123456789")
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)

    def run(*vices, faults=()):
        with Emulator(catalog=MODEL_FACTS, vices=vices, faults=faults) as emulator:
            (folder / "mine.toml").write_text(FILE.format(url=emulator.url))
            with Client() as client:
                found = client.channels.probe("mine")
            with urlopen(f"{emulator.url}/_emulator/bill") as answer:
                return found, json.load(answer)

    return run


@pytest.mark.parametrize(("vices", "expected"), VICES)
def test_each_vice_of_the_relay_is_found(probe, vices, expected):
    found, _ = probe(*vices)
    said = {one.promise for one in found.vices}
    assert expected <= said, [one.to_json() for one in found.findings]
    if not expected:
        assert said <= HARMLESS


def test_what_the_bill_must_show_is_what_the_relay_charges(probe):
    flat = {"fault": "flat_charge", "args": {"usd": "0.30"}}
    words = {"fault": "text_only", "match": {"prompt": "Do not draw"}, "times": 1}
    found, bill = probe(flat, faults=[words])
    charged = Decimal(bill["total_usd"])
    assert charged == Decimal(found.cost.usd)
    assert f"${charged:.2f} in all if they are charged" in " ".join(found.bill)


@pytest.mark.parametrize("channel", ["openrouter", "openrouter-chat"])
def test_a_provider_that_says_what_it_charged_is_told_by_its_own_word(monkeypatch, channel):
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-0123456789")
    words = {"fault": "finish_no_image", "match": {"prompt": "Do not draw"}, "times": None}
    with Emulator(catalog=MODEL_FACTS, faults=[words]) as emulator:
        monkeypatch.setenv("OPENROUTER_BASE_URL", emulator.url)
        with Client() as client:
            found = client.channels.probe(channel)
        with urlopen(f"{emulator.url}/_emulator/bill") as answer:
            bill = json.load(answer)
    grades = {one.promise: one.grade for one in found.findings}
    assert {name for name, grade in grades.items() if grade == "not honoured"} <= HARMLESS
    for promise in ("size", "ratio", "invented id", "reference", "billing"):
        assert grades[promise] == "honoured", [one.to_json() for one in found.findings]
    assert Decimal(found.cost.usd) == Decimal(bill["total_usd"])
