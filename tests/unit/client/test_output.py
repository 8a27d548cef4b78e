"""Where pictures go: names, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cavendish.client import output
from cavendish.client.output import (
    FORMATS,
    check_output,
    format_of,
    names_folder,
    new_file,
    place,
    slug,
)
from cavendish.core.errors import InvalidRequest, StorageError

KEY = "0123456789abcdef" * 4


def where(given, number=1, *, mime="image/jpeg", realm="real", kept=False):
    return str(
        place(
            Path(given), number, title="A red fox!", key_id=KEY, mime=mime, realm=realm, kept=kept
        )
    )


def test_names(folder):
    (folder / "x.png").mkdir()
    assert where("fox.png") == "fox.png"
    assert where("fox.png", 2) == "fox-2.png"
    assert where("a.b/fox.v2.png", 3) == "a.b/fox.v2-3.png"
    assert where("out") == "out/a-red-fox-01234567.jpg"
    assert where("out", 2, mime="image/png") == "out/a-red-fox-01234567.png"
    assert where("out", realm="simulated") == "out/a-red-fox-01234567.draft.jpg"
    assert where("x.png") == "x.png/a-red-fox-01234567.jpg"
    assert where("fox.png", 2, kept=True) == "fox-2.jpg"


@pytest.mark.parametrize(
    ("given", "is_folder"),
    [("out", True), ("out.png", False), ("there.png", True), (".", True), ("a/b", True),
     ("a.d/b", True), ("v1.2", False), (".hidden", True)],
)  # fmt: skip
def test_a_folder_is_one_or_has_no_ending(folder, given, is_folder):
    (folder / "there.png").mkdir()
    assert names_folder(Path(given)) == is_folder


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("A red fox in fresh snow", "a-red-fox-in-fresh-snow"),
        ("Q4 2025: +23 %", "q4-2025-23"),
        ("Übergröße", "ubergroe"),
        ("../../etc/passwd", "etc-passwd"),
        ("日本", "picture"),
        ("", "picture"),
        ("x" * 99, "x" * 48),
        ("a" * 47 + " b", "a" * 47),
    ],
)
def test_slugs(title, stem):
    assert slug(title) == stem


@given(st.text())
def test_every_title_gives_a_plain_short_stem(title):
    stem = slug(title)
    assert 1 <= len(stem) <= 48
    assert set(stem) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not stem.startswith("-")
    assert not stem.endswith("-")


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [("x.png", None, "PNG"), ("x.JPG", None, "JPEG"), ("x.jpeg", None, "JPEG"),
     ("x.webp", None, "WEBP"), ("x.png", "jpeg", "JPEG"), ("x", "PNG", "PNG"),
     ("x", "jpg", "JPEG"), ("x.png", "original", None), ("x", "original", None)],
)  # fmt: skip
def test_formats(name, said, kind):
    assert format_of(Path(name), said) == kind


@pytest.mark.parametrize("name", ["x.gif", "x.tiff", "x.png.bak", "x", "x.", "x.pn g"])
def test_an_unknown_ending_is_named_with_those_there_are(name):
    with pytest.raises(InvalidRequest) as caught:
        format_of(Path(name), None)
    assert (caught.value.field, name in caught.value.message) == ("output", True)
    assert caught.value.next_step == f"use {', '.join(FORMATS)}"


def test_an_unknown_format_is_named():
    with pytest.raises(InvalidRequest, match="format: unknown: 'tiff'"):
        format_of(Path("x.png"), "tiff")


def test_a_file_appears_when_it_is_whole(folder):
    path = folder / "deep/er/x.png"
    with new_file(path) as file:
        file.write(b"12")
        assert not path.exists()
    assert path.read_bytes() == b"12"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [p.name for p in path.parent.iterdir()] == ["x.png"]


@pytest.mark.parametrize("problem", [RuntimeError("no"), KeyboardInterrupt(), SystemExit(1)])
def test_after_an_exception_there_is_no_part_and_the_old_file_stands(folder, problem):
    path = folder / "x.png"
    path.write_bytes(b"old")
    with pytest.raises(type(problem)), new_file(path) as file:
        file.write(b"new")
        raise problem
    assert path.read_bytes() == b"old"
    assert list(folder.iterdir()) == [path]


def test_a_full_disk_leaves_no_part_and_says_so(folder):
    path = folder / "x.png"
    with pytest.raises(StorageError, match="the disk is full") as caught, new_file(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "free some space" in caught.value.next_step
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["file/x.png", "file/deep/x.png", "file/out", "/proc/no/x.png",
                                  "/proc/x.png", "/dev/null/x.png", "file"])  # fmt: skip
def test_where_nobody_can_write_nothing_is_bought(folder, name):
    (folder / "file").write_text("a regular file")
    with pytest.raises(StorageError) as caught:
        check_output(Path(name))
    assert caught.value.next_step == "choose a folder you can write to"
    assert name.split("/")[0] in caught.value.message
    assert caught.value.billed is False
    assert [p.name for p in folder.iterdir()] == ["file"]


def test_an_ending_is_checked_before_a_folder_is_made(folder):
    with pytest.raises(InvalidRequest, match=r"output: 'x\.gif' has no ending of a picture"):
        check_output(folder / "new" / "x.gif")
    assert list(folder.iterdir()) == []


def test_a_good_place_is_left_as_it_was_but_for_its_folder(folder):
    check_output(folder / "new" / "x.png")
    check_output(folder / "out")
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*")) == ["new", "out"]


def test_a_slash_at_the_end_says_folder(folder):
    assert names_folder(check_output("shots.v2/"))
    assert (folder / "shots.v2").is_dir()


@pytest.mark.parametrize("name", ["x.png", "out"])
def test_little_room_is_too_little(folder, monkeypatch, name):
    usage = shutil.disk_usage(folder)._replace(free=output.ROOM_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StorageError, match=r"63 MiB are free .* nothing was bought") as caught:
        check_output(folder / name)
    assert "-o" in caught.value.next_step
