"""Random requests, what they are estimated at, and what the emulator's bill has of them.

The emulator reads the very bytes that would be sent and counts them itself; it draws nothing here,
so thousands are counted in seconds.
"""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random
from statistics import median

from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS, models
from cavendish.catalog.pricing import CostRange, estimate
from cavendish.core.request import ImageRequest, Reference
from cavendish.wire.gemini.request import encode
from cavendish_emulator.catalog import read_catalog
from cavendish_emulator.google.answer import spoken_text
from cavendish_emulator.google.request import read_request
from cavendish_emulator.usage import count_usage

WORDS = [
    "a",
    "lighthouse",
    "at",
    "dusk",
    "over",
    "calm",
    "water",
    "painted",
    "in",
    "oil",
    "with",
    "thick",
    "strokes",
    "and",
    "warm",
    "light",
    "one",
    "small",
    "boat",
    "near",
    "the",
    "shore",
    "the",
    "town",
    "of",
    "Rjukan",
    "北斎",
    "の",
    "波",
    "straße",
    "café",
]


@dataclass(frozen=True)
class Measured:
    """One request: its cell, its estimate and its bill in nano-USD."""

    model: str
    surface: str
    tier: str
    estimate: CostRange
    billed: int

    @property
    def is_within(self):
        return self.estimate.low.nanos <= self.billed <= self.estimate.high.nanos

    @property
    def error(self):
        """How far the expected cost is off, as a share of the bill."""
        return Fraction(abs(self.estimate.expected.nanos - self.billed), self.billed)


def measured(count, seed):
    """So many random requests over every model, surface, tier, size, level and search."""
    rng = Random(seed)
    return [one(rng) for _ in range(count)]


def one(rng):
    model = rng.choice([*models().values()])
    surface = rng.choice(sorted(set(model.sheets) & {"gemini", "vertex", "vertex-regional"}))
    sheet = model.sheets[surface]
    tier = rng.choice(sorted(set(sheet.tiers) - {"batch"}))
    searches = [(), (), model.grounding.searches[:1], model.grounding.searches]
    request = ImageRequest(
        model.id,
        " ".join(rng.choices(WORDS, k=round(3 * 10 ** (2 * rng.random())))),
        rng.choice(sorted(sheet.image_tokens)),
        rng.choice(model.aspect_ratios),
        references=tuple(
            picture(n) for n in range(rng.choice([0, 0, 0, 1, 2, rng.randint(0, model.references)]))
        ),
        text=rng.random() < 0.2,
        thinking=rng.choice(model.thinking_levels) if model.thinking_levels else None,
        thoughts=False,
        search=tuple(rng.choice(searches)),
        tier=tier,
    )
    theirs = emulated(surface)[model.id]
    read = read_request(encode(request, model), theirs)
    billed = count_usage(read, spoken_text(read)).cost(theirs)
    return Measured(model.id, surface, tier, estimate(request, model, surface=surface), billed)


def summed(found):
    """By model: how many, the share within the range, the median error."""
    by_model = defaultdict(list)
    for each in found:
        by_model[each.model].append(each)
    by_model["all"] = found
    return {
        model: (len(some), Fraction(sum(each.is_within for each in some), len(some)),
                median(each.error for each in some))
        for model, some in by_model.items()
    }  # fmt: skip


@cache
def picture(number):
    held = io.BytesIO()
    Image.new("RGB", (64, 48), (number, 0, 0)).save(held, "PNG")
    return Reference("image/png", held.getvalue())


@cache
def emulated(surface):
    return read_catalog(MODEL_FACTS, surface)
