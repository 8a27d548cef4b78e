"""Ten million random invoices, each to the last nano-USD.

Promise: what the catalogue makes of a usage block is what the price page makes of it. The tests
play 100,000 (`tests/unit/catalog/test_pricing.py`); this plays `INVOICES` of them, 10,000,000
unless set, in two processes.

How: random counts of every kind of token, over every model, surface and tier that has a price. The
yardstick is written here by hand from the price pages (https://ai.google.dev/gemini-api/docs/pricing
and https://cloud.google.com/vertex-ai/generative-ai/pricing, read 2026-11-22), in whole thousandths
of a nano-USD: it shares neither the catalogue's files nor its arithmetic. Not part of `all`: it
takes minutes.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

from support.report import Report

INVOICES = int(os.environ.get("INVOICES", "10000000"))
PROCESSES = 2
SEED = 20261125
#                  text in, picture in, text and thinking out, picture out: cents for a million
CENTS = {
    "gemini-3-pro-image": (200, 200, 1200, 12_000),
    "gemini-3.1-flash-image": (50, 50, 300, 6_000),
    "gemini-3.1-flash-lite-image": (25, 25, 150, 3_000),
    "gemini-nano-banana-2.1": (150, 150, 750, 3_000),
    "gemini-2.5-flash-image": (30, 30, 250, 3_000),
}
PERCENT = {"standard": 100, "batch": 50, "flex": 50, "priority": 180}
REGIONAL = 110
SEARCH_NANOS = 14_000_000
SCALE = 1_000  # cents for a million, in percent, twice: thousandths of a nano-USD for one


def run(folder: Path) -> Report:
    """Plays them."""
    del folder
    report = Report("invoices", f"{INVOICES:,} random invoices against the price page")
    began_s = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        share = -(-INVOICES // PROCESSES)
        found = list(pool.map(played, range(PROCESSES), [share] * PROCESSES))
    wall_s = time.perf_counter() - began_s
    wrong = sum(one[0] for one in found)
    report.rows.append(
        {
            "invoices": share * PROCESSES,
            "wrong": wrong,
            "target": 0,
            "cells": found[0][1],
            "s": wall_s,
            "per s": share * PROCESSES / wall_s,
        }
    )
    return report


def played(number: int, count: int) -> tuple[int, int]:
    """How many of `count` are wrong, and over how many (model, surface, tier) they went."""
    from cavendish.catalog.loader import models
    from cavendish.catalog.pricing import exact
    from cavendish.core.result import Usage

    random = Random(SEED + number)
    cells = [
        (model, surface, tier)
        for model in models().values()
        for surface, sheet in model.sheets.items()
        for tier in sheet.tiers
    ]
    wrong = 0
    for _ in range(count):
        model, surface, tier = random.choice(cells)
        counts = [int(10 ** (7 * random.random())) - 1 for _ in range(5)]
        searches = random.randrange(6) if model.grounding.searches else 0
        bill = exact(Usage(*counts), model, surface=surface, tier=tier, queries=searches)
        wrong += bill.nanos != by_hand(model.id, surface, tier, counts, searches)
    return wrong, len(cells)


def by_hand(model: str, surface: str, tier: str, counts: list[int], searches: int) -> int:
    """The bill in nano-USD, rounded up once."""
    text, picture, words, drawn = CENTS[model]
    cents = sum(
        n * each for n, each in zip(counts, (text, picture, words, words, drawn), strict=True)
    )
    thousandths = cents * PERCENT[tier] * (REGIONAL if "regional" in surface else 100)
    return -(-thousandths // SCALE) + searches * SEARCH_NANOS
