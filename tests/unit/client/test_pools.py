"""Who shares limits, and what the settings say of them."""

from dataclasses import replace

import pytest

from cavendish.catalog.loader import find_channel
from cavendish.client.channels.access import Access, ways
from cavendish.client.channels.pools import check, check_channels, pool_of
from cavendish.client.channels.vertex import Account
from cavendish.core.errors import SettingsError, UnknownModel
from cavendish.core.limits import Limits
from cavendish.core.money import Money

PRO, FLASH = "gemini-3-pro-image", "gemini-3.1-flash-image"
KEY = "AIzaSy" + "Q" * 33


def gemini(key=KEY):
    return ways("gemini", (), {"GEMINI_API_KEY": key}, None)[0]


def test_without_a_word_a_key_is_a_pool_and_nothing_is_limited():
    pool = pool_of(gemini(), PRO, {})
    assert pool.limits == Limits()
    assert pool == pool_of(gemini(), FLASH, {})
    assert pool.name.startswith("gemini/")
    assert KEY not in pool.name
    assert pool.name != pool_of(gemini("AIzaSy" + "R" * 33), PRO, {}).name


def test_a_model_counts_before_its_channel_and_a_location_before_the_world():
    said = {
        "gemini": {"rpm": 10, "tier": "2", "pool": "team"},
        f"gemini/{PRO}": {"rpm": 60, "usd_per_10_min": "12.50"},
    }
    pro, flash = pool_of(gemini(), PRO, said), pool_of(gemini(), FLASH, said)
    assert pro.name == flash.name == "gemini/team"
    assert (pro.limits.rpm, pro.limits.usd_per_10_min) == (60, Money.parse("12.50"))
    assert (flash.limits.rpm, flash.limits.usd_per_10_min) == (10, Money.parse("50"))
    world = Access(find_channel("vertex"), "https://x", None, account=Account("shop", None))
    here = replace(world, facts=find_channel("vertex@europe-west1"))
    said = {"vertex": {"rpm": 1}, "vertex@europe-west1": {"rpm": 2}, f"vertex/{PRO}": {"rpd": 3}}
    assert pool_of(world, PRO, said).limits == Limits(rpm=1, rpd=3)
    assert pool_of(here, FLASH, said).limits == Limits(rpm=2)
    assert pool_of(here, PRO, said).name == "vertex@europe-west1/shop"


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        ({"rpm": 0}, "rpm is 0"), ({"rpm": True}, "rpm is True"), ({"tpm": 1.5}, "tpm is 1.5"),
        ({"rmp": 5}, "no limit 'rmp'"), ({"usd_per_10_min": 5}, "usd_per_10_min is 5"),
        ({"usd_per_10_min": "-1"}, "usd_per_10_min is '-1'"), ({"tier": 1}, "tier is 1"),
        ({"tier": "free"}, "tier is 'free'"), ({"day": "Mars/X"}, "day is 'Mars/X'"),
        ({"day": "../x"}, "day is"), ({"pool": ""}, "pool is ''"), (60, "limits.gemini is 60"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_limit_is_refused_by_name(limits, word):
    with pytest.raises(SettingsError) as caught:
        check({"gemini": limits}, "cavendish.toml: limits")
    assert word in caught.value.message
    assert "limits.gemini" in caught.value.message
    assert caught.value.next_step


def test_a_channel_or_model_nobody_knows_is_refused():
    with pytest.raises(SettingsError, match="no channel 'gemni'") as caught:
        check_channels({"gemni": {}}, ["gemini"])
    assert "did you mean gemini?" in caught.value.next_step
    with pytest.raises(UnknownModel):
        check_channels({"gemini/gemini-9": {}}, ["gemini"])
    check_channels({"vertex@europe-west1": {}, f"gemini/{PRO}": {}}, ["gemini", "vertex"])
