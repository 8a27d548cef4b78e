"""Witnesses of the tests that serve here as well: how services count, and a real Postgres."""

from __future__ import annotations

import sys

from support.worker import ROOT

sys.path.append(str(ROOT.parent / "tests"))

from conformance.limiters import LIMITERS, ideal_s
from conformance.postgres import Server

__all__ = ["LIMITERS", "Server", "ideal_s"]
