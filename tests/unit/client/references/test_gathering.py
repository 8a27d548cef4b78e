"""References of one call: what is taken, told apart, split, fitted and warned about."""

from __future__ import annotations

import io
import os
import random
import socket
from pathlib import Path

import pytest
from PIL import Image as Pil

from cavendish.catalog.loader import find_model, models
from cavendish.client.examiner import HeaderOnly
from cavendish.client.references.gathering import gather
from cavendish.client.references.ref import Ref
from cavendish.core.errors import InvalidRequest
from unit.client.upstream import pixels

PRO = find_model("gemini-3-pro-image")
PNG = pixels(8, 8, kind="PNG")


@pytest.fixture(autouse=True)
def _in_the_folder(folder):
    """No test here sees another's files."""


def noise(seed, width=512, height=512):
    return Pil.frombytes("RGB", (64, 64), bytes(
        (x * 37 + y * 101 * seed + x * y * seed) % 256 for y in range(64) for x in range(192)
    )).resize((width, height), Pil.Resampling.NEAREST)  # fmt: skip


def coded(picture, kind="PNG", **more):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **more)
    return buffer.getvalue()


def many(count):
    return [coded(noise(seed, 64, 64)) for seed in range(1, count + 1)]


def gathered(given=(), styles=(), *, model=PRO, room_bytes=19_900_000, split=False):
    ready = HeaderOnly().made_ready
    return gather(given, styles, model=model, room_bytes=room_bytes, split=split, ready=ready)


def sent(given, **more):
    (share,) = gathered(given, **more).requests
    return [one.reference for one in share]


def refused(given, styles=(), **more):
    with pytest.raises(InvalidRequest) as caught:
        gathered(given, styles, **more)
    assert caught.value.message.startswith("references: ")
    assert caught.value.next_step
    return caught.value


def test_every_kind_is_taken_and_good_bytes_are_kept(folder):
    (folder / "a.png").write_bytes(PNG)
    jpeg, webp = pixels(8, 8, kind="JPEG"), pixels(8, 8, kind="WEBP")
    found = sent(["a.png", jpeg, Pil.new("RGB", (3, 3)), webp, Ref(Path("a.png"), "style")])
    assert [one.data for one in found[:2]] == [PNG, jpeg]
    assert [one.mime for one in found] == [
        "image/png", "image/jpeg", "image/png", "image/webp", "image/png",
    ]  # fmt: skip
    assert Pil.open(io.BytesIO(found[2].data)).size == (3, 3)
    assert [one.name for one in found] == ["a.png", "number 2", "number 3", "number 4", "a.png"]
    assert [one.role for one in found] == [None, None, None, None, "style"]


def test_an_image_of_pil_is_turned_as_its_file_says(folder):
    photo = noise(5, 300, 200)
    orientation = Pil.Exif()
    orientation[0x0112] = 6
    photo.save("a.jpg", exif=orientation)
    with Pil.open("a.jpg") as picture:
        (one,) = gathered([picture]).requests[0]
    assert (one.upload.width, one.upload.height) == (200, 300)


@pytest.mark.parametrize("one", [PNG, "a.png", Path("a.png"), Ref(PNG), Pil.new("L", (2, 2))])
def test_one_reference_may_stand_alone(folder, one):
    (folder / "a.png").write_bytes(PNG)
    assert len(sent(one)) == 1


def test_the_same_picture_is_sent_once_and_said():
    found = gathered([PNG, PNG, Ref(PNG, "character")])
    assert len(found.requests[0]) == 2
    assert "number 2 is the same picture as number 1; it is sent once" in found.warnings


def test_pictures_that_look_alike_are_named():
    photo = noise(3)
    small = coded(photo.resize((400, 400)), "JPEG", quality=70)
    found = gathered([coded(photo), small, coded(noise(4))])
    assert len(found.requests[0]) == 3
    alike = [line for line in found.warnings if "look alike" in line]
    assert alike == ["number 1 and number 2 look alike; one of them is enough"]


