"""cost verify and the forms of cost report, as people and programs read it."""

from __future__ import annotations

import sqlite3
from xml.etree import ElementTree


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


def test_a_report_as_csv_and_as_a_chart(cavendish, folder):
    assert cavendish("generate", "a <b>bird", "-o", "bird.png", "--tag", "t=<&>").code == 0
    said = cavendish("cost", "report", "--by", "category", "--csv", "--plot", "cost.svg")
    assert said.code == 0
    lines = {line.split(",")[1]: line for line in said.out.splitlines()}
    assert {"group", "picture", "thinking", "text in"} <= set(lines)
    chart = (folder / "cost.svg").read_text()
    assert "simulated money by category" in chart
    assert cavendish("cost", "report", "--by", "tag", "--plot", "tag.svg").code == 0
    names = [text.text for text in ElementTree.parse(folder / "tag.svg").iter() if text.text]
    assert "t=<&>" in names


def test_a_report_of_other_days_and_wrong_words(cavendish, folder):
    assert cavendish("generate", "a bird", "-o", "bird.png").code == 0
    assert "nothing was bought" in cavendish("cost", "report", "--until", "2020-01-01").out
    assert cavendish("cost", "report", "--since", "2020-01-01", "--json").json["lines"]
    for flags, field in ((["--since", "soon"], "since"), (["--plot", "cost.png"], "plot")):
        said = cavendish("cost", "report", *flags)
        assert said.code == 2
        assert f"{field}: " in said.err
    assert not (folder / "cost.png").exists()


def test_a_bill_beside_the_ledger(cavendish, folder):
    head = "Service description,SKU description,Usage start date,Cost ($)"
    row = "Gemini API,image output token count for Gemini 3 Pro Image,2026-11-02,0.13"
    (folder / "bill.csv").write_text(f"{head}\n{row}\n")
    said = cavendish("cost", "reconcile", "bill.csv")
    assert said.code == 4
    assert "billed-unknown" in said.out
    assert "another program, or another journal" in said.out
    found = cavendish("cost", "reconcile", "bill.csv", "--json")
    assert (found.code, found.json["agrees"], found.json["billed_usd"]) == (4, False, "0.13")
    (folder / "bill.csv").write_text(f"{head}\nCompute Engine,N2,2026-11-02,5\n")
    said = cavendish("cost", "reconcile", "bill.csv")
    assert (said.code, "no line of a service" in said.out) == (0, True)
    assert cavendish("cost", "reconcile", "none.csv").code == 2


def test_corrections_are_shown_then_booked_then_there_are_none(cavendish, folder, tmp_path):
    assert cavendish("generate", "a bird", "-o", "bird.png").code == 0
    day_ns = 1_793_600_000 * 10**9
    with sqlite3.connect(tmp_path / "home" / "journal.db") as journal:  # as if bought in earnest
        journal.execute("UPDATE keys SET realm = 'real'")
        journal.execute(
            "UPDATE attempts SET channel = 'gemini', billed = 'presumed', started_ns = ?", [day_ns]
        )
        ((attempt, cost),) = journal.execute("SELECT id, cost_nanos FROM attempts").fetchall()
    journal.close()
    head = "Service description,SKU description,Usage start date,Cost ($)"
    row = "Gemini API,image output token count for Gemini 3 Pro Image,2026-11-01,0.100000000"
    (folder / "bill.csv").write_text(f"{head}\n{row}\n")
    said = cavendish("cost", "reconcile", "bill.csv", "--apply", "--dry-run")
    assert (said.code, attempt[:8] in said.out) == (4, True)
    assert "the bill proves 1 correction of presumed spending" in said.out
    found = cavendish("cost", "reconcile", "bill.csv", "--apply", "--json")
    assert (found.code, found.json["applied"], found.json["agrees"]) == (0, True, True)
    assert found.json["ledger_after_usd"] == "0.1"
    (one,) = found.json["corrections"]
    assert (one["attempt"], one["why"], one["to_usd"]) == (attempt, "billed", "0.1")
    assert round(float(one["from_usd"]) * 10**9) == cost
    again = cavendish("cost", "reconcile", "bill.csv", "--apply")
    assert (again.code, "bill and ledger agree" in again.out) == (0, True)
    assert "correction" not in again.out
    assert cavendish("cost", "verify").code == 0


def test_who_changed_what(cavendish, tmp_path):
    assert "nobody changed anything" in cavendish("cost", "audit").out
    cavendish("budget", "set", "day", "25")
    cavendish("budget", "set", "tag:a=b", "1")
    said = cavendish("cost", "audit")
    assert (said.code, "$10.00 → $25.00" in said.out) == (0, True)
    (first, second) = cavendish("cost", "audit", "--json").json["entries"]
    assert (first["subject"], second["details"]) == ("day", {"from_usd": None, "to_usd": "1"})
    assert "@" in first["who"]
    assert len(cavendish("cost", "audit", "--csv").out.splitlines()) == 3
    assert cavendish("cost", "audit", "--until", "2020-01-01", "--json").json["entries"] == []
    assert cavendish("cost", "audit", "--since", "soon").code == 2
    with sqlite3.connect(tmp_path / "home" / "journal.db") as journal:
        journal.execute("UPDATE audit SET who = 'nobody' WHERE seq = 2")
    journal.close()
    said = cavendish("cost", "verify")
    assert (said.code, "audit log: row 2 is not as it was written" in said.out) == (4, True)
