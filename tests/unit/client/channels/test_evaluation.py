"""Evaluations on hand-written relays: rows, measures, files, resuming and the budget."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from PIL import Image

from cavendish import Client, Money, errors
from unit.client.test_relay import KEY, file_of
from unit.client.upstream import Reply, Upstream, answer, as_asked, picture, pixels

FLAT = Money.parse("0.08")


@pytest.fixture
def shops(monkeypatch):
    """Two relays, at the channels north and south."""
    monkeypatch.setenv("MINE_API_KEY", KEY)
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    with Upstream() as north, Upstream() as south:
        (folder / "north.toml").write_text(file_of(north.url))
        (folder / "south.toml").write_text(file_of(south.url))
        yield north, south


@pytest.fixture
def client(shops):
    with Client() as client:
        yield client


def evaluate(client, said=("a fox", "a hen"), channels="north,south", **more):
    options = {"size": "1K", "aspect_ratio": "16:9", "budget": "1", **more}
    return client.channels.evaluate(said, channels, "ev", **options)


def test_the_same_prompts_go_through_each_channel_and_are_put_side_by_side(client, shops, folder):
    found = evaluate(client)
    assert [len(shop.requests) for shop in shops] == [2, 2]
    words = [[body["contents"][0]["parts"][0]["text"] for *_, body in s.requests] for s in shops]
    assert words == [["a fox", "a hen"]] * 2
    assert [(row.channel, row.number) for row in found.rows] == [
        ("north", 1), ("north", 2), ("south", 1), ("south", 2),
    ]  # fmt: skip
    for row in found.rows:
        with Image.open(folder / "ev" / row.path) as shown:
            assert shown.size == (row.width, row.height) == row.asked == (1376, 768)
        assert (row.price, row.cost, row.cached, row.as_asked) == (FLAT, FLAT, False, True)
        assert row.latency_s > 0
    assert sorted(path.name for path in (folder / "ev").iterdir()) == [
        "contact-sheet.png", "evaluation.csv", "evaluation.json", "north", "south",
    ]  # fmt: skip
    with Image.open(found.sheet) as sheet:
        assert sheet.width > 900
    with open(found.table, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["channel"], row["price_usd"], row["as_asked"]) for row in rows] == [
        (name, "0.08", "True") for name in ("north", "north", "south", "south")
    ]
    assert found.cost == Money.parse("0.32") == client.report().total("real")
    north = found.standings[0]
    assert (north.came, north.as_asked, north.price, north.pixels) == (2, 2, FLAT, "1376x768")
    assert 0 < north.p50_s <= north.p95_s
    assert json.loads(found.document.read_text()) == found.to_json()


def test_failures_and_violations_are_rows(client, shops):
    _, south = shops
    south.always(
        Reply(503, b'{"message": "no channel for this model"}'),
        answer([{"text": "I would rather not"}]),
        picture(pixels(1024, 1024)),
        Reply(None),
        picture(b"not a picture at all"),
    )
    found = evaluate(client, said=["1", "2", "3", "4", "5"])
    bad = [row for row in found.rows if row.channel == "south"]
    assert [row.error for row in bad] == ["Overloaded", "NoImage", None, "ConnectionFailed", None]
    assert [row.cost.usd for row in bad] == ["0", "0.08", "0.08", "0", "0.08"]
    assert bad[2].findings[0].startswith("aspect ratio: 1:1 (1024x1024) for 16:9")
    assert bad[4].path is None
    assert found.failures == tuple(bad)
    standing = found.standings[1]
    assert (standing.asked, standing.came, standing.as_asked) == (5, 2, 0)
    assert standing.to_json()["success_rate"] == 0.4
    assert found.sheet.exists()


def test_running_again_buys_what_is_missing_and_keeps_what_was_measured(client, shops):
    _, south = shops
    south.script = lambda n, *more: as_asked(n, *more) if n == 1 else Reply(503, b"{}")
    first = evaluate(client)
    south.script = as_asked
    plan = client.channels.plan_evaluation(
        ["a fox", "a hen"], "north,south", "ev", size="1K", aspect_ratio="16:9"
    )
    assert [(share.to_buy, share.bought) for share in plan.shares] == [(0, 2), (1, 1)]
    assert plan.most == FLAT
    again = evaluate(client, budget="0.08")
    assert [row.cached for row in again.rows] == [True, True, True, False]
    assert [row.sha256 for row in again.rows[:3]] == [row.sha256 for row in first.rows[:3]]
    assert (again.cost, again.failures) == (FLAT, ())
    for old, new in zip(first.rows[:3], again.rows, strict=False):
        assert (new.price, new.latency_s) == (FLAT, pytest.approx(old.latency_s, abs=0.001))
    assert [len(shop.requests) for shop in shops] == [2, 3]
    again.document.unlink()  # what was measured is gone; what was bought is not
    third = evaluate(client)
    assert [(row.cached, row.latency_s, row.price) for row in third.rows] == [
        (True, None, FLAT)
    ] * 4
    assert third.standings[0].p50_s is None
    assert client.report().total("real") == Money.parse("0.32")


def test_a_picture_bought_otherwise_is_no_picture_of_the_channel(client, shops):
    client.generate("a fox", size="1K", aspect_ratio="16:9", channel="north")
    evaluate(client, said="a fox")
    assert [len(shop.requests) for shop in shops] == [2, 1]


def test_a_budget_is_kept_before_and_on_the_way(client, shops):
    north, _ = shops
    with pytest.raises(errors.BudgetExceeded, match=r"can cost \$0.32, and its budget is \$0.31"):
        evaluate(client, budget="0.31")
    with pytest.raises(errors.InvalidRequest, match="this can cost"):
        evaluate(client, budget=None)
    client.budgets.set("day", "0.20")
    with pytest.raises(errors.BudgetExceeded, match="budget day is"):
        evaluate(client)
    assert north.requests == []


@pytest.mark.parametrize("more", [
    {"channels": "north,north"}, {"channels": ""}, {"said": ()}, {"said": "nowhere.txt"},
    {"channels": "north,nobody"}, {"size": "8K"}, {"n": 0}, {"require": ("direct-google",)},
    {"model": "gemini-nano-banana-2.1"}, {"channels": ["north", "north"]},
])  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(client, shops, more):
    with pytest.raises(errors.CavendishError) as caught:
        evaluate(client, **more)
    assert caught.value.exit_code in {2, 3}
    assert [shop.requests for shop in shops] == [[], []]


@pytest.mark.parametrize(("name", "text"), [
    ("p.txt", "a fox\n\n  a hen \n"),
    ("p", "a fox\na hen"),
    ("p.jsonl", '{"prompt": "a fox", "id": 1}\n"a hen"\n'),
    ("p.json", '["a fox", {"prompt": "a hen"}]'),
    ("p.yaml", "- a fox\n- prompt: a hen\n"),
])  # fmt: skip
def test_prompts_come_from_files(client, shops, folder, name, text):
    (folder / name).write_text(text)
    plan = client.channels.plan_evaluation(name, "north", "ev")
    assert plan.prompts == ("a fox", "a hen")
    assert client.channels.plan_evaluation([Path(name), "a cow"], ["north"], "ev").prompts == (
        "a fox", "a hen", "a cow",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "text"), [
    ("p.jsonl", '{"prompt": 1}'), ("p.jsonl", "{"), ("p.yaml", "a: [b"), ("p.yaml", "a: b"),
    ("p.json", "{}"), ("p.txt", " \n"), ("p.txt", "x\n" * 201),
])  # fmt: skip
def test_a_list_that_is_wrong_is_named(client, shops, folder, name, text):
    (folder / name).write_text(text)
    with pytest.raises(errors.InvalidRequest, match="prompts"):
        client.channels.plan_evaluation(name, "north", "ev")


def test_several_pictures_of_a_prompt_are_different_ones(client, shops, folder):
    found = evaluate(client, said="a fox", channels="north", n=2)
    assert [row.path for row in found.rows] == ["north/01.jpg", "north/01-2.jpg"]
    assert len({row.sha256 for row in found.rows}) == 2


def test_simulated_money_is_never_added_to_real_money(client, shops):
    found = evaluate(client, said="a fox", channels="north,offline")
    assert found.cost == FLAT
    assert found.standings[1].cost > FLAT
    assert evaluate(client, said="a hen", channels="offline").to_json()["realm"] == "simulated"


def test_a_formula_in_a_prompt_is_plain_text_in_the_table(client, shops):
    found = evaluate(client, said="=1+1", channels="north")
    assert "'=1+1" in found.table.read_text()
