"""An empty folder, and a server in the provider's place."""

from __future__ import annotations

import pytest

from unit.client.upstream import CANARY, Upstream


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def upstream(monkeypatch):
    """A provider with a key; its money is real."""
    with Upstream() as server:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)
        monkeypatch.setenv("GEMINI_API_KEY", CANARY)
        yield server
