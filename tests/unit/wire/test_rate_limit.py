"""Limits in headers: what relays say, and what is nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.core.result import RateLimit
from cavendish.wire.rate_limit import rate_limit

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"  # 1795521600


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"date": DATE, "server-timing": "gfet4t7; dur=2671"}, None),
        (
            {
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-requests": "1s",
            },
            RateLimit(59, 149984, 1.0),
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "12.5"}, RateLimit(0, None, 12.5)),
        ({"x-ratelimit-reset": "6m0s"}, RateLimit(reset_s=360.0)),
        ({"x-ratelimit-reset": "1h2m3.5s"}, RateLimit(reset_s=3723.5)),
        ({"x-ratelimit-reset": "250ms"}, RateLimit(reset_s=0.25)),
        ({"x-ratelimit-reset": "1795521630", "date": DATE}, RateLimit(reset_s=30.0)),
        ({"x-ratelimit-reset": "1795521630000", "date": DATE}, RateLimit(reset_s=30.0)),
        ({"x-ratelimit-reset": "1795521000", "date": DATE}, RateLimit(reset_s=0.0)),
        ({"x-ratelimit-reset": "1795521630"}, None),
        ({"x-ratelimit-remaining-requests": "-1"}, None),
        ({"x-ratelimit-remaining-requests": "many", "x-ratelimit-remaining": "7"}, RateLimit(7)),
        ({"x-ratelimit-reset": "nan"}, None),
        ({"x-ratelimit-remaining": "１"}, None),
    ],
)
def test_limits(headers, found):
    assert rate_limit(headers) == found


NAMES = ("x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-remaining-tokens", "date")


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_anything_else_is_no_limit_and_no_failure(headers):
    found = rate_limit(headers)
    assert found is None or found.reset_s is None or found.reset_s >= 0
