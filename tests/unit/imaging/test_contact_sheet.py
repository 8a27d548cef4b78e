"""The contact sheet: every cell in its place, whatever is in it."""

from __future__ import annotations

import pytest
from PIL import Image

from cavendish.imaging.contact_sheet import BAD, PAPER, Cell, Line, contact_sheet, plain


@pytest.fixture
def red(tmp_path):
    Image.new("RGB", (1600, 900), (200, 20, 30)).save(tmp_path / "red.png")
    return tmp_path / "red.png"


def colours(page):
    return {colour for _, colour in page.getcolors(1 << 24)}


def sheet(*cells, columns=None, shape=(16, 9), words="a fox"):
    names = columns or [(f"channel {n}", "1 of 1") for n, _ in enumerate(cells)]
    return contact_sheet("title", "beside", names, [Line("01", words, cells)], "foot", shape=shape)


def test_pictures_stand_beside_each_other(red):
    page = sheet(Cell(red, "ok"), Cell(red, "ok"))
    assert page.getpixel((0, 0)) == tuple(bytes.fromhex(PAPER[1:]))
    assert (200, 20, 30) in colours(page)
    assert (0xB3, 0x26, 0x1E) not in colours(page)


def test_what_is_wrong_is_marked(red, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(red.read_bytes()[:90])
    mark = tuple(bytes.fromhex(BAD[1:]))
    for cell in (
        Cell(red, "1x1", bad="size: wrong"),
        Cell(None, said="Overloaded: " + "words " * 200),
        Cell(broken, "x"),
        Cell(tmp_path / "gone.png"),
        Cell(None, said="漢字"),
    ):
        assert mark in colours(sheet(cell))


@pytest.mark.parametrize("shape", [(1, 8), (8, 1), (1, 1), (21, 9)])
def test_any_shape_has_a_page(red, shape):
    page = sheet(*[Cell(red)] * 6, shape=shape, words="long " * 300)
    assert page.width < 2200
    assert 250 < page.height < 800


def test_words_are_spelt_with_the_letters_there_are():
    assert plain("Größe — “Café” 2×3\n\tok") == "Grosse - “Cafe” 2x3 ok"
    assert plain("一只红狐狸") == "…"
    assert plain("日本の庭 a fox, 山 水\x1b[31m red") == "… a fox, …[31m red"
