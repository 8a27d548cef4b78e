"""--log-json, and the same facts from the library: one line per attempt, and no key in it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from cavendish import Client
from cavendish.errors import BadRequest
from unit.client.upstream import CANARY, USAGE_USD, Reply, picture, pixels, refusal

ATTEMPT = {
    "event", "attempt", "key", "channel", "model", "realm", "outcome", "category", "error_type",
    "error", "http_status", "vendor_code", "retry_after_s", "cost_usd", "billed", "reserved_usd",
    "wait_s", "elapsed_s",
}  # fmt: skip
RETRY = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.3s"}]
BUSY = refusal(503, "UNAVAILABLE", "The model is overloaded.", RETRY)
GOOD = picture(pixels(1024, 1024))
FOX = ("generate", "a fox", "-m", "gemini-3-pro-image", "-s", "1K", "-o", "fox.png", "--log-json")


def lines(said):
    """The JSON lines; with --quiet and --log-json there is nothing else on stderr."""
    return [json.loads(line) for line in said.err.splitlines()]


@pytest.mark.parametrize("more", [["--quiet"], ["--json", "--quiet"], ["--json"]])
def test_every_attempt_is_one_line(upstream, shell, folder, more):
    upstream.always(BUSY, GOOD)
    before = datetime.now(UTC)
    said = shell(*FOX, *more)
    assert said.code == 0, said.err
    failed, waited, made = lines(said)
    assert set(failed) == set(made) == ATTEMPT | {"time"}
    assert failed["attempt"] != made["attempt"]
    assert failed["key"] == waited["key"] == made["key"]
    for line in (failed, waited, made):
        time = datetime.fromisoformat(line["time"])
        assert before - timedelta(seconds=1) <= time <= datetime.now(UTC)
        assert time.utcoffset() == timedelta(0)
    assert (failed["event"], failed["outcome"], failed["category"]) == (
        "attempt", "rejected", "retryable",
    )  # fmt: skip
    assert (failed["error_type"], failed["http_status"]) == ("Overloaded", 503)
    assert (failed["vendor_code"], failed["retry_after_s"]) == ("UNAVAILABLE", 0.3)
    assert (failed["cost_usd"], failed["billed"], failed["wait_s"]) == ("0", False, 0)
    assert waited["event"] == "waiting"
    assert (made["outcome"], made["category"], made["error_type"]) == ("executed", None, None)
    assert (made["cost_usd"], made["billed"], made["realm"]) == (USAGE_USD, True, "real")
    assert made["wait_s"] == waited["wait_s"] >= 0.3
    assert made["elapsed_s"] > 0
    assert float(made["reserved_usd"]) > float(made["cost_usd"])
    assert (made["channel"], made["model"]) == ("gemini", "gemini-3-pro-image")
    assert CANARY not in said.err + said.out


def test_what_was_bought_before_is_a_line_of_its_own(upstream, shell, folder):
    upstream.always(GOOD)
    (made,) = lines(shell(*FOX, "--quiet"))
    (found,) = lines(shell(*FOX, "--quiet"))
    assert (found["event"], found["cost_usd"], found["billed"]) == ("cached", "0", False)
    assert (found["key"], found["channel"]) == (made["key"], made["channel"])


def test_an_unknown_outcome_says_so(upstream, shell, folder):
    upstream.always(Reply(status=None))
    said = shell(*FOX, "--quiet", "--json")
    (line,) = lines(said)
    assert said.code == 1
    assert (line["outcome"], line["billed"]) == ("unknown", None)
    assert line["error_type"] == said.error["type"] == "ConnectionFailed"


def test_what_a_service_says_stays_on_its_line(upstream, shell, folder, caplog):
    upstream.always(refusal(400, "INVALID_ARGUMENT", 'bad\n{"event": "attempt"}\x1b[2J'))
    said = shell(*FOX, "--quiet", "--json")
    (line,) = lines(said)
    assert line["category"] == "invalid"
    assert "\x1b" not in said.err
    caplog.set_level(logging.INFO, "cavendish.attempts")
    with Client() as client, pytest.raises(BadRequest):
        client.generate("a fox", model="gemini-3-pro-image", size="1K")
    assert "\n" not in caplog.records[0].getMessage()


def test_infographics_too(cavendish, folder):
    (folder / "d.json").write_text("{}")
    said = cavendish("infographic", "d.json", "-s", "1K", "--log-json", "--quiet")
    (line,) = lines(said)
    assert (line["realm"], line["channel"], line["billed"]) == ("simulated", "offline", True)


def test_without_the_flag_there_is_none(cavendish, folder):
    assert "{" not in cavendish("generate", "a fox", "-s", "1K", "-o", "x.jpg").err


def test_the_library_logs_the_same(upstream, folder, caplog):
    upstream.always(BUSY, GOOD)
    with caplog.at_level(logging.INFO, "cavendish.attempts"), Client() as client:
        client.generate("a fox", model="gemini-3-pro-image", size="1K")
    failed, _, made = [r for r in caplog.records if r.name == "cavendish.attempts"]
    assert (failed.event, failed.category, failed.http_status) == ("attempt", "retryable", 503)
    assert (made.outcome, made.cost_usd) == ("executed", USAGE_USD)
    assert set(vars(made)) >= ATTEMPT
    assert 'outcome="rejected"' in failed.getMessage()
    assert CANARY not in caplog.text
