"""Answers of the real service cost what an estimate of such a request says."""

from __future__ import annotations

from recorded.estimates import recorded


def test_recorded_costs_are_within_their_estimates(pytestconfig):
    found = list(recorded(pytestconfig.getoption("--recordings")))
    assert found, "no recorded answer has a picture of ours"
    for name, one in found:
        assert one.is_within, (name, one)
        assert one.error <= 0.05, (name, one)
