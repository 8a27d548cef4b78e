"""A full disk, before and in the middle: nothing is bought, or nothing that was bought is lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess

import pytest

from cavendish.client import output
from cavendish.send import intents
from unit.client.upstream import USAGE_USD, as_asked, pixels

SIZE_BYTES = 8 << 20


class SmallDisk:
    """A folder on a disk of eight megabytes; where none can be mounted, one that plays it."""

    def __init__(self, place, monkeypatch):
        self.place, self._monkeypatch = place, monkeypatch
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(place)]
        try:
            self.real = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            self.real = False
        if not self.real:
            self._play_small()

    def _holds(self, path):
        return str(path).startswith(str(self.place))

    def _play_small(self):
        real = shutil.disk_usage
        small = real(self.place)._replace(total=SIZE_BYTES, used=0, free=SIZE_BYTES)
        self._monkeypatch.setattr(
            shutil, "disk_usage", lambda at: small if self._holds(at) else real(at)
        )

    def fill(self):
        """Leaves no room."""
        if not self.real:
            fsync = os.fsync

            def full(fd):
                if self.is_full and self._holds(os.readlink(f"/proc/self/fd/{fd}")):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                fsync(fd)

            self.is_full = True
            self._monkeypatch.setattr(os, "fsync", full)
            return
        with open(self.place / "ballast", "wb", buffering=0) as file:
            for piece in (b"\0" * 65536, b"\0" * 512):
                try:
                    while file.write(piece) == len(piece):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC

    def clear(self):
        """Leaves room again."""
        self.is_full = False
        (self.place / "ballast").unlink(missing_ok=True)

    def close(self):
        if self.real:
            subprocess.run(["umount", "--lazy", str(self.place)], check=True)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    disk = SmallDisk(tmp_path / "disk", monkeypatch)
    yield disk
    disk.close()


def spent(cavendish):
    """(real money spent, held) by the report."""
    report = cavendish("cost", "report", "--json").json
    return report["total_usd"], [line["held_usd"] for line in report["lines"]]


def test_a_full_disk_under_the_home(cavendish, upstream, disk, monkeypatch):
    monkeypatch.setenv("CAVENDISH_HOME", str(disk.place / "home"))
    said = cavendish("generate", "x", "-s", "1K", "-o", "x.jpg", "--json")
    assert (said.code, said.error["type"]) == (1, "StorageError")
    assert "nothing is bought" in said.error["message"]
    assert "CAVENDISH_HOME" in said.error["next_step"]
    assert upstream.requests == []
    assert spent(cavendish) == ("0", [])


def test_a_full_disk_under_the_output(cavendish, upstream, disk):
    for place in (disk.place, disk.place / "x.png"):
        said = cavendish("generate", "x", "-s", "1K", "-o", place, "--json")
        assert (said.code, said.error["type"]) == (1, "StorageError")
        assert "nothing was bought" in said.error["message"]
        assert "-o" in said.error["next_step"]
    assert upstream.requests == []


@pytest.fixture
def filling(upstream, disk):
    """A provider that answers when the disk has just filled up."""

    def script(number, *asked):
        disk.fill()
        return as_asked(number, *asked)

    upstream.script = script
    return upstream


def test_a_disk_that_fills_up_meanwhile_loses_no_picture(cavendish, filling, disk, monkeypatch):
    monkeypatch.setattr(output, "ROOM_BYTES", 0)
    wanted = ["generate", "x", "-s", "1K", "-o", disk.place / "x.png", "--json"]
    said = cavendish(*wanted)
    assert (said.code, said.error["type"]) == (1, "StorageError")
    assert "the disk is full" in said.error["message"]
    assert (said.error["billed"], said.error["cost_usd"]) == (True, USAGE_USD)
    with open(said.error["path"], "rb") as file:
        assert file.read() == pixels(1024, 1024, 1)
    assert [path.name for path in disk.place.iterdir() if path.name != "ballast"] == []
    disk.clear()
    again = cavendish(*wanted)
    assert (again.code, again.json["cost_usd"], len(filling.requests)) == (0, "0", 1)
    assert spent(cavendish) == (USAGE_USD, ["0"])


def test_a_home_that_fills_up_meanwhile_keeps_the_books(cavendish, filling, disk, monkeypatch):
    monkeypatch.setenv("CAVENDISH_HOME", str(disk.place / "home"))
    monkeypatch.setattr(intents, "ROOM_BYTES", 0)
    said = cavendish("generate", "x", "-s", "1K", "-o", "x.jpg", "--json")
    assert (said.code, said.error["type"]) == (1, "StorageError")
    disk.clear()
    total, held = spent(cavendish)
    assert total != "0" or held != ["0"]  # it is never forgotten that something may be owed
