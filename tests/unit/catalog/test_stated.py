"""What is stated of a channel is known by name, and has a page and a day."""

from __future__ import annotations

from datetime import date

import pytest

from cavendish.catalog.loader import channels
from cavendish.catalog.stated import COMPLIANCE, FEATURES, stated

SOURCE = {"url": "https://example.org", "checked": date(2026, 11, 25)}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"sla_": {"says": True, "source": SOURCE}}, "nobody knows sla_"),
        ({"sla": {"says": True, "source": SOURCE, "notes": "x"}}, "sla: nobody knows notes"),
        ({"sla": {"says": 1, "source": SOURCE}}, "sla: says is true, false or words"),
        ({"sla": {"says": True, "note": 3, "source": SOURCE}}, "sla: says is"),
        ({"sla": {"says": True, "source": {**SOURCE, "checked": "now"}}}, "sla: needs a source"),
        ({"sla": {"says": True, "source": {**SOURCE, "url": "http://x"}}}, "sla: needs a source"),
    ],
)
def test_a_fact_that_is_none_is_a_loud_mistake(table, words):
    with pytest.raises(TypeError, match=words):
        stated(table, COMPLIANCE)


def test_a_fact_without_a_source_is_a_loud_mistake():
    with pytest.raises(KeyError, match="source"):
        stated({"sla": {"says": True}}, COMPLIANCE)


def test_facts_are_in_the_order_of_the_tables():
    for channel in channels().values():
        assert list(channel.features) == [name for name in FEATURES if name in channel.features]
    says = {"files": {"says": False, "source": SOURCE}, "batch": {"says": "half", "source": SOURCE}}
    found = stated(says, FEATURES)
    assert list(found) == ["batch", "files"]
    assert (found["batch"].says, found["files"].note) == ("half", None)
