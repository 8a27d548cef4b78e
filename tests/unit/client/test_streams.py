"""A stream in place of an answer, through the whole house: bought, booked, kept."""

from __future__ import annotations

import base64
import json

import pytest

from cavendish import Client
from cavendish.core.errors import Overloaded, ProtocolError
from unit.client.upstream import USAGE, USAGE_USD, Reply, pixels

PICTURE = pixels(1024, 1024)
INLINE = {"mimeType": "image/jpeg", "data": base64.b64encode(PICTURE).decode()}
WORDS = {"candidates": [{"content": {"parts": [{"text": "Here."}]}}]}
DRAWN = {"candidates": [{"content": {"parts": [{"inlineData": INLINE}]}}]}
LAST = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": USAGE, "responseId": "r-9"}
ERROR = {"error": {"code": 503, "status": "UNAVAILABLE", "message": "no capacity"}}


def events(*chunks):
    body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)
    return Reply(200, body, headers={"Content-Type": "text/event-stream"})


def array(*chunks):
    return Reply(200, json.dumps(chunks).encode())


@pytest.fixture
def client(upstream):
    with Client() as client:
        yield client


@pytest.mark.parametrize("form", [events, array])
def test_a_stream_is_bought_like_an_answer(client, upstream, form):
    upstream.always(form(WORDS, DRAWN, LAST))
    image = client.generate("a fox", size="1K", text=True).image
    assert image.bytes == PICTURE
    assert (image.text, image.cost.usd, image.request_id) == ("Here.", USAGE_USD, "r-9")
    assert client.generate("a fox", size="1K", text=True).image.cached


def test_a_picture_whose_ending_is_lost_is_kept_and_its_price_is_estimated(client, upstream):
    """T32."""
    upstream.always(events(WORDS, DRAWN))
    image = client.generate("a fox", size="1K").image
    assert image.bytes == PICTURE
    assert image.cost.nanos > 137_710_000, "all that was held, since the counts are lost"
    assert any("reservation" in warning for warning in image.warnings)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (events(WORDS), ProtocolError),
        (events(WORDS, ERROR), Overloaded),
        (array(WORDS, ERROR), Overloaded),
    ],
)
def test_a_stream_without_its_picture_is_of_unknown_price(client, upstream, reply, kind):
    upstream.always(reply)
    with pytest.raises(kind) as caught:
        client.generate("a fox", size="1K", retries=0)
    assert caught.value.billed is None
    assert len(upstream.requests) == 1
