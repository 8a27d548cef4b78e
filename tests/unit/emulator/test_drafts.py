"""The pictures: exact pixels, honest marks, and layouts that hold for any sheet."""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import picture
from cavendish_emulator.catalog import read_catalog
from cavendish_emulator.drafts import glyphs, mark, typeset
from cavendish_emulator.drafts.glyphs import uncovered
from cavendish_emulator.drafts.layout import arrange, margin_of
from cavendish_emulator.drafts.palette import choose_palette, find_colours, luminance
from cavendish_emulator.drafts.reading import Metric, Sheet, read_sheet, share_of
from cavendish_emulator.google.request import Reference, read_request

MODELS = read_catalog(MODEL_FACTS)
PRO, FLASH = MODELS["gemini-3-pro-image"], MODELS["gemini-nano-banana-2.1"]
RATIOS = sorted(FLASH.pixels["1K"])
EVERY = [
    *((model, "1K", ratio) for model in MODELS.values() for ratio in model.pixels["1K"]),
    (PRO, "2K", "9:16"),
    (FLASH, "2K", "1:8"),
    (FLASH, "4K", "21:9"),
    (PRO, "4K", "1:1"),
]
PROMPT = """Create a professional infographic titled "Q4 2025 Performance Report".

Show exactly these metrics, each with its label and its value spelled exactly as given:
- Revenue Growth: +23%
- Active Users: 1.2M
- Customer Satisfaction: 4.8/5
- Response Time: < 200ms

Style: modern tech startup
Colors: gradient purple to blue
Rules: use no number, label or claim that is not listed above.
"""
FOUR = (
    Metric("Revenue Growth", "+23%"),
    Metric("Active Users", "1.2M"),
    Metric("Customer Satisfaction", "4.8/5"),
    Metric("Response Time", "< 200ms"),
)


def request_for(prompt="a cat", model=FLASH, size="1K", ratio="1:1"):
    body = {
        "contents": [{"parts": [{"text": prompt}]}],
        "generationConfig": {"imageConfig": {"aspectRatio": ratio}},
    }
    if model.takes_sizes:
        body["generationConfig"]["imageConfig"]["imageSize"] = size
    return read_request(json.dumps(body).encode(), model)


def sheet_of(metrics, title="Q4 2025 Performance Report", style="", colours=""):
    return Sheet(title, tuple(metrics), style, colours, 0)


@pytest.mark.parametrize(
    ("model", "size", "ratio"), EVERY, ids=lambda value: getattr(value, "id", value)
)
def test_exact_pixels(model, size, ratio):
    drawn = picture.draw(request_for(model=model, size=size, ratio=ratio), 1)
    image = Image.open(io.BytesIO(drawn))
    assert image.get_format_mimetype() == model.output_mime
    assert image.size == model.pixels[size][ratio]


def test_png_where_the_model_draws_png():
    request = request_for(model=replace(FLASH, output_mime="image/png"))
    assert picture.draw(request, 1).startswith(b"\x89PNG\r\n\x1a\n")


def test_an_infographic_has_exact_pixels_and_is_repeatable():
    request = request_for(PROMPT, size="2K", ratio="9:16")
    drawn = picture.draw(request, 1)
    assert Image.open(io.BytesIO(drawn)).size == (1536, 2752)
    assert drawn == picture.draw(request, 2)


def test_placeholders_differ_by_prompt_seed_and_execution():
    request = request_for()
    drawn = [
        picture.draw(asked, number)
        for asked, number in [
            (request, 1),
            (request, 2),
            (request_for("a dog"), 1),
            (replace(request, seed=5), 1),
        ]
    ]
    assert len(set(drawn)) == 4
    assert drawn[0] == picture.draw(request, 1)


@pytest.mark.parametrize("prompt", ["a cat", PROMPT])
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_mark_is_on_every_picture(prompt, ratio):
    request = request_for(prompt, ratio=ratio)
    image = Image.open(io.BytesIO(picture.draw(request, 1))).convert("L")
    box = mark.measure(request.width, request.height).pill
    low, high = image.crop((box.x, box.y, box.x + box.w, box.y + box.h)).getextrema()
    assert high - low > 90
    assert box.x + box.w <= request.width
    assert box.y + box.h <= request.height
    assert box.w * 512 / max(request.width, request.height) > 25


