"""A real Postgres, started when the first test asks for it and shared by those that follow."""

from __future__ import annotations

import pytest

from conformance.postgres import Server


@pytest.fixture(scope="session")
def postgres():
    """The server of this test process."""
    server = Server()
    yield server
    server.close()
