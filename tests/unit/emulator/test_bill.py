"""Usage and the bill agree to the nano-USD."""

import base64
import json
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish_emulator.bill import usd
from cavendish_emulator.catalog import Prices
from cavendish_emulator.google.counting import count_text
from cavendish_emulator.google.request import read_request
from cavendish_emulator.usage import Usage, count_usage

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()
PATH = "/v1beta/models/gemini-3-pro-image:generateContent"
RATES = st.fractions(min_value=0, max_value=10**6, max_denominator=10**4)
COUNTS = st.integers(0, 10**6)


def billed_by_a_reader(metadata, model, queries=0):
    """What someone who only sees usageMetadata, and the searches, computes."""
    prices = model.prices[metadata["serviceTier"]]
    prompt = {d["modality"]: d["tokenCount"] for d in metadata["promptTokensDetails"]}
    details = metadata.get("candidatesTokensDetails", [])
    picture = sum(d["tokenCount"] for d in details if d["modality"] == "IMAGE")
    words = metadata.get("candidatesTokenCount", 0) - picture
    words += metadata.get("thoughtsTokenCount", 0)
    exact = prompt.get("TEXT", 0) * prices.input_text + prompt.get("IMAGE", 0) * prices.input_image
    exact += queries * model.query_price
    return math.ceil(exact + words * prices.output_text + picture * prices.output_image)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, st.tuples(RATES, RATES, RATES, RATES))
def test_the_bill_follows_from_usage(models, text, images, words, picture, thoughts, rates):
    usage = Usage(text, images, picture + words, picture, thoughts, "flex", 3)
    model = replace(models["gemini-3-pro-image"], prices={"flex": Prices(*rates)})
    assert usage.cost(model) == billed_by_a_reader(usage.metadata(), model, 3)


@settings(max_examples=60, deadline=None)
@given(
    prompt=st.text(min_size=1, max_size=80).filter(lambda s: s.strip()),
    references=st.integers(0, 3),
    size=st.sampled_from(["1K", "2K", "4K"]),
    name=st.sampled_from(["gemini-3-pro-image", "gemini-nano-banana-2.1"]),
    blocked=st.booleans(),
)
def test_counts_stay_inside_the_facts(models, prompt, references, size, name, blocked):
    model = models[name]
    image = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    body = {
        "contents": [{"parts": [{"text": prompt}] + [image] * references}],
        "generationConfig": {"imageConfig": {"imageSize": size}},
    }
    request = read_request(json.dumps(body).encode(), model)
    pictures = 0 if blocked else 1
    usage = count_usage(request, "said", pictures=pictures)
    metadata = usage.metadata()
    assert usage.cost(model) == billed_by_a_reader(metadata, model)
    assert usage == count_usage(request, "said", pictures=pictures)
    assert usage.prompt_text == count_text(prompt)
    assert usage.prompt_image == references * model.reference_tokens
    assert usage.picture == (0 if blocked else model.picture_tokens[size])
    assert model.thinking.low <= usage.thoughts <= Fraction(3, 2) * model.thinking.expected
    assert metadata["totalTokenCount"] == (
        metadata["promptTokenCount"]
        + metadata.get("candidatesTokenCount", 0)
        + metadata.get("thoughtsTokenCount", 0)
    )


@pytest.mark.parametrize(("tier", "share"), [("standard", 2), ("flex", 1)])
def test_a_tier_has_its_own_prices(client, models, tier, share):
    body = {"contents": [{"parts": [{"text": "a cat"}]}], "serviceTier": tier}
    status, headers, raw = client.raw("POST", PATH, body)
    answer = json.loads(raw)
    assert (status, headers["X-Gemini-Service-Tier"]) == (200, tier)
    assert answer["usageMetadata"]["serviceTier"] == tier
    (entry,) = client("GET", "/_emulator/bill")[1]["executions"]
    prices = models["gemini-3-pro-image"].prices
    assert prices[tier].output_image * 2 == prices["standard"].output_image * share
    model = models["gemini-3-pro-image"]
    assert entry["usd"] == usd(billed_by_a_reader(answer["usageMetadata"], model))


def test_searches_are_on_the_bill(client, models):
    body = {"contents": [{"parts": [{"text": "the weather"}]}], "tools": [{"googleSearch": {}}]}
    _, answer = client("POST", PATH, body)
    queries = answer["candidates"][0]["groundingMetadata"]["webSearchQueries"]
    assert queries == ["the weather"]
    (entry,) = client("GET", "/_emulator/bill")[1]["executions"]
    model = models["gemini-3-pro-image"]
    assert entry["usd"] == usd(billed_by_a_reader(answer["usageMetadata"], model, 1))
    assert Fraction(entry["usd"]) - Fraction("0.014") > Fraction("0.13")


@given(st.integers(0, 10**13))
def test_money_is_written_exactly(nano):
    assert Fraction(usd(nano)) == Fraction(nano, 10**9)


def test_how_money_looks():
    assert [usd(n) for n in (0, 1, 134_000_000, 137_012_000, 2 * 10**9)] == [
        "0.00",
        "0.000000001",
        "0.134",
        "0.137012",
        "2.00",
    ]


def test_the_bill_and_the_answer_agree_on_the_wire(client, models):
    _, answer = client.generate("Ein Bild, bitte ✓", model="gemini-nano-banana-2.1")
    (entry,) = client("GET", "/_emulator/bill")[1]["executions"]
    model = models["gemini-nano-banana-2.1"]
    assert entry["usd"] == usd(billed_by_a_reader(answer["usageMetadata"], model))
    assert entry["model"] == "gemini-nano-banana-2.1"