@pytest.mark.parametrize("count", [0, 1, 4, 7, 12])
@pytest.mark.parametrize("ratio", RATIOS)
def test_text_stays_on_the_page(ratio, count):
    width, height = FLASH.pixels["1K"][ratio]
    metrics = [
        Metric(f"A label that goes on for rather a long while, {i}", f"{i} unreasonable values")
        for i in range(count)
    ]
    sheet = sheet_of(metrics, "Donaudampfschifffahrtsgesellschaft and its fourth quarter " * 2)
    assert_inside(sheet, width, height)


WRITTEN = st.characters(exclude_categories=("Cs", "Cc"))  # controls are gone once a prompt is read


@settings(max_examples=40, deadline=None)
@given(
    ratio=st.sampled_from(RATIOS),
    title=st.text(WRITTEN, min_size=1, max_size=120).filter(lambda s: s.strip()),
    pairs=st.lists(
        st.tuples(st.text(WRITTEN, max_size=60), st.text(WRITTEN, max_size=60)), max_size=12
    ),
)
def test_any_text_stays_on_the_page(ratio, title, pairs):
    assert_inside(sheet_of([Metric(*pair) for pair in pairs], title), *FLASH.pixels["1K"][ratio])


def assert_inside(sheet, width, height):
    said = sheet.title + "".join(m.label + m.value for m in sheet.metrics)
    sheet = typeset._without(sheet, uncovered(said))  # what no font has never reaches the page
    foot = mark.measure(width, height).height
    page = arrange(width, height, len(sheet.metrics), foot)
    inputs = typeset._inputs(sheet, page, choose_palette("", ""), False)
    text = typeset._typeset(inputs, False)
    assert text.size == (width, height)
    left, top, right, low = text.getbbox()
    edge = margin_of(width, height) - 4
    slack = width * 0.01 + 4
    assert left >= edge - slack
    assert top >= edge - slack
    assert right <= width - edge + slack + page.title_size * 0.1  # a glyph may lean out of its box
    assert low <= height - edge - foot + slack + page.title_size * 0.25


@pytest.mark.parametrize("count", range(1, 25))
def test_cards_never_overlap_and_stay_inside(count):
    for model in MODELS.values():
        for table in model.pixels.values():
            for width, height in table.values():
                foot = mark.measure(width, height).height
                page = arrange(width, height, count, foot)
                assert len(page.cards) == count
                boxes = [*page.cards, page.title]
                for i, a in enumerate(boxes):
                    assert a.w > 0
                    assert a.h > 0
                    assert a.x >= page.margin
                    assert a.y >= page.margin
                    assert a.x + a.w <= width - page.margin + 1
                    assert a.y + a.h <= height - page.margin - foot + 1
                    for b in boxes[i + 1 :]:
                        apart = (
                            a.x + a.w <= b.x
                            or b.x + b.w <= a.x
                            or a.y + a.h <= b.y
                            or b.y + b.h <= a.y
                        )
                        assert apart, (width, height, a, b)


def test_reading_the_prompt_of_the_client():
    sheet = read_sheet(PROMPT)
    assert sheet.title == "Q4 2025 Performance Report"
    assert sheet.metrics == FOUR
    assert sheet.style == "modern tech startup"
    assert sheet.colours == "gradient purple to blue"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", None),
        ('a cat with a sign saying "hello"', None),
        ("Revenue: 5", None),
        ('Infographic "A"', ("A", [])),
        (
            "An infographic titled “A b”\n1. Users: 5\n* Size: 5\nNote: no",
            ("A b", [("Users", "5")]),
        ),
        ('"A"\nUsers: 10:30', ("A", [("Users", "10:30")])),
        (f'"A"\nUsers: {"x" * 61}\nB: 1', ("A", [("B", "1")])),
        (
            'An infographic titled "He said "no"".\n\nShow exactly these metrics:\n- Size: 4',
            ('He said "no"', [("Size", "4")]),
        ),
        (
            'Infographic titled "A".\nShow these metrics:\n- Size: 4\nSize: 2K',
            ("A", [("Size", "4")]),
        ),
    ],
)
def test_reading_prompts(prompt, expected):
    sheet = read_sheet(prompt)
    if expected is None:
        assert sheet is None
    else:
        title, metrics = expected
        assert (sheet.title, sheet.metrics) == (title, tuple(Metric(*m) for m in metrics))


