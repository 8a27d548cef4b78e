"""A picture is what was asked for, or it is called by its name."""

from __future__ import annotations

import pytest

from cavendish.catalog.loader import models
from cavendish.imaging.inspect import Header
from cavendish.send.contract import Asked, check

CELLS = [
    (model, size, ratio, cell)
    for model in models().values()
    for size, cells in model.pixels.items()
    for ratio, cell in cells.items()
]
NAMES = [f"{model.id}-{size}-{ratio}" for model, size, ratio, _ in CELLS]


def findings(model, size, ratio, width, height, *, complete=True):
    header = Header("image/png", width, height, complete)
    return [f.kind for f in check(Asked(model.id, size, ratio), header, model)]


def test_both_models_have_all_their_cells():
    assert len(CELLS) == 3 * 10 + 3 * 14


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_what_the_table_promises_raises_no_alarm(model, size, ratio, cell):
    width, height = cell
    for w, h in ((width, height), (int(width * 0.995), height), (width, int(height * 1.005))):
        assert findings(model, size, ratio, w, h) == []


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_every_other_size_and_turned_picture_is_found(model, size, ratio, cell):
    width, height = cell
    for factor in (0.5, 2):
        assert findings(model, size, ratio, int(width * factor), int(height * factor)) == ["size"]
    if width != height:
        assert findings(model, size, ratio, height, width) == ["aspect ratio"]
        assert findings(model, size, ratio, width, width) == ["aspect ratio"]


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_no_cell_passes_for_another_of_the_same_model(model, size, ratio, cell):
    for other in (c for c in CELLS if c[0] is model and c[3] != cell):
        same = all(abs(a / b - 1) <= 0.01 for a, b in zip(cell, other[3], strict=True))
        assert bool(findings(model, other[1], other[2], *cell)) != same


def test_a_file_that_breaks_off_is_found_beside_the_rest():
    model = models()["gemini-3-pro-image"]
    assert findings(model, "1K", "1:1", 1024, 1024, complete=False) == ["end marker"]
    both = findings(model, "1K", "1:1", 512, 512, complete=False)
    assert both == ["end marker", "size"]


def test_a_finding_says_both_sides_in_words_and_in_json():
    model = models()["gemini-3-pro-image"]
    header = Header("image/png", 512, 512, complete=True)
    (finding,) = check(Asked(model.id, "1K", "1:1"), header, model)
    assert str(finding) == "size: asked for 1K (1024x1024), got 512x512"
    assert finding.to_json() == {"kind": "size", "asked": "1K (1024x1024)", "got": "512x512"}


def test_what_was_asked_survives_the_journal():
    asked = Asked("m", "1K", "1:1")
    assert Asked(**asked.to_row()) == asked
