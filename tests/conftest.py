"""What every test shares: a home of its own, no credentials, and a way to forbid skipping."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import hypothesis
import pytest

# The same examples in every run: a red run must be red again. Longer hunts are for a person.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same")


def _folder(name):
    path = Path(name).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{name} is not a folder")
    return path


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="a skipped test is a failure")
    parser.addoption(
        "--recordings", type=_folder, metavar="DIR", help="real recorded traffic to read as well"
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "tree: looks at the source tree, not at the package")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and skipping is forbidden: {report.longrepr}"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """No test sees the machine's own keys, configuration or home."""
    for name in list(os.environ):
        if name.startswith(("CAVENDISH_", "GOOGLE_", "GEMINI_", "GCP_", "GCS_", "OPENROUTER_",
                            "LAOZHANG_", "APIYI_", "XDG_")):  # fmt: skip
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "home"))
