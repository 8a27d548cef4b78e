"""cost plan and quota tiers on the command line, and their twins in Python."""

from __future__ import annotations

import pytest

from cavendish import Client
from cavendish.apps.cli import words as terminal

GUIDE = (
    "cost",
    "plan",
    "--realtime",
    "10000",
    "--batch",
    "5000",
    "--size",
    "2K",
    "--prices",
    "guide",
)


def test_the_guide_s_months(cavendish):
    found = cavendish(*GUIDE, "--json").json
    assert (found["usd_month"], found["usd_year"]) == ("1675", "20100")
    third = ("cost", "plan", "--realtime", "20000", "--rate", "laozhang=0.05", "--json")
    columns = {one["name"]: one for one in cavendish(*third).json["columns"]}
    assert columns["laozhang"]["usd_month"]["expected"] == "1000"
    assert columns["gemini"]["usd_month"]["expected"] == "2748"


def test_a_plan_is_a_table_of_the_terminal_s_width(cavendish, monkeypatch):
    monkeypatch.setattr(terminal.out, "_width", 100)
    said = cavendish(*GUIDE, "--annual", "--rate", "laozhang=0.05", "--references", "14",
                     "--deadline", "6h")  # fmt: skip
    assert (said.code, said.err) == (0, "")
    rows = {" ".join(row.split()[:2]): row.split()[2:] for row in said.out.splitlines() if row}
    assert rows["a month"] == ["$1,867.50", "$1,913.50", "$750.00"]
    assert rows["a year"] == ["$22,410.00", "$22,962.00", "$9,000.00"]
    assert max(map(len, said.out.splitlines())) <= 100
    assert "batch within 6 h is likely and not certain" in said.out
    assert "laozhang itself lists $0.09 a call" in said.out
    assert "laozhang may ignore the size" in said.out
    assert "…" not in said.out
    assert "a year" not in cavendish(*GUIDE).out
    assert "likely" not in cavendish(*GUIDE, "--deadline", "6h", "--quiet").out


@pytest.mark.parametrize("width", [40, 60, 80])
def test_an_amount_is_never_cut(cavendish, monkeypatch, width):
    """Where not all lists of prices have room side by side, they follow one another."""
    monkeypatch.setattr(terminal.out, "_width", width)  # COLUMNS is read when it is made
    said = cavendish(*GUIDE, "--rate", "laozhang=0.05", "--input-tokens", "700", "--quiet").out
    assert max(map(len, said.splitlines())) <= max(width, 52)
    assert "…" not in said
    for amount in ("$1,692.50", "$1,735.00", "$750.00"):
        assert amount in said
    assert said.count("usd a month") == {40: 3, 60: 2, 80: 1}[width]


def test_a_third_party_named_alone_has_the_price_it_lists(cavendish):
    asked = ("cost", "plan", "--realtime", "100", "--rate", "laozhang", "--json")
    assert cavendish(*asked).json["columns"][1]["usd_month"]["expected"] == "9"
    dated = cavendish(*asked, "--prices", "guide").json["columns"][2]
    assert dated["usd_month"]["expected"] == "5"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--rate", "laozhang="), "rate: 'laozhang=' is not CHANNEL=USD"),
        (("--rate", "laozhang=cheap"), "rate: 'cheap' is not an amount"),
        (("--rate", "gemini=0.01"), "rate: gemini has its own prices"),
        (("--rate", "nobody"), "rate: no price of nobody is known"),
        (("--deadline", "soon"), "deadline: 'soon' is no length of time"),
        (("--deadline", "0h"), "deadline: '0h' is no length of time"),
        (("--size", "8K"), "size: gemini-3-pro-image does not draw '8K'"),
        (("--prices", "old"), "prices: there is no list 'old'"),
    ],
)
def test_a_wrong_flag_is_named(cavendish, flags, words):
    said = cavendish("cost", "plan", "--realtime", "1", *flags, "--json")
    assert said.code == 2
    assert words in said.error["message"]
    assert said.error["next_step"]


def test_without_pictures_there_is_no_plan(cavendish):
    assert "no picture is asked for" in cavendish("cost", "plan", "--json").error["message"]


def test_tiers(cavendish, monkeypatch):
    monkeypatch.setattr(terminal.out, "_width", 100)
    asked = ("quota", "tiers", "--rpm", "30", "--images-per-month", "10000")
    found = cavendish(*asked, "--json").json
    assert [(one["list"], one["needed"]) for one in found["lists"]] == [
        ("today", "2"), ("guide", "free"),
    ]  # fmt: skip
    assert found["batch"]["queued_tokens"] == {"1": 2_000_000, "2": 270_000_000, "3": 10**9}
    assert found["use"]["usd_month"] == "0"
    said = cavendish(*asked)
    assert said.code == 0
    for words in ("for tier 2: pay $100 in all", "could not be compared", "checked 2026-11-22"):
        assert words in said.out
    assert "72" in next(row for row in said.out.splitlines() if row.startswith("1 ")).split()
    bare = cavendish("quota", "tiers", "-m", "nano-banana-2.1")
    assert "not published for this model" in bare.out
    assert "✓" not in bare.out
    wrong = cavendish("quota", "tiers", "--rpm", "0", "--json")
    assert (wrong.code, wrong.error["message"][:4]) == (2, "rpm:")


def test_drafts_are_no_use_of_a_quota(cavendish):
    assert cavendish("generate", "a fox", "-s", "1K", "-o", "fox.png").code == 0
    assert cavendish("quota", "tiers", "--json").json["use"]["requests_today"] == 0


def test_the_twins(cavendish):
    with Client() as client:
        plan = client.plan(realtime=10_000, batch=5_000, size="2K", prices="guide")
        assert plan.month.usd == "1675"
        assert plan.to_json() == cavendish(*GUIDE, "--json").json
        tiers = client.quota.tiers(rpm=30)
        assert tiers.ladders[0].needed.name == "2"