@pytest.mark.parametrize(
    ("value", "share"),
    [
        ("4.8/5", (0.96, 5)),
        ("72%", (0.72, 1)),
        ("80/100", (0.8, 1)),
        ("+23%", None),
        ("-5%", None),
        ("130%", None),
        ("6/5", None),
        ("1/0", None),
        ("1.2M", None),
        ("24/7/365", None),
    ],
)
def test_a_bar_only_where_the_value_defines_it(value, share):
    assert share_of(value) == share


@pytest.mark.parametrize(
    ("style", "colours", "theme"),
    [
        ("modern tech startup", "gradient purple to blue", "aurora"),
        ("modern corporate", "blue and white", "paper"),
        ("", "teal and coral", "paper"),
        ("", "gradient teal to coral", "aurora"),
        ("", "purple and blue", "aurora"),
        ("minimal", "teal and coral", "paper"),
        ("playful", "", "playful"),
        ("", "black and gold", "night"),
        ("", "", "paper"),
        ("bold", "#ffcc00", "aurora"),
    ],
)
def test_themes(style, colours, theme):
    palette = choose_palette(style, colours)
    assert palette.theme == theme
    ink = tuple(int(palette.ink[i : i + 2], 16) for i in (1, 3, 5))
    for ground in palette.ground[:2]:
        light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 4.5


def test_colour_words():
    assert find_colours("gradient Purple to blue, and white") == [
        (0x7C, 0x3A, 0xED),
        (0x25, 0x63, 0xEB),
    ]
    assert find_colours("#0f8 then #102030 and rebeccapurple") == [
        (0, 255, 136),
        (0x10, 0x20, 0x30),
        (0x66, 0x33, 0x99),
    ]


def test_missing_glyphs_are_admitted():
    assert glyphs.uncovered("Grüße, ½ × 5 → €") == set()
    assert glyphs.uncovered("売上 🍌") == set("売上🍌")
    remarks = [typeset._remark(sheet_of([]), {"売"}, lost) for lost in (set(), {"売"})]
    assert "not in the bundled font" in remarks[0]
    assert "shown as …" in remarks[1]
    for remark in remarks:
        assert remark.split()[-1] in mark.measure(1024, 1024, remark).notes[-1][2]
    lost = typeset._without(sheet_of([Metric("売 A", "上上5")], "売上 2025"), {"売", "上"})
    assert (lost.title, lost.metrics) == ("… 2025", (Metric("… A", "…5"),))
    drawn = picture.draw(request_for('Infographic "売上"\n- 成長: 5'), 1)
    assert Image.open(io.BytesIO(drawn)).size == (1024, 1024)
    assert picture.draw(request_for("売上 🍌"), 1)


def test_references_are_shown_and_broken_ones_do_not_hurt():
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "PNG")
    good = Reference("image/png", out.getvalue())
    broken = Reference("image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    request = request_for()
    drawn = {
        picture.draw(replace(request, references=references), 1)
        for references in ((), (good,), (good, broken), (good,) * 14)
    }
    assert len(drawn) == 4


def test_data_cannot_become_markup():
    drawn = picture.draw(
        request_for('Infographic "#panic() $x$ [a] *b*"\n- #pagebreak(): \\ $1'), 1
    )
    assert Image.open(io.BytesIO(drawn)).size == (1024, 1024)


def test_control_characters_are_read_as_blanks():
    sheet = read_sheet('Create a professional infographic titled "A\x1fB".\n- x\x07y: 1\x1f2')
    assert sheet.title == "A B"
    assert [(m.label, m.value) for m in sheet.metrics] == [("x y", "1 2")]


def test_what_the_model_drew_is_the_ground_of_the_next_draft_and_no_tile_on_it():
    first = request_for("a blue fox")
    base = Reference("image/png", picture.draw(first, 0), drawn=True)
    told = replace(request_for("a blue hat"), references=(base,), base=base)
    alone = replace(told, references=())
    shown = replace(told, references=(base, Reference("image/png", base.data)))
    assert picture.draw(told, 0) == picture.draw(alone, 0)
    assert picture.draw(shown, 0) != picture.draw(alone, 0)
