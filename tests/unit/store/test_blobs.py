"""Paid bytes on their way from the socket to their place, on a disk that can die at any step."""

from __future__ import annotations

import hashlib
import io
import json
import random
from pathlib import Path

import pytest

from cavendish.client.system import Disk
from cavendish.core.errors import StorageError
from cavendish.core.money import Money
from cavendish.store.blobs import Blobs
from simulation.playing import Crash, CrashingDisk, Edges, Platter

ATTEMPT = "0123456789abcdef" * 2
PICTURES = [b"first picture", b"the final picture" * 9000]
HOME = Path("/home")


class Process:
    dead, number = False, 1

    def die(self, where):
        self.dead = True


def spooled(blobs):
    spool = blobs.spool(ATTEMPT)
    for index, picture in enumerate(PICTURES):
        spool.begin(index)
        for at in range(0, len(picture), 65536):
            spool.write(picture[at : at + 65536])
        spool.end(index)
    return spool


def settled(blobs):
    """What a settlement does with the files, from the last byte on."""
    spool = blobs.spool(ATTEMPT)
    rest = spool.load()
    if rest is None:
        return None
    with blobs.open_spooled(spool, 1) as file:
        found = file.read()
    blobs.adopt(spool, 1)
    blobs.discard(ATTEMPT)
    return rest, found


@pytest.fixture
def real(tmp_path):
    return Blobs(tmp_path, Disk())


def test_an_answer_comes_back_as_it_was_spooled(real):
    spooled(real).finish(b'{"rest": 1}')
    again = real.spool(ATTEMPT)
    assert again.load() == b'{"rest": 1}'
    assert again.pictures == [(len(p), hashlib.sha256(p).hexdigest()) for p in PICTURES]


def test_what_was_charged_beside_the_answer_survives_with_it(real):
    spool = spooled(real)
    spool.charged = Money(39_000_001)
    spool.finish(b"{}")
    again = real.spool(ATTEMPT)
    assert (again.load(), again.charged) == (b"{}", Money(39_000_001))


@pytest.mark.parametrize("rest", [b'{"text": "caf\xe9"}', b"\xff\xfe", b'"\\ud800 \xed\xa0\x80"'])
def test_an_answer_that_is_not_utf8_comes_back_byte_for_byte(real, rest):
    spooled(real).finish(rest)
    assert real.spool(ATTEMPT).load() == rest


def test_an_answer_is_whole_only_when_it_was_finished(real):
    spooled(real)
    assert real.spool(ATTEMPT).load() is None


def test_adopting_moves_the_picture_and_the_same_again_is_no_error(real, tmp_path):
    spool = spooled(real)
    spool.finish(b"{}")
    for _ in range(3):
        place = real.adopt(spool, 1)
        assert place.read_bytes() == PICTURES[1]
        with real.open_spooled(spool, 1) as file:
            assert file.read() == PICTURES[1]
    assert real.verified(place.name) == place
    real.discard(ATTEMPT)
    real.discard(ATTEMPT)
    assert not (tmp_path / "spool" / ATTEMPT).exists()


def test_two_attempts_may_bring_the_same_picture(real):
    first, second = spooled(real), real.spool("f" * 32)
    second.begin(0)
    second.write(PICTURES[1])
    second.end(0)
    assert real.adopt(first, 1) == real.adopt(second, 0)


def test_files_are_private(real, tmp_path):
    spool = spooled(real)
    spool.finish(b"{}")
    real.adopt(spool, 1)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o777 == 0o600, path


@pytest.mark.parametrize("at", [0, 70_000, -1])
def test_a_flipped_bit_is_found(real, at):
    place = real.adopt(spooled(real), 1)
    data = bytearray(place.read_bytes())
    data[at] ^= 1
    place.write_bytes(data)
    with pytest.raises(StorageError, match="was changed"):
        real.verified(place.name)


@pytest.mark.parametrize("keep", [0, 1000])
def test_a_short_picture_is_found(real, keep):
    place = real.adopt(spooled(real), 1)
    place.write_bytes(PICTURES[1][:keep])
    with pytest.raises(StorageError, match="was changed"):
        real.verified(place.name)


def test_where_no_picture_is_at_all_nothing_is_said_of_one(real):
    with pytest.raises(StorageError, match="is not there; nothing that was bought"):
        real.fault("0" * 64)


def test_a_damaged_picture_makes_room_for_the_same(real):
    place = real.adopt(spooled(real), 1)
    place.write_bytes(b"x")
    assert "was changed after it was bought" in real.fault(place.name)
    real.set_aside(place.name)
    real.set_aside(place.name)
    assert [path.name for path in place.parent.iterdir()] == [f"{place.name}.damaged"]
    assert real.adopt(spooled(real), 1) == place
    assert real.fault(place.name) is None


def test_a_missing_picture_is_named_with_a_way_out(real):
    real.adopt(spooled(real), 1)
    with pytest.raises(StorageError, match="is missing") as caught:
        real.verified("0" * 64)
    assert "--no-cache" in caught.value.next_step


@pytest.mark.parametrize("name", ["", "../../x", "ABC" * 11, "0" * 31, "0" * 32 + "\n"])
def test_a_spool_has_an_attempts_name_only(real, name):
    with pytest.raises(AssertionError):
        real.spool(name)


def played(crash=None):
    process, edges = Process(), Edges([crash] if crash else [])
    platter = Platter(random.Random(crash))
    return platter, Blobs(HOME, CrashingDisk(platter, process, edges)), edges


def everything(blobs):
    spooled(blobs).finish(b"{}")
    settled(blobs)


def test_a_crash_at_every_step_leaves_all_or_nothing():
    _, blobs, edges = played()
    everything(blobs)
    whole = edges.names.index("after rename answer.json") + 1
    gone = edges.names.index(f"before remove {ATTEMPT}") + 1
    for power in (False, True):
        for crash in range(1, edges.count + 1):
            platter, blobs, _ = played(crash)
            with pytest.raises(Crash):
                everything(blobs)
            if power:
                platter.lose_power()
            for _ in range(2):  # recovery, and recovery again
                after = Blobs(HOME, CrashingDisk(platter, Process(), Edges()))
                found = settled(after)
                if crash < whole - 1:
                    assert found is None
                elif whole <= crash <= gone and _ == 0:
                    assert found == (b"{}", PICTURES[1])
                for path, inode in platter.files.items():
                    if "blobs" in path.parts:
                        assert hashlib.sha256(inode.data).hexdigest() == path.name


def test_a_torn_envelope_cannot_be_seen_under_its_name():
    _, blobs, edges = played()
    everything(blobs)
    torn = edges.names.index("amid write answer.part") + 1
    platter, blobs, _ = played(torn)
    with pytest.raises(Crash):
        everything(blobs)
    part = platter.files[HOME / "spool" / ATTEMPT / "answer.part"]
    with pytest.raises(json.JSONDecodeError):
        json.load(io.BytesIO(part.data))
    after = Blobs(HOME, CrashingDisk(platter, Process(), Edges()))
    assert after.spool(ATTEMPT).load() is None
