"""Every kind of whole answer: its outcome, its price, its picture and its error."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace

import pytest

from cavendish.catalog.loader import channels, find_channel
from cavendish.core.errors import (
    Blocked,
    ContractViolation,
    NoImage,
    ProtocolError,
)
from cavendish.core.money import ZERO, Money
from cavendish.core.result import Drawn
from cavendish.send.contract import Asked
from cavendish.send.judge import judge
from simulation.oracle import png

ASKED = Asked("gemini-3-pro-image", "1K", "1:1")
RESERVED = Money(158_430_000)
GOOD = png(1024, 1024, "good")
USAGE = {
    "promptTokenCount": 10, "candidatesTokenCount": 1120, "thoughtsTokenCount": 100,
    "totalTokenCount": 1230,
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
}  # fmt: skip
COST = Money(10 * 2_000 + 100 * 12_000 + 1120 * 120_000)


def picture(index, **more):
    return {"inlineData": {"mimeType": "image/png", "data": index}, **more}


def judged(
    parts=(),
    *,
    pictures=(),
    usage=None,
    finish="STOP",
    asked=ASKED,
    seen=None,
    channel="gemini",
    known=None,
    **document,
):
    if parts or finish:
        content = {"parts": list(parts)}
        document["candidates"] = [{"content": content, "finishReason": finish}]
    if usage is not None:
        document["usageMetadata"] = usage
    return judge(
        json.dumps(document).encode(),
        [(len(p), hashlib.sha256(p).hexdigest()) for p in pictures],
        asked=asked,
        channel=channel,
        known=channels() if known is None else known,
        reserved=RESERVED,
        open_picture=lambda index: io.BytesIO(pictures[index]) if pictures[index] else None,
        examine=lambda _: seen,
    )


def test_a_picture():
    found = judged([{"text": "here"}, picture(0)], pictures=[GOOD], usage=USAGE, responseId="r")
    assert (found.outcome, found.cost, found.certain) == ("executed", COST, True)
    assert (found.picture, found.error) == (0, None)
    drawn = found.drawn
    assert (drawn.width, drawn.height, drawn.mime) == (1024, 1024, "image/png")
    assert drawn.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert (drawn.text, drawn.cost, drawn.request_id) == ("here", COST, "r")
    assert drawn.warnings == ()
    assert Drawn.from_row(json.loads(json.dumps(drawn.to_row()))) == drawn


def test_a_picture_without_a_count_is_booked_at_all_that_was_held():
    for usage in (None, {"promptTokenCount": 10, "totalTokenCount": 10}):
        found = judged([picture(0)], pictures=[GOOD], usage=usage)
        assert (found.outcome, found.cost, found.certain) == ("executed", RESERVED, False)
        assert found.drawn is not None
        assert "no usage" in found.drawn.warnings[0]


@pytest.mark.parametrize(
    ("asked", "given", "share", "warned"),
    [
        ("flex", "flex", 2, False),
        ("flex", "standard", 1, True),
        ("flex", "STANDARD", 1, True),
        ("standard", "standard", 1, False),
        ("flex", "turbo", 2, True),  # a class without a price here: what was asked is booked
        ("flex", None, 2, False),
    ],
)
def test_the_tier_that_was_given_is_the_tier_that_is_booked(asked, given, share, warned):
    usage = {**USAGE, "serviceTier": given} if given else USAGE
    found = judged([picture(0)], pictures=[GOOD], usage=usage, asked=replace(ASKED, tier=asked))
    assert found.cost.nanos == COST.nanos // share
    assert any("tier flex was asked" in text for text in found.drawn.warnings) == warned


def test_a_bill_above_what_was_held_is_booked_as_it_is():
    found = judged([picture(0)], pictures=[GOOD], usage={**USAGE, "thoughtsTokenCount": 50_000})
    assert found.certain
    assert found.cost > RESERVED


def test_of_several_pictures_the_last_that_is_no_thought_is_the_result():
    drafts = [png(512, 512, "a"), png(1024, 1024, "b"), GOOD, png(256, 256, "c")]
    parts = [picture(0, thought=True), picture(1), picture(2), picture(3, thought=True)]
    found = judged(parts, pictures=drafts, usage=USAGE)
    assert found.picture == 2
    assert found.error is None
    assert found.others == (1,)
    assert found.drawn.others == (hashlib.sha256(drafts[1]).hexdigest(),)
    assert found.drawn.warnings[0] == (
        "expected 1 picture, got 2: the last one is the result, the others are kept beside it; "
        f"{RESERVED} is booked for all of them"
    )


def test_thoughts_alone_are_no_picture():
    """T23."""
    found = judged([picture(0, thought=True)], pictures=[GOOD], usage=USAGE)
    assert isinstance(found.error, NoImage)
    assert (found.outcome, found.picture, found.drawn) == ("executed", None, None)


@pytest.mark.parametrize(("width", "height", "kind"), [(512, 512, "size"), (1376, 768, "aspect")])
def test_another_picture_than_was_asked_for_is_paid_for_and_named(width, height, kind):
    found = judged([picture(0)], pictures=[png(width, height, "x")], usage=USAGE)
    assert isinstance(found.error, ContractViolation)
    assert kind in found.error.message
    assert found.error.billed is True
    assert (found.outcome, found.cost, found.picture) == ("executed", COST, 0)
    assert found.drawn is not None


def test_a_picture_that_breaks_off_is_named():
    """T26."""
    found = judged([picture(0)], pictures=[GOOD[:-12]], usage=USAGE)
    assert isinstance(found.error, ContractViolation)
    assert "truncated" in found.error.message


@pytest.mark.parametrize("data", [b" ", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(30)])
def test_what_came_as_a_picture_and_is_none_is_paid_for_and_kept(data):
    """T26: the bytes are evidence."""
    found = judged([picture(0)], pictures=[data], usage=USAGE)
    assert isinstance(found.error, ContractViolation)
    assert found.error.details["findings"][0]["kind"] == "format"
    assert found.error.billed is True
    assert (found.outcome, found.cost, found.picture) == ("executed", COST, 0)
    assert found.drawn.sha256 == hashlib.sha256(data).hexdigest()
    assert not found.drawn.opens


def test_a_picture_that_is_gone_is_paid_for():
    found = judged([picture(0)], pictures=[b""], usage=USAGE)
    assert isinstance(found.error, ProtocolError)
    assert (found.outcome, found.cost, found.drawn) == ("executed", COST, None)


@pytest.mark.parametrize("finish", ["SAFETY", "IMAGE_SAFETY", "PROHIBITED_CONTENT", "RECITATION"])
def test_a_blocked_picture_is_not_charged_but_prompt_and_thinking_are(finish):
    found = judged([{"text": "no"}], usage=USAGE, finish=finish)
    assert isinstance(found.error, Blocked)
    assert found.error.details["stage"] == "output"
    assert (found.outcome, found.certain) == ("executed", True)
    assert found.cost == Money(10 * 2_000 + 100 * 12_000)
    assert found.error.billed is True


def test_a_blocked_prompt():
    found = judged(finish="", promptFeedback={"blockReason": "SAFETY"},
                   usage={"promptTokenCount": 10, "totalTokenCount": 10})  # fmt: skip
    assert isinstance(found.error, Blocked)
    assert found.error.details["stage"] == "prompt"
    assert found.cost == Money(20_000)


def test_words_alone_are_told_and_billed():
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 50, "totalTokenCount": 60}
    found = judged([{"text": "I would rather not"}], usage=usage)
    assert type(found.error) is NoImage
    assert "I would rather not" in found.error.message
    assert found.cost == Money(10 * 2_000 + 50 * 12_000)


def test_nothing_at_all_is_executed_and_never_certain():
    """T20: never below what prompt and thinking can cost."""
    asked = Asked(ASKED.model, "1K", "1:1", prompt_bytes=50, references=("a" * 64,))
    found = judged(finish="", asked=asked)
    assert isinstance(found.error, NoImage)
    most = Money(50 * 2_000 + 1120 * 2_000 + 2000 * 12_000)
    assert (found.outcome, found.cost, found.certain) == ("executed", most, False)
    assert found.error.billed is True


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": 503, "status": "UNAVAILABLE"}, "rejected"),
        ({"code": 429, "status": "RESOURCE_EXHAUSTED"}, "rejected"),
        ({"code": 504, "status": "DEADLINE_EXCEEDED"}, "unknown"),
    ],
)
def test_an_error_under_status_200_is_an_error(error, outcome):
    """T33."""
    found = judged(finish="", error=error)
    assert (found.outcome, found.cost, found.drawn) == (outcome, ZERO, None)
    assert found.error is not None


@pytest.mark.parametrize("rest", [b"[]", b"null", b'"x"', b"{", b"\xff", b'{"a":NaN}', b""])
def test_what_is_not_in_the_dialect_is_of_unknown_price(rest):
    found = judge(rest, [], asked=ASKED, channel="gemini", known=channels(), reserved=RESERVED,
                  open_picture=None, examine=None)  # fmt: skip
    assert (found.outcome, found.drawn) == ("unknown", None)
    assert isinstance(found.error, ProtocolError)


@pytest.mark.parametrize("index", [1, -1, 99])
def test_a_picture_that_did_not_come_is_of_unknown_price(index):
    found = judged([picture(index)], pictures=[GOOD], usage=USAGE)
    assert (found.outcome, found.drawn) == ("unknown", None)


LOST = [
    ({"asked": replace(ASKED, tier="express")}, "no express price"),
    ({"channel": "gone"}, "there is no channel 'gone'"),
]


@pytest.mark.parametrize(("lost", "said"), LOST)
def test_a_price_that_is_lost_stops_no_recovery_and_loses_no_picture(lost, said):
    found = judged([picture(0)], pictures=[GOOD], usage=USAGE, **lost)
    assert (found.outcome, found.cost, found.certain) == ("executed", RESERVED, False)
    assert (found.picture, found.error) == (0, None)
    assert said in found.drawn.warnings[0]
    assert found.drawn.warnings[0].endswith("the whole reservation is booked")


FLAT = Money.parse("0.09")
RELAY = replace(find_channel("laozhang"), per_call={ASKED.model: FLAT})


@pytest.mark.parametrize("usage", [None, USAGE, {"promptTokenCount": 5}, {"promptTokenCount": 9e9}])
@pytest.mark.parametrize("pictures", [(), (GOOD,), (GOOD, png(1024, 1024, "other"))])
def test_a_flat_price_is_booked_as_it_is(usage, pictures):
    """Whatever is counted, and with one picture, several or none."""
    parts = [{"text": "so"}, *map(picture, range(len(pictures)))]
    found = judged(parts, pictures=pictures, usage=usage, channel="relay", known={"relay": RELAY})
    assert (found.outcome, found.cost, found.certain) == ("executed", FLAT, True)
    assert (found.error is None) == bool(pictures)
    if not pictures:
        assert isinstance(found.error, NoImage)
        assert (found.error.billed, found.error.details["cost_usd"]) == (True, "0.09")


def test_a_refusal_under_status_200_costs_nothing_at_a_flat_price():
    found = judged(finish="", error={"code": 429}, channel="relay", known={"relay": RELAY})
    assert (found.outcome, found.cost) == ("rejected", ZERO)


def test_a_model_the_catalogue_lost_does_not_stop_recovery():
    found = judged([picture(0)], pictures=[GOOD], usage=USAGE, asked=Asked("gone", "1K", "1:1"))
    assert (found.outcome, found.picture, found.drawn) == ("unknown", None, None)
    assert found.error is not None


def test_thoughts_sources_and_who_answered_come_along():
    web = {"web": {"uri": "https://example.org/a", "title": "A"}}
    grounding = {"webSearchQueries": ["q"], "groundingChunks": [web, web, {"web": None}, 3]}
    candidate = {
        "content": {"parts": [{"text": "hm", "thought": True}, picture(0)]},
        "finishReason": "STOP",
        "groundingMetadata": grounding,
    }
    found = judged(finish="", candidates=[candidate], pictures=[GOOD], usage=USAGE,
                   modelVersion="gemini-2.5-flash-image")  # fmt: skip
    drawn = found.drawn
    assert (drawn.thoughts, drawn.text) == ("hm", None)
    assert drawn.sources == ({"title": "A", "uri": "https://example.org/a"}, {"query": "q"})
    assert drawn.warnings == ("gemini-3-pro-image was asked, and gemini-2.5-flash-image answered",)
    assert Drawn.from_row(json.loads(json.dumps(drawn.to_row()))) == drawn


@pytest.mark.parametrize("suffix", ["", "@default", "-preview", "-001", "-preview-11-2025"])
@pytest.mark.parametrize("prefix", ["", "models/", "publishers/google/models/"])
def test_a_release_of_the_model_is_the_model(prefix, suffix):
    version = f"{prefix}gemini-3-pro-image{suffix}"
    found = judged([picture(0)], pictures=[GOOD], usage=USAGE, modelVersion=version)
    assert found.drawn.warnings == ()


@pytest.mark.parametrize("version", ["nano-banana-pro", "models/nano-banana-pro-preview"])
def test_what_the_channel_calls_the_model_is_the_model(version):
    mine = replace(find_channel("gemini"), ids={"gemini-3-pro-image": "nano-banana-pro"})
    known = {**channels(), "gemini": mine}
    body = {"pictures": [GOOD], "usage": USAGE, "modelVersion": version}
    assert judged([picture(0)], known=known, **body).drawn.warnings == ()
    assert any("answered" in said for said in judged([picture(0)], **body).drawn.warnings)
    other = {**body, "modelVersion": "nano-banana"}
    assert any(
        "answered" in said for said in judged([picture(0)], known=known, **other).drawn.warnings
    )


def test_an_old_row_is_read():
    drawn = judged([picture(0)], pictures=[GOOD], usage=USAGE).drawn
    row = {k: v for k, v in drawn.to_row().items() if k not in {"thoughts", "sources", "others"}}
    assert Drawn.from_row(row) == drawn
