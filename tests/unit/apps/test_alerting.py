"""Alerts as people and cron hear of them, with a real provider's place, webhook and command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from unit.client.upstream import CANARY, Reply, Upstream

FIRST = ("generate", "a fox", "-s", "1K", "-o", "fox.png")


@pytest.fixture
def hook():
    with Upstream() as server:
        server.always(Reply(200))
        yield server


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """Writes the user's own configuration file."""

    def configured(text):
        folder = tmp_path / "config/cavendish"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.toml").write_text(text)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    return configured


def test_t84_a_mark_is_heard_of_by_every_way_once(
    cavendish, upstream, hook, configured, tmp_path, monkeypatch
):
    seen, program = tmp_path / "seen", tmp_path / "tell"
    program.write_text(
        f"#!{sys.executable} -I\nimport os, sys\n"
        f"open({str(seen)!r}, 'a').write(sys.stdin.read() + str(dict(os.environ)))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("ALERT_SECRET", "s3cret")
    configured(
        f'alert_webhook = "{hook.url}/hook"\nalert_secret_env = "ALERT_SECRET"\n'
        f'alert_command = ["{program}"]\n'
    )
    assert cavendish("budget", "set", "day", "0.26").code == 0
    said = cavendish(*FIRST)
    assert said.code == 0, said.err
    assert "alert: budget day is 50 % used: $0.1378 of $0.26 spent" in said.err
    assert cavendish(*FIRST).err.count("alert:") == 0, "it was bought before, and told before"
    ((path, headers, body),) = hook.requests
    assert (path, body["percent"], body["spent_usd"]) == ("/hook", 50, "0.13771")
    assert headers["X-Cavendish-Signature"].startswith("sha256=")
    assert json.loads(seen.read_text().splitlines()[0]) == body
    everything = said.out + said.err + seen.read_text() + json.dumps(hook.requests)
    assert CANARY not in everything
    assert "s3cret" not in everything

    said = cavendish("budget", "alerts")
    assert (said.code, said.out.count("budget day is 50 % used")) == (0, 1)
    found = cavendish("budget", "alerts", "--json").json
    assert found["ways"] == ["log", "webhook", "command"]
    assert (found["new"], found["alerts"]) == ([], [{**body, "owed": []}])
    assert cavendish("budget", "alerts", "--quiet").out == ""
    assert len(hook.requests) == 1


def test_a_webhook_that_fails_neither_fails_nor_bills_the_call(
    cavendish, upstream, hook, configured
):
    hook.always(Reply(500))
    configured(f'alert_webhook = "{hook.url}/s3cret"\n')
    cavendish("budget", "set", "day", "0.26")
    said = cavendish(*FIRST, "--json")
    assert (said.code, said.json["cost_usd"]) == (0, "0.13771")
    assert len(upstream.requests) == 1
    said = cavendish("budget", "alerts")
    assert "not told by" in said.out
    assert "s3cret" not in said.out + said.err


def test_log_json_has_alerts_as_lines(cavendish, upstream):
    cavendish("budget", "set", "day", "0.26")
    lines = [json.loads(line) for line in cavendish(*FIRST, "--log-json").err.splitlines()
             if line.startswith("{")]  # fmt: skip
    (alert,) = [line for line in lines if line["event"] == "alert"]
    assert (alert["scope"], alert["percent"], alert["limit_usd"]) == ("day", 50, "0.26")


def test_drafts_alarm_nobody(cavendish):
    cavendish("budget", "set", "day", "0.0001")
    assert "alert" not in cavendish(*FIRST).err
    said = cavendish("budget", "alerts")
    assert "nothing to tell" in said.out
    assert "told by" in said.out


def test_cron_prints_what_is_new_and_nothing_else(cavendish, upstream, configured):
    configured("alert_percent = []\n")
    cavendish("budget", "set", "day", "0.26")
    cavendish(*FIRST)
    configured("")
    assert "50 % used" in cavendish("budget", "alerts", "--quiet").out
    assert cavendish("budget", "alerts", "--quiet").out == ""


def test_a_test_goes_by_every_way_and_is_kept_nowhere(cavendish, hook, configured):
    configured(f'alert_webhook = "{hook.url}/"\nalert_command = ["/nowhere/tell"]\n')
    said = cavendish("budget", "alerts", "--test")
    assert said.code == 1
    assert "tell cannot be run: No such file or directory" in said.out
    ((_, _, body),) = hook.requests
    assert body["kind"] == "test"
    found = cavendish("budget", "alerts", "--test", "--json").json
    assert (found["tested"], list(found["failed"]), found["alerts"]) == (True, ["command"], [])
    configured(f'alert_webhook = "{hook.url}/"\n')
    assert cavendish("budget", "alerts", "--test").code == 0


def test_a_folder_that_would_run_something_is_refused(cavendish, upstream, folder):
    Path("cavendish.toml").write_text('alert_command = ["/bin/true"]\n')
    said = cavendish(*FIRST)
    assert (said.code, upstream.requests) == (2, [])
    assert "your own config.toml only" in said.err
