"""References that are too large for a request go ahead of it, and a dry run says so."""

from dataclasses import replace

import pytest
from PIL import Image

import cavendish
from cavendish.catalog import loader


@pytest.fixture
def tight(monkeypatch):
    """The offline channel, whose requests are small."""
    real = loader.channels()
    small = {**real, "offline": replace(real["offline"], request_bytes=60_000)}
    monkeypatch.setattr("cavendish.client.settings.channels", lambda: small)


@pytest.fixture
def noisy(tmp_path):
    """Two pictures of noise, each larger than half of a small request."""
    paths = []
    for number in range(2):
        bands = [Image.effect_noise((130, 130), 90 - 60 * number) for _ in range(3)]
        paths.append(tmp_path / f"{number}.png")
        Image.merge("RGB", bands).save(paths[-1])
    return paths


def test_a_dry_run_counts_what_would_go_ahead(tight, noisy):
    with cavendish.Client() as client:
        told = client.estimate("the same, in red", references=noisy, channel="offline")
        assert told.uploads == told.to_json()["uploads"] == 2
        assert told.curl.startswith("# replace upload:")
        assert '"fileUri":"upload:' in told.curl
        assert client.estimate("a cat", channel="offline").uploads == 0


def test_a_picture_is_drawn_from_what_went_ahead(tight, noisy):
    with cavendish.Client() as client:
        drawn = client.generate("the same, in red", references=noisy, channel="offline")
        assert drawn.image.width > 0
