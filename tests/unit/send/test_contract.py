"""A picture is what was asked for, or it is called by its name."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import per_picture
from cavendish.core.examination import Examination
from cavendish.imaging.header import Header
from cavendish.send.contract import Asked, check, verdict
from simulation.oracle import png

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


def test_every_model_has_all_its_cells():
    assert len(CELLS) == 3 * 10 + 3 * 14 + 4 * 14 + 14 + 10


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_what_the_table_promises_raises_no_alarm(model, size, ratio, cell):
    width, height = cell
    for w, h in ((width, height), (int(width * 0.995), height), (width, int(height * 1.005))):
        assert findings(model, size, ratio, w, h) == []


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_every_other_size_and_turned_picture_is_found(model, size, ratio, cell):
    """T25."""
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
    assert findings(model, "1K", "1:1", 1024, 1024, complete=False) == ["truncated"]
    both = findings(model, "1K", "1:1", 512, 512, complete=False)
    assert both == ["truncated", "size"]


def test_a_finding_says_both_sides_in_words_and_in_json():
    model = models()["gemini-3-pro-image"]
    header = Header("image/png", 512, 512, complete=True)
    (finding,) = check(Asked(model.id, "1K", "1:1"), header, model)
    assert str(finding) == "size: asked for 1K (1024x1024), got 512x512"
    assert finding.to_json() == {"kind": "size", "asked": "1K (1024x1024)", "got": "512x512"}


def test_what_was_asked_survives_the_journal():
    asked = Asked("m", "1K", "1:1", "flex", 7, ("a" * 64,))
    assert Asked.from_row(json.loads(json.dumps(asked.to_row()))) == asked
    old = {"model": "m", "size": "1K", "aspect_ratio": "1:1"}
    assert Asked.from_row(old) == Asked("m", "1K", "1:1")


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", "image/webp"])
def test_a_legal_header_of_every_format_raises_no_alarm(model, size, ratio, cell, mime):
    for more in ({}, {"profile": True}, {"colour": "gray"}, {"colour": "palette", "bits": 4},
                 {"alpha": True}):  # fmt: skip
        header = Header(mime, *cell, complete=True, **more)
        assert check(Asked(model.id, size, ratio), header, model, Examination()) == ()


@pytest.mark.parametrize(("model", "size", "ratio", "cell"), CELLS, ids=NAMES)
def test_a_smaller_size_is_named_with_what_it_costs_less(model, size, ratio, cell):
    """T25."""
    for got in model.sizes[: model.sizes.index(size)]:
        other = model.pixels[got][ratio]
        header = Header("image/jpeg", *other, complete=True)
        prices = per_picture(model, surface=next(iter(model.sheets)))
        (finding,) = check(Asked(model.id, size, ratio), header, model, None, prices)
        if finding.kind == "size":
            assert finding.got.startswith(f"{got} ({other[0]}x{other[1]})")
            dearer = prices[size].nanos > prices[got].nanos
            assert (" less" in finding.got) == dearer


def test_the_words_for_a_downgrade():
    """T25."""
    model = models()["gemini-3-pro-image"]
    header = Header("image/jpeg", 1376, 768, complete=True)
    prices = per_picture(model, surface="gemini")
    (finding,) = check(Asked(model.id, "4K", "16:9"), header, model, None, prices)
    assert str(finding) == (
        "size: asked for 4K (5504x3072), "
        "got 1K (1376x768), a picture of $0.1344 and not of $0.24: $0.1056 less"
    )
    (finding,) = check(Asked(model.id, "1K", "1:1"), header, model)
    assert finding.got == "16:9 (1376x768)"


def verdict_on(data, *, asked=None, declared="", sha256="0" * 64, seen=None):
    asked = asked or Asked("gemini-3-pro-image", "1K", "1:1")
    model = models()[asked.model]
    return verdict(
        asked,
        model,
        io.BytesIO(data),
        declared=declared,
        sha256=sha256,
        examine=lambda: seen,
        prices={},
    )


def test_a_size_on_the_services_own_grid_is_noted_and_not_refused():
    asked = Asked("gemini-nano-banana-2.1", "2K", "8:1")
    found = verdict_on(png(5856, 704, "x"), asked=asked)
    assert found.findings == ()
    assert found.notes == ("5856x704 came for the 6144x768 of the table: near enough to keep",)
    assert verdict_on(png(5850, 704, "x"), asked=asked).findings
    for width, height in ((1000, 1000), (1408, 768), (1024, 960), (896, 896)):
        assert verdict_on(png(width, height, "x")).findings


TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


@pytest.mark.parametrize("real", [*TYPES, "image/gif", "image/bmp", "image/svg+xml"])
@pytest.mark.parametrize("declared", [*TYPES, "image/jpg", "", "text/html"])
def test_the_type_is_what_the_bytes_say(real, declared):
    """T24."""
    data = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    if real != "image/svg+xml":
        file = io.BytesIO()
        Image.new("RGB", (1024, 1024)).save(file, real.partition("/")[2])
        data = file.getvalue()
    found = verdict_on(data, declared=declared)
    if real not in TYPES:
        assert [f.kind for f in found.findings] == ["format"]
        assert real.partition("/")[2].upper()[:3] in found.findings[0].got
        assert (found.width, found.mime) == (0, "application/octet-stream")
        return
    assert (found.findings, found.mime) == ((), real)
    same = declared in {"", real} or (real == "image/jpeg" and declared == "image/jpg")
    said = () if same else (f"the service calls it {declared}, and it is {real}",)
    assert found.notes == said


WRONG = {
    "truncated": {"complete": False},
    "trailing bytes": {"trailing_bytes": 9},
    "bit depth": {"bits": 16},
    "colour": {"colour": "ycck"},
    "orientation": {"orientation": 6},
    "frames": {"frames": 2},
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_a_header_gives_away(kind):
    """T28."""
    header = Header("image/png", 1024, 1024, **{"complete": True, **WRONG[kind]})
    model = models()["gemini-3-pro-image"]
    (finding,) = check(Asked(model.id, "1K", "1:1"), header, model)
    assert (finding.kind, bool(finding.asked), bool(finding.got)) == (kind, True, True)


SEEN = {
    "undecodable": Examination("broken data stream"),
    "truncated": Examination(lost=0.4),
    "transparency": Examination(transparent=1.0),
    "copy": Examination(copy_of=2),
    "blank": Examination(blank=True),
}


@pytest.mark.parametrize("kind", SEEN)
def test_what_the_pixels_give_away(kind):
    found = verdict_on(png(1024, 1024, "x"), seen=SEEN[kind])
    assert [f.kind for f in found.findings] == [kind]


def test_nobody_could_look_is_noted_and_no_fault_of_the_picture():
    """T16."""
    found = verdict_on(png(1024, 1024, "x"), seen=Examination("no memory", known=False))
    assert found.findings == ()
    assert found.notes == ("judged by its header alone: no memory",)


def test_the_very_bytes_of_a_reference_are_a_copy_even_by_the_header():
    asked = Asked("gemini-3-pro-image", "1K", "1:1", references=("a" * 64, "b" * 64))
    for seen in (None, Examination(), Examination("no memory", known=False)):
        found = verdict_on(png(1024, 1024, "x"), asked=asked, sha256="b" * 64, seen=seen)
        assert [str(f) for f in found.findings] == [
            "copy: asked for a new picture, got reference 2, unchanged"
        ]


def test_what_must_not_be_decoded_is_not():
    """T27."""

    def never():
        raise AssertionError

    model = models()["gemini-3-pro-image"]
    for data, kind in ((png(65_535, 65_535, "x"), "bomb"), (b"GIF89a" + bytes(40), "format")):
        found = verdict(
            Asked(model.id, "1K", "1:1"), model, io.BytesIO(data),
            declared="", sha256="", examine=never, prices={},
        )  # fmt: skip
        assert [f.kind for f in found.findings] == [kind]
