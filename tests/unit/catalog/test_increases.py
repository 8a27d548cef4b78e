"""Where more is asked for, as facts; and what a file may not say."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest

from cavendish.catalog.increases import desks, enterprise, read_desk, read_enterprise
from cavendish.catalog.loader import FACTS, models, read_facts

FILE = FACTS / "increases.toml"


def test_desks_are_those_of_google_s_surfaces():
    assert set(desks()) == {"gemini", "vertex"}
    assert desks()["gemini"].form.startswith("https://forms.gle/")
    assert "not guaranteed" in desks()["gemini"].review
    assert desks()["vertex"].upgrade is None


def test_throughput_is_of_models_that_exist():
    sold = enterprise()
    assert set(sold.throughput) <= set(models())
    pro = sold.throughput["gemini-3-pro-image"]
    assert (pro.per_s, pro.output_image, pro.output_text) == (500, 60, 6)
    assert sold.throughput_checked >= date(2026, 11, 25)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mood": "good"}, "nobody knows mood"),
        ({"review": 3}, "review takes words"),
        ({"source": {"url": "ftp://x", "checked": date(2026, 1, 1)}}, "https"),
    ],
)
def test_a_desk_that_cannot_be_read_is_refused(change, words):
    with pytest.raises(TypeError, match=words):
        read_desk({**read_facts(FILE)["gemini"], **change})


def test_throughput_takes_whole_numbers():
    said = deepcopy(read_facts(FILE)["enterprise"])
    said["throughput"]["gemini-3-pro-image"]["per_s"] = 0
    with pytest.raises(TypeError, match="gemini-3-pro-image: throughput is in whole numbers"):
        read_enterprise(said)
