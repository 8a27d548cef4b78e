"""Surroundings for the client: an empty folder, a server in the provider's place, a picture."""

from __future__ import annotations

import pytest

from cavendish.client.settings import Settings
from unit.client.upstream import pixels


@pytest.fixture(autouse=True)
def _in_the_folder(folder):
    """No test here sees another's files."""


@pytest.fixture
def settings(tmp_path):
    """Settings of an empty environment, so: offline."""
    return Settings.load({"HOME": str(tmp_path), "CAVENDISH_HOME": str(tmp_path / "home")})


@pytest.fixture
def png(folder):
    """A small picture in a file."""
    path = folder / "small.png"
    path.write_bytes(pixels(16, 16, shade=99, kind="PNG"))
    return path
