"""Surroundings for the client: an empty folder, a server in the provider's place, a picture."""

from __future__ import annotations

import pytest

from cavendish.client.settings import Settings
from unit.client.upstream import CANARY, Upstream, pixels


@pytest.fixture(autouse=True)
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


@pytest.fixture
def settings(tmp_path):
    """Settings of an empty environment, so: offline."""
    return Settings.load({"HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "home")})


@pytest.fixture
def png(folder):
    """A small picture in a file."""
    path = folder / "small.png"
    path.write_bytes(pixels(16, 16, kind="PNG"))
    return path
