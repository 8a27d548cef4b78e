"""Webhooks and commands as they are: real servers and real programs, good and bad ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import stat
import sys
import threading
import time

import pytest

from cavendish.channels.transport import Transport
from cavendish.client.alerts import ways
from cavendish.client.alerts.setting import Alerting
from unit.client.upstream import CANARY, Reply, Upstream

SAID = json.dumps({"id": "budget/real/day/usd/0/1/50", "message": "words – and more"})


@pytest.fixture
def hook():
    with Upstream() as server:
        server.always(Reply(200))
        yield server


@pytest.fixture
def program(tmp_path):
    """Makes a program of Python lines."""

    def program(lines):
        path = tmp_path / "tell"
        path.write_text(f"#!{sys.executable} -I\nimport json, os, sys, time\n{lines}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return (str(path), "--to", "us")

    return program


def told(*owed, environment=None, **alerting):
    return asyncio.run(
        ways.told(
            SAID, owed, alerting=Alerting(**alerting), environment=environment or {}, net=Transport
        )
    )


def test_a_webhook_gets_the_document_as_json(hook):
    assert told("webhook", webhook=f"{hook.url}/services/T0/B1?x=y") == {}
    ((path, headers, body),) = hook.requests
    assert (path, body) == ("/services/T0/B1?x=y", json.loads(SAID))
    assert headers["Content-Type"] == "application/json"
    assert ways.SIGNATURE not in headers


def test_a_secret_signs_it(hook):
    environment = {"ALERT_SECRET": "s3cret"}
    kept = {"webhook": hook.url, "secret_env": "ALERT_SECRET"}
    assert told("webhook", environment=environment, **kept) == {}
    _, headers, body = hook.requests[0]
    raw = json.dumps(body).encode()
    digest = hmac.new(b"s3cret", raw, hashlib.sha256).hexdigest()
    assert headers[ways.SIGNATURE] == f"sha256={digest}"


def test_without_the_secret_nothing_unsigned_is_sent(hook):
    faults = told("webhook", webhook=hook.url, secret_env="ALERT_SECRET")
    assert "ALERT_SECRET is not set" in faults["webhook"]
    assert not hook.requests


def test_a_redirect_is_not_followed(hook):
    with Upstream() as other:
        hook.always(Reply(307, headers={"Location": f"{other.url}/stolen"}))
        faults = told("webhook", webhook=f"{hook.url}/s3cret")
        assert faults == {
            "webhook": "127.0.0.1 answered HTTP 307; where it points to is not followed"
        }
        assert not other.requests


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refusal_is_told_with_its_status_and_without_the_address(hook, status, caplog):
    hook.always(Reply(status, b"s3cret words of the server"))
    faults = told("webhook", webhook=f"{hook.url}/s3cret")
    assert faults == {"webhook": f"127.0.0.1 answered HTTP {status}"}
    assert "it is tried again" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_server_that_hangs_costs_no_more_than_its_time(hook, monkeypatch):
    monkeypatch.setattr(ways, "WITHIN_S", 0.3)
    opened = threading.Event()
    hook.always(Reply(until=opened))
    begun = time.monotonic()
    faults = told("webhook", webhook=hook.url)
    assert time.monotonic() - begun < 5
    assert "did not answer within 0.3 s" in faults["webhook"]
    opened.set()


def test_a_server_that_hangs_up_or_is_not_there(hook):
    hook.always(Reply(None))
    assert "the connection to 127.0.0.1 broke" in told("webhook", webhook=hook.url)["webhook"]
    with Upstream() as gone:
        url = gone.url
    assert "could not be made" in told("webhook", webhook=url)["webhook"]


def test_a_command_gets_the_document_and_none_of_our_keys(program, tmp_path):
    seen = tmp_path / "seen.json"
    command = program(
        f"said = [sys.argv[1:], json.load(sys.stdin), dict(os.environ), os.getcwd()]\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(said))"
    )
    environment = {"PATH": "/bin", "LANG": "C.UTF-8", "GEMINI_API_KEY": CANARY, "ALERT": "x"}
    assert told("command", command=command, environment=environment) == {}
    arguments, document, given, folder = json.loads(seen.read_text())
    assert (arguments, document, folder) == (["--to", "us"], json.loads(SAID), "/")
    assert given.keys() <= {"PATH", "LANG", "LC_CTYPE"}
    assert CANARY not in seen.read_text()


def test_a_shell_is_never_asked(program, tmp_path):
    seen = tmp_path / "seen"
    path, *_ = program(f"open({str(seen)!r}, 'w').write(sys.argv[1])")
    words = f"$(touch {tmp_path}/bad); `touch {tmp_path}/bad` && touch {tmp_path}/bad"
    assert told("command", command=(path, words)) == {}
    assert seen.read_text() == words
    assert not (tmp_path / "bad").exists()


def test_a_command_that_fails_is_told_with_its_code(program):
    assert told("command", command=program("sys.exit(3)")) == {"command": "tell ended with 3"}
    assert told("command", command=("/nowhere/tell",)) == {
        "command": "tell cannot be run: No such file or directory"
    }


def test_a_command_that_reads_nothing_is_no_failure(program, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "SAID", json.dumps({"message": "x" * 1_000_000}))
    assert told("command", command=program("pass")) == {}


def test_a_command_that_hangs_is_killed_with_its_children(program, tmp_path, monkeypatch):
    monkeypatch.setattr(ways, "WITHIN_S", 1.0)
    pids = tmp_path / "pids"
    command = program(
        f"child = os.fork()\nopen({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\ntime.sleep(60)"
    )
    begun = time.monotonic()
    assert told("command", command=command) == {
        "command": "tell did not end within 1 s and was killed"
    }
    assert time.monotonic() - begun < 10
    for pid in pids.read_text().split():
        assert not lives(int(pid))


def lives(pid):
    """Whether a process runs; one that nobody has buried yet does not."""
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                state = file.read().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state in "ZX":
            return False
        time.sleep(0.05)
    return True


def test_one_way_that_fails_does_not_keep_the_other(hook, program):
    hook.always(Reply(500))
    faults = told("webhook", "command", webhook=hook.url, command=program("pass"))
    assert list(faults) == ["webhook"]


def test_a_way_that_was_taken_out_of_the_settings_is_owed_no_more():
    assert told("webhook", "command", "pigeon") == {}
