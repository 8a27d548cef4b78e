"""Every fault of HTTP that the emulator knows, through the whole client: typed, soon, booked."""

from __future__ import annotations

import json
import time
from urllib.request import Request, urlopen

import pytest

from cavendish import Client
from cavendish.catalog.loader import MODEL_FACTS
from cavendish.core.errors import ConnectionFailed, DeadlineExceeded, ProtocolError
from cavendish_emulator import Emulator
from cavendish_emulator.faults.framing import FRAMING

HARMLESS = {"informational_flood", "length_too_long"}
"""The real answer is there whole, and is read."""


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=MODEL_FACTS) as running:
        yield running


@pytest.mark.parametrize("name", FRAMING)
def test_a_broken_answer_is_known_at_once_and_its_price_stays_held(
    emulator, monkeypatch, tmp_path, name
):
    """T45: nobody waits for the deadline of a call whose answer broke the rules."""
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path))
    monkeypatch.setenv("CAVENDISH_OFFLINE_URL", emulator.url)
    armed = json.dumps([{"fault": name}]).encode()
    urlopen(Request(f"{emulator.url}/_emulator/faults", armed, method="POST")).close()
    began_s = time.monotonic()
    with Client() as client:
        if name in HARMLESS:
            assert client.generate("a fox", size="1K").image.bytes
            return
        with pytest.raises((ConnectionFailed, ProtocolError)) as caught:
            client.generate("a fox", size="1K", timeout_s=60)
    assert not isinstance(caught.value, DeadlineExceeded)
    assert caught.value.billed is None
    assert [attempt["outcome"] for attempt in caught.value.details["attempts"]] == ["unknown"]
    assert time.monotonic() - began_s < 20
