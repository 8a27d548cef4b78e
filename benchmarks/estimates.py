"""Estimates beside bills: is what is billed within the estimate, and how near is it?

Promise: in at least 99 % of requests the bill is within [low, high], and the expected cost is off
by 5 % at most in the median.

What: `ESTIMATES` (10,000 unless set) random requests over every model, surface, tier, size,
thinking level, search and number of references. The emulator reads the bytes that would be sent
and counts them by its own code; its thinking is drawn evenly between none and half above the
expected. With `RECORDINGS=DIR` also every answer of the real service in that folder: its usage at
our prices, beside the estimate of such a request. Those are few; what they say of thinking and of
references is what the catalogue's allowances were set by.
"""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

from support.report import Report

ESTIMATES = int(os.environ.get("ESTIMATES", "10000"))
RECORDINGS = os.environ.get("RECORDINGS")
SEED = 20261125
TESTS = Path(__file__).parents[1] / "tests"


def run(folder: Path) -> Report:
    """Estimates, counts and compares."""
    del folder
    sys.path.insert(0, str(TESTS))
    from conformance.estimating import measured, summed
    from recorded.estimates import recorded

    report = Report("estimates", f"{ESTIMATES:,} estimates beside their bills")
    kinds = {"emulator": measured(ESTIMATES, SEED)}
    if RECORDINGS:
        kinds["recorded"] = [one for _, one in recorded(Path(RECORDINGS))]
    for kind, found in kinds.items():
        for model, (count, within, error) in summed(found).items():
            errors = sorted(one.error for one in found if model in {"all", one.model})
            report.rows.append(
                {
                    "bills of": kind,
                    "model": model,
                    "requests": count,
                    "within %": float(100 * within),
                    "target %": 99.0,
                    "median error %": _percent(error),
                    "target": 5.0,
                    "p95 error %": _percent(errors[len(errors) * 95 // 100]),
                    "largest %": _percent(errors[-1]),
                }
            )
    return report


def _percent(share: Fraction) -> float:
    return float(100 * share)
