"""channels probe, in the terminal and as JSON."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from unit.client.test_probing import Script
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
