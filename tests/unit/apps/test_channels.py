"""channels probe and evaluate, in the terminal and as JSON."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unit.client.channels.test_probe import Script
from unit.client.test_relay import KEY, file_of
from unit.client.upstream import Reply, Upstream


@pytest.fixture
def relay(monkeypatch):
    monkeypatch.setenv("MINE_API_KEY", KEY)
    folder = Path(os.environ["HOME"]) / ".config" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    with Upstream() as server:
        (folder / "mine.toml").write_text(file_of(server.url))
        server.script = Script()
        yield server


def test_a_probe_says_what_is_kept_and_what_the_bill_must_show(cavendish, relay):
    said = cavendish("channels", "probe", "mine")
    assert said.code == 0
    assert "✓ size" in said.out
    assert "compare with the bill of mine" in said.out
    assert "booked $0.32 of $0.40 allowed" in said.out
    assert "call 1 of 5" in said.err
    assert "probed 20" in cavendish("channels", "list").out


def test_a_vice_is_exit_code_4_with_what_to_do(cavendish, relay):
    relay.script = Script(size="1K")
    said = cavendish("channels", "probe", "mine", "--json")
    assert said.code == 4
    assert "size" in said.json["vices"]
    (size,) = [one for one in said.json["findings"] if one["promise"] == "size"]
    assert (size["grade"], size["got"]) == ("not honoured", "1376x768 jpeg")
    assert size["asked"] == "4K (5504x3072)"
    assert size["advice"]
    assert len(said.json["calls"]) == 5
    assert "✗ size" in cavendish("channels", "probe", "mine").out


def test_a_dry_run_and_a_low_ceiling_send_nothing(cavendish, relay):
    dry = cavendish("channels", "probe", "mine", "--dry-run")
    assert (dry.code, "$0.40 at most; nothing was sent" in dry.out) == (0, True)
    document = cavendish("channels", "probe", "mine", "--dry-run", "--json").json
    assert (document["cost"]["high"], len(document["calls"])) == ("0.4", 5)
    refused = cavendish("channels", "probe", "mine", "--budget", "0.10", "--json")
    assert (refused.code, refused.error["type"]) == (3, "BudgetExceeded")
    for wrong in ("nobody", "mine,offline"):
        assert cavendish("channels", "probe", wrong).code == 2
    assert relay.requests == []


def test_a_probe_that_stopped_is_exit_code_5(cavendish, relay):
    honest = relay.script
    late = Reply(429, b'{"error": {"message": "quota", "code": "insufficient_user_quota"}}')
    relay.script = lambda number, *more: honest(number, *more) if number < 3 else late
    said = cavendish("channels", "probe", "mine")
    assert (said.code, "stopped early: reference" in said.err) == (5, True)


def test_drafts_can_be_probed_for_simulated_money(cavendish):
    said = cavendish("channels", "probe", "offline", "--json")
    assert (said.code, said.json["realm"], said.json["vices"]) == (0, "simulated", [])


def test_an_evaluation_is_a_table_a_sheet_and_rows(cavendish, relay, folder):
    (folder / "prompts.txt").write_text("a fox\na hen\n")
    line = ("channels", "evaluate", "prompts.txt", "--channels", "mine", "-o", "ev", "-s", "1K")
    dry = cavendish(*line, "--dry-run")
    assert (dry.code, "$0.16 at most; nothing was sent" in dry.out) == (0, True)
    assert cavendish(*line).code == 2
    assert cavendish(*line, "--budget", "0.15").code == 3
    assert relay.requests == []
    said = cavendish(*line, "--budget", "0.16")
    assert (said.code, "contact-sheet.png" in said.out, "2/2" in said.out) == (0, True, True)
    again = cavendish(*line, "--budget", "0.16")
    assert "2 of 2 were bought before and cost nothing now" in again.out
    document = cavendish(*line, "--budget", "0.16", "--json").json
    assert (document["cost_usd"], len(document["rows"]), len(relay.requests)) == ("0", 2, 2)
    assert {"standings", "contact_sheet", "csv", "folder"} <= set(document)


def test_an_evaluation_that_failed_in_part_is_exit_code_5_and_in_whole_1(cavendish, relay):
    line = ("channels", "evaluate", "a fox", "a hen", "--channels", "mine", "--budget", "1", "-o")
    relay.script = Script(ratio="16:9")
    said = cavendish(*line, "wrong")
    assert (said.code, "aspect ratio" in said.out) == (5, True)
    relay.always(Reply(503, b"{}"))
    said = cavendish(*line, "none", "-s", "1K")
    assert (said.code, "mine 01 Overloaded" in said.out) == (1, True)
