"""An estimate holds what is billed, and is near it."""

from __future__ import annotations

import os

from conformance.estimating import measured, summed

ESTIMATES = int(os.environ.get("ESTIMATES", "1000"))


def test_the_bill_is_within_the_estimate_and_near_the_expected_cost():
    """`benchmarks/run.py estimates` measures 10,000, and recorded answers beside."""
    found = measured(ESTIMATES, seed=20261125)
    count, within, error = summed(found)["all"]
    assert count == ESTIMATES
    assert within >= 0.99, [each for each in found if not each.is_within][:3]
    assert error <= 0.05
