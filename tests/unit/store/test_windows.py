"""When the accounts of a day and a month open and close."""

from __future__ import annotations

import pytest

from cavendish.store.commands import SECOND_NS
from cavendish.store.rows import window
from unit.store.book import NOW


@pytest.mark.parametrize(
    ("scope", "now_s", "opens_s", "closes_s"),
    [
        ("day", 0, 0, 86_400),
        ("day", 86_399, 0, 86_400),
        ("day", 86_400, 86_400, 172_800),
        ("month", 1_709_164_800, 1_706_745_600, 1_709_251_200),  # a leap day
        ("month", 1_798_761_599, 1_796_083_200, 1_798_761_600),  # the last second of a year
        ("month", 1_798_761_600, 1_798_761_600, 1_801_440_000),
    ],
)
def test_windows_end_at_midnight_utc(scope, now_s, opens_s, closes_s):
    for nanos in (0, 999_999_999):
        found = window(scope, now_s * SECOND_NS + nanos)
        assert found == (opens_s * SECOND_NS, closes_s * SECOND_NS)


@pytest.mark.parametrize("scope", ["project:p", "tag:a=b", "run:r"])
def test_other_accounts_never_close(scope):
    assert window(scope, NOW) == (0, None)
