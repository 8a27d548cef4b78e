"""What many of these tests stand on: an emulator for each module, one Postgres for all of them."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator
from conformance.postgres import Server


@pytest.fixture(scope="module")
def emulator():
    """An emulator that outlives its tests."""
    with Emulator(catalog=MODEL_FACTS) as running:
        yield running


@pytest.fixture
def control(emulator):
    """Asks the emulator's own routes, by GET or with a body by POST; it begins as new."""

    def ask(path, body=None):
        sent = None if body is None else json.dumps(body).encode()
        with urlopen(f"{emulator.url}/_emulator/{path}", sent, timeout=10) as answer:
            return json.load(answer)

    ask("reset", {})
    return ask


@pytest.fixture
def executions(control):
    """Reads what the emulator executed, as its bill has it."""
    return lambda: control("bill")["executions"]


@pytest.fixture(scope="session")
def postgres():
    """The server of this test process, started when the first test asks for it."""
    server = Server()
    yield server
    server.close()
