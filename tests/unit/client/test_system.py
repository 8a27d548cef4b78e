"""The disk behind the port: what is made survives with its name."""

from __future__ import annotations

import stat

from cavendish.client import system


def test_every_new_folder_is_synced_into_the_one_above(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(system, "sync_folder", synced.append)
    disk = system.Disk()
    file = disk.create(tmp_path / "a" / "b" / "0.part")
    file.write(b"x")
    assert synced == [tmp_path]  # the rest waits until it is off the loop
    file.finish()
    assert synced == [tmp_path, tmp_path / "a"]
    disk.rename(tmp_path / "a" / "b" / "0.part", tmp_path / "c" / "x")
    assert synced[2:] == [tmp_path, tmp_path / "c"]
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert (tmp_path / "c" / "x").read_bytes() == b"x"
