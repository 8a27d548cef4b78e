"""quota show: limits that are told, and those that were met."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cavendish import AsyncClient, Client
from cavendish.apps.cli import words as terminal
from cavendish.store.claim import Claim, Heard
from cavendish.store.commands import SECOND_NS, Key

PRO = "gemini-3-pro-image"
TOLD = f"""
[limits.gemini]
tier = "1"
[limits."gemini/{PRO}"]
rpm = 60
rpd = 100
[limits.offline]
rpm = 30
"""


@pytest.fixture
def told(folder, monkeypatch):
    (folder / "cavendish.toml").write_text(TOLD)
    monkeypatch.setattr(terminal.out, "_width", 100)


def by_unit(found, channel="gemini"):
    return {one["unit"]: one for one in found["limits"] if one["channel"] == channel}


def test_without_limits_it_says_how_to_tell_them(cavendish):
    assert cavendish("quota", "show", "--json").json == {"limits": [], "warnings": []}
    assert "[limits.gemini]" in cavendish("quota", "show").out


def test_what_is_told_is_shown_with_what_is_used(told, cavendish):
    cavendish("generate", "a fox", "--channel", "offline", "-n", "2", "-o", "out/")
    (offline,) = by_unit(cavendish("quota", "show", "--json").json, "offline").values()
    assert (offline["realm"], offline["limit"], offline["used"]) == ("simulated", 30, 2)
    assert cavendish("quota", "show", "--channel", "vertx").code == 2


def test_of_a_channel_without_its_key_it_says_so(told, cavendish):
    found = cavendish("quota", "show", "--json").json
    assert any(said.startswith("gemini: channel gemini: no key") for said in found["warnings"])


def test_what_was_met_is_shown_until_it_opens(told, cavendish, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy" + "Q" * 33)
    found = by_unit(cavendish("quota", "show", "--json").json)
    assert found["spend"] | {"limit": "10", "used": "0", "model": None} == found["spend"]
    assert (found["requests"]["limit"], found["requests_day"]["limit"]) == (60, 100)
    assert 0 < found["requests_day"]["resets_in_s"] <= 25 * 3600
    pool = found["requests"]["pool"]
    asyncio.run(meet(Claim(pool, "requests", 1, "pace", 60), 30, remaining=7))
    asyncio.run(meet(Claim("vertex/shop/m", "requests", 1, "pace"), 90))
    found = cavendish("quota", "show", "--json").json
    requests = by_unit(found)["requests"]
    assert 25 < requests["opens_in_s"] <= 30
    assert requests["remaining"] == 7
    assert 80 < by_unit(found, "vertex")["requests"]["opens_in_s"] <= 90
    said = cavendish("quota", "show", "--channel", "gemini").out
    assert "7 left" in said
    assert "spend in ten minutes" in said
    assert "vertex" not in said
    with Client() as client:
        assert client.quota.show().to_json()["limits"][0]["channel"] == "gemini"


async def meet(claim, advice_s, **remaining):
    """A call that is refused for a while, as the journal hears of it."""
    async with AsyncClient() as client:
        journal = await client._house.journal()
        key = Key("real", "default", claim.pool, "0")
        await journal.begin(
            key, attempt=claim.pool, channel="gemini", model=PRO, asked={"size": "1K"}, holds=(),
            lease_ns=SECOND_NS, tags={}, claims=(claim,),
        )  # fmt: skip
        heard = Heard(
            (claim,), frozenset({"requests"}), advice_s * SECOND_NS,
            remaining={"requests": remaining["remaining"]} if remaining else {},
        )  # fmt: skip
        await journal.settle(claim.pool, outcome="rejected", heard=heard)


def test_no_key_is_in_the_journal(told, cavendish, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "AIzaSy" + "Q" * 33)
    cavendish("quota", "show")
    homes = [path.read_bytes() for path in Path.home().rglob("journal.db*") if path.is_file()]
    assert all(b"AIzaSy" not in one for one in homes)
