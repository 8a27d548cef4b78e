"""cost verify, as people and programs read it."""

from __future__ import annotations

import sqlite3


def test_a_sound_ledger_and_a_tampered_one(cavendish, tmp_path):
    assert cavendish("generate", "a bird", "-o", "bird.png").code == 0
    said = cavendish("cost", "verify")
    assert said.code == 0
    assert "the ledger is as it was written" in said.out
    assert "ledger $0.1" in said.out
    found = cavendish("cost", "verify", "--json").json
    assert (found["sound"], found["rows"], found["faults"]) == (True, 1, [])
    assert cavendish("cost", "verify", "--quiet").out == ""

    with sqlite3.connect(tmp_path / "home" / "journal.db") as journal:
        journal.execute("UPDATE ledger SET amount_nanos = amount_nanos - 1")
    journal.close()
    said = cavendish("cost", "verify")
    assert said.code == 4
    assert "row 1 is not as it was written" in said.out
    said = cavendish("cost", "verify", "--json")
    assert (said.code, said.json["sound"]) == (4, False)
    assert said.json["faults"][0]["row"] == 1
