"""References are decoded by children: the same comes out, and what they die of is named."""

from __future__ import annotations

import os
import signal
import time

import pytest

from cavendish.client.examiner import Decoders, HeaderOnly
from cavendish.imaging.header import NotAPicture
from cavendish.imaging.upload import TooLarge, Unseen
from unit.imaging.pictures import encoded, exif, scene


@pytest.fixture
def children():
    pool = Decoders(most=1)
    yield pool
    pool.close()


def test_a_child_makes_what_we_would_make(children):
    data = encoded(scene(500, 400), "TIFF", exif=exif(6))
    assert children.made_ready(data, 300, 99_999) == HeaderOnly().made_ready(data, 300, 99_999)


def test_what_is_wrong_is_told_apart(children):
    with pytest.raises(TooLarge):
        children.made_ready(encoded(scene(700, 700)), 2048, 500)
    with pytest.raises(NotAPicture, match="empty") as caught:
        children.made_ready(b"", 2048, 500)
    assert type(caught.value) is NotAPicture
    assert children.made_ready(encoded(scene(50, 50)), 2048, 99_999).mime == "image/jpeg"


def test_a_picture_that_the_child_does_not_finish_is_unseen(monkeypatch):
    pool = Decoders(most=1, deadline_s=1.5)
    try:
        pool.made_ready(encoded(scene(50, 50)), 2048, 99_999)
        (child,) = pool._children
        os.kill(child.pid, signal.SIGSTOP)
        started_s = time.monotonic()
        with pytest.raises(Unseen, match="did not answer"):
            pool.made_ready(encoded(scene(50, 50)), 2048, 99_999)
        assert time.monotonic() - started_s < 10
    finally:
        pool.close()