@pytest.mark.parametrize("model", models().values(), ids=lambda model: model.id)
def test_as_many_as_the_model_takes_and_not_one_more(model):
    assert len(sent(many(model.references), model=model)) == model.references
    error = refused(many(model.references + 1), model=model)
    total = model.references
    assert error.message == f"references: {total + 1} given; {model.id} takes {total}"
    assert error.next_step.startswith(f"use at most {total}; or ask in several requests: --split")
    for role, most in model.references_by_role.items():
        if most < total:
            error = refused([Ref(one, role) for one in many(most + 1)], model=model)
            assert f"{most + 1} {role}s given; {model.id} takes " in error.message
            assert f"{most} {role}s" in error.next_step
            assert "gemini-" in error.next_step


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "number 1 is not a picture: empty"),
        (b"hello", "number 1 is not a picture"),
        (b"GIF89a" + b"\0" * 40, "number 1 is not a picture"),
        (b"%PDF-1.7", "number 1 is not a picture"),
        (PNG[:-12], "number 1 breaks off"),
        (pixels(64, 64, kind="JPEG")[:-2], "number 1 breaks off"),
        (pixels(64, 64, kind="WEBP")[:-4], "number 1 breaks off"),
        (PNG[:20], "number 1 is not a picture"),
        (PNG + b"\0" * 100_000_000, "number 1 is too large"),
    ],
)
def test_what_is_no_picture_is_named(data, problem):
    assert problem in refused([data]).message


@pytest.mark.parametrize("given", [7, None, object(), [PNG], {"path": "x"}])
def test_what_is_no_reference_at_all_is_named(given):
    error = refused([PNG, given])
    assert f"number 2 is {type(given).__name__}" in error.message
    assert "a file" in error.next_step


def test_files_that_cannot_be_references(folder):
    (folder / "folder.png").mkdir()
    (folder / "words.png").write_text("not a picture")
    (folder / "empty.png").touch()
    (folder / "half.png").write_bytes(PNG[:-12])
    (folder / "loop.png").symlink_to("loop.png")
    os.mkfifo(folder / "pipe.png")
    with (folder / "large.png").open("wb") as large:
        large.truncate(10_000_000_000)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.png")
    for name, problem in {
        "gone.png": "gone.png: No such file or directory",
        "folder.png": "folder.png: Is a directory",
        "words.png": "words.png is not a picture",
        "empty.png": "empty.png is not a picture: empty",
        "large.png": "is too large; a reference may have 100,000,000 bytes",
        "half.png": "half.png breaks off",
        "loop.png": "loop.png: Too many levels of symbolic links",
        "pipe.png": "pipe.png is a pipe",
        "socket.png": "socket.png: No such device",
        "x" * 300: "File name too long",
        "a\0b.png": "null byte",
        "/dev/zero": "/dev/zero is a device",
        "/dev/null": "/dev/null is a device",
    }.items():
        assert problem in refused([name]).message, name


def test_more_than_the_model_takes_is_split_evenly_with_the_styles_in_each():
    pictures = many(21)
    found = gathered(pictures[:20], pictures[20:], split=True)
    data = [[one.reference.data for one in share] for share in found.requests]
    assert data == [[*pictures[:10], pictures[20]], [*pictures[10:20], pictures[20]]]
    assert any("split into 2 requests of 11, 11" in line for line in found.warnings)


def test_a_request_that_would_be_too_large_is_made_to_fit():
    grain = random.Random(1)
    photos = [
        coded(Pil.frombytes("RGB", (1000, 1000), grain.randbytes(3_000_000)), "JPEG", quality=95)
        for _ in range(2)
    ]
    small = coded(noise(3, 64, 64))
    room = (len(photos[0]) + len(photos[1])) * 2 // 3
    (share,) = gathered([*photos, small], room_bytes=room).requests
    assert sum(-(-len(one.upload.data) // 3) * 4 for one in share) <= room
    assert share[2].upload.data == small
    assert "to fit the request" in share[0].note
    assert refused(photos, room_bytes=9_000).message.startswith("references: number 1 is too large")


def test_what_goes_wrong_with_many_is_said():
    subjects = [Ref(one, "object") for one in many(6)]
    found = "\n".join(gathered(subjects, [coded(noise(9, 1024, 1024))]).warnings)
    assert "number 1 is a poor reference: only 64 px" in found
    assert "6 references: models follow 4 or fewer best" in found
    assert "cavendish references check FILE..." in found
    assert "a style beside 6 subjects" in found
    assert "number 7 (1024 px) is far larger than number 1 (64 px)" in found


def test_a_soft_style_is_no_fault():
    wash = coded(Pil.linear_gradient("L").resize((800, 800)))
    assert any("blurred" in line for line in gathered([wash]).warnings)
    assert gathered((), [wash]).warnings == ()


def test_a_style_reference_has_no_other_role():
    with pytest.raises(InvalidRequest, match="style_references: one is object"):
        gathered((), [Ref(PNG, "object")])
