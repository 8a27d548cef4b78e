"""What many of these tests stand on: an emulator for each module, one Postgres for all of them."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest

from cavendish.catalog.loader import MODEL_FACTS
from cavendish.store.migration import prepare
from cavendish_emulator import Emulator
from conformance import journal_worker
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


@pytest.fixture(params=["sqlite", "postgres"])
def path(request, tmp_path):
    """An empty journal: a file, or an address."""
    found = tmp_path / "journal.db"
    if request.param == "postgres":
        found = request.getfixturevalue("postgres").database()
    database = journal_worker.database(found)
    prepare(database, 0)
    database.close()
    return found


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
