"""Recorded traffic is looked at only where it is at hand."""

from __future__ import annotations


def pytest_ignore_collect(collection_path, config):
    """The recordings' tests exist only under `--recordings DIR`: without it nothing is skipped."""
    recorded = collection_path.name in {
        "test_recordings.py",
        "test_router.py",
        "test_recorded_estimates.py",
    }
    if recorded and not config.getoption("--recordings"):
        return True
    return None
